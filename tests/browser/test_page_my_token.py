# SPDX-License-Identifier: Apache-2.0
"""My Token: the value is shown once, can be copied everywhere, works, and leaves no trace."""

import json

import pytest
from selenium.webdriver.common.keys import Keys

import tokens

REFUSING = """document.execCommand = () => false;
    navigator.clipboard?.__proto__ && (navigator.clipboard.__proto__.writeText =
        () => Promise.reject(new DOMException('no', 'NotAllowedError')));"""

# Everything of the page that a script could still read, and all its storage.
TRACES = """
const done = arguments[0];
(async () => {
  const fields = [...document.querySelectorAll('input, textarea')].flatMap((one) => [one.value, one.defaultValue]);
  const windows = Object.keys(window).map((name) => { try { return String(window[name]); } catch { return ''; } });
  const databases = await indexedDB.databases();
  const names = window.caches ? await caches.keys() : [];
  done(JSON.stringify([document.documentElement.outerHTML, fields, windows, document.title, location.href, window.name,
    history.state, Object.entries(localStorage), Object.entries(sessionStorage), document.cookie, databases, names]));
})();"""


def traces(page):
    """One text of all that; in it also the addresses of the tab's history."""
    history = page.browser.cdp("Page.getNavigationHistory")
    return page.browser.driver.execute_async_script(TRACES) + json.dumps(history)


def test_the_token_is_shown_and_works(page):
    page.open()
    token = page.generate("7", "for the api")
    assert tokens.SYNTAX.fullmatch(token)
    assert page.text("#token-title") == "My Token"
    assert "It cannot be shown again." in page.text("#token-dialog")
    assert page.site.let_in(token) == 200


def test_the_value_is_selected_and_shows_its_beginning(page):
    page.open()
    token = page.generate()
    assert page.focused() == "value"
    start, end, scrolled = page.js("const at = document.querySelector('#value'); "
                                   "return [at.selectionStart, at.selectionEnd, at.scrollLeft];")
    assert (start, end, scrolled) == (0, len(token), 0)
    assert page.find("#value").get_attribute("readonly")


ORIGINS = pytest.mark.parametrize("origin", ["secure", "intranet", "https"])


@ORIGINS
def test_copying_works(page, origin):
    address = getattr(page, origin)()
    page.open(origin=address)
    assert page.js("return Boolean(navigator.clipboard);") == (origin != "intranet")
    token = page.generate()
    page.click("#copy")
    page.until("document.querySelector('#copied').textContent")
    assert page.text("#copied") == "Copied."
    page.close_my_token()
    assert page.pasted() == token


@ORIGINS
def test_copied_is_not_said_when_it_was_not(page, origin):
    page.browser.before_load(REFUSING)
    page.open(origin=getattr(page, origin)())
    token = page.generate()
    page.click("#copy")
    page.until("document.querySelector('#copied').textContent")
    assert page.text("#copied").startswith("The browser did not let us copy. The text is selected;")
    assert page.focused() == "value"
    assert page.js("return getSelection().toString();") == token


def test_a_refusal_of_the_new_way_alone_is_survived(page):
    page.browser.before_load("Clipboard.prototype.writeText = () => Promise.reject(new DOMException('no'));")
    page.open()
    token = page.generate()
    page.click("#copy")
    page.until("document.querySelector('#copied').textContent === 'Copied.'")
    page.close_my_token()
    assert page.pasted() == token


def test_a_permission_denied_by_the_browser(page):
    page.open()
    page.browser.cdp("Browser.setPermission", permission={"name": "clipboard-write"}, setting="denied",
                     origin=page.secure())
    token = page.generate()
    page.click("#copy")
    page.until("document.querySelector('#copied').textContent")
    said = page.text("#copied")
    page.close_my_token()
    assert (said == "Copied.") == (page.pasted() == token)


def test_the_selected_value_can_be_copied_by_hand(page):
    page.open(origin=page.intranet())
    token = page.generate()
    page.browser.chord(Keys.CONTROL, "c")
    page.close_my_token()
    assert page.pasted() == token


@pytest.mark.parametrize("how", ["button", "escape", "enter"])
def test_after_closing_the_value_is_nowhere(page, how):
    page.open(origin=page.intranet())
    token = page.generate(None, "gone")
    page.click("#copy")
    page.until("document.querySelector('#copied').textContent === 'Copied.'")
    assert token in traces(page)
    visits = page.js("return history.length;")
    if how == "button":
        page.close_my_token()
    else:
        page.browser.keys(Keys.ESCAPE if how == "escape" else Keys.TAB * 3 + Keys.ENTER)
    page.until("!document.querySelector('#token-dialog').open && document.querySelector('#value').value === ''")
    left = traces(page)
    assert tokens.secret_of(token) not in left and "gone" in left
    assert page.text("#copied") == ""
    assert page.js("return history.length;") == visits and page.focused() == "generate"


def test_a_second_token_does_not_show_the_first(page):
    page.open()
    first = page.generate()
    page.close_my_token()
    second = page.generate()
    assert first != second and page.value("#value") == second and first not in traces(page)
    assert page.text("#copied") == ""


@pytest.mark.parametrize("origin", ["secure", "https"])
def test_going_away_and_back_shows_no_token(page, origin):
    page.open(origin=getattr(page, origin)())
    token = page.generate(None, "the row stays")
    page.expect(404)  # for the icon that browsers look for
    page.go(getattr(page, origin)() + "/open/data.json")
    page.browser.driver.back()
    page.ready()
    assert page.open_dialog() is None
    assert tokens.secret_of(token) not in traces(page)
    assert page.column("Description") == ["the row stays"]


def test_a_page_kept_whole_by_the_browser_shows_no_token(page):
    """What a browser that keeps pages in memory does: pagehide, and later pageshow."""
    page.open()
    token = page.generate()
    page.js("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}));")
    assert page.open_dialog() is None and tokens.secret_of(token) not in traces(page)


def test_reloading_shows_no_token(page):
    page.open()
    token = page.generate()
    page.browser.driver.refresh()
    page.ready()
    assert page.open_dialog() is None and tokens.secret_of(token) not in traces(page)
