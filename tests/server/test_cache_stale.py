# SPDX-License-Identifier: Apache-2.0
"""The table is away: cached tokens are let in until AccessTokenStaleIfError, the rest is 503, and it heals by itself."""

import re
import time

import pytest

import outages
import tokens
from client import check_unavailable
from fast_client import wires
from httpd import wait_until
from sql_proxy import SqlProxy

STALE, INTERVAL, TIMEOUT, SLACK = 3, 1, 1, 0.5
SETTINGS = f"""AccessTokenStaleIfError {STALE}s
AccessTokenDatabaseTimeout {TIMEOUT}s
AccessTokenCreateTable Off
"""
HEALED = 15
KINDS = [("sqlite3", "event", outages.renamed), ("sqlite3", "prefork", outages.locked_for_all),
         ("pgsql", "event", outages.stopped), ("pgsql", "prefork", outages.frozen), ("mysql", "worker", outages.frozen)]


def with_tables(site, settings=SETTINGS):
    """Starts the site twice: the table is made first, since an outage must not make another one."""
    site.start("LogLevel info\n")
    site.manager("alice").token()
    site.server.stop()
    site.start("LogLevel info\n" + settings)
    site.owner = site.manager("alice")
    return site


def complaints(site):
    return [line for line in site.server.log().splitlines() if "[accesstoken:" in line and "PrivateTmp" not in line
            and re.search(r":(crit|error|warn|notice)\]", line)]


def watch(site, token, seconds):
    """(begin, length, status) of requests with this token, one after the other, from now on."""
    start, seen = time.monotonic(), []
    with wires(site.server.port, 3) as links:
        while time.monotonic() - start < seconds:
            for link in links:
                began = time.monotonic()
                status = link.status(token)
                seen.append((began - start, time.monotonic() - began, status))
            time.sleep(0.02)
    return seen


@pytest.mark.parametrize("engine_away, model, away", KINDS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_cached_tokens_outlive_an_outage_for_a_while(new_site, engine_away, model, away):
    site = with_tables(new_site(engine=engine_away, mpm=model))
    known, cold = site.owner.token(), site.owner.token()
    assert [site.let_in(known) for _ in range(20)] == [200] * 20
    time.sleep(INTERVAL)  # the table has been asked for deletions
    assert site.let_in(known) == 200
    with away(site.database):
        began = time.monotonic()
        seen = watch(site, known, 1)
        check_unavailable(site.client.get("/api/data.json", token=cold))
        check_unavailable(site.client.get("/api/data.json", token=tokens.forge()))
        assert site.client.status("/open/data.json") == 200
        assert {status for _, _, status in seen} == {200}, seen
        assert wait_until(lambda: site.let_in(known) == 503, STALE + TIMEOUT + SLACK)
        assert STALE - INTERVAL - SLACK <= time.monotonic() - began <= STALE + TIMEOUT + SLACK
        check_unavailable(site.client.get("/api/data.json", token=known))
        assert all(length <= TIMEOUT + SLACK for _, length, _ in seen)
    assert wait_until(lambda: site.let_in(known) == 200, HEALED)
    assert wait_until(lambda: site.let_in(cold) == 200, HEALED)
    assert wait_until(lambda: site.client.status("/api/data.json", token=tokens.forge()) == 401, HEALED)
    assert 1 <= len(complaints(site)) <= 16, complaints(site)


def test_stale_if_error_zero_trusts_nothing_that_could_not_be_asked(new_site):
    site = with_tables(new_site(), SETTINGS.replace(f"StaleIfError {STALE}s", "StaleIfError 0"))
    known = site.owner.token()
    assert [site.let_in(known) for _ in range(20)] == [200] * 20
    with outages.renamed(site.database):
        started = time.monotonic()
        assert wait_until(lambda: site.let_in(known) == 503, INTERVAL + 2 * SLACK)
        assert time.monotonic() - started <= INTERVAL + 2 * SLACK
        assert {status for _, _, status in watch(site, known, 1)} == {503}
    assert wait_until(lambda: site.let_in(known) == 200, HEALED)


def test_an_outage_shorter_than_the_limit_refuses_no_cached_token(new_site):
    site = with_tables(new_site())
    known = site.owner.token()
    assert site.let_in(known) == 200
    with outages.renamed(site.database):
        seen = watch(site, known, STALE - INTERVAL - SLACK)
    seen += watch(site, known, 2)
    assert {status for _, _, status in seen} == {200}
    figures = site.figures()
    assert figures["StaleHits"] > 0 and figures["Undecided"] == 0
    assert figures["RevocationAgeMilliseconds"] < 2000


@pytest.fixture
def cut_off(new_site):
    """Two servers of one table, of which one reaches it through a middleman that can be cut."""
    good = new_site(engine="pgsql").start("LogLevel info\n")
    lonely = new_site(beside=good)
    lonely.sql_proxy = SqlProxy(lonely.database)
    lonely.server.cleanups.append(lonely.sql_proxy.close)
    lonely.start(lonely.sql_proxy.directive() + "\nLogLevel info\n" + SETTINGS)
    return good, lonely


def test_deletions_that_were_made_during_an_outage_take_effect_after_it_and_at_the_limit(cut_off):
    good, lonely = cut_off
    first, second, kept = (good.manager("alice").token() for _ in range(3))
    assert [lonely.let_in(token) for token in (first, second, kept)] == [200] * 3
    time.sleep(INTERVAL)
    lonely.sql_proxy.cut()
    good.manager("alice").delete(first)
    gone = time.monotonic()
    assert lonely.let_in(first) == 200
    time.sleep(0.5)
    lonely.sql_proxy.mend()
    assert wait_until(lambda: lonely.let_in(first) == 401, STALE)
    assert time.monotonic() - gone <= STALE
    assert [lonely.let_in(token) for token in (first, second, kept)] == [401, 200, 200]
    time.sleep(INTERVAL)
    lonely.sql_proxy.cut()
    good.manager("alice").delete(second)
    seen = [(began, status) for began, _, status in watch(lonely, second, STALE + 1)]
    assert {status for began, status in seen if began < STALE - INTERVAL - SLACK} == {200}
    assert {status for began, status in seen if began > STALE} == {503}
    lonely.sql_proxy.mend()
    assert wait_until(lambda: lonely.let_in(kept) == 200, HEALED)
    assert lonely.let_in(second) == 401
