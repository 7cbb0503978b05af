# SPDX-License-Identifier: Apache-2.0
"""docs/recipes-proxies.md, with a real nginx: auth_request, and caches that nginx shares among all users."""

import pytest

import document_blocks
import tokens
from client import Client, check_unavailable
from echo_backend import fields
from httpd import wait_until
from nginx import Nginx
from typical_site import Site, host

DOCUMENT = "docs/recipes-proxies.md"
CACHING = """
        proxy_cache answers;
        proxy_cache_valid any 1m;
        location / {{
            proxy_pass http://127.0.0.1:{port};
            {more}
        }}
"""


# nginx asks httpd

@pytest.fixture(scope="module")
def asked(mpm, engine):
    """httpd as the recipe configures it, with a second virtual host whose table cannot be asked."""
    block = document_blocks.block(DOCUMENT, "nginx asks httpd", "apache")
    with Site(mpm, engine, extra_modules=document_blocks.modules_named(block)) as place:
        place.server.write("htdocs/token-check/index.html", "")
        broken = place.server.add_port()
        nowhere = f'AccessTokenDatabase sqlite3 "{place.server.path("nowhere", "t.db")}"'
        place.start("DirectoryIndex index.html\n" + block + host(broken, nowhere))
        place.broken = Client(broken)
        yield place


def auth_request(asked, httpd_port):
    return Nginx(document_blocks.block(DOCUMENT, "nginx asks httpd", "nginx", fitted={
        "127.0.0.1:9000": f"127.0.0.1:{asked.echo.port}", "127.0.0.1:8080": f"127.0.0.1:{httpd_port}"}))


@pytest.fixture(scope="module")
def front(asked):
    with auth_request(asked, asked.server.port) as nginx:
        yield nginx


def test_nginx_lets_a_valid_token_through_and_names_its_owner(asked, front):
    token = asked.manager("alice").token()
    answer = front.client.get("/app/report?x=1", token=token, headers={"X-Remote-User": "carol"})
    assert answer.status_code == 200 and answer.json()["path"] == "/report?x=1"
    assert fields(answer, "X-Remote-User") == ["alice"] and fields(answer, "Authorization") == []
    answer = front.client.request("POST", "/app/report", token=token, data=b"body")
    assert (answer.status_code, answer.json()["method"], answer.json()["body"]) == (200, "POST", "body")


def test_nginx_refuses_with_our_challenge(asked, front):
    before = len(asked.echo.seen)
    answer = front.client.get("/app/report")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="API"')
    answer = front.client.get("/app/report", token=tokens.forge())
    assert answer.status_code == 401 and 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    manager = asked.manager("alice")
    token = manager.token()
    manager.delete(token)
    assert front.client.status("/app/report", token=token) == 401
    assert len(asked.echo.seen) == before


@pytest.mark.parametrize("authorization", ["Bearer a b", "Bearer"])
def test_nginx_hands_400_on_as_400(front, authorization):
    answer = front.client.get("/app/report", authorization=authorization)
    assert answer.status_code == 400, answer.text
    assert 'error="invalid_request"' in answer.headers["WWW-Authenticate"]


def test_nginx_hands_503_on_as_503_with_retry_after(asked):
    with auth_request(asked, asked.broken.port) as nginx:
        plain = asked.broken.get("/token-check/", token=tokens.forge())
        check_unavailable(plain)
        answer = nginx.client.get("/app/report", token=tokens.forge())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, plain.headers["Retry-After"])
    assert "WWW-Authenticate" not in answer.headers


def test_nginx_answers_503_where_httpd_does_not_listen(asked):
    before = len(asked.echo.seen)
    with auth_request(asked, 1) as nginx:
        assert nginx.client.status("/app/report", token=asked.manager("alice").token()) == 503
    assert len(asked.echo.seen) == before


def test_nginx_has_no_token_in_its_logs(asked, front):
    token = asked.manager("alice").token()
    assert front.client.status("/app/report", token=token) == 200
    assert tokens.secret_of(token) not in front.words() + front.words("access.log")


def test_nginx_asks_with_get_whatever_the_method_is(asked, front):
    """What the recipe warns of: `Require method` behind auth_request sees another method."""
    token = asked.manager("alice").token()
    assert front.client.request("DELETE", "/app/report", token=token).status_code == 200
    assert wait_until(lambda: f'{tokens.id_of(token)} 200 "GET /token-check/' in asked.server.log("access_log"))


