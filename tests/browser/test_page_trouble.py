# SPDX-License-Identifier: Apache-2.0
"""Session gone, forbidden, database away, server stopped: a sentence, Try again, and no lost form."""

import contextlib
import os

import pytest

from client import PASSWORD
from page import is_sentence
from seed import table_away
from typical_site import password_file, user_names

LOG_IN = """const done = arguments[2];
fetch('/log-in', {method: 'POST', redirect: 'manual',
    body: new URLSearchParams({httpd_username: arguments[0], httpd_password: arguments[1]})}).then(() => done());"""
IN_FRONT = "Something in front of the token manager refused this request. Please ask the administrator."
SIGNED_OUT = "You are no longer signed in. Sign in again in another tab, then try again here."


# Holds the page's first request back until window.go() is called.
GATE = """const real = window.fetch; window.fetch = async (...request) => {
    if (!window.told) { await new Promise((go) => { window.go = go; }); window.told = true; }
    return real(...request); };"""


def log_in(page):
    page.browser.driver.execute_async_script(LOG_IN, page.user, PASSWORD)


def open_by_form(page, path="/form-tokens"):
    """The page, by a session that a login form began."""
    page.expect(404, 401)
    page.go(page.secure() + "/open/data.json")
    log_in(page)
    page.go(page.secure() + path)
    page.ready()


def problem(page):
    """The sentence above the table, which comes with a button."""
    page.until("document.querySelector('#problem').checkVisibility()")
    assert page.text("#problem button") == "Try again"
    sentence = page.text("#problem span")
    assert is_sentence(sentence)
    return sentence


def trouble_in(page, dialog):
    css = f"#{dialog}-dialog .notice"
    page.until(f"document.querySelector('{css}').checkVisibility()")
    assert page.text(f"#{dialog}-dialog [type=submit]") == "Try again"
    assert is_sentence(page.text(css))
    return page.text(css)


def try_to_generate(page):
    page.start_generating("12", "my words")
    page.press("generate", "submit")
    sentence = trouble_in(page, "generate")
    assert (page.value("#lifetime"), page.value("#description")) == ("12", "my words")
    return sentence


def try_again_to_generate(page):
    page.press("generate", "submit")
    page.my_token()
    page.close_my_token()
    assert "my words" in page.column("Description")
    page.click("#generate")
    assert page.text("#generate-dialog [type=submit]") == "Generate" and not page.shown("#generate-dialog .notice")
    page.press("generate", "cancel")


# Session gone


def test_a_lost_session_while_generating(own_page):
    open_by_form(own_page)
    own_page.browser.driver.delete_all_cookies()
    assert try_to_generate(own_page) == SIGNED_OUT
    log_in(own_page)
    try_again_to_generate(own_page)


def test_a_lost_session_while_deleting(own_page):
    open_by_form(own_page)
    own_page.manager().generate(description="one")
    own_page.browser.driver.refresh()
    own_page.ready()
    own_page.browser.driver.delete_all_cookies()
    own_page.menu_of("one")
    own_page.click("#delete")
    own_page.press("delete", "submit")
    assert trouble_in(own_page, "delete") == SIGNED_OUT
    log_in(own_page)
    own_page.press("delete", "submit")
    own_page.until("document.querySelector('#empty').checkVisibility()")


def test_a_lost_session_that_is_sent_to_another_site(own_page):
    open_by_form(own_page, "/redirected-tokens")
    own_page.browser.driver.delete_all_cookies()
    assert try_to_generate(own_page) == SIGNED_OUT
    log_in(own_page)
    try_again_to_generate(own_page)
    assert "/elsewhere" not in own_page.site.server.log("access_log"), "the page followed the redirection"
    # The browser's log names where it was not sent, too.
    own_page.origins.add(f"http://elsewhere.intranet.example:{own_page.site.server.port}")


def test_a_session_lost_before_the_list_came(own_page):
    own_page.expect(401, 404)
    own_page.browser.before_load(GATE)
    own_page.go(own_page.secure() + "/open/data.json")
    own_page.js("window.told = true;")
    log_in(own_page)
    own_page.go(own_page.secure() + "/form-tokens")
    own_page.until("window.go")
    own_page.browser.driver.delete_all_cookies()
    own_page.js("window.go();")
    assert problem(own_page) == SIGNED_OUT
    assert not own_page.shown("#empty")
    log_in(own_page)
    own_page.click("#problem button")
    own_page.until("document.querySelector('#empty').checkVisibility()")
    assert not own_page.shown("#problem")


def test_a_changed_password_shows_nothing_of_the_page(own_page):
    """The browser asks again; what it is told until then is httpd's own 401."""
    server = own_page.site.server
    server.write("conf/users", password_file([name for name in user_names() if name != own_page.user]))
    try:
        assert own_page.site.client.status("/tokens", user=own_page.user, headers={"Accept": "text/html"}) == 401
    finally:
        server.write("conf/users", password_file(user_names()))
    own_page.open()


