# SPDX-License-Identifier: Apache-2.0
"""Revocation, expiry, last used and 503 hold for a token whichever way it is sent; and no way puts it into a log."""

import base64
import hashlib
import time

import pytest

import engines
import faults
import outages
import tokens
from background_threads import BackgroundThreads
from client import check_unavailable
from httpd import wait_until
from last_uses import MOMENTS, last_used
from marks import ENGINES, MPMS, SERVERS, each, pairs
from several_servers import BOUND
from typical_site import basic
from ways import ACCEPT, WAYS, fields

PATH = "/way/data.json"
PLACES = f"""
<Location /way>
    AuthType AccessToken
    AuthName "way"
    {ACCEPT}
    Require valid-user
</Location>
<Location /mixed>
    {basic()}
    AuthBasicProvider file accesstoken
    {ACCEPT}
    Require valid-user
</Location>
"""


def ask(site, way, token, path="/way", **more):
    """200 or 404 mean that httpd let the request in: some places have no such file."""
    answer = site.client.get(path + "/data.json", headers=fields(way, token), **more)
    return 200 if answer.status_code == 404 else answer.status_code


def all_ways(site, token, path="/way"):
    return [ask(site, way, token, path) for way in WAYS]


def started(site, more=""):
    return site.start(PLACES + more)


@each("engine, mpm", ENGINES, MPMS)
def test_a_deleted_token_is_refused_from_the_204_on_in_every_way(new_site):
    site = started(new_site())
    owner = site.manager("alice")
    for path in ("/way", "/mixed"):
        token = owner.token()
        for _ in range(3):
            assert all_ways(site, token, path) == [200] * 4
        owner.delete(token)
        for _ in range(3):
            assert all_ways(site, token, path) == [401] * 4


class Users(BackgroundThreads):
    """One thread for each way asks all the time; remembers when it was last let in."""

    def __init__(self, site, token):
        self.site, self.token = site, token
        self.last = {}
        super().__init__(*[lambda way=way: self.run(way) for way in WAYS])

    def run(self, way):
        while not self.stop.is_set():
            began = time.monotonic()
            answer = self.site.client.session.get(self.site.client.base + PATH, headers=fields(way, self.token), timeout=30)
            if answer.status_code != 401:
                self.last[way] = began


@each("mpm, engine", MPMS, ENGINES, turn=1)
def test_no_request_that_begins_after_the_204_is_let_in_while_many_are_under_way(new_site):
    site = started(new_site())
    owner = site.manager("alice")
    for _ in range(5):
        token = owner.token()
        with Users(site, token) as users:
            time.sleep(0.15)
            owner.delete(token)
            gone = time.monotonic()
            time.sleep(0.15)
        assert set(users.last) == set(WAYS)
        assert max(users.last.values()) < gone


@each("engine, mpm", ENGINES, MPMS, turn=1)
def test_a_token_that_was_deleted_elsewhere_is_refused_within_the_interval_in_every_way(new_site):
    site = started(new_site())
    token = site.manager("alice").token()
    for _ in range(3):
        assert all_ways(site, token) == [200] * 4
    site.database.change(tokens.id_of(token), deleted_at=engines.now_ms())
    time.sleep(BOUND)
    assert all_ways(site, token) == [401] * 4


@pytest.mark.parametrize("way", WAYS)
def test_a_token_expires_to_the_millisecond_in_every_way(new_site, way):
    site = started(new_site())
    token, info = site.manager("alice").generate(lifetime=2)
    end = engines.from_iso(info["expiredAt"]) / 1000
    answers = []
    while time.time() < end + 0.2:
        began = time.time()
        answers.append((began, ask(site, way, token), time.time()))
    assert all(status == 200 for _, status, ended in answers if ended < end)
    assert all(status == 401 for began, status, _ in answers if began >= end)
    assert {status for _, status, _ in answers} == {200, 401}


