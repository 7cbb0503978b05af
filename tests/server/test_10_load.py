# SPDX-License-Identifier: Apache-2.0
"""Crowds: many at once with one cold token, storms of unknown tokens, and more tokens than the shelf has room for."""

import os
import re
import threading
import time

import pytest

import engines
import tokens
from between import Between
from httpd import wait_until
from wire import Wire, request, wires

LOOKUP = r"(?s)^SELECT.*WHERE token_id = "
TOUCH = r"SET last_used"
HANDFUL = 8
CROWD = 200
WIDE = {"event": "ThreadLimit 128\nThreadsPerChild 128\nMaxRequestWorkers 256\nMinSpareThreads 250\nMaxSpareThreads 256\n",
        "prefork": "MaxRequestWorkers 220\nStartServers 110\nMinSpareServers 105\nMaxSpareServers 220\nServerLimit 220\n"}
QUIET = "LogLevel warn\nMaxKeepAliveRequests 0\n"


def add_rows(site, count, user="alice"):
    """So many tokens, written into the table in one go."""
    made = [tokens.forge() for _ in range(count)]
    now = engines.now_ms()
    site.database.insert("token_id", "token_hash", "user_name", "description", "created_at", "expires_at", rows=[
        (tokens.id_of(token), tokens.hash_of(token), user, "", now, now + 86_400_000) for token in made])
    return made


def statuses_of(site, made, size=64):
    """The statuses of one request with each of these tokens, sent in batches over one connection."""
    link, statuses = Wire(site.server.port), []
    while len(statuses) < len(made):
        batch = [request(token) for token in made[len(statuses):len(statuses) + size]]
        statuses += [answer.status for answer in link.exchange(batch)]
    link.close()
    return statuses


# One cold token, many requests

@pytest.mark.parametrize("model", ["event", "prefork"])
def test_a_crowd_with_one_cold_token_costs_a_handful_of_lookups(new_site, model):
    crowd = CROWD if model == "event" else CROWD // 2
    site = new_site(engine="pgsql", mpm=model)
    between = Between(site.database)
    site.server.cleanups.append(between.close)
    site.start(between.directive() + "\n" + QUIET + WIDE[model] + "AccessTokenDatabaseConnections 1\n"
               "AccessTokenDatabaseTimeout 10s\n")
    token = site.manager("alice").token()
    hold = between.hold_next(LOOKUP)
    links = [Wire(site.server.port) for _ in range(crowd)]
    answers = []
    readers = [threading.Thread(target=lambda link=link: answers.append(link.status(token))) for link in links]
    since = time.monotonic()
    for reader in readers:
        reader.start()
    assert hold.reached.wait(10)
    time.sleep(1)
    assert answers == []
    hold.release()
    for reader in readers:
        reader.join()
    for link in links:
        link.close()
    assert answers == [200] * crowd
    assert 1 <= between.count(LOOKUP, since) <= HANDFUL
    assert wait_until(lambda: site.database.row(tokens.id_of(token))["last_used"], 5)
    time.sleep(1.2)
    assert between.count(TOUCH, since) == 1
    figures = site.figures()
    assert figures["Hits"] + figures["ColdHits"] == crowd and figures["SharedLookups"] >= crowd / 4


# Unknown tokens

