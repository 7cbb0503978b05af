# SPDX-License-Identifier: Apache-2.0
"""The database server accepts connections and is silent until all workers hang; then no request comes; then many do.

With ACCESSTOKEN_LONG=1 for a minute, as FAULTS says; else for as long as it takes until all workers of that time had hung.
"""

import time

import faults
import tokens
from faults import SETTINGS, TIMEOUT, Bystander, check_told, everywhere
from httpd import wait_until
from marks import LONG, SERVERS, TWO_MPMS, each
from paced_requests import PacedRequests
from tcp_proxy import TcpProxy

SILENT = 60 if LONG else 14
PAUSE = 8
LOAD = 8
AT_ONCE = 0.1  # FAULTS: so soon a request has its 503 if it is not the probe
PROCESSES = {"event": 2, "prefork": 24}  # at most

pytestmark = each("engine, model, connections", SERVERS, TWO_MPMS, (4, 2))


def through(pipe, site, connections):
    site.server.cleanups.append(pipe.close)
    return site.start(pipe.directive() + "\n" + SETTINGS + f"AccessTokenDatabaseConnections {connections}\n")


def check_refused_at_once(seen):
    """One a second waits; with 60 in a second, 95 % do not."""
    assert {status for _, status, _ in seen} == {503}
    waited = [(when, seconds) for when, _, seconds in seen if seconds > AT_ONCE]
    assert len(waited) <= max(0.05 * len(seen), seen[-1][0] - seen[0][0] + 1), waited


def check_healed_soon(site):
    """Though the connections from before stay silent; an unknown token is the answer of a table."""
    started = time.monotonic()
    assert wait_until(lambda: everywhere(site, tokens.forge()) == {401}, faults.HEALED)
    assert time.monotonic() - started <= 2 * TIMEOUT + 2


def test_after_all_workers_hung_and_a_pause_requests_are_still_refused_at_once(new_site, model, connections):
    site = new_site(mpm=model)
    site.owner, site.unknown = site.manager("alice"), tokens.forge()
    pipe = TcpProxy(site.database, silent=True)
    through(pipe, site, connections)
    most = 2 * connections * PROCESSES[model]
    PacedRequests(site, 0.2, SILENT).run()
    assert pipe.open_links() <= most
    time.sleep(PAUSE)
    with Bystander(site):
        check_refused_at_once(PacedRequests(site, 1 / 60, LOAD).run())
    assert site.figures()["Breaker"] == "open"
    assert pipe.open_links() <= most
    pipe.silent = False
    check_healed_soon(site)
    check_told(site, "read", reminders=(SILENT + PAUSE + LOAD) // 10 + 1)


def test_connections_that_were_open_and_died_keep_no_request_waiting_nor_the_server_from_healing(
        new_site, model, connections):
    """A hole in the network: who is behind it does not hear that a connection has ended."""
    site = new_site(mpm=model)
    pipe = TcpProxy(site.database)
    through(pipe, site, connections)
    site.owner = site.manager("alice")
    known = site.owner.token()
    site.unknown = site.owner.token()
    for _ in range(5):  # connections of many workers
        assert everywhere(site, tokens.forge(), 12) == {401}
    for _ in range(2):
        pipe.silent = True
        seen = PacedRequests(site, 0.1, 8).run()
        check_refused_at_once(seen[len(seen) // 2:])
        pipe.silent = False
        check_healed_soon(site)
        assert everywhere(site, known) == {200}
