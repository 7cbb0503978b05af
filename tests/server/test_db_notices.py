# SPDX-License-Identifier: Apache-2.0
"""Events that failed no request are logged once each, at level info."""

import os
import shutil
import time

import pytest

import faults
from httpd import AS_ROOT, CHILD_GROUP, CHILD_USER, wait_until
from marks import ALL_ENGINES

SETTINGS = "LogLevel warn accesstoken:info\nAccessTokenCacheSize 0\n"
RECONNECTED = "a statement failed on a broken connection and succeeded on a new one"
REPLACED = "the SQLite file was replaced"
CONNECTIONS = 4  # of a process, each of which notices for itself
CREATED = "table access_tokens did not exist and was created"


@pytest.fixture
def informed(new_site):
    site = new_site().start(SETTINGS)
    site.token = site.manager("alice").token()
    return site


def told(site, words):
    return [line for line in site.server.log().splitlines() if words in line and ":info]" in line]


@ALL_ENGINES
def test_the_creation_of_the_table_is_logged(informed):
    assert informed.let_in(informed.token) == 200
    assert len(told(informed, CREATED)) == 1
    informed.database.run("DROP TABLE access_tokens")
    assert informed.client.status("/api/data.json", token=informed.token) == 401
    assert len(told(informed, CREATED)) == 2
    assert not told(informed, REPLACED)


@pytest.mark.parametrize("engine", ["pgsql", "mysql"], indirect=True, scope="module")
def test_a_dead_connection_is_logged(informed):
    assert informed.let_in(informed.token) == 200
    assert not told(informed, RECONNECTED)
    faults.end_connections(informed.database)
    assert [informed.let_in(informed.token) for _ in range(20)] == [200] * 20
    assert 1 <= len(told(informed, RECONNECTED)) <= CONNECTIONS


def test_the_replacement_of_the_file_is_logged(informed):
    database = informed.database
    assert informed.let_in(informed.token) == 200
    copy = database.path + ".copy"
    database.run("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(database.path, copy)
    if AS_ROOT:
        shutil.chown(copy, CHILD_USER, CHILD_GROUP)
    assert not told(informed, REPLACED)
    os.rename(copy, database.path)
    assert wait_until(lambda: informed.let_in(informed.token) == 200 and told(informed, REPLACED), 5)
    time.sleep(1)
    assert [informed.let_in(informed.token) for _ in range(20)] == [200] * 20
    assert 1 <= len(told(informed, REPLACED)) <= CONNECTIONS
