# SPDX-License-Identifier: Apache-2.0
"""Rows that others wrote, as far as PostgreSQL's and MariaDB's types let them be: each is refused alone, and named in the log."""

import uuid

import pytest

import tokens
from client import all_pages
from httpd import wait_until

SERVED = pytest.mark.parametrize("engine", ["pgsql", "mysql"], indirect=True, scope="module")

CREATED = 1_900_000_000_000
MOST, LEAST = 2 ** 63 - 1, -2 ** 63
BROKEN = [{"user_name": ""}, {"user_name": "a\nb"}, {"user_name": "a\tb"}, {"created_at": -5}, {"created_at": MOST},
          {"created_at": LEAST}, {"expires_at": -1}, {"expires_at": MOST}, {"expires_at": LEAST}, {"last_used": -1},
          {"last_used": MOST}, {"deleted_at": -7}, {"deleted_at": MOST}, {"token_hash": ""}, {"token_hash": "abc"},
          {"token_hash": "q" * 64}, {"token_hash": " " * 64}]
BYTES = {"pgsql": [], "mysql": [{"user_name": b"\xff\xfe"}, {"token_hash": b"\xff" * 64}]}


@pytest.fixture
def mixed(new_site):
    site = new_site().start("LogLevel info\nAccessTokenCacheSize 0\n")
    site.owner = site.manager("alice")
    site.good = [site.owner.token() for _ in range(3)]
    return site


@SERVED
def test_a_broken_row_is_refused_alone_and_named_in_the_log(mixed):
    for columns in BROKEN + BYTES[mixed.engine]:
        broken = mixed.owner.token()
        mixed.database.change(tokens.id_of(broken), **columns)
        assert mixed.let_in(broken) == 401, columns
        if columns.get("deleted_at") is None and "last_used" not in columns:
            assert wait_until(lambda name=tokens.id_of(broken): name in mixed.server.log(), 3), columns
        for manager in (mixed.owner, mixed.everybody()):
            listed = {info["tokenId"] for info in manager.list()}
            assert {tokens.id_of(token) for token in mixed.good} <= listed, columns
        mixed.database.run("DELETE FROM access_tokens WHERE token_id = ?", tokens.id_of(broken))
    assert [mixed.let_in(token) for token in mixed.good] == [200] * 3


@SERVED
@pytest.mark.parametrize("limit", [1, 2, 1000])
@pytest.mark.parametrize("ids", [("-1", "-2"), ("", "0"), ("zzz", "~"), ("é", "ÿ")], ids=str)
def test_rows_with_ids_that_are_none_end_no_list_and_hide_nothing(mixed, ids, limit):
    for token_id in ids:
        mixed.database.insert("token_id", "token_hash", "user_name", "description", "created_at",
                              rows=[(token_id, tokens.hash_of("x"), "alice", "odd", CREATED)])
    found = all_pages(mixed.owner, f"?limit={limit}")
    assert sorted(found) == sorted(tokens.id_of(token) for token in mixed.good)


@SERVED
def test_many_broken_rows_do_not_fill_the_log(mixed):
    mixed.database.insert("token_id", "token_hash", "user_name", "description", "created_at", rows=[
        (str(uuid.uuid4()), "no hash", "alice", "odd", CREATED + number) for number in range(300)])
    assert sorted(all_pages(mixed.owner, "")) == sorted(tokens.id_of(token) for token in mixed.good)
    told = [line for line in mixed.server.log().splitlines() if "left out of the list" in line]
    assert 1 <= len(told) <= 10


@pytest.mark.parametrize("engine", ["sqlite3", "mysql"], indirect=True, scope="module")
def test_a_name_with_a_nul_in_it_is_not_the_name_before_the_nul(mixed):
    mixed.database.change(tokens.id_of(mixed.good[0]), user_name=b"alice\0x")
    assert mixed.let_in(mixed.good[0]) == 401


@pytest.mark.parametrize("engine", ["sqlite3", "mysql"], indirect=True, scope="module")
@pytest.mark.parametrize("scopes", [b"read\0only", "read\0only", b"\0", "read write\0"], ids=repr)
def test_scopes_with_a_nul_in_them_are_not_those_before_the_nul_and_never_no_limit(mixed, scopes):
    mixed.database.change(tokens.id_of(mixed.good[0]), scopes=scopes)
    assert mixed.let_in(mixed.good[0]) == 401


@pytest.mark.parametrize("engine", ["mysql"], indirect=True, scope="module")
def test_a_name_that_the_engine_takes_for_the_users_but_has_a_nul_cannot_be_deleted_by_that_user(mixed):
    """In a collation that ignores NUL, which a table made by hand may have."""
    mixed.database.run("ALTER TABLE access_tokens MODIFY user_name VARCHAR(255)"
                       " CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL")
    for name in ("alice\0", "al\0ice", "Alice", "\0alice"):
        broken = tokens.id_of(mixed.good[0])
        mixed.database.change(broken, user_name=name)
        pids = set(mixed.server.children())
        for call in (("GET", "/" + broken), ("DELETE", "/" + broken)):
            assert mixed.owner.call(*call).status_code == 404, (name, call)
        assert mixed.database.row(broken)["deleted_at"] is None
        assert set(mixed.server.children()) == pids
    assert mixed.owner.call("DELETE", "/" + tokens.id_of(mixed.good[1])).status_code == 204
