# SPDX-License-Identifier: Apache-2.0
"""Scopes on the page: offered in the dialog where the administrator has some, and a column where it says something.

All on a server of its own: an administrators' page of another test would show the column, too.
"""

import contextlib
import signal

import pytest
from selenium.webdriver.common.keys import Keys

import engines
from page import HOSTILE_SCOPES, MANY_SCOPES, is_sentence
from seed import insert, token

OFFERED = ["read", "write", "repo:status"]
DIRECTIVE = "AccessTokenScopes " + " ".join(OFFERED)
HEADINGS = ["Token ID", "Description", "Scopes", "Status", "Created", "Expires", "Last used"]
WIDE, PHONE, SMALL = (1280, 800, 1), (390, 844, 3), (320, 600, 2)
FETCHES = """window.bodies = []; const real = window.fetch; window.fetch = (where, options) => {
    if (options?.method === 'POST') { window.bodies.push(options.body); } return real(where, options); };"""
BOXES = "return [...document.querySelectorAll('#scopes input')].map((box) => %s);"


@contextlib.contextmanager
def offering(page, directive):
    """After a graceful restart /scopes offers something else; at the end it is as before."""
    server = page.site.server
    before = server.configuration
    assert before.count(DIRECTIVE) == 1
    server.configure(before.replace(DIRECTIVE, directive))
    server.again(signal.SIGUSR1)
    try:
        yield
    finally:
        server.configure(before)
        server.again(signal.SIGUSR1)


def boxes(page, what="box.parentNode.textContent"):
    return page.js(BOXES % what)


def check(page, *words):
    for word in words:
        page.find(f"#scopes input[value=\"{word}\"]").click()


def checked(page):
    return [word for word, on in zip(boxes(page), boxes(page, "box.checked")) if on]


def generate(page, *words, description="a token"):
    """Generates a token with these scopes; its text."""
    page.start_generating(None, description)
    check(page, *words)
    page.press("generate", "submit")
    text = page.my_token()
    page.close_my_token()
    return text


def refused(page):
    """What is said beside the boxes, when nothing is said elsewhere."""
    page.until("!document.querySelector('#scopes-error').hidden")
    for other in ("#lifetime-error", "#description-error", "#generate-dialog .notice"):
        assert not page.shown(other)
    assert page.open_dialog() == "generate-dialog"
    return page.text("#scopes-error")


def focused_box(page):
    return page.js("return document.activeElement.type === 'checkbox' && document.activeElement.value;")


def reaches(page, text):
    """Where the token of this text is let in: as it is required to (reading, writing)."""
    return [page.site.let_in(text, f"/api/{place}/data.json") for place in ("reading", "writing")]


# The dialog


def test_where_there_are_none_nothing_of_them_shows(own_page):
    own_page.browser.before_load(FETCHES)
    own_page.open()
    own_page.start_generating(None, "plain")
    assert not own_page.shown("#scopes") and boxes(own_page) == []
    own_page.press("generate", "submit")
    own_page.my_token()
    own_page.close_my_token()
    assert "Scopes" not in own_page.headings() and "Scopes" not in own_page.rows()[0]
    assert own_page.js("return window.bodies;") == ['{"lifetimeSeconds":31536000,"description":"plain"}']


def test_each_scope_has_a_box_and_none_is_checked(own_page):
    own_page.open("/scopes")
    own_page.click("#generate")
    assert own_page.shown("#scopes") and own_page.text("#scopes legend") == "Scopes (optional)"
    assert boxes(own_page) == OFFERED and checked(own_page) == []
    assert is_sentence(own_page.text("#scopes-hint")) and "not limited" in own_page.text("#scopes-hint")
    assert own_page.find("#scopes").get_attribute("aria-describedby") == "scopes-hint"
    assert boxes(own_page, "box.getAttribute('aria-describedby')") == ["scopes-error"] * 3
    assert own_page.focused() == "lifetime"


@pytest.mark.parametrize("words, statuses", [(["read"], [200, 403]), (["write"], [403, 200]), (["repo:status"], [403, 403]),
                                             (["write", "read"], [200, 200])])
