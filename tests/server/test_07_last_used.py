# SPDX-License-Identifier: Apache-2.0
"""Last used: written within moments, once an interval, never backwards, and not lost when httpd stops."""

import signal
import threading
import time

import pytest

import engines
import tokens
from httpd import wait_until
from marks import ALL_MPMS

pytestmark = ALL_MPMS

MOMENTS = 5


def last_used(site, token):
    return site.database.row(tokens.id_of(token))["last_used"]


def count_writes(site):
    """From now on the table notes each write of a last use; the answer tells how many for a token."""
    site.database.run("CREATE TABLE written (token_id TEXT)")
    site.database.run("CREATE TRIGGER written_too AFTER UPDATE OF last_used ON access_tokens "
                      "BEGIN INSERT INTO written VALUES (NEW.token_id); END")
    return lambda token: site.database.run("SELECT count(*) FROM written WHERE token_id = ?", tokens.id_of(token))[0][0]


def use_at_once(site, made, times=1):
    """Uses all these tokens from some threads; all must be let in."""
    statuses = []

    def use(some):
        for token in some:
            statuses.extend(site.client.request("GET", "/api/data.json", token=token, headers={"Connection": "close"})
                            .status_code for _ in range(times))

    threads = [threading.Thread(target=use, args=(made[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * (len(made) * times)


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


def test_refused_requests_are_no_use(site, manager):
    token = manager.token()
    site.let_in(tokens.forge(tokens.id_of(token)))
    site.client.get("/api/data.json", authorization="Basic " + token[4:20])
    site.client.get("/open/data.json", token=token)
    site.database.change(tokens.id_of(token), expires_at=engines.now_ms() - 1)
    assert site.let_in(token) == 401
    time.sleep(1.5)
    assert last_used(site, token) is None


def test_a_valid_token_without_the_right_is_used_all_the_same(site, manager):
    token = manager.token()
    assert site.client.status("/api/admin/data.json", token=token) == 401
    assert wait_until(lambda: last_used(site, token), MOMENTS)


def test_last_used_never_goes_backwards(site, manager):
    token = manager.token()
    future = engines.now_ms() + 3_600_000
    site.database.change(tokens.id_of(token), last_used=future)
    use_at_once(site, [token] * 4)
    time.sleep(2)
    assert last_used(site, token) == future


def test_many_uses_within_an_interval_are_one_write(new_site):
    site = new_site().start()
    token = site.manager("alice").token()
    writes = count_writes(site)
    use_at_once(site, [token] * 8, times=10)
    assert wait_until(lambda: writes(token), MOMENTS)
    use_at_once(site, [token] * 8, times=5)
    time.sleep(2.5)
    assert writes(token) == 1


def test_an_interval_of_two_seconds_is_respected(new_site):
    site = new_site().start("AccessTokenLastUsedInterval 2s\n")
    token = site.manager("alice").token()
    writes = count_writes(site)
    started = time.monotonic()
    while time.monotonic() - started < 5:
        assert site.let_in(token) == 200
        time.sleep(0.05)
    last = engines.now_ms()
    assert wait_until(lambda: last_used(site, token) >= last - 2200, 3)
    elapsed = time.monotonic() - started
    assert 2 <= writes(token) <= elapsed / 2 + 1


def test_an_interval_of_zero_writes_each_use(new_site):
    site = new_site().start("AccessTokenLastUsedInterval 0\n")
    token = site.manager("alice").token()
    for _ in range(4):
        before = engines.now_ms()
        assert site.let_in(token) == 200
        assert wait_until(lambda since=before: (last_used(site, token) or 0) >= since, MOMENTS)
        time.sleep(0.01)


def test_off_never_writes(new_site):
    site = new_site().start("AccessTokenLastUsedInterval Off\n")
    token = site.manager("alice").token()
    use_at_once(site, [token] * 4)
    time.sleep(1.5)
    assert site.server.stop()
    assert last_used(site, token) is None


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGWINCH], ids=["stop", "graceful-stop"])
def test_uses_are_written_when_httpd_stops_at_once_after_them(new_site, how):
    site = new_site().start()
    made = [site.manager("alice").token() for _ in range(12)]
    before = engines.now_ms()
    use_at_once(site, made)
    assert site.server.stop(how)
    assert all((last_used(site, token) or 0) >= before for token in made)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGWINCH], ids=["stop", "graceful-stop"])
def test_uses_that_could_not_be_written_yet_are_written_at_the_stop(new_site, how):
    site = new_site().start()
    made = [site.manager("alice").token() for _ in range(8)]
    with site.database.locked():
        use_at_once(site, made)
        time.sleep(0.5)
    assert site.server.stop(how)
    assert [last_used(site, token) is not None for token in made] == [True] * len(made)


@pytest.mark.parametrize("how", [signal.SIGUSR1, signal.SIGHUP], ids=["graceful", "restart"])
def test_uses_are_written_at_a_restart(new_site, how):
    site = new_site().start()
    made = [site.manager("alice").token() for _ in range(12)]
    use_at_once(site, made)
    site.server.again(how)
    assert wait_until(lambda: all(last_used(site, token) for token in made), MOMENTS + 5)
    assert site.let_in(made[0]) == 200
