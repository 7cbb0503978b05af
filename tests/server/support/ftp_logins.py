# SPDX-License-Identifier: Apache-2.0
"""An FTP server that notes which user and password logged in, and then has no file for anybody."""

import socket
import threading

ANSWERS = {"USER": "331 and the password?", "PASS": "230 welcome", "QUIT": "221 done"}


class FtpLogins:
    """`seen` holds (user, password) of each login."""

    def __init__(self):
        self.seen = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                link = self.listener.accept()[0]
            except OSError:  # closed
                return
            threading.Thread(target=self.answer, args=(link,), daemon=True).start()

    def answer(self, link):
        user = None
        with link, link.makefile("rwb", buffering=0) as lines:
            lines.write(b"220 ready\r\n")
            for line in lines:
                verb, _, value = line.decode().strip().partition(" ")
                if verb == "USER":
                    user = value
                elif verb == "PASS":
                    self.seen.append((user, value))
                lines.write(f"{ANSWERS.get(verb, '550 nothing there')}\r\n".encode())

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
