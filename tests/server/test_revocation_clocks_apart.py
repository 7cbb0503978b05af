# SPDX-License-Identifier: Apache-2.0
"""Three servers of one table whose clocks are seconds apart, on each engine that can be shared over a network.

What one of them does holds for the others within the interval, whatever its clock says; each token
ends by the clock of the server that is asked.
"""

import signal
import threading
import time

import pytest

import engines
import outages
import tokens
from background_threads import BackgroundThreads
from client import Client, Manager
from fast_client import Wire, at_once
from httpd import wait_until
from marks import ALL_SERVERS
from several_servers import Load, check_gone, use_on
from shifted_clock import Clock
from typical_site import Site

pytestmark = ALL_SERVERS

APART = (-3, 0, 4)  # seconds
SETTINGS = "AccessTokenDatabaseConnections 2\nAccessTokenLastUsedInterval 1s\nLogLevel info\nMaxKeepAliveRequests 0\n"
# A racer of prefork needs a child of its own.
SETTINGS_OF = {"event": SETTINGS, "worker": SETTINGS, "prefork": SETTINGS + "StartServers 16\nMinSpareServers 8\n"}
LIMIT, RACERS = 3, 10
HELD = 0.7  # seconds, well below AccessTokenDatabaseTimeout


@pytest.fixture(scope="module")
def servers(engine):
    """Three servers of one table, each with another clock and another MPM; the names of users are the first one's."""
    with Site("event", engine) as first, Site("worker", beside=first) as second, Site("prefork", beside=first) as third:
        sites = [first, second, third]
        for site, apart in zip(sites, APART):
            clock = Clock(site.server)
            clock.set(apart)
            site.start(SETTINGS_OF[site.mpm])
        first.manager("bob").token()  # makes the table
        yield sites


def manager_at(site, owner, path="/tokens"):
    """The manager of another server for the same user, with connections of its own, none of which is kept."""
    client = Client(site.server.port)
    client.session.headers["Connection"] = "close"
    return Manager(client, path, **owner.credentials)


def table_use(servers, token):
    return servers[0].database.row(tokens.id_of(token))["last_used"]


def test_the_servers_clocks_are_apart(servers):
    owner = servers[0].manager()
    for site, apart in zip(servers, APART):
        before = engines.now_ms()
        made = engines.from_iso(manager_at(site, owner).generate()[1]["createdAt"])
        assert before + apart * 1000 <= made <= engines.now_ms() + apart * 1000


def test_a_token_that_one_server_generates_is_good_on_the_others_at_once(servers):
    owner = servers[0].manager()
    for maker in servers:
        for _ in range(5):
            token, info = manager_at(maker, owner).generate()
            assert [site.let_in(token) for site in servers] == [200] * 3
            assert [manager_at(site, owner).info(token)["createdAt"] for site in servers] == [info["createdAt"]] * 3
    assert [len(manager_at(site, owner).list()) for site in servers] == [15] * 3


def test_a_deletion_on_one_server_takes_effect_on_the_others_within_the_interval_while_all_are_busy(servers):
    owner = servers[0].manager()
    kept = [owner.token() for _ in range(6)]
    doomed = [owner.token() for _ in servers]
    for token in [*kept, *doomed]:
        use_on(servers, token)
    with Load(servers, kept) as load:
        for site, token in zip(servers, doomed):
            manager_at(site, owner).delete(token)
            assert site.let_in(token) == 401
        check_gone(servers, doomed, time.monotonic())
    load.check()
    assert [len(manager_at(site, owner).list()) for site in servers] == [len(kept)] * 3


def test_deletions_hold_while_servers_stop_and_start(servers):
    """Also on those that begin with an empty memory, or hand theirs over to a new generation of processes."""
    owner = servers[0].manager()
    kept = [owner.token() for _ in range(4)]
    doomed = [[owner.token() for _ in range(2)] for _ in range(3)]
    for token in [*kept, *sum(doomed, [])]:
        use_on(servers, token)
    with Load(servers, kept) as load:
        for site, made in zip(servers, doomed):
            others = [other for other in servers if other is not site]
            for token in made:
                manager_at(site, owner).delete(token)
            gone = time.monotonic()
            at_once(others[0].server.restart, lambda: others[1].server.again(signal.SIGUSR1))
            check_gone(servers, made, gone)
            load.refuse(made)
        time.sleep(0.3)
    load.check()


# Last used

class Watch(BackgroundThreads):
    """Reads a token's last use in the table and on every server, as often as it can."""

    def __init__(self, servers, owner, token):
        self.sources = [lambda: table_use(servers, token)]
        for site in servers:
            self.sources.append(lambda own=manager_at(site, owner): own.info(token)["lastUsed"])
        self.seen = [[] for _ in self.sources]
        super().__init__(self.look)

    def look(self):
        while not self.stop.is_set():
            for source, seen in zip(self.sources, self.seen):
                seen.append(source() or 0 if source is self.sources[0] else source() or "")

    def check(self):
        for seen in self.seen:
            assert len(seen) > 20 and seen == sorted(seen) and seen[-1], seen


