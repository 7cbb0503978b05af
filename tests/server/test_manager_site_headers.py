# SPDX-License-Identifier: Apache-2.0
"""The manager's header fields are on every answer, however the request came there and whatever the site adds."""

import uuid

import pytest

from client import Client, Manager, check_manager_headers
from typical_site import Site, basic, host

HTML = {"Accept": "text/html"}
NAMES = ["Content-Security-Policy", "X-Frame-Options", "Referrer-Policy", "Cache-Control", "X-Content-Type-Options", "Vary",
         "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy"]

# What a site may do with its header fields; NAME stands for each of them.
DIRECTIVES = {
    "set": 'Header set NAME "weak"',
    "set early": 'Header set NAME "weak" early',
    "set to a part of a name": 'Header set NAME "A"\nHeader always set NAME "Acc"',
    "set to the same": 'Header set NAME "ACCEPT, Cookie"\nHeader always unset NAME',
    "always set": 'Header always set NAME "weak"',
    "both set": 'Header set NAME "weak"\nHeader always set NAME "weak"',
    "add": 'Header add NAME "weak"\nHeader always add NAME "weak"',
    "append": 'Header append NAME "weak"\nHeader always append NAME "weak"',
    "edit": 'Header edit NAME ^.*$ "weak"\nHeader always edit NAME ^.*$ "weak"',
    "edit*": 'Header edit* NAME "n|s" "x"\nHeader always edit* NAME "n|s" "x"',
    "unset": "Header unset NAME",
    "always unset": "Header always unset NAME\nHeader unset NAME",
    "in the Location": '<Location /tokens>\nHeader set NAME "weak"\nHeader always unset NAME\n</Location>',
    "in an expression": "<If \"true\">\nHeader always unset NAME\n</If>",
    "mod_expires": 'ExpiresActive On\nExpiresDefault "access plus 1 hour"',
}


@pytest.fixture(scope="module")
def sites(mpm, engine):
    """A client for each of the directives, by its name."""
    with Site(mpm, engine, extra_modules=("expires",)) as place:
        place.clients = {name: Client(place.server.add_port()) for name in DIRECTIVES}
        place.secure = Client(place.server.add_port())
        yield place.start("".join(
            host(place.clients[name].port, "\n".join(text.replace("NAME", field) for field in NAMES))
            for name, text in DIRECTIVES.items()) + host(place.secure.port, "ServerName https://127.0.0.1"))


def values(answer, name):
    return answer.raw.headers.getlist(name)


def check_page_headers(answer, status=200):
    assert answer.status_code == status
    check_manager_headers(answer)
    policies = [policy for policy in values(answer, "Content-Security-Policy") if "default-src 'none'" in policy]
    assert len(policies) == 1
    assert "frame-ancestors 'none'" in policies[0] and "script-src 'self';" in policies[0] and "unsafe" not in policies[0]
    assert values(answer, "X-Frame-Options") == ["DENY"]
    assert values(answer, "Referrer-Policy") == ["no-referrer"]
    assert values(answer, "Cross-Origin-Resource-Policy") == ["same-origin"]


@pytest.mark.parametrize("site_directive", DIRECTIVES)
def test_the_site_cannot_take_the_managers_fields_away(sites, site_directive):
    client = sites.clients[site_directive]
    manager = Manager(client, "/tokens", user="alice")
    page = manager.call("GET", headers=HTML)
    check_page_headers(page)
    check_page_headers(manager.call("HEAD", headers=HTML))
    for answer, status in ((page, 200), (manager.call("GET"), 200), (manager.post({}), 201), (manager.call("OPTIONS"), 204),
                           (manager.call("GET", f"/{uuid.uuid4()}"), 404), (manager.call("PUT"), 405),
                           (Manager(client, "/tokens").call("GET"), 401),
                           (Manager(client, "/all-tokens", user="alice").call("GET"), 401)):
        assert answer.status_code == status
        check_manager_headers(answer)
        assert values(answer, "Cache-Control") == ["no-store"]
        assert "Expires" not in answer.headers


def test_over_https_the_page_also_parts_from_the_window_that_opened_it(sites):
    """Over plain http browsers ignore the field, and say so in the console."""
    answer = Manager(sites.secure, "/tokens", user="alice").call("GET", headers=HTML)
    assert values(answer, "Cross-Origin-Opener-Policy") == ["same-origin"]
    assert "Cross-Origin-Opener-Policy" not in sites.manager("alice").call("GET", headers=HTML).headers


@pytest.mark.parametrize("site_directive", DIRECTIVES)
def test_the_pages_files_may_be_kept_whatever_the_site_says(sites, site_directive):
    manager = Manager(sites.clients[site_directive], "/tokens", user="alice")
    page = manager.call("GET", headers=HTML).text
    script = page[page.index("assets/"):].split('"')[0]
    answer = manager.call("GET", "/" + script)
    assert values(answer, "Cache-Control") == ["private, max-age=31536000, immutable"]
    assert "Expires" not in answer.headers and values(answer, "X-Content-Type-Options") == ["nosniff"]


def test_a_policy_of_the_site_stays_beside_the_pages(sites):
    for site_directive in ("set", "always set", "in the Location"):
        answer = Manager(sites.clients[site_directive], "/tokens", user="alice").call("GET", headers=HTML)
        assert "weak" in values(answer, "Content-Security-Policy")


