# SPDX-License-Identifier: Apache-2.0
"""A link that fills in the Generate Token dialog: the reader sees all that it put in, and all that it could not."""

from urllib.parse import quote, urlencode

import pytest
from selenium.webdriver.common.keys import Keys

from client import PASSWORD
from page import days_of

FETCHES = """window.posts = 0; const real = window.fetch;
    window.fetch = (where, options) => { window.posts += options?.method === 'POST'; return real(where, options); };"""
NOTES = "return [...document.querySelectorAll('#link li')].map((item) => item.textContent);"
CHECKED = "return [...document.querySelectorAll('#scopes input:checked')].map((box) => box.value);"
NOT_A_NUMBER = "Write a number of days, such as 365, or -1 for a token that never expires."
INVISIBLE = "It has characters that cannot be seen."
TWICE = "The link has it more than once."
UNLIMITED = "Without scopes the token is not limited: it may do all you may."


def follow(page, query, path="/scopes"):
    page.open(f"{path}?{query}")


def filled_in(page):
    return page.value("#lifetime"), page.value("#description"), page.js(CHECKED)


def notes(page):
    return page.js(NOTES)


def left_out(page):
    """(what, why) of each note about something that was left out."""
    return [tuple(note.removeprefix("Left out: ").split(". ", 1)) for note in notes(page) if note.startswith("Left out: ")]


# What it fills in


def test_a_link_fills_in_the_dialog_and_generates_nothing(page):
    page.browser.before_load(FETCHES)
    follow(page, "description=CI+pipeline&lifetimeDays=30&scopes=read+write")
    assert page.open_dialog() == "generate-dialog"
    assert filled_in(page) == ("30", "CI pipeline", ["read", "write"])
    assert page.text("#link p") == "You followed a link that fills in this form. Check it before you generate a token."
    assert notes(page) == ["Lifetime (days): 30", "Description: CI pipeline", "Scopes: read write"]
    page.js("window.since = performance.now();")
    page.until("performance.now() - window.since > 500")
    assert page.js("return window.posts;") == 0 and page.manager().list() == []
    stored = page.js("return [localStorage.length, sessionStorage.length, document.cookie, window.name, history.state];")
    assert stored == [0, 0, "", "", None]


def test_the_person_generates_what_is_filled_in(page):
    follow(page, "description=CI+pipeline&lifetimeDays=30&scopes=write")
    page.press("generate", "submit")
    page.my_token()
    page.close_my_token()
    (info,) = page.manager().list()
    assert (info["description"], days_of(info), info["scopes"]) == ("CI pipeline", 30, ["write"])
    assert page.focused() == "generate"


def test_the_person_may_change_it(page):
    follow(page, "description=CI+pipeline&lifetimeDays=30&scopes=write")
    page.fill("#lifetime", "7")
    page.fill("#description", "mine")
    page.find("#scopes input[value=write]").click()
    page.press("generate", "submit")
    page.my_token()
    (info,) = page.manager().list()
    assert (info["description"], days_of(info), info.get("scopes")) == ("mine", 7, None)


@pytest.mark.parametrize("how", ["escape", "button"])
def test_cancelling_leaves_nothing_behind(page, how):
    follow(page, "description=CI+pipeline&lifetimeDays=30&scopes=write")
    if how == "escape":
        page.browser.keys(Keys.ESCAPE)
    else:
        page.press("generate", "cancel")
    page.until("!document.querySelector('#generate-dialog').open")
    assert page.focused() == "generate" and page.manager().list() == []
    page.click("#generate")
    assert filled_in(page) == ("365", "", []) and not page.shown("#link") and notes(page) == []
    assert page.focused() == "lifetime"


