# SPDX-License-Identifier: Apache-2.0
"""Who is signed in: the page says it, and a user name is text, whatever it consists of."""

import re
from urllib.parse import quote

import pytest

from page import HTML

RUN = "window.hostile = true"
NAMES = {
    "plain": "alice",
    "principal": "alice@EXAMPLE.TEST",
    "domain": "EXAMPLE\\alice",
    "html": f"<script>{RUN}</script><h1>Sign in</h1>",
    "handler": f"<img src=x onerror='{RUN}'>",
    "quotes": f"\" onload=\"{RUN}\" '><b x='",
    "entities": "&lt;b&gt;&amp;&#x27;",
    "template": "@assets@ @manager@ {{7*7}} ${7*7}",
    "hebrew": "\u05d0\u05d1\u05d2",
    "override": "begins \u202eand never ends",
    "emoji": "👩\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈",
    "blanks": " two  blanks ",
    "long": "W" * 255,
    "long Japanese": "\u65e5" * 85,
}
SIZES = """return [document.documentElement.scrollWidth <= innerWidth, ...['#me', '#generate'].flatMap((css) => {
    const box = document.querySelector(css).getBoundingClientRect(); return [box.left >= 0, box.right <= innerWidth]; })];"""
BEFORE = """const name = document.querySelector('#me'); const range = document.createRange();
    range.selectNodeContents(name.previousSibling);
    return range.getBoundingClientRect().left < name.getBoundingClientRect().left;"""


@pytest.mark.parametrize("name", NAMES)
def test_the_name_is_text_and_breaks_nothing(page, name):
    page.open("/anybody", user=quote(NAMES[name], safe=""))
    assert page.js("return document.querySelector('#me').textContent;") == NAMES[name]
    assert page.js("return document.querySelector('#me').parentNode.textContent;") == f"Signed in as {NAMES[name]}"
    assert page.js("return document.querySelector('#me').children.length;") == 0
    assert page.js("return document.body.dataset.manager;") == "own" and not page.js("return window.hostile;")
    assert page.text("h1") == "Access Tokens" and page.js("return document.querySelectorAll('h1').length;") == 1
    for screen in ((1280, 800), (640, 400), (320, 640)):
        page.browser.screen(*screen)
        assert all(page.js(SIZES)), screen
    page.generate(None, "the name's own")
    page.close_my_token()
    assert page.column("Description")[0] == "the name's own"


@pytest.mark.parametrize("name", ["hebrew", "override"])
def test_a_name_from_the_right_does_not_move_the_words_before_it(page, name):
    page.open("/anybody", user=quote(NAMES[name]))
    assert page.js(BEFORE)


def test_the_page_of_everybody_says_who_is_signed_in_too(page):
    page.open("/all-tokens", user="admin")
    assert page.shown("#everybody") and page.text("#me") == "admin"
    assert page.text("#everybody").startswith("Everybody’s tokens.")


def test_the_name_is_there_without_scripts_and_escaped(site):
    answer = site.client.get("/anybody", user=NAMES["html"], headers=HTML)
    assert answer.status_code == 200 and "<script>" not in answer.text.split("</head>", 1)[1]
    (name,) = re.findall(r'<bdi id="me">(.*)</bdi>', answer.text)
    assert name == "&lt;script&gt;window.hostile = true&lt;/script&gt;&lt;h1&gt;Sign in&lt;/h1&gt;"


def test_blanks_of_a_name_are_seen(page):
    """Two owners may differ by blanks alone."""
    page.open("/anybody", user=quote(NAMES["blanks"]))
    width = "return document.querySelector('#me').getBoundingClientRect().width;"
    wide = page.js(width)
    page.js("document.querySelector('#me').textContent = 'two blanks';")
    assert wide > page.js(width)
