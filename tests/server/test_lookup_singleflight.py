# SPDX-License-Identifier: Apache-2.0
"""Many requests at once with one cold token share its lookup, and a storm of unknown tokens harms no other token."""

import threading
import time

import pytest

import tokens
from fast_client import Wire, request
from httpd import wait_until
from sql_proxy import SqlProxy
from token_rows import add_rows, statuses_of

LOOKUP = r"(?s)^SELECT.*WHERE token_id = "
TOUCH = r"SET last_used"
HANDFUL = 8
CROWD = 200
WIDE = {"event": "ThreadLimit 128\nThreadsPerChild 128\nMaxRequestWorkers 256\nMinSpareThreads 250\nMaxSpareThreads 256\n",
        "prefork": "MaxRequestWorkers 220\nStartServers 110\nMinSpareServers 105\nMaxSpareServers 220\nServerLimit 220\n"}
QUIET = "LogLevel warn\nMaxKeepAliveRequests 0\n"


# One cold token, many requests

@pytest.mark.parametrize("model", ["event", "prefork"])
def test_many_requests_with_one_cold_token_cost_a_handful_of_lookups(new_site, model):
    crowd = CROWD if model == "event" else CROWD // 2
    site = new_site(engine="pgsql", mpm=model)
    sql_proxy = SqlProxy(site.database)
    site.server.cleanups.append(sql_proxy.close)
    site.start(sql_proxy.directive() + "\n" + QUIET + WIDE[model] + "AccessTokenDatabaseConnections 1\n"
               "AccessTokenDatabaseTimeout 10s\nAccessTokenRevocationInterval 60s\n")
    token = site.manager("alice").token()
    hold = sql_proxy.hold_next(LOOKUP)
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
    assert 1 <= sql_proxy.count(LOOKUP, since) <= HANDFUL
    assert wait_until(lambda: site.database.row(tokens.id_of(token))["last_used"], 5)
    time.sleep(1.2)
    assert sql_proxy.count(TOUCH, since) == 1
    figures = site.figures()
    assert figures["Hits"] + figures["ColdHits"] == crowd and figures["SharedLookups"] >= crowd / 4


# Unknown tokens

def test_many_unknown_tokens_harm_neither_cached_nor_cold_ones(new_site):
    site = new_site().start(QUIET + "AccessTokenCacheSize 1m\nAccessTokenDatabaseTimeout 5s\n")
    site.manager("alice").token()
    cached, cold = add_rows(site.database, 30), add_rows(site.database, 60)
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


def test_unknown_tokens_do_not_keep_a_good_one_out_of_the_cache(new_site):
    """They are refused while its lookup is under way, in a cache with so few sets that some are in its own."""
    site = new_site(engine="pgsql")
    sql_proxy = SqlProxy(site.database)
    site.server.cleanups.append(sql_proxy.close)
    site.start(sql_proxy.directive() + "\n" + QUIET + "AccessTokenCacheSize 64k\nAccessTokenDatabaseTimeout 10s\n")
    token = site.manager("alice").token()
    hold, answers = sql_proxy.hold_next(LOOKUP), []
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
