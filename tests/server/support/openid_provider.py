# SPDX-License-Identifier: Apache-2.0
"""An OpenID provider with the answers of Keycloak: authorization code flow, signed id_tokens, user info, logout.

People sign in at a form, with any password. The subject of an id_token is a UUID, the name that people know
is `preferred_username`. What a client sends is checked as the standard says.
"""

import base64
import hashlib
import html
import http.server
import json
import re
import secrets
import ssl
import subprocess
import threading
import time
import urllib.parse
import uuid

CLIENT, SECRET = "access-tokens", "the-secret-of-this-client"
REALM = "/realms/example"
FORM = """<!DOCTYPE html><title>Sign in</title><link rel="icon" href="data:,"><form method="post">
<input name="username" autofocus> <input name="password" type="password"> <button>Sign In</button>
{hidden}</form>"""
PAGE = {"Accept": "text/html"}
HIDDEN = re.compile(r'type="hidden" name="([^"]+)" value="([^"]*)"')


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """The RSA key that signs id_tokens, and the certificate of the provider's https, both made by openssl."""

    def __init__(self, server):
        self.folder = server.folder("openid")
        self.file, self.certificate = f"{self.folder}/provider.key", f"{self.folder}/provider.crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.file, "-out", self.certificate],
                       check=True, capture_output=True)
        modulus = subprocess.run(["openssl", "rsa", "-in", self.file, "-noout", "-modulus"], check=True, capture_output=True)
        self.modulus = bytes.fromhex(modulus.stdout.decode().strip().partition("=")[2])

    def public(self):
        return {"kty": "RSA", "kid": "one", "use": "sig", "alg": "RS256", "n": base64url(self.modulus), "e": "AQAB"}

    def signed(self, claims):
        head = {"alg": "RS256", "typ": "JWT", "kid": "one"}
        text = ".".join(base64url(json.dumps(part).encode()) for part in (head, claims))
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.file], input=text.encode(), check=True,
                                   capture_output=True).stdout
        return text + "." + base64url(signature)


class OpenIdProvider:
    """An https server in a thread, which ends with the test's server. `signed_out` counts the ends of sessions."""

    def __init__(self, server):
        self.key = Key(server)
        self.codes, self.people = {}, {}
        self.signed_out = 0
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Answers", (Handler,), {"provider": self}))
        self.http.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.key.certificate, self.key.file)
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True, do_handshake_on_connect=False)
        self.address = f"https://127.0.0.1:{self.http.server_address[1]}"
        self.issuer = self.address + REALM
        self.metadata = self.issuer + "/.well-known/openid-configuration"
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()
        server.cleanups.append(self.close)

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def sign_in(self, client, address, name):
        """Follows the code flow from an address of the server, as a browser does; the client then has a session."""
        answer = client.get(address, headers=PAGE)
        form = client.session.get(answer.headers["Location"], verify=self.key.certificate)
        hidden = {html.unescape(field): html.unescape(value) for field, value in HIDDEN.findall(form.text)}
        back = client.session.post(form.url, data={**hidden, "username": name, "password": "any"},
                                   verify=self.key.certificate, allow_redirects=False)
        return client.session.get(back.headers["Location"], headers=PAGE, allow_redirects=False)

    def configuration(self):
        ends = {name: f"{self.issuer}/{path}" for name, path in (
            ("authorization_endpoint", "auth"), ("token_endpoint", "token"), ("userinfo_endpoint", "userinfo"),
            ("jwks_uri", "certs"), ("end_session_endpoint", "logout"))}
        return {"issuer": self.issuer, **ends, "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"], "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"]}

    def subject(self, name):
        return str(uuid.uuid5(uuid.NAMESPACE_URL, self.issuer + name))

    def claims(self, name):
        return {"sub": self.subject(name), "preferred_username": name, "email": name + "@example.com"}

    def code(self, name, query):
        """What the client brings back to get an id_token for this person."""
        code = secrets.token_urlsafe()
        self.codes[code] = (name, query)
        return code

    def exchange(self, form, credentials):
        """(status, answer) of the token endpoint."""
        name, query = self.codes.pop(form.get("code"), (None, {}))
        challenge = query.get("code_challenge")
        verified = not challenge or base64url(hashlib.sha256(form.get("code_verifier", "").encode()).digest()) == challenge
        if credentials != f"{CLIENT}:{SECRET}":
            return 401, {"error": "invalid_client"}
        if not name or form.get("redirect_uri") != query["redirect_uri"] or not verified:
            return 400, {"error": "invalid_grant"}
        now, bearer = int(time.time()), "provider-" + secrets.token_urlsafe()
        self.people[bearer] = name
        claims = {**self.claims(name), "iss": self.issuer, "aud": CLIENT, "azp": CLIENT, "iat": now, "exp": now + 300,
                  "nonce": query.get("nonce")}
        return 200, {"access_token": bearer, "token_type": "Bearer", "expires_in": 300, "id_token": self.key.signed(claims)}


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers for a provider, which a subclass names."""

    protocol_version = "HTTP/1.1"
    provider = None

    def parts(self):
        address = urllib.parse.urlsplit(self.path)
        return address.path.removeprefix(REALM + "/"), dict(urllib.parse.parse_qsl(address.query))

    def form(self):
        return dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()))

    def authorization(self):
        return (self.headers.get("Authorization") or " ").split(" ", 1)[1]

    def answer(self, status, body, content_type="application/json", **fields):
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        for name, value in {"Content-Type": content_type, "Content-Length": len(data), **fields}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        path, query = self.parts()
        person = self.provider.people.get(self.authorization())
        if path == ".well-known/openid-configuration":
            self.answer(200, self.provider.configuration())
        elif path == "certs":
            self.answer(200, {"keys": [self.provider.key.public()]})
        elif path == "auth" and query.get("client_id") == CLIENT and "openid" in query.get("scope", "").split():
            hidden = "".join(f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">\n'
                             for name, value in query.items())
            self.answer(200, FORM.format(hidden=hidden), "text/html")
        elif path == "userinfo" and person:
            self.answer(200, self.provider.claims(person))
        elif path == "logout":
            self.provider.signed_out += 1
            self.answer(302, "", Location=query["post_logout_redirect_uri"])
        else:
            self.answer(400, {"error": "invalid_request"})

    def do_POST(self):
        (path, _), form = self.parts(), self.form()
        if path == "auth":
            back = {"code": self.provider.code(form["username"], form), "state": form["state"], "session_state": "x.y"}
            self.answer(302, "", Location=form["redirect_uri"] + "?" + urllib.parse.urlencode(back))
        elif path == "token":
            credentials = urllib.parse.unquote(base64.b64decode(self.authorization()).decode())
            self.answer(*self.provider.exchange(form, credentials))
        else:
            self.answer(400, {"error": "invalid_request"})

    def log_message(self, *_):
        pass
