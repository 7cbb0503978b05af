# SPDX-License-Identifier: Apache-2.0
"""Rows stay where the admin keeps them, where other servers may have them cached, and where the clock may be wrong.

All servers that have to do nothing for a while do so at the same time: each situation is a function that starts one.
"""

import contextlib
import os
import time
import types

import pytest

import engines
from httpd import wait_until
from old_rows import DAY, FIRST_TIME, SOON, insert, left, old_ones, rows, started
from shifted_clock import Clock
from typical_site import Site, host

YEARS = 10 * 365 * 86400


def nobody_used_the_table(new_site):
    site = started(new_site(), used=False)
    return types.SimpleNamespace(site=site, kept=insert(site, old_ones(3, age=100)))


def nobody_uses_the_server(new_site):
    return types.SimpleNamespace(site=new_site().start())


def never(new_site):
    site = started(new_site(), "AccessTokenPurgeAfter never\n")
    return types.SimpleNamespace(site=site, kept=insert(site, old_ones(5, age=4000)))


def two_days(new_site):
    site = started(new_site(), "AccessTokenPurgeAfter 2d\n")
    return types.SimpleNamespace(site=site, old=insert(site, old_ones(5, age=3)), kept=insert(site, old_ones(5, age=1)))


def long_cached(new_site):
    site = started(new_site(), "AccessTokenPurgeAfter 1s\nAccessTokenCacheTTL 30d\n")
    now = engines.now_ms()
    old = insert(site, rows(2, expires_at=now - 10 * DAY)) | insert(site, rows(2, deleted_at=now - 31 * DAY))
    return types.SimpleNamespace(site=site, old=old, kept=insert(site, rows(2, deleted_at=now - 10 * DAY)))


def hours_ahead(new_site):
    site = new_site()
    site.clock = Clock(site.server)
    site.clock.set(2 * 3600)
    started(site, "AccessTokenPurgeAfter 1h\n")
    now = engines.now_ms()
    return types.SimpleNamespace(site=site, old=insert(site, rows(3, expires_at=now - 3 * DAY)),
                                 kept=insert(site, rows(3, expires_at=now + 1800_000)))


def started_ahead(new_site):
    site = started(new_site(), "AccessTokenPurgeAfter never\n")
    kept = insert(site, old_ones(3, age=80) + rows(3, expires_at=engines.now_ms() + 30 * DAY))
    ahead = new_site(beside=site)
    ahead.clock = Clock(ahead.server)
    ahead.clock.set(YEARS)
    ahead.start()
    assert ahead.let_in(site.token) == 401
    return types.SimpleNamespace(site=site, kept=kept)


def kept_by_a_virtual_host(new_site):
    site = new_site()
    site.start(host(site.server.add_port(), "AccessTokenPurgeAfter never\n"))
    site.manager("alice").token()
    insert(site, rows(1, created_at=engines.now_ms() - DAY * 3 // 2))
    return types.SimpleNamespace(site=site, kept=insert(site, old_ones(3)))


SITUATIONS = (nobody_used_the_table, nobody_uses_the_server, never, two_days, long_cached, hours_ahead, started_ahead,
              kept_by_a_virtual_host)


@pytest.fixture(scope="module")
def waited():
    """What there is in each situation, when every server has had the time to purge once."""
    with contextlib.ExitStack() as servers:
        found = {situation: situation(lambda **more: servers.enter_context(Site(**more))) for situation in SITUATIONS}
        time.sleep(FIRST_TIME)
        yield found


def check_kept(there):
    """What may go has gone, if there is any; after that all else is there."""
    if hasattr(there, "old"):
        assert wait_until(lambda: not left(there.site, there.old), SOON)
    assert left(there.site, there.kept) == there.kept


def test_a_table_that_was_not_used_for_so_long_does_not_show_that_the_clock_is_right(waited):
    check_kept(waited[nobody_used_the_table])


def test_an_unused_server_leaves_its_database_alone(waited):
    assert not os.path.exists(waited[nobody_uses_the_server].site.database.path)


def test_with_never_nothing_is_removed(waited):
    check_kept(waited[never])


def test_another_age_is_used_as_configured(waited):
    check_kept(waited[two_days])


def test_a_deletion_is_kept_until_other_servers_must_know_of_it(waited):
    """However short the age: another server has the row in memory for as long as AccessTokenCacheTTL."""
    check_kept(waited[long_cached])


def test_a_clock_some_hours_ahead_costs_no_token_however_short_the_time(waited):
    check_kept(waited[hours_ahead])


def test_a_server_that_starts_with_a_wrong_clock_purges_nothing_either(waited):
    check_kept(waited[started_ahead])


def test_a_virtual_host_that_keeps_its_rows_keeps_them_for_all_hosts_of_the_table(waited):
    check_kept(waited[kept_by_a_virtual_host])


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
