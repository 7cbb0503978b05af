# SPDX-License-Identifier: Apache-2.0
"""Processes that die or are replaced under load: nothing that a client was told is lost."""

import functools
import os
import signal
import time

import pytest
import requests

import tokens
from background_threads import BackgroundThreads
from httpd import wait_until

HEALED = 15


class Load(BackgroundThreads):
    """Threads that call and generate, and note what they were answered."""

    def __init__(self, site):
        self.site, self.statuses, self.made, self.broken = site, [], [], 0
        super().__init__(*[functools.partial(self.run, number) for number in range(4)])

    def run(self, number):
        manager = self.site.manager(f"user{number}")
        while not self.stop.is_set():
            try:
                fresh = {"Connection": "close"}
                self.statuses.append(self.site.client.session.get(
                    self.site.client.base + "/api/data.json", timeout=20,
                    headers={"Authorization": "Bearer " + self.site.token, **fresh}).status_code)
                answer = manager.post({}, headers=fresh)
                self.statuses.append(answer.status_code)
                if answer.status_code == 201:
                    self.made.append(answer.json()["tokenValue"])
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
                self.broken += 1


@pytest.mark.parametrize("process_model", ["event", "prefork"])
def test_children_that_are_killed_under_load_lose_nothing_that_was_answered(new_site, process_model):
    site = new_site(mpm=process_model)
    site.expected_kills = True
    site.start("AccessTokenLastUsedInterval 2s\n")
    site.token = site.manager("alice").token()
    with Load(site) as load:
        for _ in range(10):
            time.sleep(0.3)
            for pid in site.server.serving_children()[:1]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
    assert set(load.statuses) <= {200, 201}
    assert load.made and all(site.database.row(tokens.id_of(token)) for token in load.made)
    assert site.database.sound()
    assert wait_until(lambda: [site.let_in(token) for token in load.made[-20:]] == [200] * len(load.made[-20:]), HEALED)
    assert wait_until(lambda: site.database.row(tokens.id_of(load.made[-1]))["last_used"], 5)


def test_graceful_restarts_under_load_are_not_noticed(new_site):
    site = new_site().start()
    site.token = site.manager("alice").token()
    with Load(site) as load:
        for _ in range(5):
            time.sleep(0.3)
            site.server.again(signal.SIGUSR1)
    assert set(load.statuses) <= {200, 201} and load.broken == 0
    assert all(site.database.row(tokens.id_of(token)) for token in load.made)
    assert wait_until(lambda: site.database.row(tokens.id_of(site.token))["last_used"], 5)


def test_httpd_starts_again_after_it_was_killed_with_all_its_children(new_site):
    site = new_site()
    site.expected_kills = True
    site.start()
    token = site.manager("alice").token()
    assert site.let_in(token) == 200
    site.server.kill()
    assert os.path.exists(site.server.path("run", "httpd.pid"))
    site.server.start()
    assert site.let_in(token) == 200
    assert site.let_in(site.manager("alice").token()) == 200
    assert site.database.sound()