def test_nginx_tells_the_method_so_that_scopes_can_depend_on_it(new_site):
    first, by_method = document_blocks.blocks_of(document_blocks.section(DOCUMENT, "nginx asks httpd"), "apache")
    site = new_site(extra_modules=document_blocks.modules_named(first))
    site.server.write("htdocs/token-check/index.html", "")
    site.start("DirectoryIndex index.html\n" + first + by_method + "<Location /tokens>\nAccessTokenScopes read write\n</Location>\n")
    made = {scope: site.manager("alice").post({"scopes": [scope]}).json()["tokenValue"] for scope in ("read", "write")}
    with auth_request(site, site.server.port) as nginx:
        def status(method, scope):
            return nginx.client.request(method, "/app/x", token=made[scope], headers={"X-Original-Method": "GET"}).status_code
        assert [status(method, "read") for method in ("GET", "POST", "PUT", "DELETE")] == [200, 403, 403, 403]
        assert [status(method, "write") for method in ("GET", "POST", "PUT", "DELETE")] == [200] * 4
        assert nginx.client.request("HEAD", "/app/x", token=made["read"]).status_code == 200
        assert nginx.client.status("/app/x") == 401


# Shared caches

@pytest.fixture(scope="module")
def cached(mpm, engine):
    """/api as BASIC has it, /private as the recipe has it, each with applications that say various things."""
    block = document_blocks.block(DOCUMENT, "Shared caches", "apache", fitted={"/api": "/private"})
    with Site(mpm, engine, extra_modules=document_blocks.modules_named(block)) as place:
        said = ""
        for name in ("api", "private"):
            place.server.write(f"htdocs/{name}/data.json", '{"of": "alice"}')
            for what, field in SAID.items():
                place.server.write(f"htdocs/{name}/{what}.json", '{"of": "alice"}')
                said += f'<Location /{name}/{what}.json>\nHeader set Cache-Control "{field}"\n</Location>\n'
        for name in ("private/accel", "private/unset"):
            place.server.write(f"htdocs/{name}/data.json", '{"of": "alice"}')
            said += f'<Location /{name}>\nHeader set X-Accel-Expires 60\n</Location>\n'
        # What the application says comes first, then the recipe's lines.
        yield place.start(said + block + "<Location /private/unset>\nHeader unset X-Accel-Expires\n</Location>\n")


SAID = {"maxage": "max-age=60", "public": "public, max-age=60", "nostore": "no-store"}


def answers(site, path, more=""):
    """What somebody without a token, and somebody with a wrong one, get after alice: statuses."""
    with Nginx(CACHING.format(port=site.server.port, more=more)) as nginx:
        token = site.manager("alice").token()
        first = nginx.client.get(path, token=token)
        assert first.status_code == 200 and "alice" in first.text
        assert nginx.client.get(path, token=token).status_code == 200
        return [nginx.client.status(path), nginx.client.status(path, token=tokens.forge())]


def test_without_the_recipe_a_shared_cache_gives_alices_answer_to_all_clients(cached):
    """Otherwise the tests below would show nothing."""
    assert answers(cached, "/api/data.json") == [200, 200]


@pytest.mark.parametrize("name", ["data", *SAID])
def test_with_cache_control_private_no_other_client_gets_alices_answer(cached, name):
    assert answers(cached, f"/private/{name}.json") == [401, 401]


@pytest.mark.parametrize("name", ["data", *SAID])
def test_nginx_can_be_told_not_to_store_what_came_with_credentials(cached, name):
    lines = document_blocks.block(DOCUMENT, "Shared caches", "nginx")
    assert answers(cached, f"/api/{name}.json", lines) == [401, 401]


def test_nginx_then_asks_for_every_request_with_credentials(cached):
    """Also where somebody without a token has just got an answer that is stored."""
    lines = document_blocks.block(DOCUMENT, "Shared caches", "nginx")
    with Nginx(CACHING.format(port=cached.server.port, more=lines)) as nginx:
        for token, asked in ((None, 1), (None, 1), (cached.manager("alice").token(), 2)):
            assert nginx.client.status("/open/data.json?once", token=token) == 200
            assert wait_until(lambda: cached.server.log("access_log").count("?once") == asked)


def test_the_recipe_adds_to_what_an_application_says(cached):
    token = cached.manager("alice").token()
    for name, field in SAID.items():
        assert cached.client.get(f"/private/{name}.json", token=token).headers["Cache-Control"] == field + ", private"


def test_nginx_heeds_x_accel_expires_before_private_so_that_httpd_has_to_unset_it(cached):
    assert answers(cached, "/private/accel/data.json") == [200, 200]
    assert answers(cached, "/private/unset/data.json") == [401, 401]


def test_the_manager_needs_no_recipe(cached):
    with Nginx(CACHING.format(port=cached.server.port, more="")) as nginx:
        cached.manager("alice").token()
        assert nginx.client.get("/tokens", user="alice").json()["data"]
        assert nginx.client.status("/tokens") == 401
        assert nginx.client.get("/tokens", user="bob").json()["data"] == []
