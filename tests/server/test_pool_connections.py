# SPDX-License-Identifier: Apache-2.0
"""How many connections httpd opens to PostgreSQL and MariaDB, when, and for how long; and PgBouncer between them."""

import signal
import threading
import time

import pytest

import outages
import tokens
from background_threads import BackgroundThreads
from client import Client, Manager
from fast_client import Wire, at_once, wires
from httpd import wait_until
from pgbouncer import PgBouncer
from token_rows import add_rows

BOTH = pytest.mark.parametrize("engine", ["pgsql", "mysql"], indirect=True, scope="module")
QUIET = "LogLevel warn\nMaxKeepAliveRequests 0\n"
CONNECTIONS, BACKGROUND = 3, 2  # of a process, and those that the background jobs of the server may need beside them
ONE_CHILD = "StartServers 1\nServerLimit 1\nThreadsPerChild 32\nMaxRequestWorkers 32\nMaxSpareThreads 32\n"
HUNDRED = "ServerLimit 110\nMaxRequestWorkers 110\nStartServers 100\nMinSpareServers 50\nMaxSpareServers 110\n"
POOL = 3
IDLE = 5 + 1  # seconds after which a connection that nobody needs is closed, and until that is seen


def connections(database):
    """How many the database server has for httpd."""
    if database.driver == "pgsql":
        return database.run("SELECT count(*) FROM pg_stat_activity WHERE datname = ?"
                            " AND application_name <> 'tests' AND backend_type = 'client backend'", database.name)[0][0]
    return database.run("SELECT count(*) FROM information_schema.processlist WHERE db = ? AND user = 'tester'",
                        database.name)[0][0]


class Counter(BackgroundThreads):
    """`with Counter(database) as counter: …` counts connections all the time; `counter.most` is the result."""

    def __init__(self, database):
        self.database, self.most = database, 0
        super().__init__(self.count)

    def count(self):
        while not self.stop.is_set():
            self.most = max(self.most, connections(self.database))
            time.sleep(0.02)


# Direct

@BOTH
def test_no_connection_is_opened_before_one_is_needed(new_site):
    site = new_site()
    with Counter(site.database) as counter:
        site.start(QUIET)
        assert site.client.status("/open/data.json") == 200
        assert site.client.status("/api/data.json") == 401
        assert site.client.status("/api/data.json", token="mat_junk") == 401
        assert site.client.status("/passwords/data.json", user="alice") == 200
        time.sleep(1.5)
    assert counter.most == 0
    assert site.let_in(site.manager("alice").token()) == 200
    assert connections(site.database) > 0


def ask_while_held(site, made, posts, most, seconds=1.0):
    """Asks with all these cold tokens and generates at once, while the database lets nobody go on."""
    managers = [Manager(Client(site.server.port), user=f"user{number}") for number in range(posts)]
    calls = [lambda token=token: Client(site.server.port).status("/api/data.json", token=token) for token in made]
    calls += [lambda owner=owner: owner.post().status_code for owner in managers]
    answers = []
    with Counter(site.database) as counter, outages.held(site.database):
        asking = threading.Thread(target=lambda: answers.extend(at_once(*calls)))
        asking.start()
        wait_until(lambda: counter.most >= most, 3)
        time.sleep(seconds)
    asking.join()
    assert answers == [200] * len(made) + [201] * posts
    return counter.most


@BOTH
def test_a_process_opens_as_many_connections_as_it_may_and_no_more(new_site):
    site = new_site()
    site.start(QUIET + ONE_CHILD + f"AccessTokenDatabaseConnections {CONNECTIONS}\nAccessTokenDatabaseTimeout 10s\n")
    site.manager("alice").token()
    made = add_rows(site.database, 24)
    assert ask_while_held(site, made, 6, CONNECTIONS) == CONNECTIONS


@BOTH
def test_children_of_prefork_open_one_connection_each_beside_those_of_the_background_jobs(new_site):
    site = new_site(mpm="prefork")
    site.start(QUIET + "StartServers 8\nMinSpareServers 2\nMaxSpareServers 8\nServerLimit 8\nMaxRequestWorkers 8\n"
               "AccessTokenDatabaseConnections 4\nAccessTokenDatabaseTimeout 10s\n")
    site.manager("alice").token()
    made = add_rows(site.database, 6)
    most = ask_while_held(site, made, 2, 8)
    assert 8 <= most <= 8 + BACKGROUND


