# SPDX-License-Identifier: Apache-2.0
"""The database server is down, killed, restarted: 503 and never 401, nothing half done, and it heals by itself."""

import functools
import time

import faults
import outages
import tokens
from background_threads import BackgroundThreads
from client import check_unavailable
from fast_client import at_once, wires
from faults import HEALED, SETTINGS, UNCACHED, Bystander, check_healed, check_refused, check_told, everywhere
from httpd import wait_until
from marks import SERVERS, TWO_MPMS, each, pairs

AWAY = (outages.stopped, faults.killed, faults.ended_at_once)


def with_owner(site, settings):
    site.start(settings)
    site.owner = site.manager("alice")
    return site


@each("engine, model", SERVERS, TWO_MPMS)
def test_httpd_starts_while_the_database_is_down_and_finds_it_later(new_site, model):
    site = new_site(mpm=model)
    with outages.stopped(site.database):
        with_owner(site, SETTINGS)
        with Bystander(site):
            check_refused(site, tokens.forge())
        assert len(faults.told(site)) >= 1
    check_healed(site)
    check_told(site, "read")


@pairs("engine, model, away", SERVERS, TWO_MPMS, AWAY)
def test_while_the_database_is_away_cached_tokens_are_let_in_and_the_rest_is_503(new_site, model, away):
    site = with_owner(new_site(mpm=model), SETTINGS)
    known, unknown = site.owner.token(), site.owner.token()
    assert everywhere(site, known) == {200}
    rows = [row[:6] for row in site.database.rows()]
    with away(site.database), Bystander(site):
        assert everywhere(site, known) == {200}
        check_refused(site, unknown)
        assert everywhere(site, known) == {200}
    check_healed(site, known, unknown)
    assert [row[:6] for row in site.database.rows() if row[7] is None] == rows
    check_told(site, "read")
    check_told(site, "written")


class Calls(BackgroundThreads):
    """Threads that ask with a good token, generate and delete all the time."""

    def __init__(self, site, token):
        self.site, self.token = site, token
        self.statuses, self.shown, self.deleted, self.slow = [], [], [], 0.0
        super().__init__(*[functools.partial(self.run, number) for number in range(3)])

    def run(self, number):
        owner = self.site.manager(f"user{number}")
        while not self.stop.is_set():
            began = time.monotonic()
            self.statuses.append(("GET", owner.client.status("/api/data.json", token=self.token)))
            answer = owner.post({})
            self.statuses.append(("POST", answer.status_code))
            self.slow = max(self.slow, (time.monotonic() - began) / 2)
            if answer.status_code == 201:
                self.shown.append(answer.json()["tokenValue"])
                if len(self.shown) % 3 == 0:
                    self.delete(owner, self.shown[-1])
            else:
                check_unavailable(answer)

    def delete(self, owner, token):
        status = owner.call("DELETE", "/" + tokens.id_of(token)).status_code
        self.statuses.append(("DELETE", status))
        if status == 204:
            self.deleted.append(token)


def kinds(calls):
    return {kind: {status for one, status in calls.statuses if one == kind} for kind in ("GET", "POST", "DELETE")}


def check_nothing_half_done(site, calls):
    """Who was shown a token has a row, and there is no other; what was deleted stays deleted."""
    def rows():
        return {row[0]: row[7] for row in site.database.rows() if row[2] != "alice"}

    shown = {tokens.id_of(token) for token in calls.shown}
    deleted = {tokens.id_of(token) for token in calls.deleted}
    assert wait_until(lambda: set(rows()) == shown, HEALED), set(rows()) ^ shown
    assert all(rows()[token_id] is not None for token_id in deleted)
    for token in calls.shown[-20:]:
        assert site.let_in(token) == 401 if tokens.id_of(token) in deleted else 200


@pairs("engine, model, away", SERVERS, TWO_MPMS, AWAY[1:])
def test_a_database_that_is_killed_during_requests_makes_no_wrong_answer(new_site, model, away):
    site = with_owner(new_site(mpm=model), UNCACHED)
    token = site.owner.token()
    with Bystander(site), Calls(site, token) as calls:
        for _ in range(2):
            time.sleep(0.5)
            with away(site.database):
                time.sleep(0.5)
        time.sleep(0.5)
    seen = kinds(calls)
    assert seen["GET"] == {200, 503} and seen["POST"] == {201, 503} and seen["DELETE"] <= {204, 503}, seen
    assert calls.slow <= faults.BOUND
    check_healed(site, token)
    check_nothing_half_done(site, calls)
    assert len(faults.told(site)) <= 8  # two outages, of reading and of writing


@each("engine, model", SERVERS, TWO_MPMS, turn=1)
def test_connections_that_are_ended_one_by_one_are_opened_again_without_a_log_line(new_site, model):
    site = with_owner(new_site(mpm=model), UNCACHED)
    token = site.owner.token()
    ended = 0
    with Calls(site, token) as calls:
        for _ in range(6):
            time.sleep(0.3)
            ended += faults.end_connections(site.database)
    seen = kinds(calls)
    assert ended > 10 and len(calls.statuses) > 50
    assert seen["GET"] == {200} and seen["POST"] == {201} and seen["DELETE"] == {204}, seen
    check_nothing_half_done(site, calls)
    assert faults.told(site) == []


@pairs("engine, model, how", SERVERS, TWO_MPMS, (faults.restart, faults.end_connections))
def test_after_a_restart_the_first_request_of_every_idle_connection_is_answered(new_site, model, how):
    site = with_owner(new_site(mpm=model), UNCACHED)
    token, other = site.owner.token(), site.owner.token()
    with wires(site.server.port, 8) as links:
        for _ in range(2):
            assert at_once(*[lambda link=link: link.status(token) for link in links]) == [200] * 8
            assert site.owner.list()
            assert len(faults.connections_of(site.database)) >= 2
            how(site.database)
            assert at_once(*[lambda link=link: link.status(other) for link in links]) == [200] * 8
            how(site.database)
            assert len(site.owner.list()) == 2
            how(site.database)
            site.owner.delete(site.owner.token())
            how(site.database)
            assert site.client.status("/api/data.json", token=tokens.forge()) == 401
    assert faults.told(site) == []
