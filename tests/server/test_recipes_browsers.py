# SPDX-License-Identifier: Apache-2.0
"""docs/recipes.md for streams: WebSocket and server-sent events."""

import time

import pytest

import document_blocks
import tokens
from authorization_fields import basic
from streaming_backend import KEY, StreamingBackend, WebSocket, accept_of
from typical_site import Site

DOCUMENT = "docs/recipes.md"


@pytest.fixture(scope="module")
def live(mpm, engine):
    """The recipe's location before a backend of streams, for each way in; /api/events is that backend over plain HTTP."""
    backend = StreamingBackend()
    block = document_blocks.block(DOCUMENT, "WebSocket", "apache", fitted={"127.0.0.1:9000": f"127.0.0.1:{backend.port}"})
    with Site(mpm, engine, extra_modules=set(document_blocks.modules_named(block)) - {"proxy"}) as place:
        place.server.cleanups.append(backend.close)
        place.backend = backend
        ways = "<Location /api/live>\nAccessTokenAccept bearer basic header:X-Api-Key\n</Location>\n"
        yield place.start(f"{block}\n{ways}ProxyPass /api/events http://127.0.0.1:{backend.port}/events\n")


@pytest.mark.parametrize("way", ["bearer", "password", "header"])
def test_a_websocket_opens_with_a_token_which_the_backend_does_not_see(live, way):
    token = live.manager("alice").token()
    field = {"bearer": "Authorization: Bearer {}", "password": f"Authorization: {basic('bob', token)}", "header": "X-Api-Key: {}"}
    link = WebSocket(live.server.port, "/api/live", token, field=field[way])
    assert link.status == 101 and f"Sec-WebSocket-Accept: {accept_of(KEY)}" in link.head
    assert link.echoed("hello")
    link.close()
    path, seen = live.backend.seen[-1]
    assert path == "/live" and seen["upgrade"].lower() == "websocket"
    assert not {"authorization", "x-api-key"} & set(seen)


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
