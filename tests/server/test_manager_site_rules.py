# SPDX-License-Identifier: Apache-2.0
"""The manager among the site's rules: redirects, refusals and errors of the site hold; what only maps does not hide it.

Each rule has a virtual host of its own, and all of them inherit one manager from the server's configuration.
"""

import re
import uuid

import pytest

import tokens
from client import Client, Manager, check_manager_headers, check_problem
from typical_site import Site, basic, host

ELSEWHERE = "https://www.example.com"
SHOWN_BY_THE_MANAGER = re.compile(r"tokenValue|tokenId|\"data\"|Access Tokens|about:blank")

# Rules that answer, the status that they answer with, and where they send the client.
ANSWERS = {
    "Redirect": (f"Redirect permanent / {ELSEWHERE}/", 301),
    "Redirect of the manager": (f"Redirect /tokens {ELSEWHERE}/tokens", 302),
    "Redirect with a status": ("Redirect 410 /tokens", 410),
    "RedirectMatch": (f"RedirectMatch 307 ^/(.*)$ {ELSEWHERE}/$1", 307),
    "RedirectMatch with a status": ("RedirectMatch 404 ^/tokens", 404),
    "Redirect of a Location": (f"<Location />\nRedirect permanent {ELSEWHERE}/\n</Location>", 301),
    "Redirect in an expression": (f"<If \"%{{HTTPS}} != 'on'\">\nRedirect permanent {ELSEWHERE}/\n</If>", 301),
    "Redirect beside Alias": (f'Alias / "HTDOCS/open/"\nRedirect permanent / {ELSEWHERE}/', 301),
    "Redirect behind ProxyPass": (f"ProxyPass / http://127.0.0.1:ECHO/\nRedirect permanent / {ELSEWHERE}/", 301),
    "Redirect behind an early ProxyPass":
        (f"ProxyPass / http://127.0.0.1:ECHO/ mapping=servlet\nRedirect permanent / {ELSEWHERE}/", 301),
    "Redirect behind [P]": (f"RewriteEngine On\nRewriteRule ^/(.*) http://127.0.0.1:ECHO/$1 [P]\n"
                            f"Redirect permanent / {ELSEWHERE}/", 301),
    "Redirect behind [PT]": (f"RewriteEngine On\nRewriteRule ^/tokens(.*) /renamed$1 [PT]\n"
                             f"Redirect permanent /renamed {ELSEWHERE}/", 301),
    "RewriteRule to https": ("RewriteEngine On\nRewriteCond %{HTTPS} off\n"
                             f"RewriteRule ^ {ELSEWHERE}%{{REQUEST_URI}} [R=301,L]", 301),
    "RewriteRule of an address": (f"RewriteEngine On\nRewriteRule ^/(.*) {ELSEWHERE}/$1", 302),
    "RewriteRule with a status": ("RewriteEngine On\nRewriteRule ^/tokens - [R=503]", 503),
    "RewriteRule [F]": ("RewriteEngine On\nRewriteCond %{REMOTE_ADDR} !^10\\.\nRewriteRule ^/(tokens|api) - [F]", 403),
    "RewriteRule [G]": ("RewriteEngine On\nRewriteRule ^/tokens - [G]", 410),
    "another module's hook": ("LuaHookTranslateName ROOT/hooks.lua refuse", 410),
    "another module's early hook": ("LuaHookTranslateName ROOT/hooks.lua refuse early", 410),
}

# Rules of a section for which httpd asks after authentication, as at any other location.
ANSWERS_TO_USERS = {
    "Redirect in a Location": (f"<Location />\nRedirect permanent /tokens {ELSEWHERE}/\n</Location>", 301),
    "RedirectMatch in a Location": ("<Location /tokens>\nRedirectMatch 410 ^\n</Location>", 410),
    "RewriteRule in the Location": (f"<Location /tokens>\nOptions FollowSymLinks\nRewriteEngine On\n"
                                    f"RewriteRule ^ {ELSEWHERE}/ [R=301]\n</Location>", 301),
    "RewriteRule in an outer Location": (f"<Location />\nOptions FollowSymLinks\nRewriteEngine On\n"
                                         f"RewriteRule ^ {ELSEWHERE}%{{REQUEST_URI}} [R=301]\n</Location>", 301),
    "RewriteRule [F] in the Location": ("<Location /tokens>\nOptions FollowSymLinks\nRewriteEngine On\n"
                                        "RewriteRule ^ - [F]\n</Location>", 403),
    "RewriteRule [G] in a LocationMatch": ("<LocationMatch ^/tokens>\nOptions FollowSymLinks\nRewriteEngine On\n"
                                           "RewriteRule .* - [G]\n</LocationMatch>", 410),
    "RewriteRule in an expression": ("<If \"%{REQUEST_URI} =~ m#^/tokens#\">\nOptions FollowSymLinks\n"
                                     "RewriteEngine On\nRewriteRule ^ - [R=404]\n</If>", 404),
}

