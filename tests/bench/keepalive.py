# SPDX-License-Identifier: Apache-2.0
"""A client that sends an exact number of requests over one connection, and checks every answer."""

import socket

from benchserver import BODY, PATH

PATIENCE = 60


def request(credential=None, path=PATH):
    """The bytes of a request; the credential is the value of Authorization."""
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if credential:
        head += f"Authorization: {credential}\r\n"
    return (head + "\r\n").encode()


class Connection:
    """One connection that is kept alive."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def send(self, credential=None):
        """Sends one request; status and body of its answer."""
        self.socket.sendall(request(credential))
        while b"\r\n\r\n" not in self.rest:
            self._more()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(self.rest) < length:
            self._more()
        body, self.rest = self.rest[:length], self.rest[length:]
        return int(head.split()[1]), body

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.rest += data

    def good(self, credential=None, times=1):
        """Sends requests that must all be answered with the file."""
        for _ in range(times):
            status, body = self.send(credential)
            if (status, body) != (200, BODY):
                raise RuntimeError(f"a request that must be let in is answered {status}: {body[:200]!r}")

    def answer_size(self, text):
        """Sends this request; the number of bytes of its answer, which must be a good one."""
        self.socket.sendall(text)
        answer = self.socket.recv(65536)
        while not answer.endswith(BODY):
            self._more()
            answer, self.rest = answer + self.rest, b""
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"a request that must be let in is answered {answer[:200]!r}")
        return len(answer)

    def exchange(self, text, size):
        """Sends several requests at once, and reads answers of this size in total; the last must be a good one."""
        self.socket.sendall(text)
        got, data = 0, b""
        while got < size:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("the server closed the connection")
            got += len(data)
        if got != size or not data.endswith(BODY):
            raise RuntimeError(f"answers of {got} bytes instead of {size}: {data[-300:]!r}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def status_of(port, credential=None):
    with Connection(port) as connection:
        return connection.send(credential)[0]
