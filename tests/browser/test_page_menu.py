# SPDX-License-Identifier: Apache-2.0
"""The context menu of a row: copying the token's id, and deleting the token."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import engines
from seed import DAY, insert, token

MENU_OPEN = "document.querySelector('#menu').matches(':popover-open')"
REFUSING = "document.execCommand = () => false; Clipboard.prototype.writeText = () => Promise.reject(new Error('no'));"


def fill_table(page, names=("three", "two", "one")):
    now = engines.now_ms()
    insert(page.site, [token(page.user, name, now - n * DAY) for n, name in enumerate(names, 1)])
    page.open()


def menu_items(page):
    return page.js("return [...document.querySelectorAll('#menu button')].map((item) => item.textContent);")


@pytest.mark.parametrize("how", ["button", "right click", "menu key"])
def test_the_menu_opens(page, how):
    fill_table(page)
    row = page.row("two")
    if how == "button":
        page.menu_of("two")
    elif how == "right click":
        page.right_click(row.find_element(By.CSS_SELECTOR, "time"))
    else:
        page.js("arguments[0].dispatchEvent(new PointerEvent('contextmenu', {bubbles: true, cancelable: true}));",
                row.find_element(By.CSS_SELECTOR, "td.act button"))
    page.until(MENU_OPEN)
    assert menu_items(page) == ["Copy Token ID", "Delete Token"]
    assert page.focused() == "copy-id"


def test_the_menu_stands_at_its_row_and_inside_the_window(page):
    fill_table(page)
    page.menu_of("two")
    place = """const menu = document.querySelector('#menu').getBoundingClientRect();
        return [menu.left, menu.top, menu.right, menu.bottom, innerWidth, innerHeight];"""
    left, top, right, bottom, width, height = page.js(place)
    box = page.row("two").find_element(By.CSS_SELECTOR, "td.act button").rect
    assert abs(right - box["x"] - box["width"]) < 2 and 0 <= top - box["y"] - box["height"] < 12
    assert 0 <= left and right <= width and bottom <= height
    page.right_click(page.row("one").find_element(By.CSS_SELECTOR, "td.act"))
    left, top, right, bottom, width, height = page.js(place)
    assert 0 <= left and right <= width and bottom <= height


@pytest.mark.parametrize("how", ["escape", "elsewhere", "same button", "scroll"])
def test_the_menu_closes(page, how):
    fill_table(page, [f"row {n}" for n in range(40)])
    page.menu_of("row 2")
    page.until(MENU_OPEN)
    if how == "escape":
        page.browser.keys(Keys.ESCAPE)
    elif how == "elsewhere":
        page.click("h1")
    elif how == "same button":
        page.menu_of("row 2")
    else:
        page.js("scrollBy(0, 200);")
    page.until("!" + MENU_OPEN)
    if how in ("escape", "same button"):
        assert page.focused() == "Actions for row 2"


def test_another_rows_button_moves_the_menu(page):
    fill_table(page)
    page.right_click(page.row("one").find_element(By.CSS_SELECTOR, "td.id"))
    page.until(MENU_OPEN)
    page.menu_of("three")
    page.until(MENU_OPEN)
    page.click("#delete")
    assert page.text("#delete-dialog .name") == "three"


def test_selected_text_keeps_the_browsers_own_menu(page):
    fill_table(page)
    words = page.row("two").find_element(By.CSS_SELECTOR, "td.words")
    page.js("getSelection().selectAllChildren(arguments[0]);", words)
    assert page.js("return getSelection().toString().trim();") == "two"
    taken = page.js("""const event = new PointerEvent('contextmenu', {bubbles: true, cancelable: true, pointerType: 'mouse'});
        arguments[0].dispatchEvent(new PointerEvent('pointerdown', {bubbles: true}));
        arguments[0].dispatchEvent(event); return event.defaultPrevented;""", words)
    assert not taken and not page.js("return " + MENU_OPEN)


@pytest.mark.parametrize("origin", ["secure", "intranet"])
def test_copy_token_id(page, origin):
    page.manager().generate(description="one")
    page.open(origin=getattr(page, origin)())
    page.menu_of("one")
    page.click("#copy-id")
    page.until("document.querySelector('#message').textContent === 'The token ID is copied.'")
    assert page.focused() == "Actions for one"
    assert page.pasted() == page.column("Token ID")[0]


def test_a_refused_copy_is_not_called_copied(page):
    page.browser.before_load(REFUSING)
    page.manager().generate(description="one")
    page.open()
    page.menu_of("one")
    page.click("#copy-id")
    page.until("document.querySelector('#message').textContent")
    said = page.text("#message")
    assert "did not let us copy" in said and page.column("Token ID")[0] in said


def test_deletion_asks_first(page):
    _, info = page.manager().generate(description="the old laptop")
    page.open()
    page.menu_of("the old laptop")
    page.click("#delete")
    question = page.text("#delete-dialog")
    for words in ("Delete Token?", "the old laptop", info["tokenId"], "cannot be undone",
                  "Whatever uses this token stops working"):
        assert words in question
    assert page.focused() == "Cancel"
    described = page.js("const dialog = document.querySelector('#delete-dialog'); "
                        "return document.getElementById(dialog.getAttribute('aria-describedby')).textContent;")
    assert "the old laptop" in described and "cannot be undone" in described


@pytest.mark.parametrize("how", ["escape", "cancel"])
def test_no_deletes_nothing(page, how):
    text, _ = page.manager().generate(description="one")
    page.open()
    page.menu_of("one")
    page.click("#delete")
    if how == "escape":
        page.browser.keys(Keys.ESCAPE)
    else:
        page.press("delete", "cancel")
    page.until("!document.querySelector('#delete-dialog').open")
    assert page.column("Description") == ["one"] and page.focused() == "Actions for one"
    assert page.site.let_in(text) == 200


def test_the_row_goes_without_a_reload_and_the_token_is_refused(page):
    kept, _ = page.manager().generate(description="kept")
    text, _ = page.manager().generate(description="deleted")
    page.open()
    page.js("window.same = true;")
    page.menu_of("deleted")
    page.click("#delete")
    page.press("delete", "submit")
    page.until("document.querySelectorAll('tbody tr').length === 1")
    assert page.column("Description") == ["kept"] and page.js("return window.same;")
    assert page.text("#message") == "The token is deleted."
    assert page.focused() == "Actions for kept"
    assert (page.site.let_in(text), page.site.let_in(kept)) == (401, 200)


def test_a_token_generated_on_the_page_can_be_deleted_on_it(page):
    page.open()
    text = page.generate(None, "short-lived")
    page.close_my_token()
    page.menu_of("short-lived")
    page.click("#delete")
    page.press("delete", "submit")
    page.until("document.querySelector('#empty').checkVisibility()")
    assert page.focused() == "generate" and page.site.let_in(text) == 401


def test_a_token_that_somebody_deleted_meanwhile_goes_like_any_other(page):
    page.expect(404)
    text, _ = page.manager().generate(description="one")
    page.open()
    page.manager().delete(text)
    page.menu_of("one")
    page.click("#delete")
    page.press("delete", "submit")
    page.until("document.querySelector('#empty').checkVisibility()")


def test_without_a_description_the_question_names_the_id(page):
    _, info = page.manager().generate()
    page.open()
    page.menu_of("")
    page.click("#delete")
    assert info["tokenId"] in page.text("#delete-dialog") and not page.shown("#delete-dialog .name")
