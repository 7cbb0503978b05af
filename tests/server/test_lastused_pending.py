# SPDX-License-Identifier: Apache-2.0
"""Last uses that something stands in the way of: a full cache, another virtual host, a lock, a network, a stop."""

import contextlib
import re
import signal
import time

import engines
import faults
import outages
import tokens
from httpd import wait_until
from last_uses import MOMENTS, last_used, use_at_once
from marks import ALL_SERVERS, ENGINES, SERVERS, TWO_MPMS, each, pairs, parametrize
from slow_socket import SlowSocket
from sql_proxy import SqlProxy
from typical_site import host

WAIT, AGAIN, LOST = "last uses cannot be written yet", "last uses are written again", "last uses are lost"


def told(site, words):
    return [line for line in site.server.log().splitlines() if words in line]


def pending(site):
    return site.figures()["LastUsedPending"]


def many_tokens(site, count):
    """So many tokens of alice's that are in the table only."""
    site.manager("alice").list()  # makes the table
    made = [tokens.forge() for _ in range(count)]
    now = engines.now_ms()
    site.database.insert("token_id", "token_hash", "user_name", "description", "created_at",
                         rows=[(tokens.id_of(token), tokens.hash_of(token), "alice", "", now) for token in made])
    return made


def written_and_used_again(site):
    """A token whose use is written, and that is used again after that, which is not written yet."""
    owner = site.manager("alice")
    token = owner.token()
    assert site.let_in(token) == 200
    assert wait_until(lambda: last_used(site, token), MOMENTS)
    time.sleep(0.05)
    assert site.let_in(token) == 200
    shown = engines.from_iso(owner.info(token)["lastUsed"])
    assert shown > last_used(site, token)
    return owner, token, shown


# A full cache

@each("engine, model", ENGINES, TWO_MPMS)
def test_a_use_whose_token_had_to_leave_a_full_cache_is_shown_and_written(new_site, model):
    site = new_site(mpm=model).start("AccessTokenCacheSize 64k\nAccessTokenLastUsedInterval 1h\n")
    owner, token, shown = written_and_used_again(site)
    for other in many_tokens(site, 200):
        assert site.let_in(other) == 200
        assert engines.from_iso(owner.info(token)["lastUsed"]) == shown
    figures = site.figures()
    assert figures["Evicted"] >= 100 and figures["Displaced"] >= 50 and figures["LastUsedLost"] == 0
    assert site.server.stop()
    assert last_used(site, token) == shown
    assert all(row["last_used"] for row in map(site.database.row, [tokens.id_of(token)]))
    assert site.database.run("SELECT count(*) FROM access_tokens WHERE last_used IS NULL") == [(0,)]


def test_far_more_tokens_than_the_cache_has_room_for_are_all_written_while_the_server_runs(new_site):
    site = new_site().start("AccessTokenCacheSize 64k\nAccessTokenLastUsedInterval 2s\n")
    made = many_tokens(site, 1500)
    use_at_once(site, made)
    assert wait_until(lambda: site.database.run("SELECT count(*) FROM access_tokens WHERE last_used IS NULL") == [(0,)],
                      2 + MOMENTS)
    assert site.figures()["LastUsedLost"] == 0


# Another virtual host

@pairs("interval, engine", ("Off", "1h", "1s", "0"), spread=ENGINES)
def test_another_virtual_host_with_another_interval_takes_no_use_away(new_site, interval):
    site = new_site()
    port = site.server.add_port()
    protected = "<Location />\nAuthType AccessToken\nAuthName api\nRequire valid-user\n</Location>"
    site.start("AccessTokenLastUsedInterval 2s\n"
               + host(port, f"{site.database.directive()}\nAccessTokenLastUsedInterval {interval}\n{protected}"))
    token = site.manager("alice").token()
    other = type(site.client)(port)
    last = 0
    end = time.monotonic() + 6
    while time.monotonic() < end:
        assert site.let_in(token) == 200
        last = engines.now_ms()
        assert other.status("/open/data.json", token=token) == 200
        if time.monotonic() > end - 2:
            assert last_used(site, token) > last - 4500
        time.sleep(0.2)
    assert site.let_in(token) == 200
    shown = engines.from_iso(site.manager("alice").info(token)["lastUsed"])
    assert shown >= last
    assert site.server.stop()
    assert last_used(site, token) == shown


