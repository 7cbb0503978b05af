# SPDX-License-Identifier: Apache-2.0
"""The thread of a socket that accepts connections, for the programs between two others that these tests bring."""

import socket
import threading


class Listener:
    """Calls `serve` with each connection to this socket, which is listening already, until it is closed."""

    def __init__(self, listening, serve):
        self.listening, self.serve = listening, serve
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    @classmethod
    def on_port(cls, serve):
        return cls(socket.create_server(("127.0.0.1", 0), backlog=128), serve)

    @property
    def port(self):
        return self.listening.getsockname()[1]

    def accept(self):
        while True:
            try:
                client = self.listening.accept()[0]
            except OSError:
                return
            self.serve(client)

    def close(self):
        """Ends the thread first: its accept() could take a connection of the next socket with the same descriptor."""
        self.listening.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listening.close()
