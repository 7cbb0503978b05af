# SPDX-License-Identifier: Apache-2.0
"""Pages of a browser send tokens by script, and people type them into its dialog, where passwords are accepted, too."""

import itertools

import pytest

import tokens

ANSWER = """
const [path, fields, done] = arguments;
fetch(path, {headers: fields, signal: AbortSignal.timeout(10000)}).then(
    async (answer) => done([answer.status, answer.headers.get("WWW-Authenticate"), await answer.text()]),
    (error) => done([0, String(error), ""]));
"""
WAYS = {
    "bearer": lambda token: {"Authorization": "Bearer " + token},
    "header": lambda token: {"X-Api-Key": token},
}
_numbers = itertools.count()


@pytest.fixture
def origin(browser, site):
    """Of a host name that the browser has not seen yet, with a page of it open."""
    browser.reset()
    name = f"requests{next(_numbers)}.localhost:{site.server.port}"
    browser.driver.get(f"http://{name}/open/data.json")
    return name


def fetched(browser, path, fields):
    return browser.driver.execute_async_script(ANSWER, path, fields)


@pytest.mark.parametrize("way", WAYS)
def test_a_script_gets_its_401_at_once_and_no_dialog_opens(browser, site, origin, way):
    manager = site.manager("alice")
    ended = manager.token()
    manager.delete(ended)
    for token in (ended, tokens.forge()):
        status, challenge, _ = fetched(browser, "/mixed/data.json", WAYS[way](token))
        assert status == 401 and challenge.startswith("Bearer ") and "Basic" not in challenge


@pytest.mark.parametrize("way", WAYS)
def test_a_script_reads_with_a_token(browser, site, origin, way):
    status, _, text = fetched(browser, "/mixed/data.json", WAYS[way](site.manager("alice").token()))
    assert status == 200 and "42" in text


def test_a_browser_without_credentials_is_asked_for_a_password(site):
    answer = site.client.get("/mixed/data.json", headers={"Accept": "text/html", "Sec-Fetch-Mode": "navigate"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Basic realm="passwords", charset="UTF-8"')


@pytest.mark.parametrize("name", ["alice", "somebody", ""])
def test_a_token_is_a_password_in_the_browsers_dialog(browser, site, origin, name):
    """An address with credentials stands for the dialog: Chromium sends them after a 401 that offers Basic."""
    token = site.manager("alice").token()
    browser.driver.get(f"http://{name}:{token}@{origin}/mixed/data.json")
    assert "42" in browser.js("return document.body.innerText;")
    assert fetched(browser, f"http://{origin}/mixed/data.json", {})[0] == 200
