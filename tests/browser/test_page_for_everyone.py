# SPDX-License-Identifier: Apache-2.0
"""Accessible: by keyboard alone, to screen readers, on a phone, enlarged, dark and light."""

import pytest
from selenium.webdriver.common.keys import Keys

import engines
from seed import DAY, insert, token

WIDE, PHONE, ENLARGED = (1280, 800, 1), (390, 844, 3), (640, 400, 2)
NO_SIDEWAYS = "return document.documentElement.scrollWidth <= innerWidth;"
CUT_OFF = """return [...document.querySelectorAll('button, input, select, code, td, h1, h2, p, li')]
    .filter((one) => one.checkVisibility() && !one.closest('.unseen')).map((one) => [one.outerHTML.slice(0, 80),
        one.getBoundingClientRect()]).filter(([, box]) => box.width && (box.left < 0 || box.right > innerWidth + 0.5))
    .map(([words]) => words);"""
OUTLINE = """const style = getComputedStyle(document.activeElement);
    return [style.outlineStyle, parseFloat(style.outlineWidth)];"""


def fill_table(page, count=7):
    now = engines.now_ms()
    insert(page.site, [token(page.user, f"token {n}", now - n * DAY, expires=now - DAY if n % 3 == 0 else None,
                             used=now - DAY if n % 2 else None) for n in range(1, count + 1)])


# The keyboard


NOTE_IS_READ = """return [...document.activeElement.querySelectorAll('p, li')].map((one) => one.textContent);"""


def tab_to(page, name, most=40):
    """Presses Tab until this has the focus; everything on the way shows that it has."""
    for _ in range(most):
        if page.focused() == name:
            return
        page.browser.keys(Keys.TAB)
        style, width = page.js(OUTLINE)
        assert style != "none" and width >= 2, f"one does not see the focus on {page.focused()}"
    raise AssertionError(f"Tab never came to {name}")


def test_a_whole_session_by_keyboard(page):
    page.open()
    tab_to(page, "generate")
    page.browser.keys(Keys.ENTER)
    assert page.focused() == "lifetime"
    page.browser.keys("14", Keys.TAB, "by keyboard", Keys.ENTER)
    page.my_token()
    assert page.focused() == "value"
    page.browser.keys(Keys.TAB, Keys.ENTER)
    page.until("document.querySelector('#copied').textContent === 'Copied.'")
    tab_to(page, "close")
    page.browser.keys(Keys.ENTER)
    page.until("!document.querySelector('#token-dialog').open")
    assert page.focused() == "generate"
    assert page.column("Description") == ["by keyboard"]
    tab_to(page, "Actions for by keyboard")
    page.browser.keys(Keys.ENTER)
    assert page.focused() == "copy-id"
    page.browser.keys(Keys.ARROW_DOWN)
    assert page.focused() == "delete"
    page.browser.keys(Keys.ENTER)
    assert page.focused() == "Cancel"
    page.browser.keys(Keys.TAB, Keys.ENTER)
    page.until("document.querySelector('#empty').checkVisibility()")
    assert page.focused() == "generate" and page.manager().list() == []


def test_a_link_is_read_before_the_fields_and_used_by_keyboard(page):
    page.open("/scopes?description=by+link&lifetimeDays=30&scopes=read")
    assert page.focused() == "link" and page.js(NOTE_IS_READ) == [
        "You followed a link that fills in this form. Check it before you generate a token.",
        "Lifetime (days): 30", "Description: by link", "Scopes: read"]
    page.browser.keys(Keys.ENTER)
    assert page.open_dialog() == "generate-dialog", "Enter on the note generates nothing"
    page.browser.keys(Keys.TAB)
    assert page.focused() == "lifetime"
    page.browser.keys(Keys.ENTER)
    page.my_token()
    assert page.manager().list()[0]["description"] == "by link"


def test_arrows_home_end_and_escape_in_the_menu(page):
    fill_table(page, 2)
    page.open()
    tab_to(page, "Actions for token 2")
    page.browser.keys(Keys.SPACE)
    seen = [page.focused()]
    for key in (Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_UP, Keys.HOME, Keys.END):
        page.browser.keys(key)
        seen.append(page.focused())
    assert seen == ["copy-id", "delete", "copy-id", "delete", "copy-id", "delete"]
    page.browser.keys(Keys.ESCAPE)
    assert page.focused() == "Actions for token 2"
    page.browser.keys(Keys.ENTER, Keys.TAB)
    assert page.focused() == "Actions for token 2" and not page.js("return document.querySelector(':popover-open');")


