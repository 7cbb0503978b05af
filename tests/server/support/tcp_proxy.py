# SPDX-License-Identifier: Apache-2.0
"""A TCP way to a database server that passes bytes on, late, or not at all."""

import os
import socket
import threading
import time

from listener import Listener


class TcpProxy:
    """Listens on a port of its own. `delay`: seconds that each piece takes, in both directions.

    `silent`: connections are accepted, and nothing is passed on. What was silent once stays so, as behind a
    firewall that has forgotten the connection: only new connections find out that it is over.
    """

    def __init__(self, database, delay=0.0, silent=False):
        self.database, self.delay, self.silent = database, delay, silent
        self.links = []
        self.listener = Listener.on_port(self.begin)
        self.port = self.listener.port

    def directive(self):
        here = {"pgsql": f"host=127.0.0.1 port={self.port}", "mysql": f"host=127.0.0.1,port={self.port}"}
        folder = self.database.rdbms.folder
        return (self.database.directive().replace(f"host={folder}", here["pgsql"])
                .replace(f"sock={folder}/socket", here["mysql"]))

    def close(self):
        self.listener.close()
        for link in self.links:
            link.end()

    def open_links(self):
        """How many connections httpd has not closed."""
        return len([link for link in self.links if not link.closed])

    def begin(self, client):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.links.append(Link(self, client))


class Link:
    """One connection of httpd's."""

    def __init__(self, pipe, client):
        self.pipe, self.client = pipe, client
        self.server = None
        self.dead = self.closed = False
        threading.Thread(target=self.begin, daemon=True).start()

    def begin(self):
        folder, driver = self.pipe.database.rdbms.folder, self.pipe.database.driver
        self.dead = self.pipe.silent
        if not self.dead:
            self.server = socket.socket(socket.AF_UNIX)
            try:
                self.server.connect(os.path.join(folder, ".s.PGSQL.5432" if driver == "pgsql" else "socket"))
            except OSError:
                self.end()
            threading.Thread(target=self.pass_on, args=(self.server, self.client), daemon=True).start()
        self.pass_on(self.client, self.server)
        self.closed = True

    def pass_on(self, source, target):
        """Reads to the end; what comes when the link is dead is lost."""
        try:
            while piece := source.recv(65536):
                if self.pipe.delay:
                    time.sleep(self.pipe.delay)
                self.dead = self.dead or self.pipe.silent
                if not self.dead:
                    target.sendall(piece)
        except OSError:
            pass
        if not self.dead:
            self.end()

    def end(self):
        for link in (self.client, self.server):
            try:
                if link:
                    link.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
