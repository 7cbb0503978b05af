# SPDX-License-Identifier: Apache-2.0
"""A real nginx in front of a test's httpd, in a folder of its own."""

import os
import shutil
import socket
import subprocess
import tempfile

from client import Client
from httpd import AS_ROOT, CHILD_GROUP, CHILD_USER, free_port, wait_until

FRAME = """
daemon off;
pid {root}/nginx.pid;
error_log {root}/error.log info;
worker_processes 1;
{user}
events {{ worker_connections 64; }}
http {{
    access_log {root}/access.log;
    client_body_temp_path {root}/body;
    proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi;
    scgi_temp_path {root}/scgi;
    proxy_cache_path {root}/cache keys_zone=answers:1m;
    server {{
        listen 127.0.0.1:{port};
{server}
    }}
}}
"""


class Nginx:
    """Runs with these lines in its `server`; a context manager."""

    def __init__(self, server):
        self.root = tempfile.mkdtemp(prefix="accesstoken-nginx-")
        os.chmod(self.root, 0o755)
        if AS_ROOT:
            shutil.chown(self.root, CHILD_USER, CHILD_GROUP)
        self.port = free_port()
        self.client = Client(self.port)
        self.file = os.path.join(self.root, "nginx.conf")
        user = f"user {CHILD_USER} {CHILD_GROUP};" if AS_ROOT else ""
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(FRAME.format(root=self.root, port=self.port, user=user, server=server))
        self.process = None

    def __enter__(self):
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        with open(os.path.join(self.root, "console"), "wb") as console:
            self.process = subprocess.Popen([program, "-p", self.root, "-c", self.file], stdout=console,
                                            stderr=console, stdin=subprocess.DEVNULL)
        if not wait_until(lambda: self.listening() or self.process.poll() is not None) or self.process.poll() is not None:
            words = self.words("console")
            self.__exit__()
            raise RuntimeError("nginx does not start: " + words)
        return self

    def listening(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def words(self, name="error.log"):
        with open(os.path.join(self.root, name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.root, ignore_errors=True)
