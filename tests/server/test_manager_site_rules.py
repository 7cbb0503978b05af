# SPDX-License-Identifier: Apache-2.0
"""The manager among the site's rules: redirects, refusals and errors of the site hold; what only maps does not hide it.

Each rule has a virtual host of its own, and all of them inherit one manager from the server's configuration.
"""

import re
import uuid

import pytest

import tokens
from client import Manager, check_manager_headers, check_problem
from site_rules import ANSWERS, ANSWERS_TO_USERS, ELSEWHERE, MAPPINGS, MODULES, hosts
from typical_site import Site, basic

SHOWN_BY_THE_MANAGER = re.compile(r"tokenValue|tokenId|\"data\"|Access Tokens|about:blank")

@pytest.fixture(scope="module")
def rules(mpm, engine):
    """A client for each rule, by its name."""
    texts = {**MAPPINGS, **{name: text for name, (text, _) in [*ANSWERS.items(), *ANSWERS_TO_USERS.items()]}}
    with Site(mpm, engine, extra_modules=MODULES) as place:
        place.server.write("htdocs/tokenz", "not the manager")
        yield place.start(hosts(place, texts))


def every_request(client, **credentials):
    manager = Manager(client, "/tokens", **credentials)
    return [manager.call("GET"), manager.call("GET", headers={"Accept": "text/html"}), manager.call("GET", "/"),
            manager.call("GET", f"/{uuid.uuid4()}"), manager.call("DELETE", f"/{uuid.uuid4()}"), manager.post({}),
            manager.call("HEAD"), manager.call("OPTIONS"), manager.call("GET", "/openapi.json")]


def check_held(answers, status):
    for answer in answers:
        assert answer.status_code == status, (answer.request.method, answer.request.url)
        assert "WWW-Authenticate" not in answer.headers
        assert not SHOWN_BY_THE_MANAGER.search(answer.text)
        if status in (301, 302, 307):
            assert answer.headers["Location"].startswith(ELSEWHERE)


@pytest.mark.parametrize("rule", ANSWERS)
def test_an_answer_of_the_site_stands_before_any_password_is_asked_for(rules, rule):
    for credentials in ({}, {"user": "alice"}):
        check_held(every_request(rules.clients[rule], **credentials), ANSWERS[rule][1])


@pytest.mark.parametrize("rule", ANSWERS_TO_USERS)
def test_an_answer_of_a_section_stands_for_users(rules, rule):
    check_held(every_request(rules.clients[rule], user="alice"), ANSWERS_TO_USERS[rule][1])


def test_no_answer_of_the_site_made_a_token(rules):
    for rule in [*ANSWERS, *ANSWERS_TO_USERS]:
        Manager(rules.clients[rule], "/tokens", user="carol").post({})
    assert rules.manager("carol").list() == []


@pytest.mark.parametrize("rule", MAPPINGS)
def test_a_mapping_of_the_site_does_not_hide_the_manager(rules, rule):
    before = len(rules.echo.seen)
    manager = Manager(rules.clients[rule], "/tokens", user=rules.fresh_user())
    token, info = manager.generate(description=rule)
    assert manager.list() == manager.list("/") == manager.list("?limit=5&status=active") == [info]
    assert manager.info(token) == info
    assert "<html" in manager.call("GET", headers={"Accept": "text/html"}).text
    assert rules.let_in(token) == 200
    check_problem(manager.call("GET", "/nothing"), 404)
    check_problem(manager.call("PUT"), 405)
    answer = manager.call("GET", "/openapi.json")
    assert answer.json()["openapi"] and "Content-Encoding" not in answer.headers
    manager.delete(token)
    nobody = Manager(rules.clients[rule], "/tokens").call("GET")
    assert (nobody.status_code, nobody.headers["WWW-Authenticate"]) == (401, 'Basic realm="passwords"')
    check_manager_headers(nobody)
    assert len(rules.echo.seen) == before


def test_a_rule_for_a_part_of_the_site_concerns_that_part(new_site):
    site = new_site().start("RewriteEngine On\nRewriteRule ^/tokens/openapi - [G]\nRedirect /tokens/assets https://cdn.example\n")
    manager = site.manager("alice")
    token = manager.token()
    assert manager.call("GET", "/openapi.json").status_code == 410
    assert manager.call("GET", "/assets/1/page.js").headers["Location"] == "https://cdn.example/1/page.js"
    assert [info["tokenId"] for info in manager.list()] == [tokens.id_of(token)]


REWRITTEN_INSIDE = f"""
<Location /secure>
    {basic()}
    Require valid-user
    AccessTokenManager own
</Location>
<Location /secure/nested>
    Options FollowSymLinks
    RewriteEngine On
    RewriteRule ^ {ELSEWHERE}/ [R]
</Location>
"""


def test_a_rewrite_in_a_location_within_the_manager_holds_at_its_very_path(new_site):
    site = new_site().start(REWRITTEN_INSIDE)
    for path in ("/secure/nested", "/secure/nested/", "/secure/nested/x"):
        assert site.client.get(path, user="alice").headers.get("Location") == ELSEWHERE + "/"
    assert site.client.status("/secure/nestedx", user="alice") == 404


# Another path to the manager, by a folder whose .htaccess lets in everybody under any name.

ANYBODY = "AuthBasicProvider anon\nAnonymous *\nAnonymous_MustGiveEmail Off\n"
RENAMED = """
RewriteEngine On
RewriteRule ^/renamed(.*) /own$1 [PT]
<Directory "{htdocs}">
    AllowOverride AuthConfig
</Directory>
<Location /own>
    AuthType Basic
    AuthName "passwords"
    AuthUserFile conf/users
    Require valid-user
    AccessTokenManager own
</Location>
{mapping}
"""


@pytest.mark.parametrize("mapping", ["", "ProxyPass / http://127.0.0.1:{echo}/", 'Alias /own "{htdocs}/open"'],
                         ids=["no mapping", "ProxyPass", "Alias"])
def test_no_htaccess_applies_to_the_manager_behind_a_rewrite_either(new_site, mapping):
    site = new_site(extra_modules=["authn_anon"])
    words = {"htdocs": site.server.path("htdocs"), "echo": site.echo.port}
    for folder in ("htdocs", "htdocs/open"):
        site.server.write(f"{folder}/.htaccess", ANYBODY)
    site.start(RENAMED.format(mapping=mapping.format(**words), **words))
    for path in ("/own", "/renamed"):
        assert Manager(site.client, path, user="alice").call("GET").json() == {"data": []}
        for method in ("GET", "POST", "TRACE"):
            answer = Manager(site.client, path, user="nobody-here").call(method)
            assert answer.status_code == 401
            check_manager_headers(answer)
    assert not site.echo.seen


def test_no_htaccess_applies_to_the_manager_as_an_included_file_either(new_site):
    site = new_site(extra_modules=["authn_anon"])
    site.server.write("htdocs/.htaccess", ANYBODY + "Options +Includes\nAddOutputFilter INCLUDES .shtml\n")
    site.server.write("htdocs/own", "a file")
    site.server.write("htdocs/page.shtml", '<!--#include file="own" -->')
    site.start(RENAMED.format(mapping="", htdocs=site.server.path("htdocs")).replace("AllowOverride AuthConfig", "AllowOverride All"))
    assert "data" in site.client.get("/page.shtml", user="alice").json()
    for credentials in ({}, {"user": "nobody-here"}):
        answer = site.client.get("/page.shtml", **credentials)
        assert "an error occurred" in answer.text and not SHOWN_BY_THE_MANAGER.search(answer.text)