@BOTH
def test_connections_that_are_not_needed_are_closed(new_site):
    """When the memory is older than AccessTokenCacheTTL nobody asks the table for deletions any more."""
    site = new_site().start(QUIET + "AccessTokenCacheTTL 2s\nAccessTokenLastUsedInterval 1s\n")
    made = [site.manager("alice").token(), *add_rows(site.database, 20)]
    assert at_once(*[lambda token=token: Client(site.server.port).status("/api/data.json", token=token)
                     for token in made]) == [200] * len(made)
    assert connections(site.database) > 1
    assert wait_until(lambda: connections(site.database) == 0, 2 + 1 + IDLE + 3)
    assert [site.let_in(token) for token in made] == [200] * len(made)


@BOTH
def test_a_crowd_of_connections_shrinks_to_the_one_that_asks_for_deletions(new_site):
    site = new_site().start(QUIET + "AccessTokenLastUsedInterval 1s\n")
    made = [site.manager("alice").token(), *add_rows(site.database, 20)]
    assert at_once(*[lambda token=token: Client(site.server.port).status("/api/data.json", token=token)
                     for token in made]) == [200] * len(made)
    assert connections(site.database) > 2
    assert wait_until(lambda: connections(site.database) <= 2, IDLE + 5)
    assert site.let_in(made[0]) == 200


def occupy(site, made, rounds, count=100):
    """The statuses of requests over so many connections, all open at once: so many children of prefork answer."""
    with wires(site.server.port, count) as links:
        def ask(number):
            mine = links[number::10]
            return [link.status(made[(number + 10 * place + turn * 7) % len(made)])
                    for turn in range(rounds) for place, link in enumerate(mine)]

        return sum(at_once(*[lambda number=number: ask(number) for number in range(10)]), [])


def hundred_children(site):
    assert wait_until(lambda: len(site.server.children()) >= 100, 20)


def test_a_hundred_children_whose_tokens_are_in_memory_need_a_handful_of_connections(new_site):
    site = new_site(mpm="prefork", engine="pgsql")
    site.start(QUIET + HUNDRED + "AccessTokenLastUsedInterval 1s\nAccessTokenCacheTTL 60s\n")
    hundred_children(site)
    made = [site.manager("alice").token(), *add_rows(site.database, 30)]
    with wires(site.server.port, 1) as links:
        assert [links[0].status(token) for token in made] == [200] * len(made)
    with Counter(site.database) as counter:
        assert set(occupy(site, made, 20)) == {200}
    assert 1 <= counter.most <= 8
    assert len({line.split()[0] for line in site.server.log("access_log").splitlines()}) >= 90
    assert site.figures()["Undecided"] == 0


# PgBouncer

@pytest.fixture
def pooled(new_site):
    """Makes a server that knows PostgreSQL only through PgBouncer."""
    def make(size=POOL, configuration="", mode="transaction", parameters="", **options):
        site = new_site(engine="pgsql", **options)
        site.pooler = PgBouncer(site.database, size, mode)
        site.server.cleanups.append(site.pooler.close)
        return site.start(site.pooler.directive()[:-1] + parameters + '"\n' + QUIET + configuration)
    return make


def everything_works(site):
    """Generate, list, use, last used, the limit, delete."""
    owner = site.manager()
    token, info = owner.generate(description="pooled")
    assert [site.let_in(token) for _ in range(5)] == [200] * 5
    assert [shown["tokenId"] for shown in owner.list("?status=active")] == [info["tokenId"]]
    assert wait_until(lambda: site.database.row(info["tokenId"])["last_used"], 5)
    user = owner.credentials["user"]
    racers = [Manager(Client(site.server.port), "/three", user=user) for _ in range(8)]
    assert sorted(at_once(*[lambda racer=racer: racer.post().status_code for racer in racers])) == [201] * 2 + [403] * 6
    owner.delete(token)
    assert site.let_in(token) == 401
    assert len(owner.list()) == 2


