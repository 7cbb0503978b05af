# SPDX-License-Identifier: Apache-2.0
"""A request gives up on the database, which answers again a moment later: what is done in the background goes on."""

import time

import pytest

import engines
import outages
import tokens
from client import check_unavailable
from faults import SETTINGS
from httpd import wait_until
from marks import LONG, SERVERS, parametrize

INTERVAL = 10
ONE_CHILD = "StartServers 1\nServerLimit 1\nThreadsPerChild 16\nMaxRequestWorkers 16\nMaxSpareThreads 16\n"
QUIET = SETTINGS + ONE_CHILD + f"AccessTokenCacheTTL 1s\nAccessTokenLastUsedInterval {INTERVAL}s\n"
IDLE = 5.5  # seconds after which one worker is left, which nobody but the request then uses

# What goes on is the same after either.
PGSQL, MYSQL = (parametrize("engine", SERVERS if LONG else [engine]) for engine in SERVERS)


def last_used(site, token):
    return site.database.row(tokens.id_of(token))["last_used"] or 0


@pytest.fixture
def pending(new_site):
    """A server of one process that has a use to write, and has just given up on a question."""
    site = new_site().start(QUIET)
    site.token = site.manager("alice").token()
    assert site.let_in(site.token) == 200
    assert wait_until(lambda: last_used(site, site.token), 5)
    time.sleep(1)
    site.used = engines.now_ms()
    assert site.let_in(site.token) == 200
    time.sleep(IDLE)
    with outages.frozen(site.database):
        check_unavailable(site.client.get("/api/data.json", token=tokens.forge()))
        time.sleep(0.2)
    assert last_used(site, site.token) < site.used
    return site


@PGSQL
def test_the_use_is_written_when_it_is_due(pending):
    assert wait_until(lambda: last_used(pending, pending.token) >= pending.used, INTERVAL + 2)


@MYSQL
def test_the_use_is_written_when_httpd_stops(pending):
    time.sleep(1)
    pending.server.stop()
    assert last_used(pending, pending.token) >= pending.used
