# SPDX-License-Identifier: Apache-2.0
"""The table of tokens: columns, words, order, filters, and what happens while time goes by."""

import re
from datetime import datetime, timezone

import engines
from httpd import wait_until
from seed import DAY, insert, token

COLUMNS = ["Token ID", "Description", "Status", "Created", "Expires", "Last used"]


def test_heading_button_and_columns(page):
    page.manager().generate(description="one")
    page.open()
    assert page.text("h1") == "Access Tokens"
    assert page.text("#generate") == "Generate New Token"
    assert page.headings() == COLUMNS
    assert page.shown("table") and not page.shown("#empty")


def test_a_row_says_what_the_manager_says(page):
    _, info = page.manager().generate(lifetime=30 * DAY // 1000, description="nightly export")
    page.open()
    (row,) = page.rows()
    assert row["Token ID"] == info["tokenId"]
    assert row["Description"] == "nightly export"
    assert row["Status"] == "Active"
    assert row["Last used"] == "Never Used"


def test_never_expires_and_never_used_are_said_in_words(page):
    page.manager().generate(lifetime=-1)
    page.open()
    (row,) = page.rows()
    assert (row["Expires"], row["Last used"]) == ("Never", "Never Used")


def test_a_used_token_says_when(page):
    text, info = page.manager().generate()
    assert page.site.let_in(text) == 200
    used = wait_until(lambda: page.manager().info(text)["lastUsed"])
    page.open()
    assert info["tokenId"] == page.column("Token ID")[0]
    assert page.js("return document.querySelector('[data-label=\"Last used\"] time').dateTime;") == used


def utc_titles(page):
    return page.js("return [...document.querySelectorAll('tbody time')].map((time) => time.title);")


def test_times_are_local_and_their_title_is_exact_utc(page):
    created = int(datetime(2026, 1, 15, 23, 30, 28, 175_000, timezone.utc).timestamp() * 1000)
    insert(page.site, [token(page.user, "one", created, expires=created + 400 * DAY)])
    page.browser.place("Asia/Tokyo", "de-DE")
    page.open()
    assert page.column("Created") == ["16.01.2026, 08:30"]
    assert utc_titles(page) == ["2026-01-15 23:30:28.175 UTC", "2027-02-19 23:30:28.175 UTC"]


def test_times_follow_the_readers_language_and_zone(page):
    created = int(datetime(2026, 1, 15, 23, 30, tzinfo=timezone.utc).timestamp() * 1000)
    insert(page.site, [token(page.user, "one", created)])
    page.browser.place("America/New_York", "en-US")
    page.open()
    assert re.fullmatch(r"Jan 15, 2026, 6:30\sPM", page.column("Created")[0])
    assert utc_titles(page)[0] == "2026-01-15 23:30:00.000 UTC"


def test_a_time_never_wraps(page):
    page.manager().generate(description="words " * 40)
    page.open()
    heights = page.js("return [...document.querySelectorAll('time')].map((time) => time.getBoundingClientRect().height);")
    assert max(heights) < 30


def test_headings_stand_where_their_cells_do(page):
    page.manager().generate(description="one")
    page.open()
    starts = page.js("""
        const start = (node) => { const range = document.createRange(); range.selectNodeContents(node);
            return range.getBoundingClientRect().left; };
        return [start(document.querySelector('th:nth-child(2) button')), start(document.querySelector('td:nth-child(2)')),
            start(document.querySelector('th:nth-child(5) button')), start(document.querySelector('td:nth-child(5)'))];""")
    assert abs(starts[0] - starts[1]) < 1.5 and abs(starts[2] - starts[3]) < 1.5


BADGE = """const badge = document.querySelector('.badge.' + arguments[0]);
    const style = getComputedStyle(badge);
    return [badge.textContent, getComputedStyle(badge, '::before').content, style.color, style.borderStyle,
        badge.closest('tr').className];"""


def test_status_is_a_badge_that_does_not_rely_on_colour(page):
    now = engines.now_ms()
    insert(page.site, [token(page.user, "old", now - 9 * DAY, expires=now - DAY), token(page.user, "new", now)])
    page.open()
    active, expired = page.js(BADGE, "active"), page.js(BADGE, "expired")
    assert (active[0], expired[0]) == ("Active", "Expired")
    assert all(active[at] != expired[at] for at in range(1, 5)), (active, expired)


def test_expired_rows_are_visibly_so(page):
    now = engines.now_ms()
    insert(page.site, [token(page.user, "old", now - 9 * DAY, expires=now - DAY), token(page.user, "new", now)])
    page.open()
    look = """const style = getComputedStyle(document.querySelector(`tr.${arguments[0]} td.words`));
        return [style.color, style.textDecorationLine];"""
    expired, active = page.js(look, "expired"), page.js(look, "active")
    assert expired[0] != active[0] and (expired[1], active[1]) == ("line-through", "none")


def test_newest_first(page):
    now = engines.now_ms()
    insert(page.site, [token(page.user, name, now - age * DAY) for name, age in (("b", 2), ("c", 3), ("a", 1))])
    page.open()
    assert page.column("Description") == ["a", "b", "c"]
    assert page.js("return document.querySelector('[aria-sort]').textContent;") == "Created"
    assert page.js("return document.querySelector('[aria-sort]').ariaSort;") == "descending"


def sort_samples(user):
    """Four tokens, each column of which has another order."""
    now = engines.now_ms()
    return [token(user, "beta", now - 4 * DAY, expires=now + 3 * DAY, used=now - 1000, token_id="2" * 8),
            token(user, "Alpha", now - 3 * DAY, expires=now - 1 * DAY, used=None, token_id="4" * 8),
            token(user, "item 10", now - 2 * DAY, expires=None, used=now - DAY, token_id="1" * 8),
            token(user, "item 9", now - 1 * DAY, expires=now + 9 * DAY, used=now - 2 * DAY, token_id="3" * 8)]


ORDERS = {
    "Token ID": ["item 10", "beta", "item 9", "Alpha"],
    "Description": ["Alpha", "beta", "item 9", "item 10"],
    "Status": ["item 9", "item 10", "beta", "Alpha"],
    "Expires": ["Alpha", "beta", "item 9", "item 10"],
    "Last used": ["Alpha", "item 9", "item 10", "beta"],
    "Created": ["beta", "Alpha", "item 10", "item 9"],
}


def test_every_column_sorts_up_and_down(page):
    insert(page.site, sort_samples(page.user))
    page.open()
    for name, order in ORDERS.items():
        page.sort_by(name)
        assert page.column("Description") == order, name
        mark = "const at = [...document.querySelectorAll('[aria-sort]')]; return at.map((th) => [th.textContent, th.ariaSort]);"
        assert page.js(mark) == [[name, "ascending"]]
        page.sort_by(name)
        assert page.js(mark) == [[name, "descending"]]
        assert page.column("Description")[0] == (order[-1] if name != "Status" else "Alpha")


def test_no_filters_for_a_handful(page):
    insert(page.site, [token(page.user, f"t{n}", engines.now_ms() - n) for n in range(5)])
    page.open()
    assert not page.shown("#filter") and not page.shown("#status")


def test_filter_by_words_and_by_status(page):
    now = engines.now_ms()
    insert(page.site, [token(page.user, name, now - n * DAY, expires=now - 1000 if name.startswith("old") else None)
                       for n, name in enumerate(("Export A", "export B", "import", "old export", "old", "other"))])
    page.open()
    assert page.shown("#filter") and page.shown("#status") and not page.shown("#user-filter")
    page.fill("#filter", "EXPORT")
    assert page.column("Description") == ["Export A", "export B", "old export"]
    assert page.text("#count") == "3 of 6 tokens"
    page.choose("active")
    assert page.column("Description") == ["Export A", "export B"]
    page.choose("expired")
    assert page.column("Description") == ["old export"]
    page.fill("#filter", "")
    assert page.column("Description") == ["old export", "old"]
    page.choose("")
    assert len(page.rows()) == 6
    page.fill("#filter", page.column("Token ID")[2][:13])
    assert page.column("Description") == ["import"]
    page.fill("#filter", "no such words")
    assert page.text("#nothing") == "No token matches." and page.shown("#nothing") and not page.shown("table")
    assert page.shown("#filter") and not page.shown("#empty")


def test_filters_stay_while_they_hold_back_rows(page):
    insert(page.site, [token(page.user, f"t{n}", engines.now_ms() - n) for n in range(6)])
    page.open()
    page.fill("#filter", "t3")
    page.menu_of("t3")
    page.click("#delete")
    page.press("delete", "submit")
    page.until("document.querySelector('#nothing').checkVisibility()")
    assert page.shown("#filter")
    page.fill("#filter", "")
    assert len(page.rows()) == 5 and not page.shown("#filter")


def test_the_empty_state_says_what_tokens_are_for(page):
    page.open()
    assert page.shown("#empty") and not page.shown("table")
    assert "No tokens yet" in page.text("#empty")
    assert "lets a script or program use the services of this server in your name" in page.text("#empty")


def test_expiry_passes_while_the_page_is_open(page):
    page.manager().generate(lifetime=4, description="short")
    insert(page.site, [token(page.user, f"t{n}", engines.now_ms() - DAY) for n in range(6)])
    page.open()
    page.js("window.same = true;")
    page.choose("active")
    assert page.rows()[0]["Status"] == "Active"
    page.choose("")
    page.until("document.querySelector('tbody tr').className === 'expired'")
    assert page.rows()[0]["Status"] == "Expired" and page.js("return window.same;")
    page.choose("active")
    assert "short" not in page.column("Description")


def test_expiry_takes_a_row_out_of_the_active_ones_and_keeps_the_focus(page):
    page.manager().generate(lifetime=3, description="short")
    insert(page.site, [token(page.user, f"t{n}", engines.now_ms() - n * DAY) for n in range(1, 7)])
    page.open()
    page.choose("active")
    page.js("document.querySelectorAll('td.act button')[2].focus();")
    page.until("document.querySelectorAll('tbody tr').length === 6")
    assert page.focused() == "Actions for t2"


def test_a_wrong_clock_of_the_reader_does_not_change_what_is_expired(page):
    page.manager().generate(lifetime=3600, description="an hour")
    page.browser.before_load("const real = Date.now; Date.now = () => real() + 86400000;")
    page.open()
    assert page.column("Status") == ["Active"]