def test_a_token_may_do_what_was_chosen(own_page, words, statuses):
    own_page.open("/scopes")
    text = generate(own_page, *words)
    in_order = [word for word in OFFERED if word in words]
    assert reaches(own_page, text) == statuses
    assert own_page.manager().info(text)["scopes"] == in_order
    assert own_page.column("Scopes") == [" ".join(in_order)]


def test_without_a_choice_the_token_is_not_limited(own_page):
    own_page.open("/scopes")
    text = generate(own_page)
    assert reaches(own_page, text) == [200, 200]
    assert "scopes" not in own_page.manager().info(text)
    assert own_page.column("Scopes") == ["Not limited"]


def test_the_choice_is_gone_when_the_dialog_opens_again(own_page):
    own_page.open("/scopes")
    generate(own_page, "read")
    own_page.click("#generate")
    assert checked(own_page) == []
    check(own_page, "write")
    own_page.press("generate", "cancel")
    own_page.click("#generate")
    assert checked(own_page) == []


def test_a_double_click_generates_one_token(own_page):
    own_page.browser.before_load(FETCHES)
    own_page.open("/scopes")
    own_page.start_generating("2", "once")
    check(own_page, "read")
    own_page.js("const button = document.querySelector('#generate-dialog [type=submit]'); button.click(); button.click();")
    own_page.my_token()
    assert own_page.js("return window.bodies;") == ['{"lifetimeSeconds":172800,"description":"once","scopes":["read"]}']


def test_by_keyboard_alone(own_page):
    own_page.open("/scopes")
    own_page.find("#generate").send_keys(Keys.ENTER)
    own_page.browser.keys(Keys.TAB, "by keyboard", Keys.TAB)
    assert focused_box(own_page) == "read"
    own_page.browser.keys(Keys.TAB, Keys.SPACE)
    assert checked(own_page) == ["write"]
    assert own_page.js("return parseFloat(getComputedStyle(document.activeElement).outlineWidth);") >= 2
    own_page.browser.keys(Keys.ENTER)
    own_page.my_token()
    own_page.close_my_token()
    assert own_page.rows()[0]["Scopes"] == "write"
    own_page.find("#generate").send_keys(Keys.ENTER)
    own_page.browser.keys(Keys.TAB, Keys.TAB, Keys.SPACE, Keys.ESCAPE)
    own_page.until("!document.querySelector('#generate-dialog').open")
    assert own_page.focused() == "generate" and len(own_page.manager().list()) == 1


# What the server refuses


def test_a_scope_that_is_no_longer_offered_is_refused_beside_the_boxes(own_page):
    own_page.expect(400)
    own_page.open("/scopes")
    own_page.start_generating("7", "still here")
    check(own_page, "read", "write")
    with offering(own_page, "AccessTokenScopes read"):
        own_page.press("generate", "submit")
        assert refused(own_page) == "'write' is not a scope that may be given here; these are: read"
        assert boxes(own_page, "box.getAttribute('aria-invalid')") == ["true", "true", "false"]
        assert focused_box(own_page) == "read"
        assert (own_page.value("#lifetime"), own_page.value("#description")) == ("7", "still here")
        assert checked(own_page) == ["read", "write"] and own_page.manager().list() == []
        check(own_page, "write")
        own_page.press("generate", "submit")
        text = own_page.my_token()
        own_page.close_my_token()
        assert own_page.manager().info(text)["scopes"] == ["read"]
    own_page.click("#generate")
    assert not own_page.shown("#scopes-error") and boxes(own_page, "box.getAttribute('aria-invalid')") == ["false"] * 3


def test_scopes_that_are_no_longer_offered_at_all(own_page):
    own_page.expect(400)
    own_page.open("/scopes")
    own_page.start_generating(None, "too late")
    check(own_page, "write")
    with offering(own_page, "AccessTokenScopes none"):
        own_page.press("generate", "submit")
        assert "scopes here" in refused(own_page) and focused_box(own_page) == "write"


def test_too_many_scopes_are_refused_beside_the_boxes(own_page):
    own_page.expect(400)
    own_page.open("/many-scopes")
    own_page.click("#generate")
    own_page.js("document.querySelectorAll('#scopes input').forEach((box) => box.click());")
    own_page.press("generate", "submit")
    assert "too long" in refused(own_page) and focused_box(own_page) == MANY_SCOPES[0]