MAPPINGS = {
    "ProxyPass": "ProxyPass / http://127.0.0.1:ECHO/",
    "ProxyPass of the manager": "ProxyPass /tokens http://127.0.0.1:ECHO/tokens",
    "ProxyPass mapping=servlet": "ProxyPass / http://127.0.0.1:ECHO/ mapping=servlet",
    "ProxyPass mapping=encoded": "ProxyPass / http://127.0.0.1:ECHO/ mapping=encoded",
    "ProxyPass nocanon": "ProxyPass / http://127.0.0.1:ECHO/ nocanon",
    "ProxyPassMatch": "ProxyPassMatch ^/(.*)$ http://127.0.0.1:ECHO/$1",
    "ProxyPass in a Location": "<Location />\nProxyPass http://127.0.0.1:ECHO/\n</Location>",
    "ProxyPass in the Location": "<Location /tokens>\nProxyPass http://127.0.0.1:ECHO/\n</Location>",
    "RewriteRule [P]": "RewriteEngine On\nRewriteRule ^/(.*) http://127.0.0.1:ECHO/$1 [P]",
    "RewriteRule to a file": "RewriteEngine On\nRewriteRule ^ HTDOCS/open/data.json",
    "RewriteRule without a slash": "RewriteEngine On\nRewriteRule ^ open/data.json",
    "RewriteRule [END]": "RewriteEngine On\nRewriteRule ^ /open/data.json?x=y [END]",
    "RewriteRule [PT]": "RewriteEngine On\nRewriteRule ^/(.*) /open/data.json?$1 [PT,E=SEEN:$1,CO=seen:yes:-]",
    "RewriteRule [H] [T]": "RewriteEngine On\nRewriteRule ^ /open/data.json [H=cgi-script,T=text/plain]",
    "RewriteRule in a Location": "<Location />\nOptions FollowSymLinks\nRewriteEngine On\n"
                                 "RewriteRule ^ /open/data.json\n</Location>",
    "RewriteRule that sets a variable": "RewriteEngine On\nRewriteRule .* - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]\n"
                                        "<Location />\nRequestHeader set X-Seen yes\n</Location>",
    "RewriteRule that sets a variable in a Location":
        "<Location />\nOptions FollowSymLinks\nRewriteEngine On\nRewriteRule .* - [E=A:%{REMOTE_USER}]\n</Location>",
    "RewriteRule that ends rules in the Location":
        "<Location /tokens>\nOptions FollowSymLinks\nRewriteEngine On\nRewriteRule ^ - [END]\n</Location>",
    "RewriteRule to a neighbour in the Location":
        "<Location /tokens>\nOptions FollowSymLinks\nRewriteEngine On\nRewriteRule ^ data.json\n</Location>",
    "RewriteRule of the query in the Location":
        "<Location /tokens>\nOptions FollowSymLinks\nRewriteEngine On\nRewriteRule ^ %{REQUEST_FILENAME} [QSA]\n</Location>",
    "RewriteCond that looks ahead": "RewriteEngine On\nRewriteCond %{LA-U:REMOTE_USER} !=alice\nRewriteRule ^ - [E=B:1]",
    "RewriteCond of files": "RewriteEngine On\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteCond %{REQUEST_URI} !-U\n"
                            "RewriteRule ^ /open/data.json",
    "RewriteRule [P] in a Location": "<Location />\nOptions FollowSymLinks\nRewriteEngine On\n"
                                     "RewriteRule ^ http://127.0.0.1:ECHO/ [P]\n</Location>",
    "Alias": 'Alias /tokens "HTDOCS/open"',
    "Alias in a Location": '<Location /tokens>\nAlias "HTDOCS/open"\n</Location>',
    "ScriptAlias": 'ScriptAlias /tokens "ROOT/cgi-bin/env.sh"',
    "FallbackResource": "FallbackResource /open/data.json",
    "VirtualDocumentRoot": 'VirtualDocumentRoot "HTDOCS/open"',
    "UserDir": 'UserDir "HTDOCS/open"',
    "type-map": "<Location />\nSetHandler type-map\nForceType text/plain\n</Location>",
    "CheckSpelling and MultiViews": "CheckSpelling On\n<Location />\nOptions +MultiViews\n</Location>",
    "AddHandler and AddEncoding": "AddHandler cgi-script .json .js\nAddEncoding x-gzip .json .js\nAddOutputFilter INCLUDES .json",
    "another module's mapping": "LuaHookTranslateName ROOT/hooks.lua map",
    "another module's early mapping": "LuaHookTranslateName ROOT/hooks.lua map early",
}

HOOKS = """
require 'apache2'
function refuse(r)
    return 410
end
function map(r)
    r.filename = r.document_root .. "/open/data.json"
    return apache2.OK
end
"""


@pytest.fixture(scope="module")
def rules(mpm, engine):
    """A client for each rule, by its name."""
    texts = {**MAPPINGS, **{name: text for name, (text, _) in [*ANSWERS.items(), *ANSWERS_TO_USERS.items()]}}
    with Site(mpm, engine, extra_modules=("vhost_alias", "userdir", "speling", "negotiation", "lua")) as place:
        place.server.write("hooks.lua", HOOKS)
        place.server.write("htdocs/tokenz", "not the manager")
        place.clients = {name: Client(place.server.add_port()) for name in texts}
        text = "".join(host(place.clients[name].port, rule) for name, rule in texts.items())
        for word, value in (("HTDOCS", place.server.path("htdocs")), ("ROOT", place.server.root), ("ECHO", place.echo.port)):
            text = text.replace(word, str(value))
        yield place.start(text)


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
