# SPDX-License-Identifier: Apache-2.0
"""Applications, backends and logs get the user and the token's id of a request that was let in, never the token."""

import pytest

import tokens
from authorization_fields import basic
from client import PASSWORD, Client, Manager
from echo_backend import fields
from httpd import wait_until


@pytest.fixture(scope="module")
def token(site):
    return site.manager("alice").token()


def environment(answer):
    """The variables that the CGI printed."""
    assert answer.status_code == 200, answer.text
    return dict(line.split("=", 1) for line in answer.text.splitlines() if "=" in line)


def test_a_cgi_learns_user_and_token_id(site, manager):
    token, info = manager.generate()
    seen = environment(site.client.get("/api/cgi", token=token))
    assert seen["REMOTE_USER"] == manager.credentials["user"]
    assert seen["AUTH_TYPE"] == "AccessToken"
    assert seen["ACCESSTOKEN_ID"] == info["tokenId"]
    assert seen["ACCESSTOKEN_EXPIRES"] == info["expiredAt"]


def test_a_token_that_never_expires_says_so_to_a_cgi(site, manager):
    token, _ = manager.generate(lifetime=-1)
    assert environment(site.client.get("/api/cgi", token=token))["ACCESSTOKEN_EXPIRES"] == "never"


@pytest.mark.parametrize("path", ["/api/cgi", "/api/cgi-auth"])
def test_a_cgi_does_not_see_the_token(site, token, path):
    answer = site.client.get(path, token=token)
    environment(answer)
    assert tokens.secret_of(token) not in answer.text
    assert "HTTP_AUTHORIZATION" not in answer.text


def test_a_cgi_sees_the_token_where_it_is_forwarded_and_passed(site, token):
    assert environment(site.client.get("/api/cgi-forwarded", token=token))["HTTP_AUTHORIZATION"] == "Bearer " + token


def test_a_backend_does_not_see_the_token(site, token):
    answer = site.client.get("/api/echo", token=token)
    assert fields(answer, "Authorization") == []
    assert tokens.secret_of(token) not in answer.text


def test_a_backend_sees_the_token_where_it_is_forwarded(site, token):
    assert fields(site.client.get("/api/forwarded", token=token), "Authorization") == ["Bearer " + token]


def test_no_refused_request_reaches_the_backend(site, token):
    before = len(site.echo.seen)
    for value in (tokens.forge(), tokens.forge(tokens.id_of(token)), "x", ""):
        for path in ("/api/echo", "/api/forwarded"):
            assert site.client.status(path, token=value) in (400, 401)
    assert len(site.echo.seen) == before


def test_request_header_names_the_user_to_the_backend_whatever_the_client_sends(site, token):
    lies = {"X-Remote-User": "root", "X-Token-Id": "1", "X-Token-Expires": "never"}
    answer = site.client.get("/api/echo", token=token, headers=lies)
    info = site.manager("alice").info(token)
    assert fields(answer, "X-Remote-User") == ["alice"]
    assert fields(answer, "X-Token-Id") == [info["tokenId"]]
    assert fields(answer, "X-Token-Expires") == [info["expiredAt"]]


LIES = {"ACCESSTOKEN_ID": "lie", "ACCESSTOKEN-ID": "lie", "AccessToken-Expires": "lie", "REMOTE_USER": "lie",
        "Remote-User": "lie", "AUTH_TYPE": "lie", "Auth-Type": "lie"}


def test_variables_that_the_client_sends_do_not_become_ours(site, token):
    seen = environment(site.client.get("/api/cgi", token=token, headers=LIES))
    assert seen["REMOTE_USER"] == "alice" and seen["AUTH_TYPE"] == "AccessToken"
    assert seen["ACCESSTOKEN_ID"] == tokens.id_of(token) and seen["ACCESSTOKEN_EXPIRES"] != "lie"


def test_an_open_place_has_no_user_whatever_the_client_sends(site, token):
    for credentials in ({}, {"token": token}, {"token": tokens.forge()}):
        seen = environment(site.client.get("/open/cgi", headers=LIES, **credentials))
        assert not {"REMOTE_USER", "AUTH_TYPE", "ACCESSTOKEN_ID", "ACCESSTOKEN_EXPIRES"} & set(seen)


def test_an_open_place_leaves_the_credentials_alone(site, token):
    """They are not ours there: the backend may have its own tokens."""
    assert fields(site.client.get("/open/echo", token=token), "Authorization") == ["Bearer " + token]
    assert fields(site.client.get("/open/echo", authorization="Bearer x"), "Authorization") == ["Bearer x"]


def test_passwords_are_left_alone_where_no_token_is_used(site, token):
    sent = site.client.get("/both/echo", user="alice")
    assert fields(sent, "Authorization")[0].startswith("Basic ")
    assert fields(site.client.get("/both/echo", token=token), "Authorization") == []


def test_the_access_log_names_user_and_token_id(site, token):
    site.client.get("/api/data.json?logged", token=token)
    line = wait_until(lambda: [text for text in site.server.log("access_log").splitlines() if "?logged" in text])
    assert line[0].split()[2:5] == ["alice", tokens.id_of(token), "200"]


def test_a_refused_request_is_logged_without_a_user(site, token):
    site.client.get("/api/data.json?refused", token=tokens.forge(tokens.id_of(token)))
    line = wait_until(lambda: [text for text in site.server.log("access_log").splitlines() if "?refused" in text])
    assert line[0].split()[2:5] == ["-", "-", "401"]


