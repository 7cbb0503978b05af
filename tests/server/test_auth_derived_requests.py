# SPDX-License-Identifier: Apache-2.0
"""Requests that httpd derives from a client's one: they know the user, and mod_cache keeps none of their answers.

Folders hold the same: one asks for passwords (httpd's own, the yardstick), the others take tokens in one way each.
"""

import json
import os
import time

import pytest

import authorization_fields
import tokens
from marks import ALL_MPMS
from typical_site import Site, basic

TOKENS = 'AuthType AccessToken\n    AuthName "tokens"'
BOTH = basic() + '\n    <If "%{HTTP:Authorization} =~ /^Bearer /i">\n        AuthType AccessToken\n    </If>'
AS_PASSWORD = basic().replace("AuthName", "AuthBasicProvider file accesstoken\n    AuthName")
IN_FIELD = TOKENS + "\n    AccessTokenAccept header:X-Api-Key"
KINDS = {"passwords-only": basic(), "tokens-only": TOKENS, "passwords-and-tokens": BOTH, "as-passwords": AS_PASSWORD,
         "in-a-field": IN_FIELD}
TAKING = [*KINDS][1:]
CREDENTIALS = {
    "tokens-only": lambda token: {"token": token},
    "passwords-and-tokens": lambda token: {"token": token},
    "as-passwords": lambda token: {"authorization": authorization_fields.basic("x", token)},
    "in-a-field": lambda token: {"headers": {"X-Api-Key": token}},
}

SECRET = """#!/bin/sh
printf 'Content-Type: text/plain\\nCache-Control: max-age=60\\n\\nsecret of %s\\n' "$REMOTE_USER"
env | grep -i -e authorization -e api_key
"""
LOCAL_REDIRECT = "#!/bin/sh\nprintf 'Location: /{kind}/secret.cgi\\n\\n'\n"

# What is traced takes other ways through the server than what is not.
SERVER = """
LogLevel {level}
CacheRoot "{folder}"
CacheEnable {storage} /
CacheQuickHandler {quick}
CacheDefaultExpire 600
AddHandler type-map .var
"""

FOLDER = """
<Directory "{htdocs}/{kind}">
    {protection}
    Require valid-user
    Options +ExecCGI +Includes +Indexes +MultiViews +FollowSymLinks
    DirectoryIndex index.html
    AddHandler cgi-script .cgi
    AddOutputFilter INCLUDES .shtml
    AddHandler report-{kind} .rep
    Action report-{kind} /{kind}/secret.cgi
    CGIPassAuth On
    RewriteEngine On
    RewriteRule ^front/ secret.cgi [L]
    RewriteRule ^pretty$ static.html [L]
    RewriteCond %{{IS_SUBREQ}}%{{HTTP:Content-Length}} ^true.
    RewriteRule ^static.html$ - [F]
    RewriteRule ^proxied$ http://127.0.0.1:{echo}/proxied [P]
    ErrorDocument 404 /{kind}/secret.cgi
</Directory>
<Location /{kind}/gone>
    ErrorDocument 410 /{kind}/secret.cgi
</Location>
<Directory "{htdocs}/{kind}/fallback">
    FallbackResource /{kind}/secret.cgi
</Directory>
Redirect gone /{kind}/gone
"""

# How a request is derived, its path, what the answer holds for alice, its status.
DERIVED = {
    "a front controller": ("front/orders", "secret of alice", 200),
    "a rewritten path": ("pretty", "static text", 200),
    "an action": ("data.rep", "secret of alice", 200),
    "a type map": ("page.var", "static text", 200),
    "a local redirect of a CGI program": ("local.cgi", "secret of alice", 200),
    "a fallback resource": ("fallback/nowhere", "secret of alice", 200),
    "several views": ("static", "static text", 200),
    "an index": ("folder/", "static text", 200),
    "a listing": ("listed/", "one.txt", 200),
    "an included CGI program": ("page.shtml", "secret of alice", 200),
    "an included file": ("file.shtml", "static text", 200),
    "an error document for 404": ("missing", "secret of alice", 404),
    "an error document for 410": ("gone", "secret of alice", 410),
    "no derived request": ("secret.cgi", "secret of alice", 200),
    "a plain file": ("static.html", "static text", 200),
}
# What they are derived to.
TARGETS = ("secret.cgi", "static.html", "folder/index.html")


def write_folder(server, kind):
    files = {"static.html": "static text", "folder/index.html": "static text", "data.rep": "x",
             "page.var": "URI: static.html\nContent-Type: text/html\n", "listed/one.txt": "1", "listed/two.txt": "2",
             "page.shtml": '<!--#include virtual="secret.cgi" -->', "file.shtml": '<!--#include virtual="static.html" -->',
             "backend.shtml": '<!--#include virtual="proxied" -->'}
    for name, text in files.items():
        path = server.write(f"htdocs/{kind}/{name}", text)
        month_ago = time.time() - 30 * 86400  # so that mod_cache thinks it fresh for days
        os.utime(path, (month_ago, month_ago))
    server.folder(f"htdocs/{kind}/fallback")
    server.write(f"htdocs/{kind}/secret.cgi", SECRET, mode=0o755)
    server.write(f"htdocs/{kind}/local.cgi", LOCAL_REDIRECT.format(kind=kind), mode=0o755)