# Locks

@contextlib.contextmanager
def row_locked(site, *locked):
    with site.database.connection() as link, link.cursor() as cursor:
        cursor.execute("BEGIN")
        for token_id in sorted(map(tokens.id_of, locked)):
            cursor.execute("SELECT 1 FROM access_tokens WHERE token_id = %s FOR UPDATE", (token_id,))
        yield
        cursor.execute("ROLLBACK")


@each("engine, model", SERVERS, TWO_MPMS)
def test_a_row_that_another_transaction_has_locked_holds_up_no_other_and_no_connection(new_site, model):
    site = new_site(mpm=model).start("AccessTokenLastUsedInterval 1s\nLogLevel info\n")
    made = many_tokens(site, 600)
    locked, others = made[0], made[1:3]
    use_at_once(site, made)
    assert wait_until(lambda: all(last_used(site, token) for token in made), 1 + MOMENTS)
    before = last_used(site, locked)
    with row_locked(site, locked):
        end = time.monotonic() + 9
        while time.monotonic() < end:
            assert [site.let_in(token) for token in (locked, *others)] == [200] * 3
            if time.monotonic() > end - 5:
                assert all(last_used(site, token) > engines.now_ms() - 3500 for token in others)
            time.sleep(0.1)
        assert last_used(site, locked) == before
        assert pending(site) >= 1
        assert waiting(site) == 0
        shown = engines.from_iso(site.manager("alice").info(locked)["lastUsed"])
        assert shown > engines.now_ms() - 1000
    assert wait_until(lambda: last_used(site, locked) >= shown, 3 + MOMENTS)
    assert wait_until(lambda: told(site, AGAIN), MOMENTS)
    assert 1 <= len(told(site, WAIT)) <= 2 and len(told(site, AGAIN)) == 1
    assert "locked" in told(site, WAIT)[0] and ":warn]" in told(site, WAIT)[0]


@ALL_SERVERS
def test_of_two_pending_uses_of_a_token_that_had_to_go_and_is_back_the_later_one_is_written(new_site):
    site = new_site(mpm="prefork").start("AccessTokenCacheSize 64k\nAccessTokenLastUsedInterval 1h\n")
    owner, token, before = written_and_used_again(site)
    others = many_tokens(site, 200)
    with row_locked(site, token):  # so that both stay until the server ends
        use_at_once(site, others)
        use_at_once(site, [token])
        shown = engines.from_iso(owner.info(token)["lastUsed"])
        assert shown > before
        site.client.session.close()
        site.server.send(signal.SIGTERM)
        time.sleep(1)
    assert site.server.stop()
    assert last_used(site, token) == shown


def waiting(site):
    """Connections of httpd's that wait for a row."""
    if site.engine == "pgsql":
        sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = ?"
        return site.database.run(sql, site.database.name)[0][0]
    return site.database.run("SELECT count(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'")[0][0]


@ALL_SERVERS
def test_rows_that_are_locked_for_a_moment_are_written_without_a_log_line(new_site):
    site = new_site().start("AccessTokenLastUsedInterval 1s\nLogLevel info\n")
    made = many_tokens(site, 20)
    end = time.monotonic() + 5
    while time.monotonic() < end:
        use_at_once(site, made)
        with row_locked(site, *made):
            time.sleep(0.1)
        time.sleep(0.1)
    assert wait_until(lambda: pending(site) == 0, 2 + MOMENTS)
    assert not told(site, WAIT)


def test_a_file_that_another_process_has_locked_keeps_uses_pending_and_the_log_says_so(new_site):
    site = new_site().start("AccessTokenLastUsedInterval 1s\nLogLevel info\n")
    token = site.manager("alice").token()
    with site.database.locked():
        assert site.let_in(token) == 200
        assert wait_until(lambda: told(site, WAIT), 8)
        assert pending(site) == 1
    assert wait_until(lambda: last_used(site, token), MOMENTS)
    assert wait_until(lambda: told(site, AGAIN), MOMENTS)
    assert len(told(site, WAIT)) == 1