def test_a_token_in_the_address_or_the_body_is_never_looked_at(site, manager):
    token = tokens.exposed(manager.token())
    for query in (f"?access_token={token}", f"?token={token}", f"?Authorization=Bearer%20{token}"):
        assert site.client.status("/api/data.json" + query) == 401
    assert site.client.request("POST", "/api/echo", data={"access_token": token}).status_code == 401
    assert site.client.request("POST", "/api/echo", json={"access_token": token}).status_code == 401
    assert site.client.status(f"/api/{token}/data.json") == 401
    good = manager.token()
    assert site.client.status(f"/api/data.json?access_token={token}x", token=good) == 200


def test_tokens_made_under_another_prefix_stay_valid(new_site):
    site = new_site().start("AccessTokenPrefix before_1\n")
    old = site.manager("alice").token()
    assert old.startswith("before_1_") and site.let_in(old) == 200
    site.server.stop()
    site.start("AccessTokenPrefix After\n")
    new = site.manager("alice").token()
    assert new.startswith("After_")
    assert [site.let_in(old), site.let_in(new)] == [200, 200]
    assert len(site.manager("alice").list()) == 2


# A forward proxy

def fetched(site, *lines):
    request = [f"GET http://127.0.0.1:{site.echo.port}/page HTTP/1.1", f"Host: 127.0.0.1:{site.echo.port}",
               "Connection: close", *lines]
    return site.proxy.raw("\r\n".join(request).encode() + b"\r\n\r\n")


def test_a_forward_proxy_asks_for_proxy_credentials(site, token):
    for lines in ((), ("Authorization: Bearer " + token,), ("Proxy-Authorization: Basic YTpi",)):
        answer = fetched(site, *lines)
        assert (answer.status, answer.headers.get_all("Proxy-Authenticate")) == (407, ['Bearer realm="proxy"'])
        assert answer.headers.get_all("WWW-Authenticate") is None


def test_a_forward_proxy_says_what_is_wrong_in_its_own_fields(site, manager):
    gone = manager.token()
    site.database.change(tokens.id_of(gone), expires_at=1000)
    for value, status, error in ((tokens.forge(), 407, "The access token is invalid"), ("x y", 400, "invalid_request"),
                                 (gone, 407, "The access token expired")):
        answer = fetched(site, "Proxy-Authorization: Bearer " + value)
        assert answer.status == status
        assert error in answer.headers["Proxy-Authenticate"]
        assert answer.headers.get_all("WWW-Authenticate") is None


def test_a_forward_proxy_lets_a_token_through_and_keeps_it(site, token):
    before = len(site.echo.seen)
    answer = fetched(site, "Proxy-Authorization: Bearer " + token, "Authorization: Bearer the-origins-own")
    assert answer.status == 200
    assert len(site.echo.seen) == before + 1
    sent = {name.lower(): value for name, value in site.echo.seen[-1][2]}
    assert sent["authorization"] == "Bearer the-origins-own"
    assert "proxy-authorization" not in sent


def test_on_a_forward_proxy_a_request_to_the_server_itself_uses_the_usual_fields(site, token):
    assert site.proxy.status("/api/data.json", token=token) == 200
    answer = site.proxy.get("/api/data.json", headers={"Proxy-Authorization": "Bearer " + token})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert "Proxy-Authenticate" not in answer.headers


def test_a_manager_that_is_used_with_a_token_does_not_show_it(site, token):
    answer = Manager(site.client, "/by-token", token=token).call("GET")
    assert answer.status_code == 200
    assert tokens.secret_of(token) not in answer.text


BY_PASSWORD = """
<VirtualHost 127.0.0.1:{port}>
    ProxyRequests On
    <Proxy "*">
        AuthType Basic
        AuthName "proxy"
        AuthBasicProvider accesstoken file
        AuthUserFile conf/users
        AccessTokenAccept bearer header:X-Api-Key
        Require valid-user
    </Proxy>
</VirtualHost>
"""


def test_a_forward_proxy_takes_tokens_as_passwords_and_in_fields(new_site):
    site = new_site()
    port = site.server.add_port()
    site.start(BY_PASSWORD.format(port=port))
    site.proxy = Client(port)
    token = site.manager("alice").token()
    for line in (f"Proxy-Authorization: {basic('x', token)}", f"Proxy-Authorization: {basic(token)}",
                 f"Proxy-Authorization: {basic('alice', PASSWORD)}", f"X-Api-Key: {token}"):
        answer = fetched(site, line, "Authorization: Bearer the-origins-own")
        assert answer.status == 200, line
        sent = {name.lower(): value for name, value in site.echo.seen[-1][2]}
        assert sent["authorization"] == "Bearer the-origins-own"
        assert not {"proxy-authorization", "x-api-key"} & set(sent)
    for line in ("Proxy-Authorization: " + basic("alice", "wrong"), "Authorization: " + basic("alice", token)):
        answer = fetched(site, line)
        assert (answer.status, answer.headers.get_all("WWW-Authenticate")) == (407, None)
        assert answer.headers.get_all("Proxy-Authenticate") == ['Basic realm="proxy", charset="UTF-8"', 'Bearer realm="proxy"']
