# SPDX-License-Identifier: Apache-2.0
"""When nothing is removed: where the admin says so, where others must still know, where the clock may be wrong."""

import time

import engines
import tokens
from clock import Clock
from httpd import wait_until
from oldrows import DAY, FIRST_TIME, SOON, insert, left, old_ones, rows, started


def test_a_table_that_nobody_has_used_for_so_long_does_not_show_that_the_clock_is_right(new_site):
    site = started(new_site(), used=False)
    kept = insert(site, old_ones(3))
    time.sleep(FIRST_TIME)
    assert left(site, kept) == kept


def test_never_is_never_and_another_age_is_another_age(new_site):
    keeping = started(new_site(), "AccessTokenPurgeAfter never\n")
    kept = insert(keeping, old_ones(5, age=4000))
    impatient = started(new_site(), "AccessTokenPurgeAfter 2d\n")
    old, young = insert(impatient, old_ones(5, age=3)), insert(impatient, old_ones(5, age=1))
    assert wait_until(lambda: not left(impatient, old), SOON)
    time.sleep(FIRST_TIME)
    assert left(impatient, young) == young
    assert left(keeping, kept) == kept


def test_a_deletion_is_kept_until_other_servers_must_know_of_it(new_site):
    """However short the age: another server has the row in memory for as long as AccessTokenCacheTTL."""
    first = started(new_site(), "AccessTokenPurgeAfter 1s\n")
    expired = insert(first, rows(2, expires_at=engines.now_ms() - 5000))
    token = first.manager("alice").token()
    first.manager("alice").delete(token)
    assert wait_until(lambda: not left(first, expired), SOON)
    assert first.database.row(tokens.id_of(token))["deleted_at"]


def test_a_clock_that_is_ten_years_ahead_purges_nothing(new_site):
    site = new_site()
    site.clock = Clock(site.server)
    started(site)
    kept = insert(site, old_ones(3, age=80) + rows(3, expires_at=engines.now_ms() + 30 * DAY))
    site.clock.set(10 * 365 * 86400)
    time.sleep(FIRST_TIME)
    site.server.restart()
    site.manager("alice").token()
    time.sleep(FIRST_TIME)
    site.clock.set(0)
    assert left(site, kept) == kept and site.let_in(site.token) == 200
    assert site.figures()["Purged"] == 0


def test_a_server_that_starts_with_a_wrong_clock_purges_nothing_either(new_site):
    right = started(new_site(), "AccessTokenPurgeAfter never\n")
    kept = insert(right, old_ones(3, age=80) + rows(3, expires_at=engines.now_ms() + 30 * DAY))
    ahead = new_site(beside=right)
    ahead.clock = Clock(ahead.server)
    ahead.clock.set(10 * 365 * 86400)
    ahead.start()
    assert ahead.let_in(right.token) == 401
    time.sleep(FIRST_TIME)
    assert left(right, kept) == kept