def test_a_storm_of_unknown_tokens_harms_neither_cached_nor_cold_ones(new_site):
    site = new_site().start(QUIET + "AccessTokenCacheSize 1m\nAccessTokenDatabaseTimeout 5s\n")
    site.manager("alice").token()
    cached, cold = add_rows(site, 30), add_rows(site, 60)
    assert statuses_of(site, cached) == [200] * 30
    before, stop, refused = site.figures(), threading.Event(), []

    def storm():
        link = Wire(site.server.port)
        while not stop.is_set():
            answers = link.exchange([request(tokens.forge()) for _ in range(32)])
            refused.extend(answer.status for answer in answers)
        link.close()

    threads = [threading.Thread(target=storm) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        assert wait_until(lambda: len(refused) > 500)
        for _ in range(10):
            assert statuses_of(site, cached) == [200] * 30
        assert statuses_of(site, cold, 8) == [200] * 60
        assert wait_until(lambda: len(refused) > 3000)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert set(refused) == {401}
    assert statuses_of(site, cached) == [200] * 30
    after = site.figures()
    assert after["Hits"] - before["Hits"] == 330 and after["ColdHits"] - before["ColdHits"] == 60
    assert after["RefusedUnknown"] - before["RefusedUnknown"] == len(refused)
    assert after["Lookups"] - before["Lookups"] <= len(refused) + 60
    assert after["Entries"] - before["Entries"] == 60


def test_unknown_tokens_do_not_keep_a_good_one_off_the_shelf(new_site):
    """They are refused while its lookup is under way, in a shelf with so few sets that some are in its own."""
    site = new_site(engine="pgsql")
    between = Between(site.database)
    site.server.cleanups.append(between.close)
    site.start(between.directive() + "\n" + QUIET + "AccessTokenCacheSize 64k\nAccessTokenDatabaseTimeout 10s\n")
    token = site.manager("alice").token()
    hold, answers = between.hold_next(LOOKUP), []
    asker = threading.Thread(target=lambda: answers.append(site.let_in(token)))
    asker.start()
    assert hold.reached.wait(5)
    assert statuses_of(site, [tokens.forge() for _ in range(200)]) == [401] * 200
    hold.release()
    asker.join()
    assert answers == [200]
    lookups = site.figures()["Lookups"]
    assert [site.let_in(token) for _ in range(5)] == [200] * 5
    assert site.figures()["Lookups"] == lookups


def test_guesses_at_a_known_token_cost_no_lookup_and_change_nothing(new_site):
    site = new_site().start(QUIET)
    token = site.manager("alice").token()
    assert site.let_in(token) == 200
    before = site.figures()
    guesses = [tokens.forge(tokens.id_of(token)) for _ in range(1000)]
    assert statuses_of(site, guesses) == [401] * 1000
    after = site.figures()
    assert (after["Lookups"], after["Entries"]) == (before["Lookups"], before["Entries"])
    assert after["RefusedWrongSecret"] - before["RefusedWrongSecret"] == 1000
    assert site.let_in(token) == 200 and site.figures()["Lookups"] == before["Lookups"]


# A full shelf

@pytest.mark.parametrize("interval", ["60s", "1s"])
def test_more_tokens_than_the_shelf_has_room_for_are_slower_and_nothing_else(new_site, interval):
    site = new_site().start(QUIET + f"AccessTokenCacheSize 64k\nAccessTokenLastUsedInterval {interval}\n")
    site.manager("alice").token()
    made = add_rows(site, 2000)
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


def test_a_full_shelf_keeps_what_is_in_use(new_site):
    """A hundred thousand requests for few tokens, a few for many: most are hits."""
    site = new_site().start(QUIET + "AccessTokenCacheSize 64k\n")
    site.manager("alice").token()
    busy, rare = add_rows(site, 10), add_rows(site, 1000)
    for start in range(0, len(rare), 10):
        assert statuses_of(site, busy + rare[start:start + 10]) == [200] * 20
    with wires(site.server.port, 1) as links:
        assert links[0].status(busy[0]) == 200
    figures = site.figures()
    assert figures["Hits"] >= 0.9 * 10 * 99


if os.environ.get("ACCESSTOKEN_LONG") == "1":  # two minutes
    def test_a_full_shelf_is_told_once_a_minute_with_its_hit_rate(new_site):
        site = new_site().start(QUIET + "AccessTokenCacheSize 64k\n")
        site.manager("alice").token()
        made, started = add_rows(site, 500), time.monotonic()
        while time.monotonic() - started < 130:
            assert statuses_of(site, made) == [200] * len(made)
            time.sleep(1)
        told = [line for line in site.server.log().splitlines() if "AccessTokenCacheSize is too small" in line]
        assert 1 <= len(told) <= 2 and all(re.search(r":warn\].* \d+% of the requests", line) for line in told), told
