# SPDX-License-Identifier: Apache-2.0
"""docs/recipes-proxies.md, "HAProxy in front" and "HAProxy asks httpd", with a real HAProxy."""

import base64
import socket

import pytest

import document_blocks
import tokens
from client import PASSWORD, Client, check_unavailable
from echo_backend import fields
from haproxy import Haproxy
from httpd import wait_until
from typical_site import Site, host

DOCUMENT, IN_FRONT, ASKS = "docs/recipes-proxies.md", "HAProxy in front", "HAProxy asks httpd"
OWN_503 = "No server is available."
FRONTEND = "frontend http\n    bind 127.0.0.1:{port}\n    default_backend httpd\n"
START_NEEDS_A_TOKEN = """
<LocationMatch "^/$">
    AuthType AccessToken
    AuthName "start"
    Require valid-user
</LocationMatch>
"""
SCOPES = """
<Location /tokens>
    AccessTokenScopes read write
</Location>
"""


@pytest.fixture(scope="module")
def site(mpm, engine):
    """httpd as both recipes configure it, with a second host whose table cannot be asked."""
    asked = document_blocks.block(DOCUMENT, "nginx asks httpd", "apache")
    with Site(mpm, engine) as place:
        place.server.write("htdocs/token-check/index.html", "")
        place.server.write("htdocs/health.txt", "well\n")
        text = START_NEEDS_A_TOKEN + document_blocks.block(DOCUMENT, IN_FRONT, "apache") + asked + SCOPES
        broken = place.server.add_port()
        nowhere = f'AccessTokenDatabase sqlite3 "{place.server.path("nowhere", "t.db")}"'
        place.start("DirectoryIndex index.html\n" + text + host(broken, nowhere))
        place.broken = Client(broken)
        yield place


# HAProxy in front

def in_front(port, recipe=None, more="inter 100ms"):
    """The recipe's backend with quick checks, or another one, behind a plain frontend."""
    recipe = recipe or document_blocks.block(DOCUMENT, IN_FRONT, "haproxy")
    return Haproxy(FRONTEND + document_blocks.fit(recipe, {"127.0.0.1:8080": f"127.0.0.1:{port}"}).rstrip() + f" {more}\n")


def without(recipe, *words):
    return "".join(line + "\n" for line in recipe.splitlines() if not any(word in line for word in words))


def is_down(proxy):
    return wait_until(lambda: "Server httpd/one is DOWN" in proxy.words(), 5)


def requests_for(site, path):
    return site.server.log("access_log").count(f"GET {path} ")


@pytest.fixture(scope="module")
def front(site):
    with in_front(site.server.port) as proxy:
        yield proxy


def test_requests_and_answers_pass_unchanged(site, front):
    answer = front.client.get("/api/echo", token=site.manager("alice").token())
    assert answer.status_code == 200 and fields(answer, "X-Remote-User") == ["alice"] and not fields(answer, "Authorization")
    for token in (None, tokens.forge()):
        answers = [client.get("/api/data.json", token=token) for client in (site.client, front.client)]
        assert [answer.status_code for answer in answers] == [401, 401]
        assert answers[0].headers["WWW-Authenticate"] == answers[1].headers["WWW-Authenticate"]


def test_the_check_needs_no_token_and_finds_the_server(site, front):
    assert wait_until(lambda: requests_for(site, "/health.txt") > 3)
    assert 'GET /health.txt HTTP/1.1" 401' not in site.server.log("access_log")
    assert "DOWN" not in front.words()


def test_a_check_as_haproxy_makes_it_by_itself_takes_the_server_for_dead(site):
    """What the recipe warns of."""
    recipe = without(document_blocks.block(DOCUMENT, IN_FRONT, "haproxy"), "http-check")
    with in_front(site.server.port, recipe) as proxy:
        assert is_down(proxy) and "code: 401" in proxy.words()
        assert proxy.client.status("/health.txt") == 503