def test_sorting_and_filtering_by_keyboard(page):
    fill_table(page)
    page.open()
    tab_to(page, "filter")
    page.browser.keys("token 3")
    assert page.column("Description") == ["token 3"]
    page.browser.chord(Keys.CONTROL, "a")
    page.browser.keys(Keys.DELETE)
    tab_to(page, "status")
    page.browser.keys("E")
    page.until("document.querySelectorAll('tbody tr').length === 2")
    tab_to(page, "Description")
    page.browser.keys(Keys.ENTER, Keys.ENTER)
    assert page.column("Description") == ["token 6", "token 3"] and page.focused() == "Description"


@pytest.mark.parametrize("opener", ["generate", "delete", "token"])
def test_the_focus_stays_in_a_dialog_and_comes_back(page, opener):
    fill_table(page, 1)
    page.open()
    came_from = "generate"
    if opener == "generate":
        page.click("#generate")
    elif opener == "token":
        page.generate()
    else:
        page.menu_of("token 1")
        page.click("#delete")
        came_from = "Actions for token 1"
    for _ in range(6):
        page.browser.keys(Keys.TAB)
        assert page.js("return document.activeElement === document.body || "
                       "document.querySelector('dialog[open]').contains(document.activeElement);")
    page.browser.keys(Keys.ESCAPE)
    page.until("!document.querySelector('dialog[open]')")
    assert page.focused() == came_from


# Screen readers


def test_fields_have_labels_and_regions_speak(page):
    fill_table(page)
    page.open()
    unnamed = page.js("return [...document.querySelectorAll('input, select, textarea')]"
                      ".filter((field) => !field.labels.length).map((field) => field.id);")
    assert unnamed == []
    live = page.js("return Object.fromEntries([...document.querySelectorAll('[role=status], [role=alert]')]"
                   ".map((one) => [one.id || one.className, one.getAttribute('role')]));")
    assert live["message"] == live["count"] == live["copied"] == "status"
    assert live["problem"] == live["lifetime-error"] == live["description-error"] == "alert"
    named = page.js("return [...document.querySelectorAll('dialog')]"
                    ".map((one) => document.getElementById(one.getAttribute('aria-labelledby')).textContent);")
    assert named == ["Generate Token", "My Token", "Delete Token?"]
    assert page.js("return document.querySelector('caption').textContent;") == "Access tokens"


def test_the_pages_elements_are_native(page):
    page.open()
    assert page.js("return ['dialog', 'table', 'form'].map((name) => document.querySelectorAll(name).length > 0);") == [True] * 3
    assert page.js("return document.querySelectorAll('[style], style, [onclick]').length;") == 0


ROLES = ("dialog", "button", "textbox", "heading", "DisclosureTriangle", "checkbox", "status")


def spoken(page):
    """(role, name) of what a screen reader finds in the page, in its order."""
    nodes = page.browser.cdp("Accessibility.getFullAXTree")["nodes"]
    by_id = {node["nodeId"]: node for node in nodes}
    found, waiting = [], [nodes[0]["nodeId"]]
    while waiting:
        node = by_id[waiting.pop(0)]
        waiting = node.get("childIds", []) + waiting
        if not node["ignored"] and node["role"]["value"] in ROLES:
            found.append((node["role"]["value"], node.get("name", {}).get("value", "")))
    return found


def test_what_a_screen_reader_finds_in_my_token(page):
    enter(page, "my token")
    found = spoken(page)
    begin = found.index(("dialog", "My Token"))
    assert [name for role, name in found[begin:] if role == "button"] == [
        "Copy Token to clipboard", "Copy: Put the token into a file", "Copy: As a Bearer token",
        f"Copy: As a password, with the user name {page.user}", "Copy: In the header field X-Api-Key",
        "Copy: In the header field Authorization", "Close"]
    assert ("heading", "Use it like this, with the address that you need") in found[begin:]
    assert ("textbox", "Token") in found[begin:]


def test_what_a_screen_reader_finds_on_the_page(page):
    page.open("/anybody")
    assert ("DisclosureTriangle", "How to use a token") in spoken(page)
    page.open("/scopes?description=x&scopes=read")
    found = spoken(page)
    begin = found.index(("dialog", "Generate Token"))
    assert [name for role, name in found[begin:] if role in ("textbox", "checkbox")] == [
        "Lifetime (days)", "Description (optional)", "read", "write", "repo:status"]


