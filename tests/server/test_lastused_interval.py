# SPDX-License-Identifier: Apache-2.0
"""Last used: in the table at most one interval late, one write for a token and an interval, never backwards."""

import threading
import time

import pytest

import engines
import tokens
from fast_client import at_once, wires
from httpd import wait_until
from last_uses import MOMENTS, last_used, use_at_once
from marks import TWO_MPMS, parametrize
from typical_site import Site

BOTH = parametrize("mpm", TWO_MPMS)  # where it depends on who writes for whom
TICK = 1000  # milliseconds: how often a server looks whether an interval is over


@pytest.fixture(scope="module")
def site(mpm, engine):
    """A server with an interval that a test can wait for."""
    with Site(mpm, engine) as place:
        yield place.start("AccessTokenLastUsedInterval 1s\n")


def count_writes(site):
    """From now on the table notes each write of a last use; the answer tells how many for a token."""
    site.database.run("CREATE TABLE written (token_id TEXT)")
    site.database.run("CREATE TRIGGER written_too AFTER UPDATE OF last_used ON access_tokens "
                      "BEGIN INSERT INTO written VALUES (NEW.token_id); END")
    return lambda token: site.database.run("SELECT count(*) FROM written WHERE token_id = ?", tokens.id_of(token))[0][0]


@BOTH
def test_a_use_is_written_within_moments(site, manager):
    token, info = manager.generate()
    assert info["lastUsed"] is None and last_used(site, token) is None
    before = engines.now_ms()
    assert site.let_in(token) == 200
    after = engines.now_ms()
    assert wait_until(lambda: last_used(site, token), MOMENTS)
    assert before <= last_used(site, token) <= after
    assert engines.from_iso(manager.info(token)["lastUsed"]) == last_used(site, token)


def test_each_token_has_its_own_last_use(site, manager):
    used, unused = manager.token(), manager.token()
    site.let_in(used)
    assert wait_until(lambda: last_used(site, used), MOMENTS)
    assert last_used(site, unused) is None


def test_refused_requests_are_no_use_whether_the_token_is_cached_or_not(site, manager):
    token, expired = manager.token(), manager.token()
    cached, info = manager.generate(lifetime=1)
    assert site.let_in(cached) == 200
    shown = manager.info(cached)["lastUsed"]
    site.database.change(tokens.id_of(expired), expires_at=engines.now_ms() - 1)
    time.sleep(max(0, (engines.from_iso(info["expiredAt"]) - engines.now_ms()) / 1000) + 0.05)
    assert site.client.get("/api/data.json", authorization="Basic " + token[4:20]).status_code == 401
    assert site.client.get("/open/data.json", token=token).status_code == 200
    for refused in (tokens.forge(tokens.id_of(token)), expired, tokens.forge(tokens.id_of(cached)), cached):
        assert site.let_in(refused) == 401
    time.sleep(2.2)
    assert [last_used(site, one) for one in (token, expired, cached)] == [None, None, engines.from_iso(shown)]
    assert [info["lastUsed"] for info in manager.list()] == [shown, None, None]


def test_a_valid_token_without_the_right_is_used_all_the_same(site, manager):
    token = manager.token()
    assert site.client.status("/api/admin/data.json", token=token) == 401
    assert wait_until(lambda: last_used(site, token), MOMENTS)


@BOTH
def test_last_used_never_goes_backwards(site, manager):
    early, late = manager.token(), manager.token()
    future = engines.now_ms() + 3_600_000
    site.database.change(tokens.id_of(early), last_used=future)
    use_at_once(site, [early, late] * 2)
    site.database.change(tokens.id_of(late), last_used=future)
    use_at_once(site, [early, late] * 2)
    for _ in range(11):
        time.sleep(0.2)
        assert (last_used(site, early), last_used(site, late)) == (future, future)