def test_what_is_wrong_with_one_word_of_the_list_stands_there_too(own_page):
    """The server then points into the list. No location can offer such a word, so the page is made to."""
    own_page.expect(400)
    own_page.open("/scopes")
    own_page.click("#generate")
    own_page.js("document.querySelector('#scopes input').value = 'two words';")
    check(own_page, "two words")
    own_page.press("generate", "submit")
    assert "printable ASCII" in refused(own_page)


def test_errors_of_several_fields_stand_beside_each(own_page):
    own_page.expect(400)
    own_page.open("/scopes")
    own_page.start_generating(None, "x" * 256)
    own_page.js("document.querySelector('#scopes input').value = 'two words';")
    check(own_page, "two words")
    own_page.press("generate", "submit")
    own_page.until("!document.querySelector('#scopes-error').hidden")
    assert own_page.shown("#description-error") and own_page.focused() == "description"


# The table


def test_the_column_is_there_where_scopes_are_offered(own_page):
    own_page.open("/scopes")
    own_page.manager().generate(description="plain")
    own_page.browser.driver.refresh()
    own_page.ready()
    assert own_page.headings() == HEADINGS and own_page.column("Scopes") == ["Not limited"]


def test_the_column_is_there_where_a_token_is_limited(own_page):
    scoped = own_page.site.manager(own_page.user, "/scopes")
    answer = scoped.post({"description": "limited", "scopes": ["write", "read"]})
    scoped.generate(description="plain")
    own_page.open("/tokens")
    assert own_page.headings() == HEADINGS and own_page.column("Scopes") == ["Not limited", "write read"]
    own_page.click("#generate")
    assert not own_page.shown("#scopes")
    own_page.press("generate", "cancel")
    own_page.menu_of("limited")
    own_page.click("#delete")
    own_page.press("delete", "submit")
    own_page.until("document.querySelectorAll('tbody tr').length === 1")
    assert answer.status_code == 201 and own_page.headings() == HEADINGS, "it stays until the page is loaded again"
    own_page.open("/tokens")
    assert "Scopes" not in own_page.headings()


def test_a_further_page_brings_the_column(own_page):
    scoped = own_page.site.manager(own_page.user, "/scopes")
    assert scoped.post({"description": "oldest", "scopes": ["read"]}).status_code == 201
    later = engines.now_ms() + 10_000
    insert(own_page.site, [token(own_page.user, f"token {n}", later + n) for n in range(1000)])
    own_page.open("/tokens")
    assert own_page.text("#count") == "1,001 of 1,001 tokens" and own_page.headings() == HEADINGS
    assert set(own_page.column("Scopes")) == {"Not limited"}
    own_page.sort_by("Scopes")
    own_page.sort_by("Scopes")
    assert own_page.rows(1)[0] | {"Scopes": "read", "Description": "oldest"} == own_page.rows(1)[0]


def test_sorting_and_filtering_by_scope(own_page):
    scoped = own_page.site.manager(own_page.user, "/scopes")
    wishes = (["write"], None, ["read", "repo:status"], ["read"], None, ["repo:status"])
    for n, words in enumerate(wishes):
        assert scoped.post({"description": f"token {n}", **({"scopes": words} if words else {})}).status_code == 201
    own_page.open("/scopes")
    own_page.sort_by("Scopes")
    assert own_page.column("Scopes") == ["Not limited"] * 2 + ["read", "read repo:status", "repo:status", "write"]
    own_page.fill("#filter", "REPO:st")
    assert own_page.column("Description") == ["token 2", "token 5"]
    own_page.fill("#filter", "token 3")
    assert own_page.column("Scopes") == ["read"]


def test_the_administrators_table_has_both_columns(own_page):
    words = f"{own_page.user}'s own"
    own_page.site.manager(own_page.user, "/scopes").post({"description": words, "scopes": ["read"]})
    own_page.open("/all-tokens", user="admin")
    own_page.fill("#filter", words)
    assert own_page.headings() == [*HEADINGS[:2], "User", *HEADINGS[2:]]
    (row,) = own_page.rows()
    assert (row["User"], row["Scopes"]) == (own_page.user, "read")
    assert own_page.js("const frame = document.querySelector('#frame'); return frame.scrollWidth <= frame.clientWidth;")


