# SPDX-License-Identifier: Apache-2.0
"""A deletion while a lookup is under way, with the lookup's answer held back: the row does not come back."""

import threading
import time

import pytest

import tokens
from fast_client import wires
from sql_proxy import SqlProxy
from typical_site import Site

pytestmark = pytest.mark.parametrize("engine", ["pgsql"], indirect=True, scope="module")
BOTH = pytest.mark.parametrize("mpm", ["event", "prefork"], indirect=True, scope="module")

LOOKUP = r"(?s)^SELECT.*WHERE token_id = "
SETTINGS = "AccessTokenDatabaseTimeout 10s\nAccessTokenDatabaseConnections 3\nLogLevel info\n"
INTERVAL, SLACK, ROUND_TRIP = 1.0, 0.5, 0.5


@pytest.fixture(scope="module")
def held(mpm, engine):
    """A server whose database is reached through the middleman."""
    with Site(mpm, engine) as place:
        place.sql_proxy = SqlProxy(place.database)
        place.server.cleanups.append(place.sql_proxy.close)
        yield place.start(place.sql_proxy.directive() + "\n" + SETTINGS)


class Asker:
    """A request in a thread, whose lookup is held back."""

    def __init__(self, site, token):
        self.hold = site.sql_proxy.hold_next(LOOKUP)
        self.answer = None
        self.thread = threading.Thread(target=self.run, args=(site, token))
        self.thread.start()
        assert self.hold.reached.wait(5)

    def run(self, site, token):
        self.answer = site.client.status("/api/data.json", token=token, headers={"Connection": "close"})

    def release(self):
        """Lets the lookup's answer go; what the request was answered."""
        self.hold.release()
        self.thread.join()
        return self.answer


def refused_everywhere(site, token):
    with wires(site.server.port, 6) as links:
        for _ in range(3):
            assert [link.status(token) for link in links] == [401] * 6


@BOTH
def test_a_lookup_that_began_before_the_deletion_and_ends_after_it_brings_no_row_back(held):
    owner = held.manager()
    for _ in range(5):
        token = owner.token()
        asker = Asker(held, token)
        time.sleep(0.05)  # the row has been read by now, and is on its way
        owner.delete(token)
        assert asker.release() in (200, 401)
        refused_everywhere(held, token)


@BOTH
def test_a_request_after_the_204_does_not_get_the_answer_of_a_lookup_from_before(held):
    owner = held.manager()
    token = owner.token()
    asker = Asker(held, token)
    time.sleep(0.05)
    owner.delete(token)
    late = []
    threads = [threading.Thread(target=lambda: late.append(held.client.status(
        "/api/data.json", token=token, headers={"Connection": "close"}))) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    assert 200 not in late
    assert asker.release() in (200, 401)
    for thread in threads:
        thread.join()
    assert late == [401] * 4


def test_a_row_that_was_deleted_elsewhere_while_it_was_read_is_not_kept(held):
    token = held.manager().token()
    other = held.manager().token()
    assert held.let_in(other) == 200  # somebody is served, so the table is asked for deletions
    asker = Asker(held, token)
    time.sleep(0.05)
    now = int(time.time() * 1000)
    held.database.change(tokens.id_of(token), deleted_at=now)
    time.sleep(INTERVAL + SLACK + ROUND_TRIP)
    assert asker.release() in (200, 401)
    refused_everywhere(held, token)


def test_a_deletion_that_is_committed_long_after_it_is_dated_takes_effect(held):
    token = held.manager().token()
    assert held.let_in(token) == 200
    with held.database.connection() as link:
        link.autocommit = False
        with link.cursor() as cursor:
            cursor.execute("UPDATE access_tokens SET deleted_at = %s WHERE token_id = %s",
                           (int(time.time() * 1000), tokens.id_of(token)))
            time.sleep(1.5)
            assert held.let_in(token) == 200
            link.commit()
    committed = time.monotonic()
    last = committed
    while time.monotonic() - committed < 2.3:
        began = time.monotonic()
        if held.let_in(token) == 200:
            last = began
        time.sleep(0.02)
    assert last - committed <= INTERVAL + SLACK + ROUND_TRIP
