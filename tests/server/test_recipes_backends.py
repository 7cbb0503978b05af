# SPDX-License-Identifier: Apache-2.0
"""The manual's recipes for what stands behind httpd: what a backend can believe, and what an expression sees."""

import json
import threading
import wsgiref.simple_server

import pytest

import document_blocks
from typical_site import Site

BACKEND, EXPRESSION = "Tell a backend the user and the token", "Variables"


class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass


def application(environ, start_response):
    """Answers with what it was told; WSGI reads - and _ in the name of a field as the same character."""
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({name: value for name, value in environ.items() if name.startswith("HTTP_")}).encode()]


@pytest.fixture(scope="module")
def backend():
    server = wsgiref.simple_server.make_server("127.0.0.1", 0, application, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def site(backend):
    text = document_blocks.block("docs/manual.md", BACKEND, "apache",
                         fitted={"http://127.0.0.1:9000/": f"http://127.0.0.1:{backend}/", "/api": "/told"})
    with Site() as place:
        place.server.write("htdocs/expression/data.json", "{}")
        text += document_blocks.block("docs/manual.md", EXPRESSION, "apache", fitted={"/api": "/expression"})
        yield place.start(text)


def spellings(name):
    """A name with each of its hyphens as it is or as an underscore."""
    words = name.split("-")
    for number in range(2 ** (len(words) - 1)):
        yield words[0] + "".join("-_"[number >> place & 1] + word for place, word in enumerate(words[1:]))


@pytest.mark.parametrize("name", ["X-Remote-User", "X-Token-Id"])
def test_a_backend_gets_the_field_from_httpd_alone_however_the_client_spells_the_name(site, manager, name):
    token, info = manager.generate()
    expected = {"X-Remote-User": manager.credentials["user"], "X-Token-Id": info["tokenId"]}[name]
    names = [*spellings(name), *(text.lower() for text in spellings(name))]
    for lie in names:
        told = site.client.get("/told/x", token=token, headers={lie: "mallory"}).json()
        assert told["HTTP_" + name.replace("-", "_").upper()] == expected, lie
        assert "mallory" not in told.values() and "HTTP_AUTHORIZATION" not in told


def test_an_expression_that_names_the_user_sees_the_tokens_variables(site, manager):
    assert site.client.status("/expression/data.json", token=manager.token()) == 200
    assert site.client.status("/expression/data.json", token=manager.token(lifetime=-1)) == 401
    assert site.client.status("/expression/data.json") == 401
