# SPDX-License-Identifier: Apache-2.0
"""SQLite: rows that other programs wrote, and a file that was replaced: every list ends, and no answer is wrong."""

import os
import shutil
import time
import uuid

import pytest

import tokens
from client import all_pages
from httpd import wait_until

CREATED = 1_900_000_000_000


@pytest.fixture
def mixed(new_site):
    """A server, and a user with four good tokens and a means to add odd ones among them."""
    site = new_site().start()
    site.owner = site.manager("alice")
    site.good = {site.owner.generate()[1]["tokenId"] for _ in range(4)}

    def add(token_id, created):
        site.database.insert("token_id", "token_hash", "user_name", "description", "created_at",
                             rows=[(token_id, tokens.hash_of("x"), "alice", "odd", created)])

    site.add = add
    return site


@pytest.mark.parametrize("ids", [("-1", "-2"), ("", "0"), ("zzz", "~"), (b"\x00\xff", b"\xff")], ids=str)
@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_rows_with_ids_that_are_none_end_no_list_and_hide_nothing(mixed, ids, limit):
    for token_id in ids:
        mixed.add(token_id, CREATED)
    found = all_pages(mixed.owner, f"?limit={limit}")
    assert sorted(found) == sorted(mixed.good)


@pytest.mark.parametrize("created", [CREATED + 0.5, "soon", b"x"], ids=str)
def test_rows_with_times_that_are_none_hide_nothing(mixed, created):
    for _ in range(2):
        mixed.add(str(uuid.uuid4()), created)
    assert sorted(all_pages(mixed.owner, "?limit=1")) == sorted(mixed.good)


def test_a_table_full_of_broken_rows_does_not_fill_the_log(mixed):
    mixed.database.insert("token_id", "token_hash", "user_name", "description", "created_at", rows=[
        (str(uuid.uuid4()), "no hash", "alice", "odd", CREATED + number) for number in range(300)])
    assert sorted(all_pages(mixed.owner, "")) == sorted(mixed.good)
    told = [line for line in mixed.server.log().splitlines() if "left out of the list" in line]
    assert 1 <= len(told) <= 10


def replace(site, path):
    """Puts another file in the place of the server's, at once, as a restored backup would come."""
    copy = site.database.path + ".new"
    shutil.copyfile(path, copy)
    shutil.copystat(site.database.path, copy)
    owner = os.stat(site.database.path)
    os.chown(copy, owner.st_uid, owner.st_gid)
    os.rename(copy, site.database.path)
    for suffix in ("-wal", "-shm"):
        if os.path.exists(site.database.path + suffix):
            os.unlink(site.database.path + suffix)


@pytest.mark.parametrize("pause", [0, 2], ids=["at once", "after a while"])
def test_a_file_that_is_replaced_is_noticed_by_every_process(new_site, pause):
    site = new_site().start()
    owner = site.manager("alice")
    old = owner.token()
    before = site.database.backup(site.server.path("before.db"))
    new = owner.token()
    token_id = tokens.id_of(new)
    for _ in range(40):
        assert site.let_in(new) == 200
    time.sleep(pause)
    replace(site, before)
    assert wait_until(lambda: all(site.client.status("/api/data.json", token=new) == 401 for _ in range(20)), 15)
    for _ in range(40):
        assert site.let_in(old) == 200
        assert site.client.status("/api/data.json", token=new) == 401
    made = owner.token()
    for _ in range(40):
        assert site.let_in(made) == 200
    assert site.database.row(token_id) is None
