# SPDX-License-Identifier: Apache-2.0
"""Mixed traffic with restarts and dying children: not one wrong decision.

With ACCESSTOKEN_LONG=1 a million requests, and children that are killed for more than a minute.
"""

import os
import random
import signal
import time

import tokens
from httpd import wait_until
from marks import ALL_MPMS, LONG
from mixed_traffic import SETTINGS_OF, Traffic

pytestmark = ALL_MPMS

REQUESTS = 340_000 if LONG else 30_000
KILLS = 330 if LONG else 16
HEALED = 15


def kill_one(site, dice):
    children = site.server.children()
    if children:
        try:
            os.kill(dice.choice(children), signal.SIGKILL)
        except ProcessLookupError:
            pass


def check_afterwards(site, traffic):
    """All who live are let in, their uses are in the table when httpd has stopped, and the table is sound."""
    print(site.mpm, traffic)
    assert wait_until(lambda: {site.let_in(token) for token in traffic.living()} == {200}, HEALED)
    assert site.server.stop()
    assert all(site.database.row(tokens.id_of(token))["last_used"] for token in traffic.living())
    assert site.database.sound()


def test_a_mixed_run_with_graceful_restarts_decides_nothing_wrong(new_site):
    site = new_site()
    site.start(SETTINGS_OF[site.mpm])
    with Traffic(site) as traffic:
        for part in range(1, 5):
            traffic.wait_for(REQUESTS * part // 4)
            if part < 4:
                site.server.again(signal.SIGUSR1)
    traffic.check()
    assert traffic.answered >= REQUESTS and traffic.made > 10 and traffic.deleted > 10
    check_afterwards(site, traffic)


def test_children_that_are_killed_at_random_cause_no_wrong_decision(new_site):
    site = new_site()
    site.expected_kills = True
    site.start(SETTINGS_OF[site.mpm])
    dice = random.Random(7)
    with Traffic(site) as traffic:
        for _ in range(KILLS):
            time.sleep(dice.uniform(0.05, 0.3))
            kill_one(site, dice)
    traffic.check(drops=True)
    check_afterwards(site, traffic)
