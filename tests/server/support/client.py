# SPDX-License-Identifier: Apache-2.0
"""What speaks to a server: requests with a token or a password, raw bytes, and the manager's own calls."""

import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import threading
from urllib.parse import urljoin, urlsplit

import requests

import tokens

PASSWORD = "correct horse"
NO_STORE = "no-store"


class Client:
    """Requests to one server and port. Neither proxies of the environment nor .netrc play a part."""

    def __init__(self, port, host="127.0.0.1"):
        self.port = port
        self.base = f"http://{host}:{port}"
        self.session = requests.Session()
        self.session.trust_env = False

    def request(self, method, path, token=None, user=None, authorization=None, headers=None, **more):
        headers = dict(headers or {})
        if token is not None:
            headers["Authorization"] = "Bearer " + token
        if authorization is not None:
            headers["Authorization"] = authorization
        auth = (user, PASSWORD) if user else None
        more.setdefault("timeout", 30)
        more.setdefault("allow_redirects", False)
        try:
            return self.session.request(method, self.base + path, headers=headers, auth=auth, **more)
        except requests.ConnectionError:
            # A kept connection may have been closed by a restart in between.
            if method not in ("GET", "HEAD"):
                self.session.close()
            return self.session.request(method, self.base + path, headers=headers, auth=auth, **more)

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def status(self, path, **more):
        return self.get(path, **more).status_code

    def raw(self, data, timeout=30):
        """Sends bytes as they are and reads one answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as link:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                link.sendall(data)
            return read_answer(link)

    def raw_get(self, path, *fields):
        """GET with header fields given as whole lines: the same name may come twice."""
        lines = [f"GET {path} HTTP/1.1".encode(), b"Host: 127.0.0.1:%d" % self.port, b"Connection: close"]
        lines += [field if isinstance(field, bytes) else field.encode() for field in fields]
        return self.raw(b"\r\n".join(lines) + b"\r\n\r\n")


def read_answer(link):
    answer = http.client.HTTPResponse(link)
    answer.begin()
    answer.body = answer.read()
    return answer


def curl(*arguments):
    """curl with these arguments: (status, headers and body as one text)."""
    done = subprocess.run(["curl", "--silent", "--show-error", "--include", "--noproxy", "*", "--max-time", "30",
                           *arguments], capture_output=True, check=True,
                          env={**os.environ, "CURL_HOME": "/nonexistent"})
    text = done.stdout.decode(errors="replace")
    return int(re.match(r"HTTP/\S+ (\d+)", text).group(1)), text


class Manager:
    """The manager at one path, as one user (or with other credentials)."""

    def __init__(self, client, path="/tokens", **credentials):
        self.client = client
        self.path = path
        self.credentials = credentials

    def call(self, method, path="", **more):
        return self.client.request(method, self.path + path, **{**self.credentials, **more})

    def post(self, body=None, **more):
        """POST of this value as JSON; bytes and text go as they are."""
        data = body if isinstance(body, (bytes, str)) else json.dumps({} if body is None else body)
        headers = {"Content-Type": "application/json", **more.pop("headers", {})}
        headers = {name: value for name, value in headers.items() if value is not None}
        data = data.encode() if isinstance(data, str) else data
        answer = self.call("POST", data=data, headers=headers, **more)
        if answer.status_code == 201:
            tokens.remember(answer.json()["tokenValue"])
        return answer

    def generate(self, lifetime=None, description=None):
        """A new token: its text and its tokenInfo."""
        body = {}
        if lifetime is not None:
            body["lifetimeSeconds"] = lifetime
        if description is not None:
            body["description"] = description
        answer = self.post(body)
        assert answer.status_code == 201, answer.text
        return answer.json()["tokenValue"], answer.json()["tokenInfo"]

    def token(self, **wishes):
        return self.generate(**wishes)[0]

    def list(self, query=""):
        answer = self.call("GET", query)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def info(self, token):
        answer = self.call("GET", "/" + tokens.id_of(token))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def delete(self, token):
        answer = self.call("DELETE", "/" + tokens.id_of(token))
        assert answer.status_code == 204, answer.text
        return answer


def next_page(answer):
    """The address that the answer's Link names as the next page, or None."""
    link = answer.links.get("next")
    return urljoin(answer.url, link["url"]) if link else None


def all_pages(manager, query):
    """The ids of all pages, of which there may be no more than tokens."""
    answer = manager.call("GET", query)
    found = []
    for _ in range(20):
        assert answer.status_code == 200, answer.text
        found += [info["tokenId"] for info in answer.json()["data"]]
        link = next_page(answer)
        if not link:
            return found
        answer = manager.call("GET", "?" + urlsplit(link).query)
    raise AssertionError("the list has no end")


def check_manager_headers(answer):
    """What every answer of the manager carries, good or bad."""
    assert answer.headers["Cache-Control"] == NO_STORE
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "accept" in [word.strip().lower() for word in answer.headers["Vary"].split(",")]
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def check_problem(answer, status, pointer=None):
    """An RFC 9457 answer of the manager; with a pointer, also its list of errors."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    check_manager_headers(answer)
    assert answer.headers["Content-Type"].split(";")[0] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "about:blank"
    assert problem["status"] == status
    assert problem["title"] and len(problem["detail"]) > 10
    if pointer is not None:
        assert pointer in [error["pointer"] for error in problem["errors"]]
        assert all(error["detail"] for error in problem["errors"])
    return problem


def check_unavailable(answer):
    """503 as the contract describes it: try again later, keep your token."""
    assert answer.status_code == 503, (answer.status_code, answer.text)
    assert re.fullmatch(r"[1-9][0-9]*", answer.headers["Retry-After"])
    assert NO_STORE in answer.headers["Cache-Control"]
    assert "WWW-Authenticate" not in answer.headers


def together(*calls):
    """What these calls return that begin at the same moment."""
    answers = [None] * len(calls)
    barrier = threading.Barrier(len(calls))

    def run(number):
        barrier.wait()
        answers[number] = calls[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