def test_other_pages_of_the_site_are_not_concerned(sites):
    answer = sites.clients["set"].get("/open/data.json")
    assert {answer.headers[name] for name in NAMES} == {"weak"}
    answer = sites.client.get("/open/data.json")
    assert not set(NAMES) & set(answer.headers)


# Other ways to the manager

WAYS = """
RewriteEngine On
RewriteRule ^/renamed(/.*)?$ /tokens$1 [PT]
RewriteRule ^/renamed-all(/.*)?$ /all-tokens$1 [PT]
<Directory "{htdocs}/front">
    Options +FollowSymLinks
    RewriteEngine On
    RewriteRule ^mine$ /tokens [L]
</Directory>
<Location /lost>
    ErrorDocument 404 /tokens
</Location>
<Location /told>
    {basic}
    Require user admin
    AccessTokenManager own
    ErrorDocument 401 /open/data.json
    ErrorDocument 403 /open/missing.html
    AuthzSendForbiddenOnFailure On
</Location>
<Location /small>
    {basic}
    Require valid-user
    AccessTokenManager own
    LimitRequestBody 100
</Location>
"""


@pytest.fixture(scope="module")
def ways(mpm, engine):
    with Site(mpm, engine) as place:
        place.server.folder("htdocs/front")
        yield place.start(WAYS.format(htdocs=place.server.path("htdocs"), basic=basic()))


@pytest.mark.parametrize("path", ["/renamed", "/renamed/", "/front/mine", "/lost/page"])
def test_a_rewrite_or_an_error_document_leads_to_the_same_fields(ways, path):
    answer = ways.client.get(path, user="alice")
    assert "data" in answer.json()
    check_manager_headers(answer)
    check_page_headers(ways.client.get(path, user="alice", headers=HTML), 404 if path == "/lost/page" else 200)
    answer = ways.client.get(path)
    assert "WWW-Authenticate" in answer.headers
    check_manager_headers(answer)


def test_all_requests_by_another_path_have_the_fields(ways):
    manager = ways.manager("alice", path="/renamed")
    token, info = manager.generate()
    answers = [manager.post({}), manager.post("x"), manager.call("GET", "/" + info["tokenId"]), manager.call("GET", "/nothing"),
               manager.call("PUT"), manager.call("OPTIONS"), manager.call("GET", "/openapi.json"), manager.delete(token),
               Manager(ways.client, "/renamed-all", user="alice").call("GET")]
    assert [answer.status_code for answer in answers] == [201, 400, 200, 404, 405, 204, 200, 204, 401]
    for answer in answers:
        check_manager_headers(answer)


def test_an_error_document_at_the_manager_is_not_stored_either(ways):
    answer = ways.client.get("/told")
    assert (answer.status_code, answer.json()) == (401, {"answer": 42})
    check_manager_headers(answer)
    answer = ways.client.get("/told", user="alice")
    assert answer.status_code == 403
    check_manager_headers(answer)


def test_a_body_that_httpd_refuses_is_answered_by_httpd_with_the_fields(ways):
    answer = Manager(ways.client, "/small", user="alice").post({"description": "x" * 200})
    assert answer.status_code == 413
    check_manager_headers(answer)


# Signed in without an Authorization field, as with client certificates: mod_cache then looks at Cache-Control alone.

CACHED = """
CacheRoot "{folder}"
CacheEnable disk /
CacheIgnoreNoLastMod On
CacheDefaultExpire 600
CacheHeader On
RewriteEngine On
RewriteRule ^/renamed(/.*)?$ /signed-in$1 [PT]
RewriteRule ^/kept(/.*)?$ /open$1 [PT]
LuaHookAccessChecker {root}/sign_in.lua sign_in
<Location /signed-in>
    Require all granted
    AccessTokenManager own
</Location>
{said}
"""

SIGN_IN = """
require 'apache2'
function sign_in(r)
    local name = r.headers_in['X-Certificate']
    if name then
        r.user = name
    end
    return apache2.DECLINED
end
"""


@pytest.mark.parametrize("quick", ["On", "Off"])
@pytest.mark.parametrize("said", ["", "Header always unset Cache-Control", 'Header always set Cache-Control "max-age=60"\n'
                                  'Header set Cache-Control "max-age=60"'])
def test_mod_cache_does_not_serve_one_users_list_to_another(new_site, said, quick):
    site = new_site(extra_modules=("cache", "cache_disk", "lua"))
    site.server.write("sign_in.lua", SIGN_IN)
    folder = site.server.folder("cache", for_children=True)
    site.start(CACHED.format(folder=folder, root=site.server.root, said=f"{said}\nCacheQuickHandler {quick}\n"))
    for path in ("/renamed", "/signed-in", "/renamed/"):
        made = {user: Manager(site.client, path, headers={"X-Certificate": user}) for user in ("dave", "erin")}
        for user, manager in made.items():
            site.client.request("POST", path, headers={"X-Certificate": user}, json={"description": user + path})
        for user, manager in made.items():
            assert {info["description"].split("/")[0] for info in manager.list()} == {user}
        assert site.client.get(path).status_code == 403
    site.client.get("/kept/data.json")
    assert not site.client.get("/kept/data.json").headers["X-Cache"].startswith("MISS")  # others are stored
