# SPDX-License-Identifier: Apache-2.0
"""docs/recipes.md for pages of a browser: CORS, errors as JSON, WebSocket and server-sent events."""

import json
import time

import pytest

import document_blocks
import tokens
from client import Client, check_unavailable
from streaming_backend import KEY, StreamingBackend, WebSocket, accept_of
from typical_site import Site, host

DOCUMENT = "docs/recipes.md"
APP, OTHER = "https://app.example.com", "https://app.example.com.evil.example"


# CORS

@pytest.fixture(scope="module")
def cors(mpm, engine):
    block = document_blocks.block(DOCUMENT, "CORS", "apache")
    with Site(mpm, engine, extra_modules=document_blocks.modules_named(block)) as place:
        yield place.start(block)


def preflight(site, origin, path="/api/data.json"):
    return site.client.request("OPTIONS", path, headers={
        "Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"})


def readable(answer, origin):
    """Whether a browser shows this answer to a page of that origin."""
    return answer.headers.get("Access-Control-Allow-Origin") == origin and "origin" in answer.headers["Vary"].lower()


def test_a_preflight_needs_no_token_and_allows_the_field(cors):
    answer = preflight(cors, APP)
    assert answer.status_code == 200 and readable(answer, APP)
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"].lower()
    assert {"GET", "POST", "DELETE"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))


def test_the_page_reads_answers_and_refusals(cors):
    token = cors.manager("alice").token()
    answer = cors.client.get("/api/data.json", token=token, headers={"Origin": APP})
    assert (answer.status_code, answer.json()) == (200, {"answer": 42}) and readable(answer, APP)
    for refused in (None, tokens.forge()):
        answer = cors.client.get("/api/data.json", token=refused, headers={"Origin": APP})
        assert answer.status_code == 401 and readable(answer, APP)
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="API"')
        assert "WWW-Authenticate" in answer.headers["Access-Control-Expose-Headers"]


def test_other_origins_read_nothing(cors):
    token = cors.manager("alice").token()
    for origin in (OTHER, "http://app.example.com", "https://appXexample.com", "null"):
        for answer in (preflight(cors, origin), cors.client.get("/api/data.json", token=token, headers={"Origin": origin})):
            assert not [name for name in answer.headers if name.lower().startswith("access-control-")], origin
            assert "origin" in answer.headers["Vary"].lower()


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE"])
def test_only_the_preflight_is_open(cors, method):
    assert cors.client.request(method, "/api/data.json", headers={"Origin": APP}).status_code == 401


def test_the_manager_answers_no_preflight(cors):
    answer = preflight(cors, APP, "/tokens")
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


# JSON for errors

@pytest.fixture(scope="module")
def errors(mpm, engine):
    block = document_blocks.block(DOCUMENT, "JSON for errors", "apache")
    said = document_blocks.block(DOCUMENT, "JSON for errors", "json")
    with Site(mpm, engine) as place:
        place.server.write("htdocs/errors/401.json", said)
        place.server.write("htdocs/errors/503.json", said.replace("401", "503"))
        place.server.write("htdocs/api/errors/401.json", said)
        broken = place.server.add_port()
        nowhere = f'AccessTokenDatabase sqlite3 "{place.server.path("nowhere", "t.db")}"'
        inside = "<Location /api/admin>\nErrorDocument 401 /api/errors/401.json\n</Location>\n"
        place.start(block + inside + host(broken, nowhere))
        place.broken = Client(broken)
        yield place


@pytest.mark.parametrize("token", [None, "forged"])
def test_a_refusal_is_json_and_keeps_its_challenge(errors, token):
    answer = errors.client.get("/api/data.json", token=tokens.forge() if token else None)
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/json")
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="API"')
    assert ("invalid_token" in answer.headers["WWW-Authenticate"]) == bool(token)
    assert answer.json()["status"] == 401


def test_a_table_that_cannot_be_asked_is_json_and_keeps_retry_after(errors):
    answer = errors.broken.get("/api/data.json", token=tokens.forge())
    check_unavailable(answer)
    assert answer.headers["Content-Type"] == "application/json" and answer.json()["status"] == 503


def test_an_error_document_inside_the_protection_falls_back_to_html(errors):
    """What the recipe warns of."""
    answer = errors.client.get("/api/admin/data.json")
    assert answer.status_code == 401 and answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="API"')


# WebSocket, server-sent events

@pytest.fixture(scope="module")
def live(mpm, engine):
    """The recipe's location before a backend of streams; /api/events is the same backend over plain HTTP."""
    backend = StreamingBackend()
    block = document_blocks.block(DOCUMENT, "WebSocket", "apache", fitted={"127.0.0.1:9000": f"127.0.0.1:{backend.port}"})
    with Site(mpm, engine, extra_modules=set(document_blocks.modules_named(block)) - {"proxy"}) as place:
        place.server.cleanups.append(backend.close)
        place.backend = backend
        yield place.start(f"{block}\nProxyPass /api/events http://127.0.0.1:{backend.port}/events\n")


def test_a_websocket_opens_with_a_token_which_the_backend_does_not_see(live):
    link = WebSocket(live.server.port, "/api/live", live.manager("alice").token())
    assert link.status == 101 and f"Sec-WebSocket-Accept: {accept_of(KEY)}" in link.head
    assert link.echoed("hello")
    link.close()
    path, seen = live.backend.seen[-1]
    assert path == "/live" and seen["upgrade"].lower() == "websocket" and "authorization" not in seen


def test_a_websocket_without_a_good_token_is_401_and_asks_no_backend(live):
    before = len(live.backend.seen)
    for token in (None, tokens.forge()):
        link = WebSocket(live.server.port, "/api/live", token)
        assert link.status == 401 and 'WWW-Authenticate: Bearer realm="API"' in link.head
        link.close()
    assert len(live.backend.seen) == before


def test_a_websocket_that_is_open_outlives_its_token(live):
    manager = live.manager("alice")
    token = manager.token()
    link = WebSocket(live.server.port, "/api/live", token)
    manager.delete(token)
    assert live.let_in(token) == 401
    assert link.echoed("still here")
    again = WebSocket(live.server.port, "/api/live", token)
    assert again.status == 401
    link.close()
    again.close()


def test_server_sent_events_outlive_their_token(live):
    manager = live.manager("alice")
    token = manager.token()
    with live.client.get("/api/events", token=token, stream=True) as stream:
        lines = stream.iter_lines()
        assert next(lines) == b"data: 1"
        manager.delete(token)
        deleted = time.monotonic()
        later = next(line for line in lines if line and time.monotonic() > deleted + 1)
        assert later.startswith(b"data: ")
    assert live.client.status("/api/events", token=token) == 401


def test_the_json_of_the_document_is_json():
    assert json.loads(document_blocks.block(DOCUMENT, "JSON for errors", "json"))["detail"]