def test_503_of_httpd_passes_with_retry_after_and_keeps_the_server(site):
    with in_front(site.broken.port) as proxy:
        for _ in range(12):
            check_unavailable(proxy.client.get("/api/data.json?kept", token=tokens.forge()))
        assert proxy.client.status("/health.txt") == 200 and "DOWN" not in proxy.words()
    assert wait_until(lambda: requests_for(site, "/api/data.json?kept") == 12)


@pytest.mark.parametrize("what", ["503", "all-retryable-errors"])
def test_with_retry_on_each_request_asks_four_times(site, what):
    """What the recipe warns of."""
    path = f"/api/data.json?{what}"
    recipe = document_blocks.block(DOCUMENT, IN_FRONT, "haproxy").replace("option httpchk", f"retry-on {what}\n    option httpchk")
    with in_front(site.broken.port, recipe) as proxy:
        check_unavailable(proxy.client.get(path, token=tokens.forge()))
    assert wait_until(lambda: requests_for(site, path) == 4)


def test_with_observe_no_server_is_left_for_open_pages(site):
    """What the recipe warns of."""
    with in_front(site.broken.port, more="inter 10s observe layer7 error-limit 3 on-error mark-down") as proxy:
        assert proxy.client.status("/health.txt") == 200
        assert wait_until(lambda: proxy.client.get("/api/data.json", token=tokens.forge()).text == OWN_503, 5)
        assert proxy.client.status("/health.txt") == 503


def test_haproxys_own_503_says_when_to_try_again(site):
    del site
    with in_front(1) as proxy:
        answer = proxy.client.get("/health.txt")
        assert (answer.status_code, answer.headers["Retry-After"], answer.text) == (503, "5", OWN_503)


# HAProxy asks httpd

def asking(site, httpd_port, milliseconds=3000):
    recipe = document_blocks.block(DOCUMENT, ASKS, "haproxy", fitted={
        "bind :80": "bind 127.0.0.1:{port}", "127.0.0.1:8080": f"127.0.0.1:{httpd_port}", "127.0.0.1:9000": f"127.0.0.1:{site.echo.port}",
        "/etc/haproxy/": "{root}/"})
    return Haproxy(recipe, files={"ask-httpd.lua": document_blocks.block(
        DOCUMENT, ASKS, "lua", fitted={"timeout = 3000": f"timeout = {milliseconds}"})})


@pytest.fixture(scope="module")
def asks(site):
    with asking(site, site.server.port) as proxy:
        yield proxy


@pytest.mark.parametrize("lie", ["X-Remote-User", "X_Remote_User", "x-remote_user", "X_REMOTE-USER"])
def test_haproxy_lets_a_valid_token_through_and_names_its_owner(site, asks, lie):
    answer = asks.client.get("/app/report?x=1", token=site.manager("alice").token(), headers={lie: "carol", "X-Api-Key": "k"})
    assert answer.status_code == 200 and answer.json()["path"] == "/app/report?x=1"
    assert [value for name, value in answer.json()["headers"] if name.lower().replace("_", "-") == "x-remote-user"] == ["alice"]
    assert not fields(answer, "Authorization") and not fields(answer, "X-Api-Key")


def test_haproxy_keeps_method_and_body(site, asks):
    answer = asks.client.request("POST", "/app/report", token=site.manager("alice").token(), data=b"body")
    assert (answer.status_code, answer.json()["method"], answer.json()["body"]) == (200, "POST", "body")


def test_haproxy_refuses_with_our_challenge(site, asks):
    before = len(site.echo.seen)
    manager = site.manager("alice")
    deleted = manager.token()
    manager.delete(deleted)
    answer = asks.client.get("/x")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="API"')
    for token in (tokens.forge(), deleted):
        answer = asks.client.get("/x", token=token)
        assert answer.status_code == 401 and 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    for authorization in ("Bearer a b", "Bearer"):
        answer = asks.client.get("/x", authorization=authorization)
        assert answer.status_code == 400 and 'error="invalid_request"' in answer.headers["WWW-Authenticate"]
    assert asks.client.raw_get("/x", *["Authorization: Bearer " + manager.token()] * 2).status == 400
    assert len(site.echo.seen) == before


