# SPDX-License-Identifier: Apache-2.0
"""docs/recipes.md, "CORS": what a page of another origin can do, in a browser that sends the preflights itself.

tests/server/test_recipes_cors.py has the same with requests made by hand.
"""

import base64

import pytest

import document_blocks
import tokens
from client import PASSWORD
from typical_site import Site, host

# Without no-store the browser's own cache may answer, whatever the token.
FETCH = """const done = arguments[2];
fetch(arguments[0], {...arguments[1], cache: 'no-store'}).then(
    async (answer) => done({status: answer.status, text: await answer.text(), headers: Object.fromEntries(answer.headers)}),
    (error) => done({refused: error.name}));"""
REFUSED = {"refused": "TypeError"}  # all that a page learns
MORE = """
<Location /tokens>
    AccessTokenScopes read write
</Location>
<Location /api/writing>
    Require accesstoken-scope write
</Location>
<Location /api/ways>
    AuthType Basic
    AuthBasicProvider accesstoken file
    AuthUserFile conf/users
    AccessTokenAccept bearer header:X-Api-Key
</Location>
"""


@pytest.fixture(scope="module")
def api():
    """One httpd under three names: the API, and pages of two other origins."""
    with Site() as site:
        broken = site.server.add_port()
        site.app, site.other, site.address, site.broken = (
            f"http://{name}.localhost:{port}" for name, port in
            (("app", site.server.port), ("other", site.server.port), ("api", site.server.port), ("api", broken)))
        cors = document_blocks.block("docs/recipes.md", "CORS", "apache",
                                     fitted={r"https://app\.example\.com": site.app.replace(".", r"\.")})
        nowhere = f'AccessTokenDatabase sqlite3 "{site.server.path("nowhere", "t.db")}"\n'
        for name in ("writing", "ways"):
            site.server.write(f"htdocs/api/{name}/data.json", "{}")
        yield site.start(cors + MORE + host(broken, nowhere + cors))


@pytest.fixture
def fetch(browser, api):
    """fetch(address, …) by a page of the origin that the recipe allows; fetch.from_page(origin) opens another page."""
    browser.reset()

    def call(address, **options):
        return browser.driver.execute_async_script(FETCH, address, options)

    call.from_page = lambda origin: browser.driver.get(origin + "/open/data.json")
    call.from_page(api.app)
    yield call
    browser.reset()


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def bearer(token):
    return {"Authorization": "Bearer " + token}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_the_page_uses_the_api_with_a_token(fetch, api, method):
    before = len(api.echo.seen)
    answer = fetch(api.address + "/api/echo", method=method, headers=bearer(api.manager("alice").token()))
    assert answer["status"] == 200
    assert [seen[0] for seen in api.echo.seen[before:]] == [method]


def test_the_page_reads_why_it_was_refused(fetch, api):
    manager = api.manager("alice")
    limited = manager.post({"scopes": ["read"]}).json()["tokenValue"]
    for status, path, headers, words in (
            (401, "/api/data.json", {}, 'Bearer realm="API"'), (401, "/api/data.json", bearer(tokens.forge()), "invalid_token"),
            (403, "/api/writing/data.json", bearer(limited), "insufficient_scope")):
        answer = fetch(api.address + path, headers=headers)
        assert answer["status"] == status and words in answer["headers"]["www-authenticate"]
    answer = fetch(api.broken + "/api/data.json", headers=bearer(tokens.forge()))
    assert answer["status"] == 503 and int(answer["headers"]["retry-after"]) > 0


def test_the_page_sends_a_token_in_each_way(fetch, api):
    token = api.manager("alice").token()
    for headers in (bearer(token), {"X-Api-Key": token}, basic("git", token), basic("alice", PASSWORD)):
        assert fetch(api.address + "/api/ways/data.json", headers=headers)["status"] == 200
    for headers in (bearer(tokens.forge()), {"X-Api-Key": tokens.forge()}, basic("git", tokens.forge())):
        answer = fetch(api.address + "/api/ways/data.json", headers=headers)
        assert answer["status"] == 401 and "invalid_token" in answer["headers"]["www-authenticate"]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YTpi"}], ids=["nothing", "a wrong password"])
def test_a_challenge_for_a_password_opens_no_dialog(fetch, api, headers):
    """With one, these calls would wait for ever. A page that asks for stored passwords is refused."""
    for credentials in ("same-origin", "omit"):
        answer = fetch(api.address + "/api/ways/data.json", headers=headers, credentials=credentials)
        assert answer["status"] == 401
        assert answer["headers"]["www-authenticate"].startswith('Basic realm="API", charset="UTF-8", Bearer realm="API"')
    assert fetch(api.address + "/api/ways/data.json", headers=headers, credentials="include") == REFUSED


def test_a_page_of_another_origin_reads_nothing_and_its_preflight_is_refused(fetch, api):
    token = api.manager("alice").token()
    before = len(api.echo.seen)
    fetch.from_page(api.other)
    assert fetch(api.address + "/api/echo", headers=bearer(token)) == REFUSED
    assert fetch(api.address + "/api/data.json") == REFUSED
    assert len(api.echo.seen) == before


def test_the_page_cannot_use_the_manager(fetch, api):
    fields = {"Content-Type": "application/json", "Authorization": "Basic " + PASSWORD}
    assert fetch(api.address + "/tokens", method="POST", body="{}", headers=fields) == REFUSED
    assert fetch(api.address + "/tokens") == REFUSED
