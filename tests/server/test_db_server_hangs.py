# SPDX-License-Identifier: Apache-2.0
"""The database hangs: frozen, or its table locked by somebody else. No request waits longer than the timeout, few wait at all.

With ACCESSTOKEN_LONG=1 it hangs for 30 seconds.
"""

import threading
import time

import faults
import outages
import tokens
from client import check_unavailable
from faults import (BOUND, SETTINGS, SLACK, TIMEOUT, Bystander, check_cannot_generate, check_healed, check_refused,
                    check_told, everywhere, timed)
from httpd import wait_until
from marks import LONG, SERVERS, TWO_MPMS, each, pairs
from paced_requests import PacedRequests

HANGS = 30 if LONG else 4
FEW_CHILDREN = "StartServers 6\nMinSpareServers 1\nMaxSpareServers 6\nMaxRequestWorkers 6\nKeepAlive Off\n"
HANGS_HOW = (outages.frozen, faults.table_locked)


def with_owner(site, settings=SETTINGS):
    site.start(settings)
    site.owner = site.manager("alice")
    site.known, site.unknown = site.owner.token(), site.owner.token()
    assert everywhere(site, site.known) == {200}
    return site


def kept(site):
    """What no outage may change: everything but the last use, of the rows that are not deleted."""
    return [row[:6] for row in site.database.rows() if row[7] is None]


@pairs("engine, model, hangs", SERVERS, TWO_MPMS, HANGS_HOW)
def test_while_the_database_hangs_every_request_is_answered_in_time(new_site, model, hangs):
    site = with_owner(new_site(mpm=model))
    rows = kept(site)
    with hangs(site.database), Bystander(site):
        check_refused(site, site.unknown)
        assert everywhere(site, site.known) == {200}
        check_unavailable(site.client.get("/api/data.json", token=site.unknown))
    check_healed(site, site.known, site.unknown)
    time.sleep(TIMEOUT)  # what the server found in its queue when it woke up
    assert kept(site) == rows
    check_told(site, "read", "no answer in time")
    check_told(site, "written")


@pairs("engine, hangs", SERVERS, HANGS_HOW)
def test_one_request_a_second_of_the_whole_server_waits_and_the_others_are_answered_at_once(new_site, hangs):
    """On prefork with few children, so that children who wait would be missed."""
    site = with_owner(new_site(mpm="prefork"), SETTINGS + FEW_CHILDREN)
    with hangs(site.database):
        faults.cold(site.server.port, site.unknown)
        with Bystander(site):
            seen = PacedRequests(site, 0.05, HANGS).run()
        assert everywhere(site, site.known) == {200}
    assert {status for _, status, _ in seen} == {503}
    assert max(seconds for _, _, seconds in seen) <= BOUND
    waited = [when for when, _, seconds in seen if seconds > TIMEOUT / 2]
    assert HANGS / (2 * TIMEOUT) - 1 <= len(waited) <= HANGS + 1, waited
    check_healed(site, site.known, site.unknown)
    check_told(site, "read", reminders=HANGS // 10)


@pairs("engine, model, hangs", SERVERS, TWO_MPMS, HANGS_HOW)
def test_a_pause_shorter_than_the_timeout_is_waited_out(new_site, model, hangs):
    site = with_owner(new_site(mpm=model), SETTINGS.replace("Timeout 1s", "Timeout 5s"))
    answers = []
    with hangs(site.database):
        asker = threading.Thread(target=lambda: answers.append(site.client.status("/api/data.json", token=site.unknown)))
        asker.start()
        time.sleep(0.7)
        assert answers == []
    asker.join()
    assert answers == [200]
    assert faults.told(site) == []


@pairs("engine, model, hangs", SERVERS, TWO_MPMS, HANGS_HOW)
def test_a_hang_is_over_for_all_children_within_a_second_or_two(new_site, model, hangs):
    site = with_owner(new_site(mpm=model))
    with hangs(site.database):
        assert everywhere(site, site.unknown) == {503}
        assert everywhere(site, site.unknown) == {503}
    started = time.monotonic()
    assert wait_until(lambda: everywhere(site, site.unknown) == {200}, BOUND + 1)
    assert time.monotonic() - started <= BOUND + 1
    assert everywhere(site, site.unknown) == {200}


@each("engine, model", SERVERS, TWO_MPMS)
def test_rows_that_a_long_transaction_has_written_are_read_and_not_deleted(new_site, model):
    site = with_owner(new_site(mpm=model), SETTINGS + "AccessTokenLastUsedInterval 1s\n")
    fresh = site.owner.token()
    rows = kept(site)
    with faults.rows_locked(site.database), Bystander(site):
        for token in (site.known, site.unknown, fresh):
            answer, seconds = timed(lambda token=token: site.let_in(token))
            assert answer == 200 and seconds <= SLACK
        assert len(site.owner.list()) == 3
        answer, seconds = timed(lambda: site.owner.call("DELETE", "/" + tokens.id_of(fresh)))
        check_unavailable(answer)
        assert seconds <= BOUND and site.let_in(fresh) == 200
        if site.database.driver == "mysql":  # a lock of all rows is one of the gaps between them, too
            check_cannot_generate(site)
        time.sleep(2)
        assert {site.let_in(token) for token in (site.known, site.unknown, fresh)} == {200}
    time.sleep(TIMEOUT)
    assert kept(site) == rows
    assert wait_until(lambda: site.database.row(tokens.id_of(fresh))["last_used"], faults.HEALED)
    check_healed(site, fresh)
    check_told(site, "written")
    assert not [line for line in faults.told(site) if "cannot be read" in line]
