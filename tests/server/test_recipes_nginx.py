# SPDX-License-Identifier: Apache-2.0
"""docs/recipes-proxies.md, "nginx asks httpd", with a real nginx and its auth_request."""

import base64

import pytest

import document_blocks
import tokens
from client import PASSWORD, Client, check_unavailable, curl
from echo_backend import fields
from httpd import wait_until
from nginx import Nginx
from typical_site import Site, host

DOCUMENT = "docs/recipes-proxies.md"
ALL_WAYS = "nginx asks httpd about passwords and other fields"
BASIC, BEARER = 'Basic realm="API", charset="UTF-8"', 'Bearer realm="API"'


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
    assert front.client.status("/app/report?logged", token=token) == 200
    assert wait_until(lambda: "GET /app/report?logged" in front.words("access.log"))
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
        lacking = nginx.client.request("POST", "/app/x", token=made["read"])
    assert lacking.headers["WWW-Authenticate"] == 'Bearer realm="API", error="insufficient_scope", scope="write"'


# Passwords and other fields

def nginx_for_all_ways(site, httpd_port):
    more, refused = document_blocks.blocks_of(document_blocks.section(DOCUMENT, ALL_WAYS), "nginx")
    text = document_blocks.block(DOCUMENT, "nginx asks httpd", "nginx", fitted={
        "127.0.0.1:9000": f"127.0.0.1:{site.echo.port}", "127.0.0.1:8080": f"127.0.0.1:{httpd_port}",
        "location /app/ {\n": "location /app/ {\n" + more})
    return Nginx(text + refused)


@pytest.fixture(scope="module")
def all_ways(mpm, engine):
    """httpd and nginx as both recipes configure them; place.front is nginx, place.away has a table that cannot be asked."""
    block = document_blocks.block(DOCUMENT, ALL_WAYS, "apache", fitted={"/etc/apache2/users.htpasswd": "conf/users"})
    with Site(mpm, engine) as place:
        place.server.write("htdocs/token-check/index.html", "")
        broken = place.server.add_port()
        nowhere = f'AccessTokenDatabase sqlite3 "{place.server.path("nowhere", "t.db")}"'
        place.start("DirectoryIndex index.html\n" + block + host(broken, nowhere))
        with nginx_for_all_ways(place, place.server.port) as front, nginx_for_all_ways(place, broken) as away:
            place.front, place.away = front.client, away.client
            yield place


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def ways_of(token):
    """Every way to send this token, as header fields."""
    return [{"Authorization": "Bearer " + token}, {"Authorization": basic("x-access-token", token)},
            {"Authorization": basic(token, "")}, {"X-Api-Key": token}]


def challenges(answer):
    return answer.raw.headers.getlist("WWW-Authenticate")


def test_each_way_leads_to_the_application_which_sees_the_user_alone(all_ways):
    for sent in [*ways_of(all_ways.manager("alice").token()), {"Authorization": basic("alice", PASSWORD)}]:
        answer = all_ways.front.get("/app/x", headers={**sent, "X-Remote-User": "carol"})
        assert answer.status_code == 200 and fields(answer, "X-Remote-User") == ["alice"]
        assert not fields(answer, "Authorization") and not fields(answer, "X-Api-Key")


def test_both_challenges_arrive_basic_first(all_ways):
    for sent in ({}, {"Authorization": basic("alice", "wrong")}, {"Authorization": "Negotiate YII="}):
        answer = all_ways.front.get("/app/x", headers=sent)
        assert (answer.status_code, challenges(answer)) == (401, [BASIC, BEARER])
    answer = all_ways.front.get("/app/x", headers={"Authorization": basic("alice", tokens.forge())})
    assert answer.status_code == 401 and [text.partition(", error")[0] for text in challenges(answer)] == [BASIC, BEARER]


@pytest.mark.parametrize("way", [0, 3], ids=["bearer", "field"])
def test_after_a_token_there_is_no_challenge_for_a_password(all_ways, way):
    answer = all_ways.front.get("/app/x", headers=ways_of(tokens.forge())[way])
    assert answer.status_code == 401
    assert challenges(answer) == [BEARER + ', error="invalid_token", error_description="The access token is invalid"']


def test_400_stays_400_and_503_stays_503(all_ways):
    token = all_ways.manager("alice").token()
    answer = all_ways.front.get("/app/x", headers={"Authorization": "Bearer " + token, "X-Api-Key": token})
    assert answer.status_code == 400 and 'error="invalid_request"' in answer.headers["WWW-Authenticate"]
    for sent in ways_of(tokens.forge()):
        answer = all_ways.away.get("/app/x", headers=sent)
        assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0 and not challenges(answer)


def test_curl_logs_in_after_the_401(all_ways):
    token = all_ways.manager("alice").token()
    status, text = curl("--anyauth", "-u", "git:" + token, all_ways.front.base + "/app/x")
    assert status == 401 and text.count("HTTP/1.1 200") == 1


def test_without_the_lines_the_second_challenge_is_lost(all_ways):
    """Shows why they are there; later versions of nginx forward both."""
    text = document_blocks.block(DOCUMENT, "nginx asks httpd", "nginx", fitted={
        "127.0.0.1:9000": f"127.0.0.1:{all_ways.echo.port}", "127.0.0.1:8080": f"127.0.0.1:{all_ways.server.port}"})
    with Nginx(text) as nginx:
        version = nginx.client.get("/app/x").headers["Server"].partition("/")[2].split(".")
        both = [int(number) for number in version[:2]] >= [1, 23]
        assert challenges(nginx.client.get("/app/x")) == ([BASIC, BEARER] if both else [BASIC])
