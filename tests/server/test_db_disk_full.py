# SPDX-License-Identifier: Apache-2.0
"""The disk of the database is full: what is there is read, nothing is half written, and last uses wait for room."""

import os
import pwd
import tempfile
import time

import pytest

import faults
import tokens
from client import check_unavailable
from faults import SETTINGS, Bystander, check_healed, check_told, everywhere
from httpd import CHILD_USER, wait_until
from marks import ENGINES, TWO_MPMS, each
from tiny_disk import WHY_NOT, TinyDisk, can_be_made

if not can_be_made():  # and yet this file was named
    pytest.skip(WHY_NOT, allow_module_level=True)

AT_MOST = 400  # tokens until the last page is full
LONG = "x" * 255


def sqlite_disk(site):
    owner = pwd.getpwnam(CHILD_USER)
    disk = TinyDisk(site.database.folder, owner.pw_uid, owner.pw_gid, 4)
    site.server.cleanups.append(disk.close)
    return disk


def postgres_disk(site):
    """The database alone lies there; PostgreSQL's own log, without which it ends, does not."""
    server, name = site.database.rdbms, site.database.name
    owner = pwd.getpwnam(server.account)
    folder = tempfile.mkdtemp(prefix="accesstoken-disk-", dir="/tmp")
    disk = TinyDisk(folder, owner.pw_uid, owner.pw_gid, 16)

    def run(statement):
        link = server.connect(None)
        link.autocommit = True
        link.cursor().execute(statement)
        link.close()

    def close():
        run(f"DROP DATABASE {name} WITH (FORCE)")
        run(f"DROP TABLESPACE {name}")
        disk.close()
        os.rmdir(folder)

    run(f"CREATE TABLESPACE {name} LOCATION '{folder}'")
    run(f"ALTER DATABASE {name} SET TABLESPACE {name}")
    site.server.cleanups.append(close)
    return disk


def mariadb_disk(site):
    """The folder of this database."""
    server, name = site.database.rdbms, site.database.name
    owner = pwd.getpwnam(server.account)
    disk = TinyDisk(os.path.join(server.folder, "data", name), owner.pw_uid, owner.pw_gid, 8)

    def close():
        site.database.run("DROP TABLE access_tokens")
        disk.close()
        site.database.run(f"DROP DATABASE {name}")

    site.server.cleanups.append(close)
    return disk


DISKS = {"sqlite3": sqlite_disk, "pgsql": postgres_disk, "mysql": mariadb_disk}


@pytest.fixture
def full(new_site):
    """A server whose database is on a disk of some megabytes; the folder of a test server is never deleted with it."""
    site = new_site()
    site.disk = DISKS[site.engine](site)
    site.start(SETTINGS + "AccessTokenCacheSize 0\nAccessTokenLastUsedInterval 1s\n")
    site.owner = site.manager("alice")
    site.known, site.unknown, site.fresh = (site.owner.token() for _ in range(3))
    return site


def generate_until_refused(site):
    """The tokens that still found room; then each page was looked at, and there was none for another."""
    made, refused = [], 0
    while refused < 5:
        answer = site.owner.post({"description": LONG})
        if answer.status_code == 201:
            made.append(answer.json()["tokenValue"])
            refused = 0
        else:
            check_unavailable(answer)
            assert "httok_" not in answer.text
            refused += 1
        assert len(made) < AT_MOST
    return made


def ids(site):
    return {row[0] for row in site.database.rows() if row[7] is None}


@each("engine, mpm", ENGINES, TWO_MPMS)
def test_on_a_full_disk_tokens_are_good_and_none_are_made(full):
    assert everywhere(full, full.known) == {200}
    full.disk.fill()
    with Bystander(full):
        made = generate_until_refused(full)
        for token in (full.known, full.unknown, full.fresh, *made[-3:]):
            assert everywhere(full, token) == {200}
        for _ in range(3):
            faults.check_cannot_generate(full, description=LONG)
        assert everywhere(full, tokens.forge()) == {401}
        assert len(full.owner.list()) == 3 + len(made)
        assert ids(full) == {tokens.id_of(token) for token in (full.known, full.unknown, full.fresh, *made)}
        doomed = full.owner.call("DELETE", "/" + tokens.id_of(full.unknown)).status_code
        assert doomed in (204, 503)
        assert full.let_in(full.unknown) == (401 if doomed == 204 else 200)
        time.sleep(2.5)
        assert everywhere(full, full.fresh) == {200}
        if full.engine == "sqlite3":
            assert full.database.row(tokens.id_of(full.fresh))["last_used"] is None
    full.disk.free()
    check_healed(full, full.known, full.fresh, *made[-3:])
    assert wait_until(lambda: full.database.row(tokens.id_of(full.fresh))["last_used"], faults.HEALED)
    assert full.database.sound()
    check_told(full, "written", "(?i)full|no space")
    assert not [line for line in faults.told(full) if "cannot be read (" in line]