@BOTH
def test_the_manager_shows_a_use_at_once(new_site):
    site = new_site().start()
    owner = site.manager("alice")
    made = [owner.token() for _ in range(8)]
    for again in range(3):
        for token in made:
            before = engines.now_ms()
            assert site.let_in(token) == 200
            after = engines.now_ms()
            for shown in (owner.info(token), site.everybody().info(token)):
                assert before <= engines.from_iso(shown["lastUsed"]) <= after, again
        for listed in (owner.list(), site.everybody().list("?user=alice")):
            assert len(listed) == 8 and all(engines.from_iso(info["lastUsed"]) >= after - 8000 for info in listed)


@BOTH
def test_many_uses_within_an_interval_are_one_write(new_site):
    site = new_site().start()
    token = site.manager("alice").token()
    writes = count_writes(site)
    use_at_once(site, [token] * 8, times=10)
    assert wait_until(lambda: writes(token), MOMENTS)
    use_at_once(site, [token] * 8, times=5)
    time.sleep(2.5)
    assert writes(token) == 1


@BOTH
def test_an_interval_of_two_seconds_is_respected(new_site):
    site = new_site().start("AccessTokenLastUsedInterval 2s\n")
    token = site.manager("alice").token()
    writes = count_writes(site)
    started = time.monotonic()
    while time.monotonic() - started < 4.5:
        assert site.let_in(token) == 200
        if time.monotonic() - started > 2 + TICK / 1000:
            assert last_used(site, token) >= engines.now_ms() - 2000 - TICK
        time.sleep(0.05)
    last = engines.now_ms()
    assert wait_until(lambda: last_used(site, token) >= last - 200, 2 + TICK / 1000)
    elapsed = time.monotonic() - started
    assert 2 <= writes(token) <= elapsed / 2 + 1


@BOTH
def test_one_statement_of_one_process_writes_the_uses_of_all(new_site):
    """Every child uses 30 tokens: each token is written once, no matter which child noted the use."""
    site = new_site().start("AccessTokenLastUsedInterval 2s\n")
    made = [site.manager("alice").token() for _ in range(30)]
    writes = count_writes(site)
    with wires(site.server.port, 8) as links:
        for _ in range(3):
            for token in made:
                assert at_once(*[lambda link=link: link.status(token) for link in links[:4]]) == [200] * 4
    assert wait_until(lambda: all(last_used(site, token) for token in made), MOMENTS)
    assert {writes(token) for token in made} <= {1, 2}


def test_an_interval_of_zero_writes_each_use(new_site):
    site = new_site().start("AccessTokenLastUsedInterval 0\n")
    token = site.manager("alice").token()
    for _ in range(4):
        before = engines.now_ms()
        assert site.let_in(token) == 200
        assert wait_until(lambda since=before: (last_used(site, token) or 0) >= since, MOMENTS)
        time.sleep(0.01)


@BOTH
def test_an_interval_of_zero_under_load_misses_no_last_one(new_site):
    site = new_site().start("AccessTokenLastUsedInterval 0\n")
    made = [site.manager("alice").token() for _ in range(8)]
    for _ in range(3):
        use_at_once(site, made, times=10)
        shown = {info["tokenId"]: info["lastUsed"] for info in site.manager("alice").list()}
        assert wait_until(lambda: all(engines.from_iso(shown[tokens.id_of(token)]) == last_used(site, token)
                                      for token in made), MOMENTS)


def test_off_never_writes(new_site):
    site = new_site().start("AccessTokenLastUsedInterval Off\n")
    token = site.manager("alice").token()
    use_at_once(site, [token] * 4)
    assert site.manager("alice").info(token)["lastUsed"] is None
    time.sleep(1.5)
    assert site.server.stop()
    assert last_used(site, token) is None


def test_writes_disturb_no_request(new_site):
    site = new_site().start("AccessTokenLastUsedInterval 1s\n")
    made = [site.manager("alice").token() for _ in range(10)]
    stop, statuses = threading.Event(), []

    def use():
        while not stop.is_set():
            statuses.extend(site.let_in(token) for token in made)

    thread = threading.Thread(target=use)
    thread.start()
    with site.database.locked():
        time.sleep(1.5)
    time.sleep(1)
    stop.set()
    thread.join()
    assert set(statuses) == {200}
    assert wait_until(lambda: all(last_used(site, token) for token in made), MOMENTS)
