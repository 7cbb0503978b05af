# SPDX-License-Identifier: Apache-2.0
"""The page of a manager `all`, for administrators: whose tokens they are, and a clear mark."""

import engines
from seed import DAY, insert, token


def open_everybody(page, *owners):
    """Two tokens for each of some users; the page as admin."""
    now = engines.now_ms()
    insert(page.site, [token(owner, f"{owner}'s {n}", now - at * DAY - n)
                       for at, owner in enumerate(owners) for n in (1, 2)])
    page.open("/all-tokens", user="admin")


def owners_of(page):
    first, second = page.site.fresh_user(), page.site.fresh_user()
    open_everybody(page, first, second)
    return first, second


def only(page, user):
    page.fill("#user", user)
    page.until(f"[...document.querySelectorAll('[data-label=User]')].every((cell) => cell.textContent === '{user}')")


def test_there_is_a_user_column(page):
    first, second = owners_of(page)
    assert page.headings() == ["Token ID", "Description", "User", "Status", "Created", "Expires", "Last used"]
    rows = {row["Description"]: row["User"] for row in page.rows()}
    assert rows[f"{first}'s 1"] == first and rows[f"{second}'s 2"] == second


def test_there_is_a_clear_mark(page):
    owners_of(page)
    assert page.shown("#everybody")
    assert page.text("#everybody").startswith("Everybody’s tokens.")
    page.open("/tokens")
    assert not page.shown("#everybody") and "User" not in page.headings()


def test_filter_by_user(page):
    first, second = owners_of(page)
    assert page.shown("#user")
    only(page, first)
    assert page.column("Description") == [f"{first}'s 1", f"{first}'s 2"]
    page.fill("#user", "")
    page.until(f"[...document.querySelectorAll('[data-label=User]')].some((cell) => cell.textContent === '{second}')")


def test_a_user_without_tokens(page):
    owners_of(page)
    page.fill("#user", "nobody-of-that-name")
    page.until("document.querySelector('#nothing').checkVisibility()")
    assert page.text("#nothing") == "No token matches." and not page.shown("#empty")


def test_the_users_are_offered(page):
    first, second = owners_of(page)
    offered = page.js("return [...document.querySelectorAll('#users option')].map((option) => option.value);")
    assert {first, second} <= set(offered) and offered == sorted(offered)
    assert page.find("#user").get_attribute("list") == "users"


def test_sorting_by_user(page):
    owners_of(page)
    page.sort_by("User")
    users = page.column("User")
    by_number = sorted(users, key=lambda name: (name.rstrip("0123456789"), int("0" + name.lstrip("abcdefghijklmnopqrstuvwxyz"))))
    assert users == by_number


def test_a_slow_answer_for_an_earlier_user_is_not_shown(page):
    page.browser.before_load("""const real = window.fetch; window.fetch = async (where, options) => {
        if (String(where).includes('slow')) { await new Promise((go) => setTimeout(go, 900)); }
        return real(String(where).replace('slow', ''), options); };""")
    first, second = owners_of(page)
    page.fill("#user", "slow" + first)
    page.until("document.querySelector('#count').textContent.startsWith('Loading')")
    only(page, second)
    page.js("window.since = performance.now();")
    page.until("performance.now() - window.since > 1300")
    assert set(page.column("User")) == {second}


def test_deleting_somebodys_token_says_whose_it_is(page):
    owner = page.site.fresh_user()
    text, info = page.site.manager(owner).generate(description=f"{owner}'s own")
    page.open("/all-tokens", user="admin")
    only(page, owner)
    page.menu_of(f"{owner}'s own")
    page.click("#delete")
    assert f"{info['tokenId']} of {owner}" in page.text("#delete-dialog")
    page.press("delete", "submit")
    page.until("document.querySelectorAll('tbody tr').length === 0")
    assert page.site.let_in(text) == 401


def test_a_token_that_an_admin_generates_is_the_admins(page):
    page.open("/all-tokens", user="admin")
    page.generate(None, "of the admin")
    page.close_my_token()
    row = page.rows(1)[0]
    assert (row["User"], row["Description"]) == ("admin", "of the admin")
