# SPDX-License-Identifier: Apache-2.0
"""docs/recipes.md, "CORS" and "JSON for errors": what passes without a token, and what a page of another origin can read.

tests/browser/test_other_origins.py has the same with a browser.
"""

import base64
import json

import pytest

import document_blocks
import tokens
from client import PASSWORD, Client, check_unavailable
from typical_site import Site, host

DOCUMENT = "docs/recipes.md"
APP = "https://app.example.com"
ORIGIN, METHOD = f"Origin: {APP}", "Access-Control-Request-Method: PUT"
BASIC, BEARER = 'Basic realm="API", charset="UTF-8"', 'Bearer realm="API"'
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PROPFIND"]
SCOPES = """
<Location /tokens>
    AccessTokenScopes read write
</Location>
<Location /api/writing>
    Require accesstoken-scope write
</Location>
"""
# What makes the recipe's location one for passwords and every way to send a token.
EVERY_WAY = """
<Location /ways>
    AuthType Basic
    AuthBasicProvider accesstoken file
    AuthUserFile conf/users
    AccessTokenAccept bearer header:X-Api-Key
</Location>
<Location /ways/writing>
    Require accesstoken-scope write
</Location>
"""


def cors_fields(block):
    return "".join(line + "\n" for line in block.splitlines() if line.strip().startswith("Header "))


def fit_all(block):
    return document_blocks.fit(block, {"/api": "/ways"})


@pytest.fixture(scope="module")
def site(mpm, engine):
    """Both recipes together, as each tells of the other, for /api and for /ways; with a host whose table cannot be asked."""
    cors = document_blocks.block(DOCUMENT, "CORS", "apache")
    errors = document_blocks.block(DOCUMENT, "JSON for errors", "apache")
    said = document_blocks.block(DOCUMENT, "JSON for errors", "json")
    with Site(mpm, engine, extra_modules=set(document_blocks.modules_named(cors)) - {"headers", "rewrite"}) as place:
        for status in (401, 403, 503):
            place.server.write(f"htdocs/errors/{status}.json", said.replace("401", str(status)))
        place.server.write("htdocs/api/errors/401.json", said)
        for path in ("api/writing", "ways/writing", "ways"):
            place.server.write(f"htdocs/{path}/data.json", "{}")
        broken = place.server.add_port()
        nowhere = f'AccessTokenDatabase sqlite3 "{place.server.path("nowhere", "t.db")}"\n'
        more = SCOPES + "<Location /errors>\n" + cors_fields(cors) + "</Location>\n"
        inside = "<Location /api/admin>\nErrorDocument 401 /api/errors/401.json\n</Location>\n"
        ways = fit_all(cors + errors) + EVERY_WAY + f"ProxyPass /ways/echo http://127.0.0.1:{place.echo.port}/ways\n"
        place.start(ways + cors + errors + more + inside + host(broken, nowhere + ways + cors))
        place.broken = Client(broken)
        yield place