# Forbidden


@contextlib.contextmanager
def closed(page):
    """While this lasts, /closable is forbidden."""
    page.expect(403)
    with open(page.site.closed, "w", encoding="utf-8"):
        pass
    try:
        yield
    finally:
        os.unlink(page.site.closed)


def test_forbidden_while_generating(own_page):
    own_page.open("/closable")
    with closed(own_page):
        assert try_to_generate(own_page) == IN_FRONT
    try_again_to_generate(own_page)


def test_forbidden_while_deleting(own_page):
    own_page.manager().generate(description="one")
    own_page.open("/closable")
    own_page.menu_of("one")
    own_page.click("#delete")
    with closed(own_page):
        own_page.press("delete", "submit")
        assert trouble_in(own_page, "delete") == IN_FRONT
    own_page.press("delete", "submit")
    own_page.until("document.querySelector('#empty').checkVisibility()")


def test_forbidden_before_the_list_came(own_page):
    own_page.browser.before_load(GATE)
    own_page.visit("/closable")
    own_page.until("window.go")
    with closed(own_page):
        own_page.js("window.go();")
        assert problem(own_page) == IN_FRONT
        assert not own_page.shown("#empty")
    own_page.click("#problem button")
    own_page.until("document.querySelector('#empty').checkVisibility()")


def test_a_manager_without_a_user_says_so(own_page):
    own_page.expect(403, 404)
    own_page.go(own_page.secure() + "/open-tokens")
    assert "No user is signed in" in own_page.js("return document.body.textContent;")


# The database


def test_the_table_away_at_load(own_page):
    own_page.expect(503)
    own_page.manager().generate(description="one")
    with table_away(own_page.site):
        own_page.visit()
        sentence = problem(own_page)
        assert sentence.startswith("The token database is away right now; nothing was changed.")
        assert own_page.text("h1") == "Access Tokens" and own_page.shown("#generate")
        assert not own_page.shown("#empty"), "nobody knows whether there are tokens"
        own_page.click("#problem button")
        own_page.until("document.querySelector('#problem').checkVisibility()")
    own_page.click("#problem button")
    own_page.until("document.querySelectorAll('tbody tr').length === 1")
    assert own_page.column("Description") == ["one"] and not own_page.shown("#problem")
    assert own_page.focused() == "generate"


def test_the_sentence_names_the_servers_retry_after(own_page):
    own_page.expect(503)
    own_page.manager().list()
    with table_away(own_page.site):
        seconds = own_page.manager().call("GET").headers["Retry-After"]
        own_page.visit()
        assert f"Please try again in {seconds} seconds." in problem(own_page)


def test_the_table_away_while_generating_and_deleting(own_page):
    own_page.expect(503)
    text, _ = own_page.manager().generate(description="one")
    own_page.open()
    with table_away(own_page.site):
        assert try_to_generate(own_page).startswith("The token database is away right now; nothing was changed.")
        assert own_page.focused() == "Try again"
    try_again_to_generate(own_page)
    own_page.menu_of("one")
    own_page.click("#delete")
    with table_away(own_page.site):
        own_page.press("delete", "submit")
        assert trouble_in(own_page, "delete").startswith("The token database is away right now")
    own_page.press("delete", "submit")
    own_page.until("document.querySelectorAll('tbody tr').length === 1")
    assert own_page.site.let_in(text) == 401


# The server


def test_a_stopped_server_and_its_return(own_page):
    own_page.expect_unreachable()
    own_page.open()
    own_page.site.server.stop()
    try:
        assert try_to_generate(own_page) == "The server cannot be reached."
    finally:
        own_page.site.server.start()
    try_again_to_generate(own_page)


@pytest.mark.parametrize("answer, said", [
    ("new Response('<h1>Log in</h1>', {headers: {'Content-Type': 'text/html'}})", SIGNED_OUT),
    ("new Response('', {status: 502, statusText: 'Bad Gateway'})", "The server answered 502 Bad Gateway."),
    ("new Response('{}', {status: 401})", SIGNED_OUT),
    ("new Response('<h1>Rule 911100</h1>', {status: 403, headers: {'Content-Type': 'text/html'}})", IN_FRONT),
    ("new Response('{\"detail\": \"Buy now.\"}', {status: 403, headers: {'Content-Type': 'application/json'}})", IN_FRONT),
])
def test_answers_of_something_in_between(own_page, answer, said):
    own_page.browser.before_load(f"const real = window.fetch; window.fetch = async (...request) => "
                                 f"window.between ? {answer} : real(...request);")
    own_page.open()
    own_page.js("window.between = true;")
    assert try_to_generate(own_page) == said
    own_page.js("window.between = false;")
    try_again_to_generate(own_page)
