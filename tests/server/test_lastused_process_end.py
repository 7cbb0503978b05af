# SPDX-License-Identifier: Apache-2.0
"""Last used, when processes end: every stop and restart and the death of any child leave it in the table."""

import os
import signal
import time

import engines
from httpd import wait_until
from last_uses import MOMENTS, last_used, use_at_once
from marks import ENGINES, MPMS, each, pairs

STOPS = signal.SIGTERM, signal.SIGWINCH  # at once and gracefully
RESTARTS = signal.SIGHUP, signal.SIGUSR1


def begun_interval(site):
    """Twelve unused tokens of alice's, when the server has just written another one: an interval has begun."""
    owner = site.manager("alice")
    first, *made = [owner.token() for _ in range(13)]
    assert site.let_in(first) == 200
    assert wait_until(lambda: last_used(site, first), MOMENTS)
    return made


@pairs("mpm, engine, how", MPMS, ENGINES, STOPS)
def test_uses_are_written_when_httpd_stops_at_once_after_them(new_site, how):
    site = new_site().start()
    made = begun_interval(site)
    use_at_once(site, made)
    assert not any(last_used(site, token) for token in made)
    site.client.session.close()
    assert site.server.stop(how)
    assert all(last_used(site, token) for token in made)


@pairs("mpm, how", MPMS, STOPS)
def test_uses_that_could_not_be_written_yet_are_written_at_the_stop(new_site, how):
    site = new_site().start()
    made = [site.manager("alice").token() for _ in range(8)]
    with site.database.locked():
        use_at_once(site, made)
        time.sleep(0.5)
    site.client.session.close()
    assert site.server.stop(how)
    assert [last_used(site, token) is not None for token in made] == [True] * len(made)


@pairs("mpm, how, engine", MPMS, RESTARTS, spread=ENGINES)
def test_uses_outlive_a_restart_and_are_written_when_their_interval_is_over(new_site, how):
    site = new_site().start("AccessTokenLastUsedInterval 3s\n")
    made = begun_interval(site)
    use_at_once(site, made)
    site.server.again(how)
    assert all(info["lastUsed"] for info in site.manager("alice").list())
    assert wait_until(lambda: all(last_used(site, token) for token in made), 3 + MOMENTS)
    assert site.let_in(made[0]) == 200


@each("mpm, engine", MPMS, ENGINES, turn=1)
def test_uses_outlive_every_child_that_noted_them(new_site):
    site = new_site()
    site.expected_kills = True
    site.start("AccessTokenLastUsedInterval 3s\n")
    made = begun_interval(site)
    use_at_once(site, made)
    assert not any(last_used(site, token) for token in made)
    for pid in site.server.children():
        os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: all(last_used(site, token) for token in made), 3 + MOMENTS)
    assert wait_until(lambda: site.let_in(made[0]) == 200, MOMENTS)


@each("mpm, engine", MPMS, ENGINES, turn=2)
def test_without_a_cache_uses_are_collected_and_written_all_the_same(new_site):
    site = new_site().start("AccessTokenCacheSize 0\n")
    owner = site.manager("alice")
    made = [owner.token() for _ in range(12)]
    before = engines.now_ms()
    use_at_once(site, made, times=3)
    assert all(engines.from_iso(info["lastUsed"]) >= before for info in owner.list())
    assert site.server.stop()
    assert all((last_used(site, token) or 0) >= before for token in made)
