# SPDX-License-Identifier: Apache-2.0
"""The Generate Token dialog: what it proposes, what it refuses, and that it generates once."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from page import days_of, is_sentence

FETCHES = """window.posts = 0; const real = window.fetch;
    window.fetch = (where, options) => { window.posts += options?.method === 'POST'; return real(where, options); };"""


def newest(page):
    return page.manager().list()[0]


def test_what_the_dialog_holds(page):
    page.open()
    page.click("#generate")
    assert page.text("#generate-title") == "Generate Token"
    labels = page.js("return [...document.querySelectorAll('#generate-dialog label')].map((label) => label.textContent);")
    assert labels == ["Lifetime (days)", "Description (optional)"]
    buttons = page.js("return [...document.querySelectorAll('#generate-dialog button')].map((one) => one.textContent);")
    assert buttons == ["Cancel", "Generate"]
    assert page.value("#lifetime") == "365" and page.value("#description") == ""
    assert page.text("#lifetime-hint") == "-1 means that the token never expires."
    assert page.focused() == "lifetime"


@pytest.mark.parametrize("days, lifetime", [(None, 365), ("365", 365), ("-1", None), ("1", 1), (" 30 ", 30), ("0.5", 0.5)])
def test_lifetimes(page, days, lifetime):
    page.open()
    page.generate(days, "a token")
    assert days_of(newest(page)) == lifetime
    page.close_my_token()
    (row,) = page.rows()
    assert row["Description"] == "a token"
    assert (row["Expires"] == "Never") == (lifetime is None)


def test_the_admins_default_is_prefilled(page):
    page.open("/short")
    page.click("#generate")
    assert page.value("#lifetime") == "0.083333"
    page.press("generate", "submit")
    page.my_token()
    assert days_of(newest(page)) * 86400 == 7200


def test_a_default_of_never_is_prefilled(page):
    page.open("/forever")
    page.click("#generate")
    assert page.value("#lifetime") == "-1"


@pytest.mark.parametrize("days", ["", "0", "-2", "-1.5", "abc", "1,000", "1e3", "0x10", "Infinity", "365 days"])
def test_a_wrong_lifetime_is_refused_beside_the_field(page, days):
    page.open()
    page.start_generating(days, "still here")
    page.press("generate", "submit")
    assert page.open_dialog() == "generate-dialog"
    assert page.text("#lifetime-error") == "Write a number of days, such as 365, or -1 for a token that never expires."
    assert page.focused() == "lifetime" and page.find("#lifetime").get_attribute("aria-invalid") == "true"
    assert page.value("#description") == "still here"
    assert page.manager().list() == []


@pytest.mark.parametrize("days", ["31", "-1"])
def test_the_admins_maximum_is_said_and_refused_with_a_sentence(page, days):
    page.open("/month")
    page.start_generating(days)
    assert page.value("#lifetime") == days
    assert page.text("#lifetime-hint") == "At most 30 days here; tokens that never expire are not allowed."
    page.press("generate", "submit")
    assert page.text("#lifetime-error") == "The administrator allows at most 30 days."
    page.fill("#lifetime", "30")
    page.press("generate", "submit")
    page.my_token()
    assert days_of(newest(page)) == 30


def test_a_default_above_the_maximum_is_the_maximum(page):
    page.open("/limited")
    page.click("#generate")
    assert page.value("#lifetime") == "0.041667"
    assert "At most 0.041667 days (1 hour) here" in page.text("#lifetime-hint")
    page.press("generate", "submit")
    page.my_token()
    assert days_of(newest(page)) * 24 == 1


def test_the_servers_word_on_the_description_stands_beside_it(page):
    page.expect(400)
    page.open()
    page.start_generating("7", "x" * 256)
    page.press("generate", "submit")
    page.until("!document.querySelector('#description-error').hidden")
    assert "255 characters" in page.text("#description-error")
    assert not page.shown("#lifetime-error") and not page.shown("#generate-dialog .notice")
    assert page.focused() == "description"
    assert (page.value("#lifetime"), page.value("#description")) == ("7", "x" * 256)
    assert page.find("#description").get_attribute("aria-describedby") == "description-error"


def test_a_control_character_is_refused_beside_the_description(page):
    page.expect(400)
    page.open()
    page.click("#generate")
    page.js("document.querySelector('#description').value = 'tab\\there';")
    page.press("generate", "submit")
    page.until("!document.querySelector('#description-error').hidden")
    assert "control character" in page.text("#description-error")


def test_the_servers_word_on_the_lifetime_stands_beside_it(page):
    page.expect(400)
    page.open()
    page.start_generating("99999999999", "long")
    page.press("generate", "submit")
    page.until("!document.querySelector('#lifetime-error').hidden")
    assert "year 9999" in page.text("#lifetime-error")
    assert page.focused() == "lifetime" and page.value("#description") == "long"


def test_other_refusals_are_shown_in_the_dialog(page):
    page.expect(403)
    manager = page.site.manager(page.user, "/three")
    for _ in range(3):
        manager.generate()
    page.open("/three")
    page.start_generating(None, "one too many")
    page.press("generate", "submit")
    page.until("!document.querySelector('#generate-dialog .notice').hidden")
    assert page.text("#generate-dialog .notice").startswith("You have 3 live tokens")
    assert is_sentence(page.text("#generate-dialog .notice"))
    assert page.value("#description") == "one too many"


def test_enter_submits_from_either_field(page):
    page.open()
    for field in ("#lifetime", "#description"):
        page.start_generating("2", "by Enter")
        page.find(field).send_keys(Keys.ENTER)
        page.my_token()
        page.close_my_token()
    assert page.column("Description") == ["by Enter"] * 2


@pytest.mark.parametrize("how", ["escape", "button"])
def test_escape_and_cancel_generate_nothing(page, how):
    page.open()
    page.start_generating("2", "never mind")
    if how == "escape":
        page.browser.keys(Keys.ESCAPE)
    else:
        page.press("generate", "cancel")
    page.until("!document.querySelector('#generate-dialog').open")
    assert page.focused() == "generate"
    assert page.manager().list() == []
    page.click("#generate")
    assert (page.value("#lifetime"), page.value("#description")) == ("365", "")


def test_errors_are_gone_when_the_dialog_opens_again(page):
    page.open()
    page.start_generating("zero")
    page.press("generate", "submit")
    page.press("generate", "cancel")
    page.click("#generate")
    assert not page.shown("#lifetime-error")
    assert page.find("#lifetime").get_attribute("aria-invalid") == "false"


@pytest.mark.parametrize("how", [
    "button.click(); button.click();",
    "button.form.requestSubmit(); button.form.requestSubmit();",
])
def test_a_double_click_generates_one_token(page, how):
    page.browser.before_load(FETCHES)
    page.open()
    page.start_generating("2", "once")
    page.js("const button = document.querySelector('#generate-dialog [type=submit]'); " + how)
    page.my_token()
    page.close_my_token()
    assert page.js("return window.posts;") == 1
    assert page.column("Description") == ["once"] and len(page.manager().list()) == 1


def test_a_persons_double_click_generates_one_token(page):
    page.open()
    page.start_generating("2", "once")
    button = page.find("#generate-dialog [type=submit]")
    ActionChains(page.browser.driver, duration=0).double_click(button).perform()
    page.my_token()
    assert len(page.manager().list()) == 1


def test_a_hasty_second_click_or_enter_does_not_close_my_token(page):
    page.open()
    page.start_generating("2", "once")
    page.find("#description").send_keys(Keys.ENTER)
    token = page.my_token()
    page.browser.keys(Keys.ENTER)
    page.js("document.querySelector('#close').dispatchEvent(new MouseEvent('click', {bubbles: true, detail: 2}));")
    assert page.open_dialog() == "token-dialog" and page.value("#value") == token
    page.close_my_token()
    assert page.open_dialog() is None


def test_the_new_row_is_there_without_a_reload(page):
    page.manager().generate(description="older")
    page.open()
    page.js("window.same = true;")
    page.generate(None, "newer")
    page.close_my_token()
    assert page.column("Description") == ["newer", "older"]
    assert page.column("Status") == ["Active", "Active"] and page.js("return window.same;")