@each("engine, way", ENGINES, WAYS)
def test_a_use_is_written_in_every_way(new_site, way):
    site = started(new_site(), "AccessTokenLastUsedInterval 1s\n")
    token = site.manager("alice").token()
    assert ask(site, way, token) == 200
    assert site.manager("alice").info(token)["lastUsed"]
    assert wait_until(lambda: last_used(site, token), 1 + MOMENTS)
    first = last_used(site, token)
    time.sleep(1.1)
    assert ask(site, way, token) == 200
    assert wait_until(lambda: last_used(site, token) > first, 1 + MOMENTS)


@pairs("mpm, way", MPMS, WAYS)
def test_a_use_is_kept_at_a_stop_in_every_way(new_site, way):
    site = started(new_site())
    token = site.manager("alice").token()
    assert ask(site, way, token) == 200
    site.client.session.close()
    assert site.server.stop()
    assert last_used(site, token) is not None


def test_a_refused_request_is_no_use(new_site):
    site = started(new_site(), "<Location /mixed>\n AccessTokenBasicUser owner\n</Location>\n")
    token = site.manager("alice").token()
    assert ask(site, "basic", token, "/mixed") == 401
    assert site.client.get(PATH, headers={**fields("bearer", token), **fields("field", token)}).status_code == 400
    assert site.manager("alice").info(token)["lastUsed"] is None


@each("engine, mpm", SERVERS, MPMS)
def test_while_the_database_is_away_every_way_is_503_and_passwords_go_on(new_site):
    site = started(new_site(), faults.SETTINGS)
    known, unknown = site.manager("alice").token(), site.manager("alice").token()
    for _ in range(6):
        assert all_ways(site, known) == [200] * 4
    with outages.stopped(site.database):
        for path in ("/way", "/mixed"):
            for way in WAYS:
                for token in (unknown, tokens.forge()):
                    answer = site.client.get(path + "/data.json", headers=fields(way, token))
                    check_unavailable(answer)
                    assert "WWW-Authenticate" not in answer.headers
                assert ask(site, way, known, path) == 200
        assert site.client.status("/mixed/data.json", user="alice") == 404
        assert site.client.status("/mixed/data.json", headers=fields("basic", "wrong", "alice")) == 401


@each("engine, mpm", SERVERS, MPMS, turn=1)
def test_a_server_that_is_cut_off_for_too_long_refuses_every_way(new_site):
    site = started(new_site(), faults.SETTINGS + "AccessTokenStaleIfError 2s\n")
    token = site.manager("alice").token()
    for _ in range(6):
        assert all_ways(site, token) == [200] * 4
    answers = []
    with outages.stopped(site.database):
        assert wait_until(lambda: answers.append(all_ways(site, token)) or answers[-1] == [503] * 4, faults.HEALED)
        assert {status for ways in answers for status in ways} <= {200, 503}
        assert all_ways(site, token) == [503] * 4
    assert wait_until(lambda: all_ways(site, token) == [200] * 4, faults.HEALED)


def test_a_locked_sqlite_file_is_503_in_every_way(new_site):
    site = started(new_site(), faults.UNCACHED)
    token = site.manager("alice").token()
    with outages.locked_for_all(site.database):
        for path in ("/way", "/mixed"):
            assert all_ways(site, token, path) == [503] * 4
        assert site.client.get("/mixed/data.json", user="alice").status_code == 404
    assert wait_until(lambda: all_ways(site, token) == [200] * 4, 10)


def test_the_text_of_a_token_is_never_tried_as_a_password(new_site):
    """Even if a file of passwords has it: the token is unknown, so nobody is let in."""
    site = new_site()
    token = tokens.forge()
    digest = base64.b64encode(hashlib.sha1(token.encode()).digest()).decode()
    site.server.write("conf/odd", f"alice:{{SHA}}{digest}\n")
    started(site, "<Location /mixed>\n AuthUserFile conf/odd\n</Location>\n")
    assert ask(site, "basic", token, "/mixed") == 401
