# SPDX-License-Identifier: Apache-2.0
"""With the rest of httpd: virtual hosts, .htaccess, expressions, sub-requests, error documents, HTTP/2."""

import os
import re

import pytest

import tokens
from client import Client, Manager, check_problem, check_unavailable, curl
from echo_backend import fields
from httpd import wait_until
from typical_site import Site, basic, host

INVALID = 'error="invalid_token", error_description="The access token is invalid"'


# Virtual hosts

@pytest.fixture(scope="module")
def hosts(mpm, engine):
    """One database with two tables, and a second database: each for a virtual host of its own."""
    with Site(mpm, engine) as place:
        place.other = place.add_database("other")
        ports = [place.server.add_port() for _ in range(3)]
        settings = ["AccessTokenTable first", "AccessTokenTable second", place.other.directive()]
        place.hosts = [Client(port) for port in ports]
        yield place.start("\n".join(host(port, said + place.locations()) for port, said in zip(ports, settings)))


def test_virtual_hosts_with_different_tables_share_nothing(hosts):
    managers = [Manager(client, "/tokens", user="alice") for client in hosts.hosts]
    made = [manager.token() for manager in managers]
    for number, client in enumerate(hosts.hosts):
        seen = [client.status("/api/data.json", token=token) for token in made]
        assert seen == [200 if other == number else 401 for other in range(3)]
        assert [info["tokenId"] for info in managers[number].list()] == [tokens.id_of(made[number])]
        for other in range(3):
            if other != number:
                check_problem(managers[number].call("DELETE", "/" + tokens.id_of(made[other])), 404)
    assert [client.status("/api/data.json", token=token) for client, token in zip(hosts.hosts, made)] == [200] * 3


def test_each_virtual_hosts_rows_lie_where_it_says(hosts):
    made = [Manager(client, "/tokens", user="bob").token() for client in hosts.hosts]
    ids = [tokens.id_of(token) for token in made]
    assert hosts.database.row(ids[0], "first") and not hosts.database.row(ids[0], "second")
    assert hosts.database.row(ids[1], "second") and not hosts.database.row(ids[1], "first")
    assert hosts.other.row(ids[2]) and not hosts.database.has_table("access_tokens")


@pytest.mark.parametrize("setting", ["", "AccessTokenCacheTTL 4m", "AccessTokenDatabaseTimeout 3s",
                                     'AccessTokenDatabase sqlite3 "{link}/{file}"'])
def test_a_deletion_at_one_virtual_host_holds_at_once_at_others_with_other_settings(new_site, setting):
    site = new_site()
    ports = [site.server.add_port() for _ in range(2)]
    folder, file = os.path.split(site.database.path)
    os.symlink(folder, site.server.path("link"))
    site.start(f"AccessTokenRevocationInterval 1h\n{host(ports[0], '')}{host(ports[1], setting.format(link=site.server.path('link'), file=file))}")
    one, other = (Client(port) for port in ports)
    for _ in range(4):  # in whatever process
        token = Manager(one, "/tokens", user="alice").token()
        assert [client.status("/api/data.json", token=token) for client in (one, other) * 4] == [200] * 8
        Manager(one, "/tokens", user="alice").delete(token)
        assert [client.status("/api/data.json", token=token) for client in (one, other) * 4] == [401] * 8


# .htaccess

