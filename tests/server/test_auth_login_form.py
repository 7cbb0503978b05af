# SPDX-License-Identifier: Apache-2.0
"""A form with a session beside tokens: docs/logins.md, "A form", with Debian's mod_auth_form."""

import re

import pytest

import document_blocks
from client import PASSWORD, Client, Manager
from logins import check_mixed, check_token_life
from typical_site import Site

DOCUMENT, HEADING = "docs/logins.md", "A form"
FITTED = {"/etc/apache2/users.htpasswd": "conf/users", ";Secure": ""}
MORE = """
<Location /inline>
    AuthType form
    AuthName "Example"
    AuthFormProvider file
    AuthUserFile conf/users
    Session On
    Require valid-user
    AccessTokenManager own
</Location>
"""
# mod_auth_form writes the password that it gets, here a token, to the log at trace1.
BY_TOKEN = """
LogLevel auth_form:debug
<AuthnProviderAlias accesstoken tokens-alias>
</AuthnProviderAlias>
<Location /by-token>
    AuthType form
    AuthName "Example"
    AuthFormProvider {names}
    AuthUserFile conf/users
    AuthFormLoginSuccessLocation /by-token
    Session On
    SessionCookieName session path=/
    Require valid-user
</Location>
"""


@pytest.fixture(scope="module")
def form():
    block = document_blocks.block(DOCUMENT, HEADING, "apache", fitted=FITTED).replace("/tokens", "/form-tokens")
    block = block.replace("(tokens|", "(form-tokens|")
    with Site(extra_modules=document_blocks.modules_named(block)) as place:
        place.server.write("htdocs/sign-in.html", document_blocks.block(DOCUMENT, HEADING, "html"))
        place.server.write("htdocs/app/data.json", "{}")
        yield place.start(block + MORE)


def signed_in(site, name, password=PASSWORD):
    """A client that opens the manager, is led to the form, and fills it in."""
    client = Client(site.server.port)
    page = client.get("/form-tokens", headers={"Accept": "text/html"}, allow_redirects=True)
    action, user, secret = [re.search(pattern, page.text).group(1) for pattern in
                            ('action="([^"]+)"', '<input name="([^"]+)">', '<input name="([^"]+)" type="password"')]
    answer = client.request("POST", action, data={user: name, secret: password})
    client.answered = (answer.status_code, answer.headers.get("Location"))
    return client


def test_who_signs_in_by_form_has_tokens(form):
    client = signed_in(form, "alice")
    assert client.answered == (302, "/form-tokens")
    assert "<title>" in client.get("/form-tokens", headers={"Accept": "text/html"}).text
    check_token_life(form, Manager(client, "/form-tokens"), "alice", "/app/data.json")


def test_one_place_takes_sessions_and_tokens(form):
    answer = check_mixed(form, signed_in(form, "alice"), "/app/data.json")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in.html")


@pytest.mark.parametrize("name, password", [("alice", "wrong"), ("mallory", PASSWORD)])
def test_wrong_passwords_make_no_session(form, name, password):
    client = signed_in(form, name, password)
    assert client.answered[0] == 401
    assert client.status("/form-tokens") == client.status("/app/data.json") == 302


@pytest.mark.parametrize("path, status", [("/form-tokens", 302), ("/inline", 401)])
def test_without_a_session_nothing_is_done(form, path, status):
    """What the page's own fetch() gets when the session is over, and curl; it never gets a list or a token."""
    fetch = {"Accept": "application/json", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
    token = form.manager("alice").token()
    for headers in (fetch, {}):
        manager = Manager(Client(form.server.port), path)
        assert manager.call("GET", headers=headers).status_code == status
        assert manager.post({}, headers=headers).status_code == status
        assert manager.call("GET", token=token, headers=headers).status_code == status


def test_signing_out_ends_the_session_and_no_token(form):
    client = signed_in(form, "bob")
    token = Manager(client, "/form-tokens").token()
    answer = client.get("/sign-out")
    assert (answer.status_code, answer.headers["Location"]) == (307, "/sign-in.html")
    assert client.status("/form-tokens") == client.status("/app/data.json") == 302
    assert form.let_in(token) == form.let_in(token, "/app/data.json") == 200


def test_a_form_that_posts_to_the_manager_signs_in_but_shows_no_page(form):
    """What the document warns of."""
    client = Client(form.server.port)
    answer = client.request("POST", "/inline", data={"httpd_username": "alice", "httpd_password": PASSWORD})
    assert answer.status_code == 415
    assert client.status("/inline") == 200


@pytest.mark.parametrize("names", ["accesstoken", "tokens-alias", "file accesstoken", "accesstoken file"])
def test_a_token_in_a_form_signs_nobody_in_and_the_log_says_why(new_site, names):
    """A form has a user name of its own, which the token's owner need not be."""
    site = new_site(extra_modules=("auth_form", "request", "session", "session_cookie"))
    site.start(BY_TOKEN.format(names=names))
    token = site.manager("alice").token()
    for name, password in (("alice", token), ("x", token), (token, "x"), (token, token)):
        client = Client(site.server.port)
        answer = client.request("POST", "/by-token", data={"httpd_username": name, "httpd_password": password})
        assert answer.status_code in (401, 500) and not client.session.cookies
        assert client.status("/by-token") == client.status("/by-token", token=token) == 401
    assert "the provider accesstoken works only as a name in AuthBasicProvider" in site.server.log()
    known = Client(site.server.port)
    known.request("POST", "/by-token", data={"httpd_username": "bob", "httpd_password": PASSWORD})
    assert bool(known.session.cookies) == ("file" in names)
