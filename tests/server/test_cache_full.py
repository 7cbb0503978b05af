# SPDX-License-Identifier: Apache-2.0
"""More tokens than the cache has room for: each is let in, and those in use stay cached."""

import re
import time

import pytest

import engines
import tokens
from fast_client import wires
from marks import LONG
from token_rows import add_rows, statuses_of

QUIET = "LogLevel warn\nMaxKeepAliveRequests 0\n"


@pytest.mark.parametrize("interval", ["60s", "1s"])
def test_more_tokens_than_the_cache_has_room_for_are_slower_and_nothing_else(new_site, interval):
    site = new_site().start(QUIET + f"AccessTokenCacheSize 64k\nAccessTokenLastUsedInterval {interval}\n")
    site.manager("alice").token()
    made = add_rows(site.database, 2000)
    before = engines.now_ms()
    for _ in range(2):
        assert statuses_of(site, made) == [200] * len(made)
    figures = site.figures()
    assert figures["Entries"] <= figures["Room"] < len(made)
    assert figures["Evicted"] >= figures["Displaced"] > 0
    doomed = made[::97]
    site.database.run(f"UPDATE access_tokens SET user_name = 'bob' WHERE token_id IN ({', '.join('?' * len(doomed))})",
                      *map(tokens.id_of, doomed))
    for token in doomed:
        site.manager("bob").delete(token)
    assert statuses_of(site, doomed) == [401] * len(doomed)
    assert site.server.stop()
    used = dict(site.database.run("SELECT token_id, last_used FROM access_tokens WHERE last_used IS NOT NULL"))
    assert len(used) == len(made) and min(used.values()) >= before


def test_a_full_cache_keeps_what_is_in_use(new_site):
    """A hundred thousand requests for few tokens, a few for many: most are hits."""
    site = new_site().start(QUIET + "AccessTokenCacheSize 64k\n")
    site.manager("alice").token()
    busy, rare = add_rows(site.database, 10), add_rows(site.database, 1000)
    for start in range(0, len(rare), 10):
        assert statuses_of(site, busy + rare[start:start + 10]) == [200] * 20
    with wires(site.server.port, 1) as links:
        assert links[0].status(busy[0]) == 200
    figures = site.figures()
    assert figures["Hits"] >= 0.9 * 10 * 99


if LONG:  # two minutes
    def test_a_full_cache_is_told_once_a_minute_with_its_hit_rate(new_site):
        site = new_site().start(QUIET + "AccessTokenCacheSize 64k\n")
        site.manager("alice").token()
        made, started = add_rows(site.database, 500), time.monotonic()
        while time.monotonic() - started < 130:
            assert statuses_of(site, made) == [200] * len(made)
            time.sleep(1)
        told = [line for line in site.server.log().splitlines() if "AccessTokenCacheSize is too small" in line]
        assert 1 <= len(told) <= 2 and all(re.search(r":warn\].* \d+% of the requests", line) for line in told), told
