# SPDX-License-Identifier: Apache-2.0
"""A backend behind the proxy: answers with what reached it, and remembers it."""

import http.server
import json
import threading


class Echo:
    """An HTTP server in a thread. `seen` holds (method, path, [(name, value), …]) of every request."""

    def __init__(self):
        self.seen = []
        seen = self.seen

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                fields = [(name, value) for name, value in self.headers.items()]
                seen.append((self.command, self.path, fields))
                length = int(self.headers.get("Content-Length") or 0)
                body = json.dumps({"method": self.command, "path": self.path, "headers": fields,
                                   "body": self.rfile.read(length).decode("latin-1")}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def fields(answer, name):
    """The values of this field that reached the backend."""
    return [value for field, value in answer.json()["headers"] if field.lower() == name.lower()]
