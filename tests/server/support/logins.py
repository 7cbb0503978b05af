# SPDX-License-Identifier: Apache-2.0
"""What each login must allow: the life of a token, from the manager to the refusal after its end."""

import json
import os
import subprocess

import requests

import tokens
from client import Client
from echo_backend import fields

BEARER_FIRST = """<If "%{HTTP:Authorization} =~ /^Bearer /i">
        AuthType AccessToken
    </If>"""


class CurlClient(Client):
    """Requests by curl with these options, for logins that Python's requests cannot do."""

    def __init__(self, port, *options, environment=None, scheme="http", host="127.0.0.1"):
        super().__init__(port)
        self.base = f"{scheme}://{host}:{port}"
        self.options = ["--connect-to", f"{host}:{port}:127.0.0.1:{port}", *options]
        self.environment = {**os.environ, "CURL_HOME": "/nonexistent", **(environment or {})}

    def request(self, method, path, token=None, user=None, authorization=None, headers=None, **more):
        given = {"Authorization": "Bearer " + token} if token else {}
        lines = [word for name, value in {**(headers or {}), **given}.items() for word in ("--header", f"{name}: {value}")]
        if more.get("data") is not None:
            lines += ["--data-binary", more["data"]]
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "30", *self.options, *lines,
             "--request", method, "--write-out", "\n%{http_code} %{header_json}", self.base + path],
            capture_output=True, check=True, env=self.environment)
        return answer_of(done.stdout)


def answer_of(output):
    """The last answer that curl got, as requests would give it."""
    text, _, fields_read = output.rpartition(b" {")
    body, _, status = text.rpartition(b"\n")
    answer = requests.Response()
    answer.status_code = int(status)
    answer.headers.update({name: ", ".join(values) for name, values in json.loads(b"{" + fields_read).items()})
    answer._content = body  # pylint: disable=protected-access
    answer.encoding = "utf-8"
    return answer


def check_token_life(site, manager, owner, *mixed):
    """A user generates, lists, uses and deletes a token; it lets in at /api and at these places, as its owner."""
    places = ("/api/data.json", *mixed)
    before = manager.list()
    token, info = manager.generate(description="nightly")
    assert manager.list() == [info, *before]
    assert [site.let_in(token, place) for place in places] == [200] * len(places)
    assert fields(site.client.get("/api/echo", token=token), "X-Remote-User") == [owner]
    manager.delete(token)
    assert [site.let_in(token, place) for place in places] == [401] * len(places)
    assert manager.list() == before


def check_mixed(site, login, path):
    """A place that takes this login and tokens: refuses neither, and everything else."""
    token = site.manager("alice").token()
    assert site.let_in(token, path) == 200
    assert login.status(path) == 200
    answer = site.client.get(path, token=tokens.forge())
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer ")
    return site.client.get(path, headers={"Accept": "text/html"})
