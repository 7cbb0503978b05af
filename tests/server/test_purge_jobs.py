# SPDX-License-Identifier: Apache-2.0
"""Rows that expired or were deleted long ago are removed, however many servers do so."""

import pytest

import engines
from httpd import wait_until
from marks import ALL_ENGINES
from old_rows import DAY, MANY, SOON, insert, left, old_ones, rows, started
from typical_site import Site

pytestmark = ALL_ENGINES


@pytest.fixture(scope="module")
def alone(engine):
    """A server that may purge while the first test waits for three others."""
    with Site("event", engine) as site:
        started(site)
        now = engines.now_ms()
        site.old = insert(site, old_ones(MANY))
        site.kept = insert(site, old_ones(3, age=89) + rows(3) + rows(3, expires_at=now + 91 * DAY)
                           + rows(3, expires_at=now - 1))
        yield site


def test_three_servers_may_purge_one_table_at_once(alone, new_site):
    assert alone.server.running()
    first = started(new_site())
    others = [new_site(beside=first).start() for _ in range(2)]
    old = insert(first, old_ones(MANY))
    assert wait_until(lambda: not left(first, old), SOON)
    assert sum(site.figures()["Purged"] for site in (first, *others)) == len(old)
    assert all(site.let_in(first.token) == 200 for site in (first, *others))


def test_rows_that_ended_more_than_ninety_days_ago_are_removed_and_all_others_stay(alone):
    site, old, kept = alone, alone.old, alone.kept
    assert wait_until(lambda: not left(site, old), SOON)
    assert left(site, kept) == kept
    assert site.let_in(site.token) == 200
    assert wait_until(lambda: site.figures()["Purged"] == len(old), SOON), site.figures()
