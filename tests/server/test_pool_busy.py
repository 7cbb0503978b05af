# SPDX-License-Identifier: Apache-2.0
"""The database is 5 ms away and all connections are busy all the time: background jobs and requests both get their turn."""

import functools
import itertools
import time

import engines
import tokens
from background_threads import BackgroundThreads
from client import Manager
from fast_client import wires
from marks import LONG, SERVERS, parametrize
from tcp_proxy import TcpProxy
from token_rows import add_rows

AWAY = 0.005
CLIENTS = 24
LATE = 1000  # ms beyond AccessTokenRevocationInterval
SECONDS = 7
SETTINGS = "LogLevel warn\nMaxKeepAliveRequests 0\nAccessTokenLastUsedInterval 2s\nAccessTokenDatabaseTimeout 10s\n"


def generate(site, crowd, number):
    owner = Manager(site.client, "/tokens", user=f"user{number}")
    while not crowd.stop.is_set():
        crowd.seen.append(owner.post({}).status_code)


def list_many(site, crowd, number):
    owner = Manager(site.client, "/tokens", user="bob")
    while not crowd.stop.is_set():
        crowd.seen.append(owner.call("GET", "").status_code)


def ask_cold(site, crowd, number):
    with wires(site.server.port, 1) as links:
        while not crowd.stop.is_set():
            crowd.seen.append(links[0].status(tokens.forge()))


class Stream(BackgroundThreads):
    """`with Stream(site, what) as stream: …`: so many clients do it in a loop; the statuses are `seen`."""

    def __init__(self, site, what):
        self.seen = []
        super().__init__(*[functools.partial(what, site, self, number) for number in range(CLIENTS)])


RIGHT = {generate: 201, list_many: 200, ask_cold: 401}
# One connection is the narrowest place.
STREAMS = [(generate, 1, "pgsql"), (list_many, 1, "mysql"), (ask_cold, 1, "pgsql"), (generate, 4, "mysql")]


@parametrize("what, connections, engine", list(itertools.product(RIGHT, (1, 2, 4), SERVERS)) if LONG else STREAMS)
def test_deletions_are_heard_and_last_uses_written_in_time_in_any_stream(new_site, connections, what):
    site = new_site()
    pipe = TcpProxy(site.database, AWAY)
    site.server.cleanups.append(pipe.close)
    site.start(pipe.directive() + "\n" + SETTINGS + f"AccessTokenDatabaseConnections {connections}\n")
    token = site.manager("alice").token()
    add_rows(site.database, 1000, "bob")
    assert site.let_in(token) == 200
    contact, unwritten = [], []
    with Stream(site, what) as stream:
        began = time.monotonic()
        while (now := time.monotonic() - began) < SECONDS:
            assert site.let_in(token) == 200
            if now > 3:
                contact.append(site.figures()["RevocationAgeMilliseconds"])
                unwritten.append(engines.now_ms() - site.database.row(tokens.id_of(token))["last_used"])
            time.sleep(0.1)
    assert max(contact) <= 1000 + LATE, sorted(contact)[-5:]
    assert max(unwritten) <= 2000 + 2 * LATE, sorted(unwritten)[-5:]
    assert set(stream.seen) == {RIGHT[what]} and len(stream.seen) >= 5 * SECONDS