def test_the_commands_are_reached_by_keyboard(page):
    page.open("/anybody")
    tab_to(page, "How to use a token")
    page.browser.keys(Keys.ENTER)
    page.until("document.querySelector('details').open")
    tab_to(page, "Copy: As a Bearer token")
    page.browser.keys(Keys.ENTER)
    page.until("document.querySelectorAll('.command [role=status]')[1].textContent === 'Copied.'")
    assert page.focused() == "Copy: As a Bearer token"


# Every state through axe


def enter(page, state):
    """Brings the page into one of the states that a person sees."""
    if state == "empty":
        return page.open()
    if state == "everybody":
        fill_table(page)
        return page.open("/all-tokens", user="admin")
    if state == "problem":
        page.browser.before_load("window.fetch = async () => new Response('{}', {status: 503});")
        return page.open()
    fill_table(page)
    if state == "link":
        return page.open("/scopes?description=" + "long+words+" * 20 + "&lifetimeDays=30&scopes=read+root+write")
    page.open("/anybody" if state in ("usage", "my token") else "/tokens")
    if state == "usage":
        page.click("summary")
    if state == "generate":
        page.start_generating("0")
        page.press("generate", "submit")
    elif state == "my token":
        page.generate()
        page.click("#copy")
        page.until("document.querySelector('#copied').textContent")
    elif state in ("menu", "delete", "message"):
        page.menu_of("token 2")
        if state == "delete":
            page.click("#delete")
        if state == "message":
            page.click("#copy-id")
            page.until("document.querySelector('#message').textContent")
    return page


STATES = ("table", "empty", "everybody", "problem", "usage", "generate", "link", "my token", "menu", "delete", "message")


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_serious(page, state):
    page.browser.screen(*WIDE)
    enter(page, state)
    found = {}
    for screen, scheme in ((WIDE, "light"), (WIDE, "dark"), (PHONE, "light"), (PHONE, "dark")):
        if state == "menu" and screen == PHONE:
            continue  # it closes when the window changes; see the next test
        page.browser.screen(*screen)
        page.browser.colours(scheme)
        found.update({(screen, scheme, rule): (words, nodes) for rule, words, nodes in page.browser.axe()})
    assert not found, found


def test_axe_finds_nothing_serious_in_a_menu_on_a_phone(page):
    page.browser.screen(*PHONE)
    enter(page, "menu")
    assert page.js("return Boolean(document.querySelector(':popover-open'));")
    assert not page.browser.axe()


# Other screens


@pytest.mark.parametrize("screen", [PHONE, ENLARGED, (320, 600, 2), (800, 600, 1)])
@pytest.mark.parametrize("state", ["table", "everybody", "usage", "generate", "link", "my token", "delete", "menu"])
def test_nothing_is_cut_off_on_small_screens(page, screen, state):
    page.browser.screen(*screen)
    enter(page, state)
    assert page.js(NO_SIDEWAYS)
    assert page.js(CUT_OFF) == []


@pytest.mark.parametrize("screen", [WIDE, (320, 600, 2)])
@pytest.mark.parametrize("state", ["table", "everybody", "usage", "link", "my token"])
def test_nothing_is_cut_off_where_all_runs_from_the_right(page, screen, state):
    page.browser.before_load("addEventListener('DOMContentLoaded', () => { document.documentElement.dir = 'rtl'; });")
    page.browser.screen(*screen)
    enter(page, state)
    assert page.js("return getComputedStyle(document.body).direction;") == "rtl"
    assert page.js(NO_SIDEWAYS)
    assert page.js(CUT_OFF) == []


def test_a_phone_shows_labels_and_can_sort(page):
    page.browser.screen(*PHONE)
    fill_table(page)
    page.open()
    label = "return getComputedStyle(document.querySelector(arguments[0]), '::before').content;"
    assert page.js(label, "td[data-label=Created]") == '"Created: "'
    page.sort_by("Description")
    assert page.column("Description")[0] == "token 1"
    assert page.shown("td.act button")


def test_dark_is_dark_and_light_is_light(page):
    page.open()
    brightness = """const [r, g, b] = getComputedStyle(document.body)[arguments[0]].match(/[0-9]+/g).map(Number);
        return r + g + b;"""
    page.browser.colours("light")
    assert page.js(brightness, "backgroundColor") > 600 > 200 > page.js(brightness, "color")
    page.browser.colours("dark")
    assert page.js(brightness, "backgroundColor") < 200 < 600 < page.js(brightness, "color")
