# SPDX-License-Identifier: Apache-2.0
"""Hostile descriptions and names: shown as the text that they are, wherever they are shown."""

import engines
import pytest

from seed import insert, token

RUN = "window.hostile = true"
HOSTILE = {
    "html": "<b>bold</b><h1>Sign in</h1><a href='//evil.example'>here</a>",
    "script": f"<script>{RUN}</script>",
    "handler": f"<img src=x onerror='{RUN}'>",
    "svg": f"<svg onload={RUN}>",
    "quotes": f"\"'`><script>{RUN}</script>${{{RUN}}}",
    "entities": "&lt;b&gt; &amp; &#x27;",
    "override": "safe\u202egnp.exe\u202c \u2066isolated\u2069",
    "unclosed": "begins \u202eand never ends",
    "marks": "\u200f\u200eعربى\u200b and back",
    "emoji": "👩\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈 \U0001f600",
    "zalgo": "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f",
    "long": "W" * 255,
    "long emoji": "\U0001f600" * 255,
    "template": "{{7*7}} @manager@ @assets@",
    "javascript": "javascript:" + RUN,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_description_is_text_everywhere(page, name):
    words = HOSTILE[name]
    page.manager().generate(description=words)
    page.open()
    assert page.column("Description") == [words]
    inside = "return [...document.querySelector(arguments[0]).children].length;"
    assert page.js(inside, "td.words") == 0
    assert page.js("return document.querySelector('td.act button').getAttribute('aria-label');") == "Actions for " + words
    assert page.js("const frame = document.querySelector('#frame'); return frame.scrollWidth <= frame.clientWidth;")
    page.click("td.act button")
    page.click("#delete")
    assert page.js("return document.querySelector('#delete-dialog .name').textContent;") == words
    assert page.js(inside, "#delete-dialog .name") == 0
    assert not page.js("return window.hostile;")
    page.press("delete", "cancel")
    page.browser.screen(390, 800)
    assert page.js("return document.documentElement.scrollWidth <= innerWidth;")


def test_a_description_typed_on_the_page_is_text(page):
    page.open()
    words = f"</td><script>{RUN}</script>"
    page.generate("1", words)
    page.close_my_token()
    assert page.column("Description") == [words] and not page.js("return window.hostile;")


POSITIONS = """
const range = document.createRange(), place = (node, from, to) => {
    range.setStart(node, from); range.setEnd(node, to); return range.getBoundingClientRect().left; };
const id = document.querySelector('#delete-dialog .code').firstChild;
return [place(id, 0, 1), place(id, 8, 9), place(id, 35, 36)];"""


def test_bidi_marks_do_not_turn_what_stands_beside_them(page):
    page.manager().generate(description=HOSTILE["unclosed"])
    page.open()
    row = page.rows()[0]
    assert row["Status"] == "Active"
    page.click("td.act button")
    page.click("#delete")
    places = page.js(POSITIONS)
    assert places == sorted(places), "the token id is not written from left to right"


def test_hostile_user_names_are_text(page):
    user = f"<script>{RUN}</script>"
    insert(page.site, [token(user, "whose?", engines.now_ms())])
    page.open("/all-tokens", user="admin")
    assert user in page.column("User") and not page.js("return window.hostile;")
    page.menu_of("whose?")
    page.click("#delete")
    assert user in page.text("#delete-dialog .code") and not page.js("return window.hostile;")


def test_filtering_takes_words_as_words(page):
    insert(page.site, [token(page.user, name, engines.now_ms() - n) for n, name in enumerate((".*", "[", "a", "b", "c", "d"))])
    page.open()
    for words in (".*", "["):
        page.fill("#filter", words)
        assert page.column("Description") == [words]
