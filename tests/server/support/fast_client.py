# SPDX-License-Identifier: Apache-2.0
"""A fast client: kept connections, requests sent in batches, the answers taken apart by hand.

`requests` needs a millisecond for each request; this needs some microseconds, so that the server and
not the client is what is tried.
"""

import contextlib
import re
import socket
import threading

LENGTH = re.compile(rb"(?i)\r\nContent-Length: *([0-9]+)")
USER = re.compile(rb"\r\nX-User: *([^\r]*)")


def request(token, path="/api/data.json", fields=""):
    """The bytes of a GET with this token."""
    return (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n{fields}\r\n").encode()


class Answer:
    __slots__ = ("status", "head")

    def __init__(self, head):
        self.head = head
        self.status = int(head[9:12])

    @property
    def user(self):
        found = USER.search(self.head)
        return found.group(1).decode() if found else None


class Wire:
    """One connection, opened when it is needed; when the server closes it, the next batch opens another."""

    def __init__(self, port, timeout=30):
        self.port, self.timeout = port, timeout
        self.link, self.data = None, b""

    def exchange(self, batch):
        """Sends these requests in one go: the answers, fewer than requests if the server closed."""
        answers = []
        try:
            if self.link is None:
                self.link, self.data = socket.create_connection(("127.0.0.1", self.port), timeout=self.timeout), b""
            self.link.sendall(b"".join(batch))
            while len(answers) < len(batch):
                answers.append(self.read())
        except (ConnectionError, EOFError):
            self.close()
        return answers

    def read(self):
        while (end := self.data.find(b"\r\n\r\n")) < 0:
            self.more()
        head = self.data[:end + 2]
        length = LENGTH.search(head)
        end += 4 + (int(length.group(1)) if length else 0)
        while len(self.data) < end:
            self.more()
        self.data = self.data[end:]
        return Answer(head)

    def more(self):
        data = self.link.recv(262144)
        if not data:
            raise EOFError
        self.data += data

    def status(self, token, path="/api/data.json"):
        """The status of one request; again where a kept connection had been closed."""
        for _ in range(3):
            answers = self.exchange([request(token, path)])
            if answers:
                return answers[0].status
        raise ConnectionError("the server closes every connection")

    def close(self):
        if self.link:
            self.link.close()
        self.link = None


@contextlib.contextmanager
def wires(port, count):
    """So many connections at once; on prefork each has a child for itself."""
    links = [Wire(port) for _ in range(count)]
    try:
        yield links
    finally:
        for link in links:
            link.close()


def at_once(*calls):
    """Runs all calls in threads that begin together: their answers in order; an error is raised here."""
    answers, errors = [None] * len(calls), []
    barrier = threading.Barrier(len(calls))

    def run(number):
        try:
            barrier.wait()
            answers[number] = calls[number]()
        except Exception as error:  # pylint: disable=broad-except
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return answers
