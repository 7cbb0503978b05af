# SPDX-License-Identifier: Apache-2.0
"""A cached token costs no statement, however many requests and children use it."""

import time

import pytest

import tokens
from fast_client import at_once, wires
from httpd import wait_until
from sql_proxy import SqlProxy
from typical_site import Site

pytestmark = pytest.mark.parametrize("mpm", ["event", "prefork"], indirect=True, scope="module")

STATEMENT = r"(?s)^(SELECT|UPDATE|INSERT|WITH|DELETE)"
LOOKUP = r"(?s)^SELECT.*WHERE token_id = "
DELETIONS = r"(?s)^SELECT.*deleted_at >= "
TOUCH = r"SET last_used"
MANY = {"event": "", "prefork": "StartServers 24\nMinSpareServers 2\nMaxSpareServers 30\n"}
CONNECTIONS = {"event": 12, "prefork": 20}
CHILDREN = {"event": 2, "prefork": 20}


@pytest.fixture(scope="module")
def counted(mpm):
    """A server on PostgreSQL whose statements are seen; on prefork with a crowd of children."""
    with Site(mpm, "pgsql") as place:
        place.sql_proxy = SqlProxy(place.database)
        place.server.cleanups.append(place.sql_proxy.close)
        place.start(place.sql_proxy.directive() + "\nLogLevel info\nAccessTokenDatabaseConnections 1\n"
                    "AccessTokenLastUsedInterval 2s\n" + MANY[mpm])
        assert wait_until(lambda: len(place.server.children()) >= CHILDREN[mpm])
        place.owner = place.manager("alice")
        yield place


def use_on_every_child(site, token, rounds=3):
    """Kept connections, all at once."""
    with wires(site.server.port, CONNECTIONS[site.mpm]) as links:
        for _ in range(rounds):
            assert at_once(*[lambda link=link: link.status(token) for link in links]) == [200] * len(links)


def children_that_answered(site, since):
    return {line.split()[0] for line in site.server.log("access_log").splitlines()[since:]}


def test_after_the_first_lookup_no_child_looks_up_again(counted):
    token = counted.owner.token()
    assert counted.let_in(token) == 200
    since, lines = time.monotonic(), len(counted.server.log("access_log").splitlines())

    def all_have_answered():
        use_on_every_child(counted, token)
        return len(children_that_answered(counted, lines)) >= CHILDREN[counted.mpm]

    assert wait_until(all_have_answered)
    assert counted.sql_proxy.count(LOOKUP, since) == 0


def test_in_a_steady_state_one_query_for_deletions_is_sent_in_an_interval_whatever_the_number_of_children(counted):
    made = [counted.owner.token() for _ in range(5)]
    for token in made:
        assert counted.let_in(token) == 200
    time.sleep(1.1)
    since = time.monotonic()
    while time.monotonic() - since < 3:
        use_on_every_child(counted, made[0], 1)
        assert [counted.let_in(token) for token in made] == [200] * 5
    seconds = time.monotonic() - since
    assert counted.sql_proxy.count(LOOKUP, since) == 0
    assert seconds - 2 <= counted.sql_proxy.count(DELETIONS, since) <= seconds + 1
    assert 1 <= counted.sql_proxy.count(TOUCH, since) <= seconds / 2 + 1
    told = counted.sql_proxy.count(DELETIONS, since) + counted.sql_proxy.count(TOUCH, since)
    assert counted.sql_proxy.count(STATEMENT, since) == told


def test_a_token_of_the_right_id_and_another_secret_sends_no_statement_and_is_refused(counted):
    token = counted.owner.token()
    assert counted.let_in(token) == 200
    since = time.monotonic()
    assert [counted.let_in(tokens.forge(tokens.id_of(token))) for _ in range(10)] == [401] * 10
    assert counted.sql_proxy.count(LOOKUP, since) == 0


def test_a_malformed_token_sends_no_statement(counted):
    token = counted.owner.token()
    assert counted.let_in(token) == 200
    since = time.monotonic()
    last = "A" if token[-1] != "A" else "B"
    for junk in (token[:-1] + last, token[:-1], token + "0", "mat_" + "0" * 71, "mat", token.upper()):
        assert counted.client.status("/api/data.json", token=junk) == 401, junk
    assert counted.sql_proxy.count(LOOKUP, since) == 0


def test_without_a_cache_each_request_looks_up(new_site):
    site = new_site(engine="pgsql")
    sql_proxy = SqlProxy(site.database)
    site.server.cleanups.append(sql_proxy.close)
    site.start(sql_proxy.directive() + "\nAccessTokenCacheSize 0\nLogLevel info\n")
    token = site.manager("alice").token()
    assert site.let_in(token) == 200
    time.sleep(1.5)
    since = time.monotonic()
    assert [site.let_in(token) for _ in range(10)] == [200] * 10
    assert sql_proxy.count(LOOKUP, since) == 10
    assert sql_proxy.count(DELETIONS) == 0