# A database that hangs

@each("engine, hangs", SERVERS, (outages.frozen, faults.table_locked))
def test_a_write_that_hung_is_made_when_the_database_answers_again(new_site, hangs):
    site = new_site().start("AccessTokenLastUsedInterval 1s\n")
    made = many_tokens(site, 30)
    use_at_once(site, made)
    assert wait_until(lambda: all(last_used(site, token) for token in made), 1 + MOMENTS)
    with hangs(site.database):
        use_at_once(site, made)
        used = engines.now_ms() - 1000
        time.sleep(8)
    assert wait_until(lambda: all(last_used(site, token) >= used for token in made), 4 + MOMENTS)


@parametrize("engine", ["pgsql"])
def test_while_a_write_hangs_no_other_one_is_sent(new_site):
    site = new_site()
    middle = SqlProxy(site.database)
    site.server.cleanups.append(middle.close)
    directive = middle.directive()
    site.database.directive = lambda: directive
    site.start("AccessTokenLastUsedInterval 1s\nLogLevel info\n")
    first, *made = many_tokens(site, 100)
    assert site.let_in(first) == 200
    assert wait_until(lambda: last_used(site, first), MOMENTS)
    hold = middle.hold_next("SET last_used")
    since = time.monotonic()
    for token in made:  # each is looked up, so that there are other workers
        assert site.let_in(token) == 200
        time.sleep(0.15)
    assert hold.reached.is_set()
    assert wait_until(lambda: told(site, WAIT), 3) and "not answered" in told(site, WAIT)[0]
    assert middle.count("SET last_used", since) == 1
    assert pending(site) > 50
    hold.release()
    assert wait_until(lambda: all(last_used(site, token) for token in made), 1 + MOMENTS)
    assert wait_until(lambda: told(site, AGAIN), MOMENTS)
    assert len(told(site, AGAIN)) == 1


@each("engine, model", SERVERS, TWO_MPMS)
def test_a_stop_writes_thousands_of_last_uses_to_a_database_on_another_machine(new_site, model):
    site = new_site(mpm=model)
    far = SlowSocket(site.database, seconds=0.0003)
    site.server.cleanups.append(far.close)
    site.database.directive = far.directive
    site.start("AccessTokenLastUsedInterval 1h\n")
    first, *made = many_tokens(site, 12_001)
    assert site.let_in(first) == 200
    assert wait_until(lambda: last_used(site, first), MOMENTS)
    use_at_once(site, made)
    assert pending(site) > 11_000
    site.client.session.close()
    began = time.monotonic()
    assert site.server.stop()
    assert time.monotonic() - began < 9
    assert site.database.run("SELECT count(*) FROM access_tokens WHERE last_used IS NULL") == [(0,)]
    assert not told(site, LOST), "\n".join(told(site, "accesstoken"))


@each("engine, model", SERVERS, TWO_MPMS, turn=1)
def test_a_stop_that_leaves_last_uses_behind_says_how_many(new_site, model):
    site = new_site(mpm=model).start("AccessTokenLastUsedInterval 1h\nLogLevel info\n")
    first, *made = many_tokens(site, 41)
    assert site.let_in(first) == 200
    assert wait_until(lambda: last_used(site, first), MOMENTS)
    use_at_once(site, made)
    with outages.frozen(site.database):
        began = time.monotonic()
        site.client.session.close()
        assert site.server.stop()
        assert time.monotonic() - began < 6
    assert [int(re.search(r"(\d+) last uses are lost", line).group(1)) for line in told(site, LOST)] == [40]


@ALL_SERVERS
def test_a_graceful_restart_while_the_database_hangs_loses_nothing(new_site):
    site = new_site().start("AccessTokenLastUsedInterval 3s\nLogLevel info\n")
    first, *made = many_tokens(site, 41)
    assert site.let_in(first) == 200
    assert wait_until(lambda: last_used(site, first), MOMENTS)
    use_at_once(site, made)
    site.client.session.close()
    with outages.frozen(site.database):
        site.server.again(signal.SIGUSR1)
        time.sleep(3)
    assert wait_until(lambda: all(last_used(site, token) for token in made), 4 + MOMENTS)
    assert not told(site, LOST)