def test_last_used_becomes_the_latest_of_the_three_and_never_goes_back(servers):
    owner = servers[0].manager()
    token = owner.token()
    with Watch(servers, owner, token) as watch:
        for site in servers:
            for _ in range(3):
                began = engines.now_ms()
                assert site.let_in(token) == 200
        ended = engines.now_ms()
        ahead = APART[2] * 1000
        assert wait_until(lambda: (table_use(servers, token) or 0) >= began + ahead, 5)
        latest = table_use(servers, token)
        assert latest <= ended + ahead
        for _ in range(15):
            assert [site.let_in(token) for site in servers[:2]] == [200] * 2
            time.sleep(0.1)
        assert table_use(servers, token) == latest
        shown = [engines.from_iso(manager_at(site, owner).info(token)["lastUsed"]) for site in servers]
        assert shown == [latest] * 3
    watch.check()


def test_uses_that_three_servers_write_at_the_same_moment_are_all_kept(servers):
    """Each writes many rows in one transaction, and they share them."""
    owner = servers[0].manager()
    made = [owner.token() for _ in range(60)]

    def use_all(site):
        with_link = Wire(site.server.port)
        for _ in range(8):
            assert [with_link.status(token) for token in made] == [200] * len(made)
            time.sleep(0.2)
        with_link.close()
        return engines.now_ms()

    began = engines.now_ms()
    ended = max(at_once(*[lambda site=site: use_all(site) for site in servers]))
    ahead = APART[2] * 1000
    assert wait_until(lambda: all((table_use(servers, token) or 0) >= began + ahead for token in made), 5, 0.5)
    time.sleep(1.2)
    uses = [table_use(servers, token) for token in made]
    assert max(uses) <= ended + ahead and len(set(uses)) > 1
    for site in servers:
        assert "cannot be written (" not in site.server.log()


# Expiry

def let_in_until(site, token, apart, expiry, wrong):
    """Asks until the token has been refused for a moment; every answer is judged by this server's clock."""
    link, refused = Wire(site.server.port), 0
    while refused < 20:
        began = engines.now_ms() + apart * 1000
        status = link.status(token)
        ended = engines.now_ms() + apart * 1000
        if (status == 200 and began >= expiry) or (status != 200 and ended < expiry) or status not in (200, 401):
            wrong.append((apart, status, began - expiry, ended - expiry))
        refused += status == 401
        time.sleep(0.01)
    link.close()


def test_a_token_expires_by_each_servers_own_clock_to_the_millisecond(servers):
    owner = servers[0].manager()
    token, info = owner.generate(lifetime=8)  # of the server whose clock is behind
    expiry, wrong = engines.from_iso(info["expiredAt"]), []
    began = time.monotonic()
    at_once(*[lambda site=site, apart=apart: let_in_until(site, token, apart, expiry, wrong)
              for site, apart in zip(servers, APART)])
    assert not wrong, wrong[:5]
    assert 7 < time.monotonic() - began < 12
    assert [manager_at(site, owner).info(token)["status"] for site in servers] == ["Expired"] * 3


# The limit

def race(racers, database):
    """The statuses of generations that all begin at once, where nothing can be written until all have begun."""
    answers = []
    with outages.held(database, but_reading=True):
        racing = threading.Thread(target=lambda: answers.extend(
            at_once(*[lambda racer=racer: racer.post().status_code for racer in racers])))
        racing.start()
        time.sleep(HELD)
    racing.join()
    return sorted(answers)


def test_a_limit_for_each_user_holds_when_generations_race_on_different_servers(servers):
    owner = servers[0].manager()
    racers = [manager_at(site, owner, "/three") for site in servers for _ in range(RACERS)]
    database = servers[0].database
    assert race(racers, database) == [201] * LIMIT + [403] * (3 * RACERS - LIMIT)
    listed = manager_at(servers[1], owner).list("?status=active")
    assert len(listed) == LIMIT
    manager_at(servers[2], owner).call("DELETE", "/" + listed[0]["tokenId"])
    assert race(racers, database) == [201] + [403] * (3 * RACERS - 1)


def many_users(servers):
    return [manager_at(site, servers[0].manager(), "/three") for _ in range(RACERS) for site in servers]


@pytest.mark.parametrize("table", ["as it is", "empty"])
def test_many_users_generate_at_once_and_none_holds_the_others_up(servers, table):
    """Each is below the limit. Where there are no rows to be locked, locks of what is between them would be everybody's."""
    if table == "empty":
        servers[0].database.run("TRUNCATE TABLE access_tokens")
    assert race(many_users(servers), servers[0].database) == [201] * 3 * RACERS


@pytest.mark.parametrize("number", range(3))
def test_the_first_tokens_of_all_can_be_made_at_once_by_all_servers_also_where_the_table_is_missing(servers, number):
    del number  # what goes wrong now and then is tried a few times
    servers[0].database.run("DROP TABLE access_tokens")
    answers = at_once(*[lambda racer=racer: racer.post().status_code for racer in many_users(servers)])
    assert answers == [201] * len(answers)