def test_haproxy_hands_503_on_with_retry_after(site):
    before = len(site.echo.seen)
    with asking(site, site.broken.port) as proxy:
        answer = proxy.client.get("/x", token=tokens.forge())
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0 and "WWW-Authenticate" not in answer.headers
    assert len(site.echo.seen) == before


def test_haproxy_answers_503_where_httpd_does_not_listen(site):
    before = len(site.echo.seen)
    with asking(site, 1) as proxy:
        assert proxy.client.status("/x", token=site.manager("alice").token()) == 503
    assert len(site.echo.seen) == before


def test_haproxy_answers_503_where_httpd_hangs(site):
    """Four tries of a tenth of a second, for the test's patience."""
    with socket.create_server(("127.0.0.1", 0)) as silent, asking(site, silent.getsockname()[1], milliseconds=100) as proxy:
        assert proxy.client.status("/x", token=site.manager("alice").token()) == 503


def test_scopes_can_depend_on_the_method_and_403_keeps_its_challenge(new_site):
    first, by_method = document_blocks.blocks_of(document_blocks.section(DOCUMENT, "nginx asks httpd"), "apache")
    site = new_site()
    site.server.write("htdocs/token-check/index.html", "")
    site.start("DirectoryIndex index.html\n" + first + by_method + SCOPES)
    made = {scope: site.manager("alice").post({"scopes": [scope]}).json()["tokenValue"] for scope in ("read", "write")}
    with asking(site, site.server.port) as proxy:
        def ask(method, scope):
            return proxy.client.request(method, "/x", token=made[scope], headers={"X-Original-Method": "GET"})
        assert [ask(method, "read").status_code for method in ("GET", "HEAD", "POST", "DELETE")] == [200, 200, 403, 403]
        assert [ask(method, "write").status_code for method in ("GET", "POST", "DELETE")] == [200] * 3
        assert 'error="insufficient_scope"' in ask("POST", "read").headers["WWW-Authenticate"]


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_passwords_and_other_fields_need_no_more_lines(new_site):
    site = new_site()
    site.server.write("htdocs/token-check/index.html", "")
    site.start("DirectoryIndex index.html\n" + document_blocks.block(
        DOCUMENT, "nginx asks httpd about passwords and other fields", "apache", fitted={"/etc/apache2/users.htpasswd": "conf/users"}))
    token, unknown = site.manager("alice").token(), tokens.forge()
    with asking(site, site.server.port) as proxy:
        def ask(**sent):
            return proxy.client.get("/x", headers={name.replace("_", "-"): value for name, value in sent.items()})
        for sent in ({"Authorization": "Bearer " + token}, basic("git", token), basic("alice", PASSWORD), {"X_Api_Key": token}):
            answer = ask(**sent)
            assert answer.status_code == 200 and fields(answer, "X-Remote-User") == ["alice"]
            assert not fields(answer, "Authorization") and not fields(answer, "X-Api-Key")
        basic_first = ['Basic realm="API", charset="UTF-8"', 'Bearer realm="API"']
        for sent in ({}, basic("alice", "wrong")):
            assert ask(**sent).raw.headers.getlist("WWW-Authenticate") == basic_first
        for sent in ({"Authorization": "Bearer " + unknown}, {"X_Api_Key": unknown}):
            challenge, = ask(**sent).raw.headers.getlist("WWW-Authenticate")
            assert challenge.startswith('Bearer realm="API", error="invalid_token"')
        assert ask(Authorization="Bearer " + token, X_Api_Key=token).status_code == 400
        assert proxy.client.raw_get("/x", *["X-Api-Key: " + token] * 2).status == 400


def test_haproxy_has_no_token_in_its_log(site, asks):
    token = site.manager("alice").token()
    assert asks.client.status("/logged", token=token) == 200
    assert wait_until(lambda: "/logged" in asks.words())
    assert tokens.secret_of(token) not in asks.words()