@pytest.fixture(scope="module")
def folders(mpm, engine):
    """A server with a folder where .htaccess decides, one where it may do anything, and odd locations."""
    with Site(mpm, engine) as place:
        server = place.server
        server.write("htdocs/by-htaccess/env.cgi", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nenv\n", 0o755)
        server.write("htdocs/anything/data.json", "plain")
        server.write("htdocs/expression/data.json", "plain")
        server.write("htdocs/rewritten/data.json", "plain")
        server.write("htdocs/rewritten/.htaccess", "RewriteEngine On\nRewriteRule ^old$ data.json\n")
        server.write("htdocs/both-dir/data.json", "plain")
        yield place.start(FOLDERS.format(htdocs=server.path("htdocs"), basic=basic()))


FOLDERS = """
<Directory "{htdocs}/by-htaccess">
    AllowOverride AuthConfig
    Options +ExecCGI
    AddHandler cgi-script .cgi
</Directory>
<Directory "{htdocs}/anything">
    AllowOverride All
</Directory>
<Directory "{htdocs}/rewritten">
    AllowOverride FileInfo
    Options +FollowSymLinks
    AuthType AccessToken
    AuthName "api"
    Require valid-user
</Directory>
<Location /expression>
    AuthType "%{{req:X-Auth}}"
    AuthName "expression"
    AuthBasicProvider file
    AuthUserFile conf/users
    Require valid-user
</Location>
<Directory "{htdocs}/both-dir">
    {basic}
    <If "%{{HTTP:Authorization}} =~ /^Bearer /i">
        AuthType AccessToken
    </If>
    Require valid-user
</Directory>
"""

IN_HTACCESS = 'AuthType accesstoken\nAuthName "here"\nRequire valid-user\n'


def test_htaccess_may_protect_a_folder_with_tokens(folders):
    token = folders.manager("alice").token()
    folders.server.write("htdocs/by-htaccess/.htaccess", IN_HTACCESS + "CGIPassAuth On\n")
    answer = folders.client.get("/by-htaccess/env.cgi")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="here"')
    answer = folders.client.get("/by-htaccess/env.cgi", token=token)
    assert "REMOTE_USER=alice" in answer.text and "HTTP_AUTHORIZATION" not in answer.text


def test_htaccess_may_forward_credentials(folders):
    token = folders.manager("alice").token()
    lines = IN_HTACCESS + "CGIPassAuth On\nAccessTokenForwardCredentials On\n"
    folders.server.write("htdocs/by-htaccess/.htaccess", lines)
    assert f"HTTP_AUTHORIZATION=Bearer {token}" in folders.client.get("/by-htaccess/env.cgi", token=token).text
    folders.server.write("htdocs/by-htaccess/.htaccess", lines + "AccessTokenForwardCredentials Off\n")
    assert "HTTP_AUTHORIZATION" not in folders.client.get("/by-htaccess/env.cgi", token=token).text


@pytest.mark.parametrize("handler", ["accesstoken", "access-token", "accesstoken-manager", "mod_accesstoken",
                                     "mod_accesstoken.c", "AccessToken", "accesstoken_manager", "access_token"])
def test_a_handler_of_htaccess_does_not_make_a_manager(folders, handler):
    folders.manager("alice").generate()
    folders.server.write("htdocs/anything/.htaccess", f"SetHandler {handler}\nAuthType Basic\nAuthName x\n"
                         f'AuthUserFile "{folders.server.path("conf/users")}"\nRequire valid-user\n')
    for path in ("/anything/", "/anything/data.json"):
        answer = folders.client.get(path, user="alice")
        assert "tokenId" not in answer.text and '"data"' not in answer.text
        assert folders.client.request("POST", path, user="alice", json={}).status_code != 201


# AuthType as an expression; passwords and tokens on one location

@pytest.mark.parametrize("kind", ["AccessToken", "accesstoken", "ACCESSTOKEN"])
def test_the_authentication_type_may_be_an_expression(folders, kind):
    token = folders.manager("alice").token()
    path = "/expression/data.json"
    assert folders.client.status(path, token=token, headers={"X-Auth": kind}) == 200
    assert folders.client.status(path, user="alice", headers={"X-Auth": "Basic"}) == 200
    assert folders.client.status(path, user="alice", headers={"X-Auth": kind}) == 401
    assert folders.client.status(path, token=token, headers={"X-Auth": "Basic"}) == 401
    answer = folders.client.get(path, headers={"X-Auth": kind})
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="expression"'
    assert folders.client.status(path, token=token, headers={"X-Auth": "AccessTokenX"}) in (401, 500)


@pytest.mark.parametrize("path", ["/both/data.json", "/both-dir/data.json"])
def test_passwords_and_tokens_on_one_location(folders, path):
    token = folders.manager("alice").token()
    assert folders.client.status(path, token=token) == 200
    assert folders.client.status(path, authorization="BEARER " + token) == 200
    assert folders.client.status(path, user="alice") == 200
    none = folders.client.get(path)
    assert none.status_code == 401 and "Basic " in none.headers["WWW-Authenticate"]
    wrong = folders.client.get(path, token=tokens.forge())
    assert wrong.status_code == 401 and INVALID in wrong.headers["WWW-Authenticate"]
    assert folders.client.status(path, authorization="Basic YWxpY2U6d3Jvbmc=") == 401


# The manager is not hidden

@pytest.mark.parametrize("hide", ["ProxyPass / http://127.0.0.1:{echo}/", "RewriteEngine On\nRewriteRule ^ /open/data.json",
                                  "RewriteEngine On\nRewriteRule ^/(.*) http://127.0.0.1:{echo}/$1 [P]",
                                  'Alias /tokens "{htdocs}/open"', 'ScriptAlias /tokens "{htdocs}/../cgi-bin"',
                                  '<Directory "{htdocs}">\nAllowOverride All\nOptions +FollowSymLinks\n</Directory>',
                                  '<Directory "/">\nRequire all denied\n</Directory>',
                                  '<Location />\nSetHandler server-info\n</Location>', "DirectoryIndex data.json"])
def test_nothing_hides_the_manager(new_site, hide):
    site = new_site()
    site.server.write("htdocs/.htaccess", "RewriteEngine On\nRewriteRule ^ /open/data.json\n")
    site.server.write("htdocs/tokens/.htaccess", "Require all denied\nRedirect /tokens /elsewhere\n")
    site.server.write("htdocs/tokens/index.html", "not the manager")
    site.start(hide.format(echo=site.echo.port, htdocs=site.server.path("htdocs")))
    manager = site.manager("alice")
    token, info = manager.generate()
    assert manager.list() == [info]
    assert manager.call("GET", "/").json() == {"data": [info]}
    assert manager.info(token) == info
    manager.delete(token)


def test_a_location_beside_the_manager_is_not_the_manager(folders):
    folders.server.write("htdocs/tokens-of-mine/data.json", "plain")
    assert folders.client.get("/tokens-of-mine/data.json").text == "plain"


# Sub-requests and internal redirects

@pytest.fixture(scope="module")
def pages(mpm, engine):
    """Pages with includes, an index, and error documents, some of them protected; each use is written."""
    with Site(mpm, engine) as place:
        include = '<!--#include virtual="/api/part.shtml" -->'
        echo = '[<!--#echo var="REMOTE_USER" -->|<!--#echo var="ACCESSTOKEN_ID" -->]'
        files = {"api/part.shtml": echo, "api/page.shtml": echo + include * 5,
                 "open/page.shtml": 'open <!--#include virtual="/api/data.json" -->',
                 "api/folder/index.shtml": "index " + echo, "api/e404.shtml": "protected 404 " + echo,
                 "api/e403.shtml": "protected 403 " + echo, "api/e401.shtml": "protected 401",
                 "open/e401.html": "open 401", "open/e503.html": "open 503",
                 "api/strict/data.json": "x", "api/loop/data.json": "x"}
        for name, text in files.items():
            place.server.write("htdocs/" + name, text)
        place.start(PAGES + place.with_forward_proxy())
        place.manager("alice").generate()
        place.database.run("CREATE TABLE written (token_id TEXT)")
        place.database.run("CREATE TRIGGER written_too AFTER UPDATE OF last_used ON access_tokens "
                           "BEGIN INSERT INTO written VALUES (NEW.token_id); END")
        yield place


PAGES = """
AccessTokenLastUsedInterval 0
DirectoryIndex missing.html index.shtml
<Directory />
    Options +Includes
    AddOutputFilter INCLUDES .shtml
</Directory>
ErrorDocument 404 /api/e404.shtml
<Location /api/strict>
    Require user admin
    AuthzSendForbiddenOnFailure On
    ErrorDocument 403 /api/e403.shtml
</Location>
<Location /api/loop>
    ErrorDocument 401 /api/e401.shtml
</Location>
<Location /api/folder>
    ErrorDocument 401 /open/e401.html
</Location>
"""


def counted(pages, token):
    """How often the last use of this token was written, when writing has come to rest."""
    def count():
        return pages.database.run("SELECT count(*) FROM written WHERE token_id = ?", tokens.id_of(token))[0][0]
    wait_until(count, patience=5)
    before = -1
    while before != (before := count()):
        wait_until(lambda: False, patience=1.2)
    return before


def test_included_pages_know_the_user_and_the_use_counts_once(pages):
    token = pages.manager("alice").token()
    answer = pages.client.get("/api/page.shtml", token=token)
    assert answer.text == f"[alice|{tokens.id_of(token)}]" * 6
    assert counted(pages, token) == 1


def test_an_index_is_found_and_the_use_counts_once(pages):
    token = pages.manager("alice").token()
    assert pages.client.get("/api/folder/", token=token).text == f"index [alice|{tokens.id_of(token)}]"
    assert counted(pages, token) == 1


def test_an_open_page_includes_a_protected_one_for_whom_has_a_token(pages):
    token = pages.manager("alice").token()
    assert '{"answer": 42}' in pages.client.get("/open/page.shtml", token=token).text
    for credentials in ({}, {"token": tokens.forge()}):
        answer = pages.client.get("/open/page.shtml", **credentials)
        assert answer.status_code == 200 and answer.text.startswith("open ")
        assert "answer" not in answer.text


def test_an_error_document_in_the_protected_area_is_served_and_the_use_counts_once(pages):
    token = pages.manager("alice").token()
    answer = pages.client.get("/api/missing", token=token)
    assert (answer.status_code, answer.text) == (404, f"protected 404 [alice|{tokens.id_of(token)}]")
    assert counted(pages, token) == 1


def test_an_error_document_for_403_is_served(pages):
    token = pages.manager("alice").token()
    answer = pages.client.get("/api/strict/data.json", token=token)
    assert answer.status_code == 403 and answer.text.startswith("protected 403 [alice|")


def test_an_error_document_for_401_keeps_the_challenge(pages):
    answer = pages.client.get("/api/folder/", token=tokens.forge())
    assert (answer.status_code, answer.text) == (401, "open 401")
    assert INVALID in answer.headers["WWW-Authenticate"]
    assert pages.client.get("/api/folder/").headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_an_error_document_for_401_in_the_protected_area_lets_no_request_in(pages):
    for credentials in ({}, {"token": tokens.forge()}, {"token": "x y"}):
        answer = pages.client.get("/api/loop/data.json", **credentials)
        assert answer.status_code in (400, 401) and "WWW-Authenticate" in answer.headers
        assert answer.headers["WWW-Authenticate"].count("Bearer") == 1


def test_a_refusal_is_decided_once_and_logged_once(pages):
    token = tokens.forge()
    name = tokens.id_of(token)
    pages.client.get("/api/loop/data.json", token=token)
    wait_until(lambda: name in pages.server.log(), patience=3)
    lines = [line for line in pages.server.log().splitlines() if name in line and "[accesstoken:" in line]
    assert len(lines) <= 1


def test_a_rewrite_within_the_protected_area_works(folders):
    token = folders.manager("alice").token()
    assert folders.client.get("/rewritten/old", token=token).text == "plain"
    assert folders.client.status("/rewritten/old") == 401


def test_an_error_document_does_not_replace_the_managers_answers(pages):
    check_problem(pages.manager("alice").call("GET", "/nothing"), 404)


def test_an_error_document_for_503_keeps_what_clients_need(new_site):
    site = new_site()
    site.server.write("htdocs/open/e503.html", "open 503")
    site.start(f'AccessTokenDatabase sqlite3 "{site.server.path("nowhere", "t.db")}"\nErrorDocument 503 /open/e503.html\n')
    answer = site.client.get("/api/data.json", token=tokens.forge())
    check_unavailable(answer)
    assert answer.text == "open 503"


# HTTP/2

@pytest.fixture(scope="module")
def h2(mpm, engine):
    with Site(mpm, engine, extra_modules=("http2",)) as place:
        yield place.start("Protocols h2c http/1.1\n")


@pytest.mark.parametrize("how", ["--http2-prior-knowledge", "--http2"])
def test_http2_without_tls(h2, how):
    """With the upgrade, httpd switches for what is let in; a refusal is still HTTP/1.1."""
    token = h2.manager("alice").token()
    _, text = curl(how, "-H", "Authorization: Bearer " + token, h2.client.base + "/api/data.json")
    assert "HTTP/2 200" in text and '{"answer": 42}' in text
    _, text = curl(how, "-H", "Authorization: Bearer " + token, h2.client.base + "/api/echo")
    assert "HTTP/2 200" in text and tokens.secret_of(token) not in text
    for credentials, challenge in (("Authorization: Bearer " + tokens.forge(), 'Bearer realm="api", ' + INVALID),
                                   ("X-Nothing: x", 'Bearer realm="api"')):
        _, text = curl(how, "-H", credentials, h2.client.base + "/api/data.json")
        assert re.search(r"^HTTP/\S+ 401", text, re.MULTILINE)
        assert re.findall(r"^www-authenticate: (.*)\r$", text, re.MULTILINE | re.IGNORECASE) == [challenge]


def test_the_manager_over_http2(h2):
    status, text = curl("--http2-prior-knowledge", "-u", "bob:correct horse", "--json", '{"lifetimeSeconds": 60}',
                        h2.client.base + "/tokens")
    assert status == 201
    token = tokens.remember(tokens.SYNTAX.search(text).group())
    assert h2.let_in(token) == 200
    status, _ = curl("--http2-prior-knowledge", "-u", "bob:correct horse", "-X", "DELETE",
                     h2.client.base + "/tokens/" + tokens.id_of(token))
    assert status == 204 and h2.let_in(token) == 401


# mod_cache

CACHE = """
CacheRoot "{folder}"
CacheEnable disk /api
CacheEnable disk /passwords
CacheQuickHandler {quick}
CacheHeader On
ProxyPass /passwords/echo http://127.0.0.1:{echo}/
<LocationMatch "^/(api|passwords)/echo">
    Header set Cache-Control "max-age=60"
    RequestHeader set X-Remote-User "expr=%{{REMOTE_USER}}"
</LocationMatch>
"""


@pytest.mark.parametrize("quick", ["On", "Off"])
def test_mod_cache_does_not_serve_one_users_page_to_another(new_site, quick):
    """httpd's cache leaves answers to requests with Authorization alone; ours must not look like requests without."""
    site = new_site(extra_modules=("cache", "cache_disk"))
    folder = site.server.folder("cache", for_children=True)
    site.start(CACHE.format(folder=folder, quick=quick, echo=site.echo.port))
    for path, credentials in (("/passwords/echo", [{"user": "alice"}, {"user": "bob"}]),
                              ("/api/echo", [{"token": site.manager(name).token()} for name in ("alice", "bob")])):
        seen = [fields(site.client.get(path, **who), "X-Remote-User") for who in credentials]
        assert seen == [["alice"], ["bob"]], path
        assert site.client.status(path) == 401
