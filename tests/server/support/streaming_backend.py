# SPDX-License-Identifier: Apache-2.0
"""A backend that keeps streams open: WebSocket echo at /live, server-sent events at /events."""

import base64
import hashlib
import http.server
import socket
import threading
import time

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
KEY = base64.b64encode(b"0123456789abcdef").decode()


def accept_of(key):
    return base64.b64encode(hashlib.sha1(key.encode() + MAGIC).digest()).decode()


class StreamingBackend:
    """An HTTP server in threads. `seen` holds the header fields of every request as (path, dict)."""

    def __init__(self):
        self.seen = []
        self.ending = threading.Event()
        streams = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                streams.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                if self.headers.get("Upgrade", "").lower() == "websocket":
                    self.echo()
                else:
                    self.events()
                self.close_connection = True

            def echo(self):
                """Sends the handshake, then back whatever comes, in frames as they are."""
                self.send_response(101)
                self.send_header("Upgrade", "websocket")
                self.send_header("Connection", "Upgrade")
                self.send_header("Sec-WebSocket-Accept", accept_of(self.headers["Sec-WebSocket-Key"]))
                self.end_headers()
                while data := self.connection.recv(1024):
                    self.connection.sendall(data)

            def events(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                number = 0
                while not streams.ending.is_set():
                    number += 1
                    try:
                        self.wfile.write(b"data: %d\n\n" % number)
                    except OSError:
                        return
                    time.sleep(0.1)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.ending.set()
        self.server.shutdown()
        self.server.server_close()


class WebSocket:
    """A client's side, byte by byte: the handshake, then one text frame at a time."""

    def __init__(self, port, path, token=None, field="Authorization: Bearer {}"):
        self.link = socket.create_connection(("127.0.0.1", port), timeout=20)
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {KEY}", "Sec-WebSocket-Version: 13"]
        lines += [field.format(token)] if token else []
        self.link.sendall("\r\n".join(lines + ["", ""]).encode())
        self.head = b""
        while b"\r\n\r\n" not in self.head and (byte := self.link.recv(1)):
            self.head += byte
        self.head = self.head.decode("latin-1")
        self.status = int(self.head.split()[1])

    def echoed(self, text):
        """Sends a masked frame (the mask is 0): whether the same bytes come back."""
        frame = bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text.encode()
        self.link.sendall(frame)
        back = b""
        while len(back) < len(frame) and (data := self.link.recv(1024)):
            back += data
        return back == frame

    def close(self):
        self.link.close()
