# SPDX-License-Identifier: Apache-2.0
"""SQLite's file is locked by somebody else, on event and on prefork with few children."""

import time

import pytest

import outages
import tokens
from client import check_unavailable
from faults import (BOUND, HEALED, SETTINGS, TIMEOUT, Bystander, check_cannot_generate, check_healed, check_refused,
                    check_told, everywhere, timed, told)
from httpd import wait_until

FEW_CHILDREN = "KeepAlive Off\nStartServers 4\nMinSpareServers 1\nMaxSpareServers 4\nMaxRequestWorkers 4\n"
MODELS = pytest.mark.parametrize("model, pool", [("event", ""), ("prefork", FEW_CHILDREN)], ids=["event", "prefork"])


def started(site, more):
    site.start(SETTINGS + more)
    site.owner = site.manager("alice")
    site.known, site.unknown, site.fresh = (site.owner.token() for _ in range(3))
    assert everywhere(site, site.known, 4) == {200}
    return site


@MODELS
def test_while_another_writes_tokens_are_good_and_changes_wait_up_to_the_timeout(new_site, model, pool):
    site = started(new_site(mpm=model), pool + "AccessTokenLastUsedInterval 1s\n")
    rows = [row[:6] for row in site.database.rows()]
    with site.database.locked(), Bystander(site):
        for token in (site.known, site.unknown, site.fresh):
            answer, seconds = timed(lambda token=token: everywhere(site, token, 3))
            assert answer == {200} and seconds < TIMEOUT
        assert len(site.owner.list()) == 3
        check_cannot_generate(site)
        answer, seconds = timed(lambda: site.owner.call("DELETE", "/" + tokens.id_of(site.unknown)))
        check_unavailable(answer)
        assert seconds <= BOUND
        time.sleep(1.5)
        assert everywhere(site, site.unknown, 3) == {200}
    time.sleep(TIMEOUT)
    assert [row[:6] for row in site.database.rows()] == rows
    assert wait_until(lambda: site.database.row(tokens.id_of(site.fresh))["last_used"], HEALED)
    check_told(site, "written", "locked|no answer in time")
    check_healed(site, site.known, site.unknown)
    assert not [line for line in told(site) if "cannot be read (" in line]


@MODELS
def test_while_the_file_cannot_be_read_every_request_is_answered_in_time(new_site, model, pool):
    site = started(new_site(mpm=model), pool)
    with outages.locked_for_all(site.database), Bystander(site):
        check_refused(site, site.unknown)
        assert everywhere(site, site.known, 3) == {200}
    check_healed(site, site.known, site.unknown)
    check_told(site, "read", "locked|no answer in time")