# Hostile, many, small


def test_hostile_words_are_text(own_page):
    own_page.open("/hostile-scopes")
    assert own_page.js("return document.body.dataset.scopes;") == " ".join(HOSTILE_SCOPES)
    own_page.click("#generate")
    assert boxes(own_page) == HOSTILE_SCOPES
    assert own_page.js("return document.querySelectorAll('#scopes label > *:not(input)').length;") == 0
    own_page.press("generate", "cancel")
    generate(own_page, *HOSTILE_SCOPES)
    assert own_page.column("Scopes") == [" ".join(HOSTILE_SCOPES)]
    assert own_page.js("return document.querySelectorAll('td.scopes > * > *').length;") == 0
    assert own_page.manager().list()[0]["scopes"] == HOSTILE_SCOPES and not own_page.js("return window.hostile;")


@pytest.mark.parametrize("screen", [WIDE, PHONE, SMALL])
def test_dozens_leave_the_buttons_in_sight_and_the_focus_too(own_page, screen):
    own_page.browser.screen(*screen)
    own_page.open("/many-scopes")
    own_page.click("#generate")
    assert boxes(own_page) == MANY_SCOPES
    in_sight = """const box = document.querySelector(arguments[0]).getBoundingClientRect();
        return box.top >= 0 && box.bottom <= innerHeight && box.right <= innerWidth;"""
    assert screen == SMALL or own_page.js(in_sight, "#generate-dialog [type=submit]")
    own_page.browser.keys(Keys.TAB, *[Keys.TAB] * len(MANY_SCOPES))
    assert focused_box(own_page) == MANY_SCOPES[-1]
    inside = own_page.js("""const list = document.querySelector('#scopes div').getBoundingClientRect();
        const box = document.activeElement.getBoundingClientRect(); return box.top >= list.top && box.bottom <= list.bottom;""")
    assert inside and own_page.js(in_sight, ":focus")
    own_page.browser.keys(Keys.SPACE, Keys.TAB)
    assert own_page.focused() == "Cancel" and own_page.js(in_sight, ":focus")


@pytest.mark.parametrize("path", ["/scopes", "/hostile-scopes", "/many-scopes"])
@pytest.mark.parametrize("screen", [PHONE, SMALL, (800, 600, 1)])
def test_nothing_is_cut_off_on_small_screens(own_page, screen, path):
    own_page.browser.screen(*screen)
    own_page.open(path)
    generate(own_page, boxes(own_page)[-1])
    own_page.click("#generate")
    out = own_page.js("""return [...document.querySelectorAll('dialog[open] *, td')].filter((one) => one.checkVisibility())
        .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
        .filter(([, box]) => box.width && (box.left < 0 || box.right > innerWidth + 0.5)).map(([words]) => words);""")
    assert out == [] and own_page.js("return document.documentElement.scrollWidth <= innerWidth;")
    dialog = own_page.js("const one = document.querySelector('dialog[open]'); return one.scrollWidth <= one.clientWidth;")
    label = own_page.js("return getComputedStyle(document.querySelector('td.scopes'), '::before').content;")
    assert dialog and label == '"Scopes: "'


@pytest.mark.parametrize("state", ["dialog", "refused", "table"])
def test_axe_finds_nothing_serious(own_page, state):
    own_page.expect(400)
    own_page.open("/many-scopes")
    generate(own_page, MANY_SCOPES[0])
    generate(own_page)
    if state != "table":
        own_page.click("#generate")
    if state == "refused":
        own_page.js("document.querySelectorAll('#scopes input').forEach((box) => box.click());")
        own_page.press("generate", "submit")
        refused(own_page)
    for screen, scheme in ((WIDE, "light"), (WIDE, "dark"), (PHONE, "light"), (PHONE, "dark")):
        own_page.browser.screen(*screen)
        own_page.browser.colours(scheme)
        found = own_page.browser.axe()
        assert not found, (screen, scheme, found)
