# SPDX-License-Identifier: Apache-2.0
"""A way to httpd that remembers the head of each request: what a client sent, and with which of its requests."""

import base64
import contextlib
import socket
import threading

from listener import Listener

PIECE = 65536


class Request:
    """One request, as it came from the client."""

    def __init__(self, head):
        first, *lines = head.decode("latin-1").splitlines()
        self.method, self.path, _ = first.split(" ")
        self.fields = {name.strip().lower(): value.strip()
                       for name, _, value in (line.partition(":") for line in lines)}

    def basic(self):
        """(user name, password) of a Basic field, or None."""
        scheme, _, value = self.fields.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        name, _, password = base64.b64decode(value).decode().partition(":")
        return name, password

    def has_credentials(self):
        return "authorization" in self.fields or "x-api-key" in self.fields


class Recorder:
    """Listens on a port of its own, and passes everything on to httpd's port; `seen` holds the requests in order."""

    def __init__(self, port):
        self.target = port
        self.seen = []
        self.listener = Listener.on_port(self.begin)
        self.port = self.listener.port

    def close(self):
        self.listener.close()

    def below(self, path):
        """The requests whose path begins like this."""
        return [request for request in list(self.seen) if request.path.startswith(path)]

    def begin(self, client):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self.target)) as server:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answers = threading.Thread(target=answer, args=(server, client), daemon=True)
            answers.start()
            with client.makefile("rb") as stream:
                while head := head_of(stream):
                    request = Request(head)
                    self.seen.append(request)
                    server.sendall(head)
                    pass_body(stream, server, request.fields)
            server.shutdown(socket.SHUT_WR)
            answers.join()


def head_of(stream):
    """The bytes of a request up to its empty line; none at the end of the connection."""
    lines = []
    while line := stream.readline():
        lines.append(line)
        if line == b"\r\n":
            break
    return b"".join(lines)


def pass_body(stream, server, fields):
    """A client that expects "100 Continue" sends the body when the head is at the server."""
    if fields.get("transfer-encoding") == "chunked":
        while line := stream.readline():
            size = int(line.split(b";")[0], 16)
            server.sendall(line + stream.read(size + 2))
            if size == 0:
                return
    else:
        pass_bytes(stream, server, int(fields.get("content-length", 0)))


def pass_bytes(stream, server, count):
    while count and (piece := stream.read1(min(count, PIECE))):
        server.sendall(piece)
        count -= len(piece)


def answer(server, client):
    """The answers, unchanged; when httpd closes the connection, the client is told."""
    with contextlib.suppress(OSError):
        while piece := server.recv(PIECE):
            client.sendall(piece)
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)
