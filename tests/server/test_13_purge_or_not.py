# SPDX-License-Identifier: Apache-2.0
"""When nothing is removed: where the admin says so, where others must still know, where the clock may be wrong."""

import os
import time

import engines
from clock import Clock
from httpd import wait_until
from oldrows import DAY, FIRST_TIME, SOON, insert, left, old_ones, rows, started
from typical import host

YEARS = 10 * 365 * 86400


def test_a_table_that_nobody_has_used_for_so_long_does_not_show_that_the_clock_is_right(new_site):
    site = started(new_site(), used=False)
    kept = insert(site, old_ones(3, age=100))
    time.sleep(FIRST_TIME)
    assert left(site, kept) == kept


def test_a_server_that_nobody_uses_leaves_its_database_alone(new_site):
    site = new_site().start()
    time.sleep(FIRST_TIME)
    assert not os.path.exists(site.database.path)


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
    site = started(new_site(), "AccessTokenPurgeAfter 1s\nAccessTokenCacheTTL 30d\n")
    expired, deleted = insert(site, rows(2, expires_at=engines.now_ms() - 10 * DAY)), insert(
        site, rows(2, deleted_at=engines.now_ms() - 10 * DAY))
    forgotten = insert(site, rows(2, deleted_at=engines.now_ms() - 31 * DAY))
    assert wait_until(lambda: not left(site, expired | forgotten), SOON)
    assert left(site, deleted) == deleted


def test_a_clock_that_is_ten_years_ahead_purges_nothing(new_site):
    site = new_site()
    site.clock = Clock(site.server)
    started(site)
    kept = insert(site, old_ones(3, age=80) + rows(3, expires_at=engines.now_ms() + 30 * DAY))
    site.clock.set(YEARS)
    time.sleep(FIRST_TIME)
    site.server.restart()
    site.manager("alice").token()
    time.sleep(FIRST_TIME)
    site.clock.set(YEARS + 2 * 3600)  # what was generated under the wrong clock is two hours old
    site.server.restart()
    assert site.let_in(site.token) == 401
    time.sleep(FIRST_TIME)
    site.clock.set(0)
    assert left(site, kept) == kept and wait_until(lambda: site.let_in(site.token) == 200, SOON)
    assert site.figures()["Purged"] == 0


def test_a_clock_some_hours_ahead_costs_no_token_however_short_the_time(new_site):
    site = new_site()
    site.clock = Clock(site.server)
    site.clock.set(2 * 3600)
    started(site, "AccessTokenPurgeAfter 1h\n")
    kept = insert(site, rows(3, expires_at=engines.now_ms() + 1800_000))
    gone = insert(site, rows(3, expires_at=engines.now_ms() - 3 * DAY))
    assert wait_until(lambda: not left(site, gone), SOON)
    assert left(site, kept) == kept


def test_a_server_that_starts_with_a_wrong_clock_purges_nothing_either(new_site):
    right = started(new_site(), "AccessTokenPurgeAfter never\n")
    kept = insert(right, old_ones(3, age=80) + rows(3, expires_at=engines.now_ms() + 30 * DAY))
    ahead = new_site(beside=right)
    ahead.clock = Clock(ahead.server)
    ahead.clock.set(YEARS)
    ahead.start()
    assert ahead.let_in(right.token) == 401
    time.sleep(FIRST_TIME)
    assert left(right, kept) == kept


def test_a_virtual_host_that_keeps_its_rows_keeps_them_for_all_who_share_the_table(new_site):
    site = new_site()
    site.start(host(site.server.add_port(), "AccessTokenPurgeAfter never\n"))
    site.manager("alice").token()
    insert(site, rows(1, created_at=engines.now_ms() - DAY * 3 // 2))
    kept = insert(site, old_ones(3))
    time.sleep(FIRST_TIME)
    assert left(site, kept) == kept
