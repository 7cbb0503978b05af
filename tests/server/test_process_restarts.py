# SPDX-License-Identifier: Apache-2.0
"""Restarts one after the other under load, and a parent that is killed: no wrong answer, no growth, nothing left behind."""

import os
import re
import signal

import pytest

import engines
import tokens
from client import Client, Manager
from httpd import wait_until
from mixed_traffic import SETTINGS_OF, Traffic
from typical_site import host

TIMES = 20
MOMENTS = 5


def shared_memory(pid):
    """Bytes of shared memory without a file that a process has mapped."""
    total = 0
    with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as file:
        for line in file:
            first, last, mode = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
            if mode[3] == "s" and ("/dev/zero" in line or "SYSV" in line):
                total += int(last, 16) - int(first, 16)
    return total


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def segments():
    """System V segments and files in /dev/shm, which would outlive their processes."""
    with open("/proc/sysvipc/shm", encoding="ascii") as file:
        return len(file.readlines()), {name for name in os.listdir("/dev/shm") if "accesstoken" in name}


@pytest.mark.parametrize("model", ["event", "prefork"])
def test_twenty_graceful_restarts_under_load_are_not_noticed(new_site, model):
    site = new_site(mpm=model)
    site.start(SETTINGS_OF[model])
    with Traffic(site, workers=2, batch=4) as traffic:
        site.server.again(signal.SIGUSR1)
        pid = site.server.process.pid
        before = shared_memory(pid), descriptors(pid)
        for _ in range(TIMES - 1):
            site.server.again(signal.SIGUSR1)
        after = shared_memory(pid), descriptors(pid)
    traffic.check()
    assert before[0] >= 8_000_000
    assert after == before
    assert site.server.stop()
    assert all(site.database.row(tokens.id_of(token))["last_used"] for token in [one.token for one in traffic.kept])


def with_hosts_table(site, table):
    """The configuration with one more virtual host, which has a table of its own, or with none."""
    if not hasattr(site, "plain"):
        site.plain, site.hosts_port = site.server.configuration, site.server.add_port()
    text = f"AccessTokenTable {table}\n<Location />\nAuthType AccessToken\nAuthName api\nRequire valid-user\n</Location>"
    site.server.configure(site.plain + (host(site.hosts_port, text) if table else ""))
    site.server.again(signal.SIGUSR1)


@pytest.mark.parametrize("model", ["event", "prefork"])
def test_memory_of_tables_that_no_configuration_names_any_more_is_given_back(new_site, model):
    """While requests are answered, some of them by processes of the configuration before."""
    site = new_site(mpm=model)
    site.start(SETTINGS_OF[model])
    pid, seen = site.server.process.pid, []
    with Traffic(site, workers=2, batch=4) as traffic:
        for number in range(10):
            with_hosts_table(site, f"other{number}")
            seen.append(shared_memory(pid))
    traffic.check()
    assert seen[0] < seen[1] == max(seen), seen


def test_a_table_that_one_configuration_does_not_name_finds_its_cache_again(new_site):
    site = new_site().start()
    with_hosts_table(site, "other")
    token = Manager(site.client, "/tokens", user="alice").token()
    site.database.run("CREATE TABLE IF NOT EXISTS other AS SELECT * FROM access_tokens")
    there = Client(site.hosts_port)
    for absences in (1, 2):
        assert there.status("/open/data.json", token=token) == 200
        hits = site.figures("other")["Hits"]
        for _ in range(absences):
            with_hosts_table(site, None)
        with_hosts_table(site, "other")
        assert there.status("/open/data.json", token=token) == 200
        assert (site.figures("other")["Hits"] > hits) == (absences == 1), absences


def test_cached_tokens_stay_cached_after_a_graceful_restart(new_site):
    site = new_site().start("LogLevel info\n")
    owner = site.manager("alice")
    kept, doomed = owner.token(), owner.token()
    assert [site.let_in(kept), site.let_in(doomed)] == [200, 200]
    lookups = site.figures()["Lookups"]
    site.server.again(signal.SIGUSR1)
    assert [site.let_in(kept) for _ in range(10)] == [200] * 10
    assert site.figures()["Lookups"] == lookups
    owner.delete(doomed)
    assert [site.let_in(doomed) for _ in range(10)] == [401] * 10


def test_a_deletion_that_an_old_child_answers_holds_for_the_new_ones_and_the_other_way_round(new_site):
    """A child of the old configuration goes on with its connection, and shares the cache with the new ones."""
    site = new_site().start("LogLevel info\n")
    owner = site.manager("alice")
    for _ in range(5):
        token = owner.token()
        assert site.let_in(token) == 200
        site.server.send(signal.SIGUSR1)
        owner.delete(token)
        assert {site.client.status("/api/data.json", token=token, headers={"Connection": "close"})
                for _ in range(20)} == {401}
    assert wait_until(site.server.listening)


def test_a_killed_parent_leaves_nothing_behind_and_loses_one_interval_at_most(new_site):
    site = new_site()
    site.expected_kills = True
    before = segments()
    site.start("AccessTokenLastUsedInterval 1s\nLogLevel info\n")
    owner = site.manager("alice")
    old, late = owner.token(), owner.token()
    assert site.let_in(old) == 200
    assert wait_until(lambda: site.database.row(tokens.id_of(old))["last_used"], MOMENTS)
    used = site.database.row(tokens.id_of(old))["last_used"]
    assert site.let_in(late) == 200
    site.server.kill()
    assert segments() == before
    site.server.start()
    assert [site.let_in(token) for token in (old, late)] == [200, 200]
    assert engines.from_iso(owner.info(old)["lastUsed"]) > used
    owner.delete(old)
    assert site.let_in(old) == 401
    assert site.database.sound()
