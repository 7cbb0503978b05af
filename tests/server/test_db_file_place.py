# SPDX-License-Identifier: Apache-2.0
"""Where the SQLite file lies: places that lose tokens are told at start, and a read-only one is read."""

import os
import shutil
import subprocess

import pytest

import tokens
from client import check_unavailable
from httpd import AS_ROOT, CHILD_GROUP, CHILD_USER
from marks import PRIVILEGED


def warnings(site, words):
    return [line for line in site.server.log().splitlines() if "[accesstoken:warn]" in line and words in line]


def test_a_database_in_a_temporary_folder_is_logged_once(new_site):
    """That of each test lies there."""
    site = new_site()
    site.start("<VirtualHost *:1>\nServerName other.example\n</VirtualHost>\n")
    lines = warnings(site, "PrivateTmp")
    assert len(lines) == 1 and site.database.path in lines[0]
    assert not warnings(site, "mount point")


@pytest.fixture
def mounted(new_site):
    """A server whose database file is mounted, as in a container that was given the file alone."""
    site = new_site()
    outside = site.server.path("outside.db")
    for path in (outside, site.database.path):
        with open(path, "xb"):
            pass
        if AS_ROOT:
            shutil.chown(path, CHILD_USER, CHILD_GROUP)
    subprocess.run(["mount", "--bind", outside, site.database.path], check=True)
    site.server.cleanups.append(lambda: subprocess.run(["umount", site.database.path], check=True))
    return site


@PRIVILEGED
def test_a_file_that_is_mounted_alone_is_logged(mounted):
    mounted.start()
    lines = warnings(mounted, "mount the folder")
    assert len(lines) == 1 and mounted.database.path in lines[0]
    assert mounted.let_in(mounted.manager("alice").token()) == 200


@PRIVILEGED
def test_a_database_without_wal_is_read_where_nothing_may_be_written(new_site):
    site = new_site().start("AccessTokenCacheSize 0\nAccessTokenDatabaseTimeout 1s\n")
    owner = site.manager("alice")
    token = owner.token()
    site.server.stop()
    site.database.run("PRAGMA journal_mode=DELETE")
    names = [site.database.path, site.database.folder]
    for name, mode in zip(names, (0o444, 0o555)):
        shutil.chown(name, "root", "root")
        os.chmod(name, mode)
    site.server.start()
    assert site.let_in(token) == 200
    assert [info["tokenId"] for info in owner.list()] == [tokens.id_of(token)]
    check_unavailable(owner.post({}))
    assert site.let_in(token) == 200


@pytest.fixture
def layered(new_site):
    """A server with a token whose database lies in the lower layer of an overlay, as in the image of a container."""
    site = new_site().start("AccessTokenCacheSize 0\n")
    site.owner = site.manager("alice")
    site.token = site.owner.token()
    site.server.stop()
    folders = [site.server.folder(name, for_children=True) for name in ("upper", "work")]
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", f"lowerdir={site.database.folder},"
                    f"upperdir={folders[0]},workdir={folders[1]}", site.database.folder], check=True)
    site.server.cleanups.append(lambda: subprocess.run(["umount", site.database.folder], check=True))
    site.server.start()
    return site


@PRIVILEGED
def test_a_file_that_an_overlay_copies_when_it_is_opened_is_used_at_once(layered):
    assert layered.let_in(layered.token) == 200
    assert layered.let_in(layered.owner.token()) == 200