@pytest.mark.parametrize("query, fields", [
    ("description=only", ("365", "only", [])),
    ("lifetimeDays=-1", ("-1", "", [])),
    ("lifetimeDays=0.5", ("0.5", "", [])),
    ("lifetimeDays=+7+", ("7", "", [])),
    ("scopes=read+write", ("365", "", ["read", "write"])),
    ("scopes=write%20read", ("365", "", ["read", "write"])),
    ("scopes=read,write", ("365", "", ["read", "write"])),
    ("scopes=,read%2C+,write,read,", ("365", "", ["read", "write"])),
    ("scopes=repo:status&description=a%26b%3Dc%2B%23%25", ("365", "a&b=c+#%", ["repo:status"])),
    ("utm_source=mail&description=x&limit=5", ("365", "x", [])),
    ("description=" + quote("日本語 👩\u200d👩\u200d👧 نمی\u200cخواهم"), ("365", "日本語 👩\u200d👩\u200d👧 نمی\u200cخواهم", [])),
    ("description=" + quote("\U0001f600" * 255), ("365", "\U0001f600" * 255, [])),
], ids=lambda value: str(value)[:30])
def test_what_is_right_is_filled_in(page, query, fields):
    follow(page, query)
    assert filled_in(page) == fields and left_out(page) == []
    shown = [f"{label}: {text}" for label, text, default in (
        ("Lifetime (days)", fields[0], "365"), ("Description", fields[1], ""), ("Scopes", " ".join(fields[2]), "")) if text != default]
    assert notes(page) == shown


@pytest.mark.parametrize("query", ["", "?", "?limit=5", "?description=", "?description=+&lifetimeDays=&scopes=", "?Description=x",
                                   "?lifetimedays=3", "#description=x"])
def test_without_these_parameters_the_dialog_stays_closed(page, query):
    page.open("/scopes" + query)
    assert page.open_dialog() is None
    page.click("#generate")
    assert filled_in(page) == ("365", "", []) and not page.shown("#link")


# What it leaves out


@pytest.mark.parametrize("query, left", [
    ("lifetimeDays=abc", [("lifetimeDays=abc", NOT_A_NUMBER)]),
    ("lifetimeDays=0", [("lifetimeDays=0", NOT_A_NUMBER)]),
    ("lifetimeDays=-2", [("lifetimeDays=-2", NOT_A_NUMBER)]),
    ("lifetimeDays=1e9", [("lifetimeDays=1e9", NOT_A_NUMBER)]),
    ("lifetimeDays=1,5", [("lifetimeDays=1,5", NOT_A_NUMBER)]),
    ("lifetimeDays=" + "9" * 6000, [("lifetimeDays=" + "9" * 40 + "…", NOT_A_NUMBER)]),
    ("lifetimeDays=30&lifetimeDays=60", [("lifetimeDays", TWICE)]),
    ("description=" + "x" * 256, [("description=" + "x" * 40 + "…", "It has more than 255 characters.")]),
    ("description=a%00b", [("description=a\ufffdb", INVISIBLE)]),
    ("description=two%0Alines", [("description=two\ufffdlines", INVISIBLE)]),
    ("description=tab%09tab", [("description=tab\ufffdtab", INVISIBLE)]),
    ("description=c%C2%85one", [("description=c\ufffdone", INVISIBLE)]),
    ("description=safe%E2%80%AEgnp.exe", [("description=safe\ufffdgnp.exe", INVISIBLE)]),
    ("description=hid%E2%80%8Bden", [("description=hid\ufffdden", INVISIBLE)]),
    ("description=tags%F3%A0%81%81", [("description=tags\ufffd", INVISIBLE)]),
    ("description=a&description=b", [("description", TWICE)]),
    ("description=a&description=", [("description", TWICE)]),
    ("scopes=read&scopes=write", [("scopes", TWICE)]),
    ("scopes=root", [("scopes=root", "This is not offered here.")]),
    ("scopes=read,root,Read+admin", [("scopes=root Read admin", "This is not offered here.")]),
    ("scopes=__proto__", [("scopes=__proto__", "This is not offered here.")]),
    ("scopes=" + "x," * 2000, [("scopes=" + "x " * 20 + "…", "This is not offered here.")]),
    ("lifetimeDays=x&description=%01&scopes=y", [("lifetimeDays=x", NOT_A_NUMBER), ("description=\ufffd", INVISIBLE),
                                                 ("scopes=y", "This is not offered here.")]),
], ids=lambda value: str(value)[:30])
def test_what_is_wrong_is_left_out_and_named(page, query, left):
    follow(page, query)
    assert page.open_dialog() == "generate-dialog" and page.shown("#link")
    assert page.value("#lifetime") == "365" and page.value("#description") == ""
    assert left_out(page) == left
    rest = [word for word in page.js(CHECKED) if word not in query]
    assert rest == []


