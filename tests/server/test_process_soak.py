# SPDX-License-Identifier: Apache-2.0
"""Mixed traffic while the database has one fault after the other: not one wrong decision, and nothing grows.

With ACCESSTOKEN_LONG=1 ten minutes for each engine.
"""

import contextlib
import os
import random
import re
import shutil
import time

import faults
import outages
import tokens
from httpd import wait_until
from marks import ALL_ENGINES, LONG
from mixed_traffic import SETTINGS_OF, Traffic

pytestmark = ALL_ENGINES

WARM_UP, SECONDS = (60, 600) if LONG else (6, 14)
BETWEEN = (1, 5) if LONG else (0.3, 1.2)  # seconds from one fault to the next
SETTLED = 6.5  # after which neither clients' connections nor the database's are kept
SETTINGS = "AccessTokenDatabaseTimeout 1s\nLogLevel warn\n"
MORE_FDS, MORE_THREADS, MORE_KB = 8, 4, 3072


# Faults, each of which is over when the function returns

def lasting(outage):
    def fault(site, traffic, dice):
        del traffic
        with outage(site.database):
            time.sleep(dice.uniform(0.2, 1.8))

    fault.__name__ = outage.__name__
    return fault


@contextlib.contextmanager
def locked(database):
    with database.locked():
        yield


@contextlib.contextmanager
def unreadable(database):
    """Who has the file open goes on with it; nobody else can open it."""
    os.chmod(database.path, 0)
    try:
        yield
    finally:
        os.chmod(database.path, 0o644)


def replaced(site, traffic, dice):
    """By a copy, with the folder that it is in: SQLite's files beside it are not to be mixed up with the old ones.

    Rows that are written to the old file meanwhile would be lost, so no client writes.
    """
    del dice
    folder = site.database.folder
    with traffic.moving:
        time.sleep(0.1)
        copy, owner = site.database.backup(site.server.path("copy.db")), os.stat(site.database.path)
        new = f"{folder}.{time.monotonic_ns()}"
        os.mkdir(new)
        for path in (new, shutil.copy(copy, os.path.join(new, os.path.basename(site.database.path)))):
            os.chown(path, owner.st_uid, owner.st_gid)
        point(folder, new)
        os.unlink(copy)
        time.sleep(2)


def point(link, folder):
    """A symbolic link that leads to this folder from now on."""
    os.symlink(folder, link + ".new")
    os.rename(link + ".new", link)


def restarted(site, traffic, dice):
    del traffic, dice
    faults.restart(site.database)


def disconnected(site, traffic, dice):
    del traffic, dice
    faults.end_connections(site.database)


OF_SERVERS = [disconnected, restarted,
              *map(lasting, (outages.frozen, outages.held, outages.stopped, faults.killed, faults.ended_at_once))]
FAULTS = {"sqlite3": [replaced, *map(lasting, (locked, unreadable, outages.locked_for_all))],
          "pgsql": OF_SERVERS, "mysql": OF_SERVERS}


# What may not grow

def size_of(pid):
    """(open files, threads, KB of memory of its own) of a process."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        status = file.read()
    return (len(os.listdir(f"/proc/{pid}/fd")), int(re.search(r"Threads:\s*(\d+)", status).group(1)),
            int(re.search(r"RssAnon:\s*(\d+)", status).group(1)))


def sizes(site):
    time.sleep(SETTLED)
    return {pid: size_of(pid) for pid in site.server.children()}


def check_growth(before, after):
    assert set(before) == set(after)
    for pid, (fds, threads, memory) in before.items():
        assert after[pid][0] <= fds + MORE_FDS and after[pid][1] <= threads + MORE_THREADS, (before, after)
        assert after[pid][2] <= memory * 1.25 + MORE_KB, (before, after)


# The run

def run(site, seconds, seed):
    """Traffic with faults: the traffic, and how often there was which fault. Each comes at least once, time allowing."""
    dice, counts = random.Random(seed), {}
    with Traffic(site, seed=seed, outages=True) as traffic:
        end = time.monotonic() + seconds
        turn = []
        while time.monotonic() < end and not traffic.wrong:
            turn = turn or dice.sample(FAULTS[site.engine], len(FAULTS[site.engine]))
            fault = turn.pop()
            time.sleep(dice.uniform(*BETWEEN))
            fault(site, traffic, dice)
            counts[fault.__name__] = counts.get(fault.__name__, 0) + 1
    return traffic, counts


def check_run(site, traffic):
    traffic.check()
    assert traffic.unavailable and traffic.made > 5 and traffic.deleted > 5, str(traffic)
    assert wait_until(lambda: {site.let_in(token) for token in traffic.living()} == {200}, faults.HEALED)
    there = {row[0] for row in site.database.rows() if row[7] is None}
    assert {tokens.id_of(token) for token in traffic.living()} <= there


def test_faults_one_after_the_other_cause_no_wrong_decision_and_no_growth(new_site):
    site = new_site()
    if site.engine == "sqlite3":
        os.rename(site.database.folder, site.database.folder + ".0")
        point(site.database.folder, site.database.folder + ".0")
    site.start(SETTINGS_OF[site.mpm] + SETTINGS)
    traffic, _ = run(site, WARM_UP, 1)
    check_run(site, traffic)
    before = sizes(site)
    traffic, counts = run(site, SECONDS, 2)
    print(site.engine, traffic, counts)
    check_run(site, traffic)
    after = sizes(site)
    print("(files, threads, KB) of each child before", *before.values(), "and after", *after.values())
    check_growth(before, after)
    assert site.server.stop()
    assert site.database.sound()