def test_behind_a_pooler_everything_works_also_after_it_or_the_database_was_restarted(pooled):
    site = pooled(configuration="AccessTokenLastUsedInterval 1s\n")
    kept = site.manager("alice").token()
    for restart in (lambda: None, lambda: (site.pooler.stop(), site.pooler.start()),
                    lambda: (site.database.rdbms.stop(signal.SIGINT), site.database.rdbms.start())):
        everything_works(site)
        cold = add_rows(site.database, 6)
        restart()
        assert [site.let_in(token) for token in [*cold, kept]] == [200] * 7
    everything_works(site)


def test_behind_a_pooler_each_client_has_an_encoding_of_its_own(pooled):
    """httpd's UTF-8 follows it to whatever connection the pooler takes, and does not reach others who use the same ones."""
    site = pooled(size=1, configuration="AccessTokenCacheSize 0\n")
    site.database.run(f"ALTER DATABASE {site.database.name} SET client_encoding = 'LATIN1'")
    site.pooler.stop()
    site.pooler.start()
    description = "\U0001f511 cl\u00e9 \u20ac"
    with site.pooler.connection() as other, other.cursor() as cursor:
        for _ in range(10):
            cursor.execute("SHOW client_encoding")
            assert cursor.fetchone() == ("LATIN1",)
            other.commit()
            token, info = site.manager("alice").generate(description=description)
            assert info["description"] == site.manager("alice").info(token)["description"] == description
            assert site.database.run("SELECT char_length(description) FROM access_tokens WHERE token_id = ?",
                                     info["tokenId"]) == [(len(description),)]


def test_a_pooler_of_sessions_needs_room_for_every_connection(pooled):
    """One that is idle keeps its place, so the next one waits."""
    site = pooled(size=1, mode="session", configuration=ONE_CHILD + "AccessTokenDatabaseTimeout 1s\nAccessTokenCacheSize 0\n")
    held = [site.manager("alice").post().status_code, site.let_in(tokens.forge()), site.manager("alice").post().status_code]
    assert 503 in held and 200 not in held
    site.server.stop()
    everything_works(pooled(size=20, mode="session", configuration="AccessTokenLastUsedInterval 1s\n"))


def test_a_pooler_that_refuses_the_options_of_the_manual_is_named_in_the_log(pooled):
    site = pooled(parameters=" options='-c statement_timeout=5s'")
    assert site.let_in(tokens.forge()) == 503
    assert "unsupported startup parameter" in site.server.log()


def test_behind_a_pooler_that_is_away_cold_tokens_get_503_and_known_ones_do_not_notice(pooled):
    site = pooled(configuration="AccessTokenDatabaseTimeout 1s\n")
    kept = site.manager("alice").token()
    cold = add_rows(site.database, 2)
    assert site.let_in(kept) == 200
    site.pooler.stop()
    assert site.let_in(cold[0]) == 503 and site.let_in(kept) == 200
    site.pooler.start()
    assert wait_until(lambda: site.let_in(cold[0]) == 200, 5)
    assert site.let_in(cold[1]) == 200 and site.let_in(kept) == 200


def test_behind_a_pooler_a_hundred_children_with_cold_tokens_share_few_connections(pooled):
    site = pooled(mpm="prefork", configuration=HUNDRED + "AccessTokenDatabaseTimeout 10s\n")
    hundred_children(site)
    site.manager("alice").token()
    made = add_rows(site.database, 400)
    with Counter(site.database) as counter:
        assert set(occupy(site, made, 4)) == {200}
    assert 1 <= counter.most <= POOL
    assert site.figures()["Lookups"] > 100


def test_behind_a_pooler_queries_that_hold_its_whole_pool_do_not_hold_up_known_tokens(pooled):
    site = pooled(size=1, configuration="AccessTokenDatabaseTimeout 1s\n")
    kept = site.manager("alice").token()
    cold = add_rows(site.database, 3)
    assert site.let_in(kept) == 200
    with outages.held(site.database):
        assert at_once(*[lambda token=token: Client(site.server.port).status("/api/data.json", token=token)
                         for token in cold]) == [503] * 3
        link = Wire(site.server.port)
        began = time.monotonic()
        assert link.status(kept) == 200 and time.monotonic() - began < 0.5
        link.close()
    assert wait_until(lambda: [site.let_in(token) for token in cold] == [200] * 3, 5)