def start(site, storage, quick, level):
    folder = site.server.folder("cache", for_children=True)
    text = SERVER.format(folder=folder, storage=storage, quick=quick, level=level)
    for kind, protection in KINDS.items():
        write_folder(site.server, kind)
        text += FOLDER.format(htdocs=site.server.path("htdocs"), kind=kind, protection=protection, echo=site.echo.port)
    return site.start(text)


MODULES = ("cache", "cache_disk", "cache_socache", "socache_shmcb", "actions", "negotiation", "autoindex")


@pytest.fixture(scope="module", params=[("disk", "On", "info"), ("disk", "Off", "info"), ("disk", "On", "trace8"),
                                        ("disk", "Off", "trace8"), ("socache", "On", "info"), ("socache", "Off", "info")],
                ids=lambda value: f"{value[0]}, quick handler {value[1]}, {value[2]}")
def cached(request, mpm):
    """A server whose mod_cache may keep everything."""
    with Site(mpm, extra_modules=MODULES) as place:
        start(place, *request.param)
        place.tokens = {name: place.manager(name).token() for name in ("alice", "bob")}
        yield place


def credentials(place, kind, name):
    return {"user": name} if kind == "passwords-only" else CREDENTIALS[kind](place.tokens[name])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", DERIVED)
def test_each_derived_request_knows_the_user_and_mod_cache_stores_no_answer(cached, kind, how):
    path, held, status = DERIVED[how]
    paths = [f"/{kind}/{name}" for name in (path, *TARGETS)]
    before = [cached.client.status(name) for name in paths]
    answer = cached.client.get(paths[0], **credentials(cached, kind, "alice"))
    assert (answer.status_code, held in answer.text) == (status, True), answer.text
    assert "WWW-Authenticate" not in answer.headers
    answers = [cached.client.get(name) for name in paths]
    assert [answer.status_code for answer in answers] == before
    assert not any("secret of" in answer.text or "static text" in answer.text for answer in answers)
    assert "alice" not in cached.client.get(paths[0], **credentials(cached, kind, "bob")).text


@pytest.mark.parametrize("kind", TAKING)
@pytest.mark.parametrize("how", DERIVED)
def test_no_derived_request_shows_the_token_to_an_application(cached, kind, how):
    answer = cached.client.get(f"/{kind}/{DERIVED[how][0]}", **credentials(cached, kind, "alice"))
    assert not authorization_fields.found_in(answer.text, cached.tokens["alice"])


@pytest.mark.parametrize("kind", TAKING)
def test_a_rewrite_to_a_backend_takes_the_token_nowhere(cached, kind):
    answer = cached.client.get(f"/{kind}/proxied", **credentials(cached, kind, "alice"))
    assert answer.status_code == 200
    assert not {"authorization", "x-api-key"} & {name.lower() for name, _ in answer.json()["headers"]}


@pytest.mark.parametrize("kind", TAKING)
@pytest.mark.parametrize("how", [how for how, (_, _, status) in DERIVED.items() if status == 200])
def test_a_bad_token_is_refused_however_the_request_goes_on(cached, kind, how):
    answer = cached.client.get(f"/{kind}/{DERIVED[how][0]}", **CREDENTIALS[kind](tokens.forge()))
    assert answer.status_code == 401 and 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert "secret of" not in answer.text


@pytest.mark.parametrize("kind", KINDS)
def test_an_included_backend_gets_no_body_and_no_token(cached, kind):
    answer = cached.client.request("POST", f"/{kind}/backend.shtml", data="a=body", **credentials(cached, kind, "alice"))
    assert answer.status_code == 200
    seen = json.loads(answer.text)
    names = {name.lower(): value for name, value in seen["headers"]}
    assert (seen["method"], seen["body"], names.get("content-length", "0")) == ("GET", "", "0")
    assert ("authorization" in names) == (kind == "passwords-only")
    assert "x-api-key" not in names


@pytest.mark.parametrize("kind", KINDS)
def test_an_included_page_has_no_field_of_the_body(cached, kind):
    """httpd takes them out of a sub-request, and they stay out when the credentials come back."""
    answer = cached.client.request("POST", f"/{kind}/file.shtml", data="a=body", **credentials(cached, kind, "alice"))
    assert (answer.status_code, "static text" in answer.text) == (200, True)


@ALL_MPMS
@pytest.mark.parametrize("kind", TAKING)
def test_without_mod_cache_a_derived_request_knows_the_user_as_well(mpm, kind):
    with Site(mpm, extra_modules=MODULES[4:]) as site:
        for name in KINDS:
            write_folder(site.server, name)
        site.start("LogLevel info\nAddHandler type-map .var\n" + "".join(
            FOLDER.format(htdocs=site.server.path("htdocs"), kind=name, protection=protection, echo=site.echo.port)
            for name, protection in KINDS.items()))
        token = site.manager("alice").token()
        for how, (path, held, status) in DERIVED.items():
            answer = site.client.get(f"/{kind}/{path}", **CREDENTIALS[kind](token))
            assert (answer.status_code, held in answer.text) == (status, True), how
            assert not authorization_fields.found_in(answer.text, token)