@pytest.mark.parametrize("days, why", [("31", "The administrator allows at most 30 days."),
                                       ("-1", "The administrator allows at most 30 days.")])
def test_a_lifetime_above_the_maximum_is_left_out(page, days, why):
    follow(page, "lifetimeDays=" + days, "/month")
    assert page.value("#lifetime") == "30" and left_out(page) == [(f"lifetimeDays={days}", why)]


def test_a_lifetime_up_to_the_maximum_is_filled_in(page):
    follow(page, "lifetimeDays=30", "/month")
    assert page.value("#lifetime") == "30" and left_out(page) == []


@pytest.mark.parametrize("path, query", [("/scopes", "scopes=root"), ("/scopes", "scopes=read&scopes=write"), ("/tokens", "scopes=read")])
def test_a_token_that_would_be_limited_does_not_become_unlimited_in_silence(page, path, query):
    follow(page, query, path)
    assert notes(page)[-1] == UNLIMITED
    follow(page, "scopes=read", "/scopes")
    assert UNLIMITED not in notes(page)


def test_every_chosen_scope_is_named_also_if_its_box_is_out_of_sight(page):
    follow(page, "scopes=wiki:write,deploy:admin", "/many-scopes")
    assert notes(page) == ["Scopes: deploy:admin wiki:write"]


# Hostile links


@pytest.mark.parametrize("words", [
    "<b>bold</b><h1>Sign in</h1>", "<script>window.hostile = true</script>", "<img src=x onerror='window.hostile=true'>",
    "\"'`><svg onload=window.hostile=true>", "@manager@ {{7*7}} ${window.hostile = true}", "javascript:window.hostile=true",
    "W" * 255, "\u05d0\u05d1 begins from the right", "&lt;b&gt; &amp;",
])
def test_hostile_text_is_text(page, words):
    follow(page, urlencode({"description": words, "lifetimeDays": words, "scopes": words.replace(" ", "")}))
    assert page.value("#description") == words
    assert notes(page)[0] == f"Description: {words}"
    assert page.js("return [...document.querySelectorAll('#link bdi')].every((one) => one.children.length === 0);")
    assert not page.js("return window.hostile;")
    for width in (1280, 320):
        page.browser.screen(width, 800)
        assert page.js("""const note = document.querySelector('#link');
            return note.scrollWidth <= note.clientWidth && document.documentElement.scrollWidth <= innerWidth;""")


def test_text_that_runs_from_the_right_does_not_move_what_stands_beside_it(page):
    follow(page, urlencode({"scopes": "\u05d0\u05d1\u05d2 123", "description": "\u05d0\u05d1\u05d2"}))
    places = page.js("""const range = document.createRange();
        return [...document.querySelectorAll('#link li')].map((item) => [...item.childNodes].filter((node) => node.textContent)
            .map((node) => { range.selectNodeContents(node); return range.getBoundingClientRect().left; }));""")
    assert len(places) == 3 and all(line == sorted(line) for line in places[:2])


# The login of the location


LINK = "?description=CI+pipeline&lifetimeDays=30&scopes=read,write"


def test_it_survives_a_password_dialog(page):
    """The browser answers the 401 with the password, and asks for the same address again."""
    page.open("/scopes" + LINK)
    assert filled_in(page) == ("30", "CI pipeline", ["read", "write"])


def test_it_survives_a_login_form_in_the_place_of_the_page(page):
    page.expect(401)
    page.go(page.secure() + "/inline-tokens" + LINK)
    page.find("[name=httpd_username]").send_keys(page.user)
    page.find("[name=httpd_password]").send_keys(PASSWORD, Keys.ENTER)
    page.ready()
    assert page.js("return location.search;") == LINK
    assert filled_in(page) == ("30", "CI pipeline", ["read", "write"])
    page.press("generate", "submit")
    page.my_token()
