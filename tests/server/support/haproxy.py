# SPDX-License-Identifier: Apache-2.0
"""A real HAProxy in front of a test's httpd, in a folder of its own."""

import os
import shutil
import socket
import subprocess
import tempfile

from client import Client
from httpd import free_port, wait_until

FRAME = """
global
    maxconn 100
    {more}
defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
    log stdout format raw local0
    option httplog
"""


class Haproxy:
    """Runs with these sections, in which `{port}` and `{root}` are its port and folder; a context manager."""

    def __init__(self, sections, more="", files=None):
        self.root = tempfile.mkdtemp(prefix="accesstoken-haproxy-")
        os.chmod(self.root, 0o755)
        self.port = free_port()
        self.client = Client(self.port)
        text = FRAME.format(more=more) + sections
        for name, words in {**(files or {}), "haproxy.cfg": text.replace("{port}", str(self.port))}.items():
            with open(os.path.join(self.root, name), "w", encoding="utf-8") as file:
                file.write(words.replace("{root}", self.root))
        self.process = None

    def __enter__(self):
        program = shutil.which("haproxy") or "/usr/sbin/haproxy"
        with open(os.path.join(self.root, "console"), "wb") as console:
            self.process = subprocess.Popen([program, "-db", "-f", os.path.join(self.root, "haproxy.cfg")], stdout=console,
                                            stderr=console, stdin=subprocess.DEVNULL)
        if not wait_until(lambda: self.listening() or self.process.poll() is not None) or self.process.poll() is not None:
            words = self.words()
            self.__exit__()
            raise RuntimeError("HAProxy does not start: " + words)
        return self

    def listening(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def words(self):
        """All that it has logged, and its warnings."""
        with open(os.path.join(self.root, "console"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.root, ignore_errors=True)
