# SPDX-License-Identifier: Apache-2.0
"""The authorization server of the OAuth modules: an introspection endpoint, and JWTs with HS256.

Run as a program it is the endpoint, over https because mod_auth_openidc accepts no other. It prints its port,
and answers as RFC 7662 says for every token that starts with "opaque-". For each line of its standard input it
prints how many requests it had; it ends when that input ends.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import ssl
import subprocess
import sys
import time
import urllib.parse

CLIENT, SECRET = "bench", "the-secret-of-the-benchmark-is-long-enough"
LIFETIME = 24 * 3600
USER = "alice"
_asked = 0


def opaque(number):
    """A token for introspection, as long as those of mod_accesstoken."""
    return f"opaque-{number:069d}"


def _part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def jwt(user=USER):
    """A token that can be verified with the shared secret."""
    header = {"alg": "HS256", "typ": "JWT"}
    claims = {"sub": user, "iss": "https://issuer.example", "iat": int(time.time()),
              "exp": int(time.time()) + LIFETIME}
    text = b".".join(_part(json.dumps(part).encode()) for part in (header, claims))
    return (text + b"." + _part(hmac.new(SECRET.encode(), text, hashlib.sha256).digest())).decode()


def _answer(body):
    global _asked  # pylint: disable=global-statement
    _asked += 1
    token = urllib.parse.parse_qs(body).get("token", [""])[0]
    if not token.startswith("opaque-"):
        return {"active": False}
    return {"active": True, "sub": USER, "token_type": "Bearer", "exp": int(time.time()) + LIFETIME}


async def _serve(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            body = await reader.readexactly(int(fields.get("content-length", 0)))
            answer = json.dumps(_answer(body.decode())).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                         + str(len(answer)).encode() + b"\r\n\r\n" + answer)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def _tell():
    for _ in sys.stdin:
        print(_asked, flush=True)


async def _main(certificate, key):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    server = await asyncio.start_server(_serve, "127.0.0.1", 0, ssl=tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(_tell)
    server.close()


class Issuer:
    """The endpoint as a process of its own, so that it does not share Python with the benchmark."""

    def __init__(self, folder):
        files = [os.path.join(folder, name) for name in ("issuer.crt", "issuer.key")]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
        self.process = subprocess.Popen([sys.executable, __file__, *files], stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE, start_new_session=True)
        self.port = int(self.process.stdout.readline())
        self.url = f"https://127.0.0.1:{self.port}/introspect"

    def asked(self):
        self.process.stdin.write("how often?\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
