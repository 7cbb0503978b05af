# SPDX-License-Identifier: Apache-2.0
"""A middleman between httpd and PostgreSQL: sees each statement, and can hold its answer back."""

import os
import re
import shutil
import socket
import struct
import tempfile
import threading
import time

from listener import Listener

SOCKET = ".s.PGSQL.5432"
STARTUP = 196608
HELD_AT_MOST = 30


class Hold:
    """An answer that is held back: `reached` when PostgreSQL has been asked; release() lets it go."""

    def __init__(self, pattern):
        self.pattern = re.compile(pattern)
        self.reached = threading.Event()
        self.gone = threading.Event()

    def release(self):
        self.gone.set()


class SqlProxy:
    """Listens on a Unix socket of its own. `statements` has (monotonic time, SQL) of all that passed."""

    def __init__(self, database):
        self.database = database
        self.statements = []
        self.holds = []
        self.links = []
        self.is_cut = False
        self.lock = threading.Lock()
        self.folder = tempfile.mkdtemp(prefix="accesstoken-between-", dir="/tmp")
        os.chmod(self.folder, 0o755)
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(os.path.join(self.folder, SOCKET))
        os.chmod(os.path.join(self.folder, SOCKET), 0o777)
        listening.listen(64)
        self.listener = Listener(listening, self.begin)

    def directive(self):
        return self.database.directive().replace(self.database.rdbms.folder, self.folder)

    def close(self):
        for hold in self.holds:
            hold.release()
        self.listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def cut(self):
        """Ends all connections and refuses new ones."""
        self.is_cut = True
        for link in self.links:
            link.end()

    def mend(self):
        self.is_cut = False

    def hold_next(self, pattern):
        """Hold back the answer to the next statement that has this in it."""
        hold = Hold(pattern)
        with self.lock:
            self.holds.append(hold)
        return hold

    def count(self, pattern, since=0.0):
        return len([sql for moment, sql in list(self.statements) if moment >= since and re.search(pattern, sql)])

    # Connections

    def begin(self, client):
        server = socket.socket(socket.AF_UNIX)
        try:
            if self.is_cut:
                raise OSError("cut")
            server.connect(os.path.join(self.database.rdbms.folder, SOCKET))
        except OSError:
            client.close()
            return
        link = Link(self, client, server)
        self.links.append(link)
        threading.Thread(target=link.questions, daemon=True).start()
        threading.Thread(target=link.answers, daemon=True).start()

    def asked(self, sql):
        """Notes a statement; the hold that waited for it, or None."""
        with self.lock:
            self.statements.append((time.monotonic(), sql))
            for hold in self.holds:
                if not hold.reached.is_set() and hold.pattern.search(sql):
                    return hold
        return None


class Link:
    """One connection of httpd's, passed on in both directions."""

    def __init__(self, sql_proxy, client, server):
        self.sql_proxy, self.client, self.server = sql_proxy, client, server
        self.hold = None

    def questions(self):
        data, started = b"", False
        try:
            while piece := self.client.recv(65536):
                data += piece
                while message := whole_message(data, started):
                    data = data[len(message):]
                    started = started or struct.unpack("!I", message[4:8])[0] == STARTUP
                    self.pass_on(message)
        except OSError:
            pass
        self.end()

    def pass_on(self, message):
        sql = statement_in(message)
        hold = self.sql_proxy.asked(sql) if sql else None
        if hold:
            self.hold = hold
        self.server.sendall(message)
        if hold:
            hold.reached.set()

    def answers(self):
        try:
            while piece := self.server.recv(65536):
                if self.hold:
                    self.hold.gone.wait(HELD_AT_MOST)
                    self.hold = None
                self.client.sendall(piece)
        except OSError:
            pass
        self.end()

    def end(self):
        for link in (self.client, self.server):
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def whole_message(data, started):
    """The first message of these bytes, or nothing if it is not all there; the first ones have no type."""
    before = 1 if started else 0
    if len(data) < before + 4:
        return b""
    length = before + struct.unpack("!I", data[before:before + 4])[0]
    return data[:length] if len(data) >= length else b""


def statement_in(message):
    """The SQL of a Query or Parse message; of a transaction's words and of the rest nothing."""
    if message[:1] == b"Q":
        return message[5:].split(b"\0")[0].decode()
    if message[:1] == b"P":
        return message[5:].split(b"\0")[1].decode()
    return ""