def asked(site, *fields, method="OPTIONS", path="/api/echo"):
    """A request with these fields, each a whole line."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{site.client.port}", "Connection: close", *fields]
    return site.client.raw("\r\n".join([*lines, "", ""]).encode())


def readable(answer):
    """Whether a browser shows this answer to a page of that origin."""
    vary = answer.headers.get_all("Vary") if hasattr(answer.headers, "get_all") else [answer.headers["Vary"]]
    return answer.headers.get("Access-Control-Allow-Origin") == APP and "origin" in ",".join(vary).lower()


# What passes without a token

@pytest.mark.parametrize("path", ["/api", "/api/data.json", "/api/echo", "/%61pi/echo", "/open/../api/echo", "/api/cgi", "/ways/echo"])
def test_httpd_answers_a_preflight_by_itself(site, path):
    before = len(site.echo.seen)
    answer = asked(site, ORIGIN, METHOD, "Access-Control-Request-Headers: authorization", path=path)
    assert (answer.status, answer.body) == (204, b"") and readable(answer)
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"].lower()
    assert {"GET", "POST", "DELETE"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))
    assert len(site.echo.seen) == before


NO_PREFLIGHTS = {
    "no field": [], "no origin": [METHOD], "no method": [ORIGIN], "an empty method": [ORIGIN, "Access-Control-Request-Method:"],
    "another origin": ["Origin: https://evil.example", METHOD], "null": ["Origin: null", METHOD],
    "longer": [f"Origin: {APP}.evil.example", METHOD], "a prefix": ["Origin: https://xapp.example.com", METHOD],
    "http": ["Origin: http://app.example.com", METHOD], "another letter": ["Origin: https://appXexample.com", METHOD],
    "a port": [f"Origin: {APP}:8443", METHOD], "twice": [ORIGIN, ORIGIN, METHOD],
    "two": [ORIGIN, "Origin: https://evil.example", METHOD], "two in one": [f"Origin: {APP} https://evil.example", METHOD],
}


@pytest.mark.parametrize("fields", NO_PREFLIGHTS.values(), ids=NO_PREFLIGHTS)
@pytest.mark.parametrize("path", ["/api/echo", "/api/data.json", "/ways/echo"])
def test_what_is_no_preflight_needs_a_token(site, fields, path):
    before = len(site.echo.seen)
    answer = asked(site, *fields, path=path)
    assert answer.status == 401
    assert answer.headers.get_all("WWW-Authenticate") == ([BASIC, BEARER] if "ways" in path else [BEARER])
    assert len(site.echo.seen) == before


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/api/echo", "/ways/echo"])
def test_another_method_with_the_fields_of_a_preflight_needs_a_token(site, method, path):
    before = len(site.echo.seen)
    fields = {"Origin": APP, "Access-Control-Request-Method": "PUT", "X-HTTP-Method-Override": "OPTIONS"}
    assert site.client.request(method, path, headers=fields).status_code == 401
    assert len(site.echo.seen) == before


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def ways_of(token):
    """Every way to send this token, as header fields."""
    return [{"Authorization": "Bearer " + token}, basic("git", token), {"X-Api-Key": token}]


def test_options_with_a_token_reaches_the_application(site):
    token = site.manager("alice").token()
    answer = site.client.request("OPTIONS", "/api/echo", token=token)
    assert (answer.status_code, answer.json()["method"]) == (200, "OPTIONS")
    for sent in [*ways_of(token), basic("alice", PASSWORD)]:
        answer = site.client.request("OPTIONS", "/ways/echo", headers=sent)
        assert (answer.status_code, answer.json()["method"]) == (200, "OPTIONS")


def test_a_preflight_outside_of_the_location_and_at_the_manager_is_not_answered(site):
    for path in ("/apix", "/tokens", "/passwords/data.json"):
        answer = asked(site, ORIGIN, METHOD, path=path)
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")], path


# What a page can read

def test_the_page_reads_answers_and_refusals(site):
    manager = site.manager("alice")
    limited = manager.post({"scopes": ["read"]}).json()["tokenValue"]
    for status, path, token in ((200, "/api/data.json", manager.token()), (401, "/api/data.json", None),
                                (401, "/api/data.json", tokens.forge()), (403, "/api/writing/data.json", limited)):
        answer = site.client.get(path, token=token, headers={"Origin": APP})
        assert answer.status_code == status and readable(answer), (status, answer.headers)
        if status != 200:
            assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="API"')
            assert "WWW-Authenticate" in answer.headers["Access-Control-Expose-Headers"]


def test_the_page_reads_answers_and_refusals_whatever_the_way(site):
    manager = site.manager("alice")
    limited = manager.post({"scopes": ["read"]}).json()["tokenValue"]
    for status, path, token in ((200, "/ways/data.json", manager.token()), (401, "/ways/data.json", tokens.forge()),
                                (403, "/ways/writing/data.json", limited)):
        for sent in ways_of(token):
            answer = site.client.get(path, headers={**sent, "Origin": APP})
            assert answer.status_code == status and readable(answer), (sent, answer.headers)
            assert ("WWW-Authenticate" in answer.headers) == (status != 200)


def test_the_page_reads_503_and_its_retry_after(site):
    for path, sent in [("/api/data.json", ways_of(tokens.forge())[0]), *(("/ways/data.json", way) for way in ways_of(tokens.forge()))]:
        answer = site.broken.get(path, headers={**sent, "Origin": APP})
        check_unavailable(answer)
        assert readable(answer) and "Retry-After" in answer.headers["Access-Control-Expose-Headers"]


def test_each_field_is_there_once(site):
    """A browser refuses an answer with two of them."""
    for fields in ([], ["Authorization: Bearer " + site.manager("alice").token()]):
        answer = asked(site, ORIGIN, *fields, method="GET", path="/api/data.json")
        names = [name.lower() for name, _ in answer.getheaders() if name.lower().startswith("access-control-")]
        assert len(names) == 4 == len(set(names))


@pytest.mark.parametrize("origin", ["https://app.example.com.evil.example", "http://app.example.com", "null"])
def test_other_origins_read_nothing(site, origin):
    for token in (site.manager("alice").token(), None):
        answer = site.client.get("/api/data.json", token=token, headers={"Origin": origin})
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
        assert "origin" in answer.headers["Vary"].lower()


# JSON for errors

def test_the_json_of_the_document_is_json():
    assert json.loads(document_blocks.block(DOCUMENT, "JSON for errors", "json"))["detail"]


@pytest.mark.parametrize("method", METHODS)
def test_401_is_json_and_keeps_its_challenge(site, method):
    for token, error in ((None, ""), (tokens.forge(), "invalid_token")):
        answer = site.client.request(method, "/api/data.json", token=token)
        assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/json")
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="API"') and error in answer.headers["WWW-Authenticate"]
        assert method == "HEAD" or answer.json()["status"] == 401


def test_403_is_json_and_keeps_its_challenge(site):
    token = site.manager("alice").post({"scopes": ["read"]}).json()["tokenValue"]
    answer = site.client.get("/api/writing/data.json", token=token)
    assert (answer.status_code, answer.headers["Content-Type"], answer.json()["status"]) == (403, "application/json", 403)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="API", error="insufficient_scope", scope="write"'


@pytest.mark.parametrize("method", METHODS)
def test_401_keeps_both_challenges_basic_first(site, method):
    for sent in ({}, basic("alice", "wrong")):
        answer = site.client.request(method, "/ways/data.json", headers=sent)
        assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/json")
        assert answer.raw.headers.getlist("WWW-Authenticate") == [BASIC, BEARER]


def test_401_and_403_keep_the_one_challenge_after_a_token(site):
    limited = site.manager("alice").post({"scopes": ["read"]}).json()["tokenValue"]
    for status, path, sent, error in ((401, "/ways/data.json", ways_of(tokens.forge())[0], "invalid_token"),
                                      (401, "/ways/data.json", ways_of(tokens.forge())[2], "invalid_token"),
                                      *((403, "/ways/writing/data.json", way, "insufficient_scope") for way in ways_of(limited))):
        answer = site.client.get(path, headers=sent)
        assert (answer.status_code, answer.json()["status"]) == (status, status)
        challenge, = answer.raw.headers.getlist("WWW-Authenticate")
        assert challenge.startswith(BEARER + f', error="{error}"')


def test_503_is_json_and_keeps_retry_after(site):
    for path, sent in [("/api/data.json", ways_of(tokens.forge())[0]), *(("/ways/data.json", way) for way in ways_of(tokens.forge()))]:
        answer = site.broken.get(path, headers=sent)
        check_unavailable(answer)
        assert answer.headers["Content-Type"] == "application/json" and answer.json()["status"] == 503


def test_an_application_keeps_its_own_errors(site):
    answer = site.client.get("/api/nowhere.json", token=site.manager("alice").token())
    assert answer.status_code == 404 and answer.headers["Content-Type"].startswith("text/html")


def test_an_error_document_inside_the_protection_falls_back_to_html(site):
    """What the recipe warns of."""
    answer = site.client.get("/api/admin/data.json")
    assert answer.status_code == 401 and answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="API"')
