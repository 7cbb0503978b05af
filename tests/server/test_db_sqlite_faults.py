# SPDX-License-Identifier: Apache-2.0
"""What happens when something breaks: the database away, locked, read-only, damaged; and races."""

import os
import shutil
import threading
import time
import uuid

import pytest

import engines
import tokens
from client import check_problem, check_unavailable, together
from httpd import AS_ROOT, CHILD_GROUP, CHILD_USER, wait_until

SLACK = 0.5
HEALED = 15
TIMEOUT = 1.0


def timed(call):
    started = time.monotonic()
    answer = call()
    return answer, time.monotonic() - started


@pytest.fixture
def quick(new_site):
    """A server that waits a second for its database, with a user who has a token."""
    site = new_site().start("AccessTokenDatabaseTimeout 1s\n")
    site.owner = site.manager("alice")
    site.token = site.owner.token()
    return site


# The database is away

def test_a_database_that_comes_later_is_found_without_a_restart(new_site):
    site = new_site()
    aside = site.database.folder + ".aside"
    os.rename(site.database.folder, aside)
    site.start("AccessTokenDatabaseTimeout 1s\n")
    check_unavailable(site.client.get("/api/data.json", token=tokens.forge()))
    check_problem(site.manager("alice").post({}), 503)
    os.rename(aside, site.database.folder)
    answer = wait_until(lambda: answer_of(site.manager("alice").post({}), 201), HEALED)
    assert site.let_in(answer.json()["tokenValue"]) == 200
    assert site.client.status("/api/data.json", token=tokens.forge()) == 401


def answer_of(answer, status):
    return answer if answer.status_code == status else None


def test_the_managers_503_tells_when_to_try_again(new_site):
    site = new_site()
    site.start(f'AccessTokenDatabase sqlite3 "{site.server.path("nowhere", "t.db")}"\n')
    token_id = str(uuid.uuid4())
    for call in (("GET", ""), ("GET", "/" + token_id), ("DELETE", "/" + token_id)):
        answer = site.manager("alice").call(*call)
        check_unavailable(answer)
        check_problem(answer, 503)
    check_unavailable(site.manager("alice").post({}))


def test_an_outage_is_logged_as_a_state_and_not_once_per_request(new_site):
    site = new_site()
    site.start(f'AccessTokenDatabase sqlite3 "{site.server.path("nowhere", "t.db")}"\n')
    for _ in range(200):
        assert site.client.status("/api/data.json", token=tokens.forge()) == 503
    time.sleep(0.2)
    lines = [line for line in site.server.log().splitlines() if "[accesstoken:" in line
             and any(level in line for level in (":error]", ":warn]", ":crit]", ":notice]"))]
    assert 1 <= len(lines) <= 10, lines[:20]


# SQLite locked by another writer

def test_while_another_writer_holds_the_lock_tokens_are_let_in_at_once(quick):
    fresh = [quick.owner.token() for _ in range(5)]
    with quick.database.locked():
        for token in [quick.token, *fresh, *fresh]:
            status, seconds = timed(lambda token=token: quick.let_in(token))
            assert status == 200 and seconds < TIMEOUT
        assert len(quick.owner.list()) == 6
        assert quick.client.status("/api/data.json", token=tokens.forge()) == 401
    assert wait_until(lambda: all(quick.database.row(tokens.id_of(token))["last_used"] for token in fresh), 10)


def test_generate_waits_for_the_lock_up_to_the_timeout_and_then_nothing_was_made(quick):
    before = [row[0] for row in quick.database.rows()]
    with quick.database.locked():
        answer, seconds = timed(lambda: quick.owner.post({"description": "never"}))
        check_unavailable(answer)
        check_problem(answer, 503)
        assert TIMEOUT - 0.2 <= seconds <= TIMEOUT + SLACK
        assert "httok_" not in answer.text
    time.sleep(2)
    assert [row[0] for row in quick.database.rows()] == before


def test_delete_waits_for_the_lock_up_to_the_timeout_and_then_nothing_was_deleted(quick):
    with quick.database.locked():
        answer, seconds = timed(lambda: quick.owner.call("DELETE", "/" + tokens.id_of(quick.token)))
        check_unavailable(answer)
        assert seconds <= TIMEOUT + SLACK
        assert quick.let_in(quick.token) == 200
    time.sleep(2)
    assert quick.let_in(quick.token) == 200
    quick.owner.delete(quick.token)
    assert quick.let_in(quick.token) == 401


def test_generate_succeeds_when_the_lock_is_released_in_time(new_site):
    site = new_site().start("AccessTokenDatabaseTimeout 5s\n")
    owner = site.manager("alice")
    owner.generate()
    answers = []
    with site.database.locked():
        asker = threading.Thread(target=lambda: answers.append(owner.post({})))
        asker.start()
        time.sleep(1)
        assert answers == []
    asker.join()
    assert answers[0].status_code == 201 and site.let_in(answers[0].json()["tokenValue"]) == 200


def test_many_writers_that_wait_do_not_hold_up_readers(quick):
    with quick.database.locked():
        askers = [threading.Thread(target=quick.manager(f"user{number}").post, args=({},)) for number in range(8)]
        for asker in askers:
            asker.start()
        for _ in range(20):
            status, seconds = timed(lambda: quick.let_in(quick.token))
            assert status == 200 and seconds < TIMEOUT
        for asker in askers:
            asker.join()
    time.sleep(1)
    assert len(quick.database.rows()) == 1


# Read-only

def make_read_only(site, folder_too):
    for name in site.database.files():
        if AS_ROOT:
            shutil.chown(name, "root", "root")
        os.chmod(name, 0o444)
    if folder_too:
        if AS_ROOT:
            shutil.chown(site.database.folder, "root", "root")
        os.chmod(site.database.folder, 0o555)


def make_writable(site):
    os.chmod(site.database.folder, 0o755)
    for name in [site.database.folder, *site.database.files()]:
        if AS_ROOT:
            shutil.chown(name, CHILD_USER, CHILD_GROUP)
        os.chmod(name, 0o755 if name == site.database.folder else 0o644)


@pytest.mark.parametrize("folder_too", [False, True], ids=["file", "file and folder"])
def test_a_read_only_database_is_read(quick, folder_too):
    """In WAL mode SQLite cannot open a file in a folder that it may not write to; then it is 503, never 401."""
    quick.server.stop()
    before = quick.database.rows()
    make_read_only(quick, folder_too)
    try:
        quick.server.start()
        if folder_too:
            assert quick.let_in(quick.token) in (200, 503)
        else:
            assert quick.let_in(quick.token) == 200
            assert [info["tokenId"] for info in quick.owner.list()] == [tokens.id_of(quick.token)]
        check_unavailable(quick.owner.post({}))
        check_unavailable(quick.owner.call("DELETE", "/" + tokens.id_of(quick.token)))
        quick.server.stop()
    finally:
        make_writable(quick)
    quick.server.start()
    assert wait_until(lambda: quick.let_in(quick.token) == 200, HEALED)
    assert [row[:6] for row in quick.database.rows()] == [row[:6] for row in before]


# The table

def test_a_missing_table_that_may_not_be_created(new_site):
    site = new_site().start()
    site.owner = site.manager("alice")
    site.token = site.owner.token()
    schema = [row[0] for row in site.database.run("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC")]
    rows = site.database.rows()
    site.server.stop()
    site.database.run("DROP TABLE access_tokens")
    site.start("AccessTokenCreateTable Off\nAccessTokenDatabaseTimeout 1s\n")
    check_unavailable(site.client.get("/api/data.json", token=site.token))
    check_problem(site.owner.call("GET"), 503)
    check_problem(site.owner.post({}), 503)
    assert not site.database.has_table()
    said = [line for line in site.server.log().splitlines() if "[accesstoken:" in line and "httoken init" in line]
    assert said and "access_tokens" in said[0], site.server.log()[-3000:]
    for statement in schema:
        site.database.run(statement)
    site.database.run(f"INSERT INTO access_tokens ({', '.join(engines.COLUMNS)}) VALUES (?,?,?,?,?,?,?,?)", *rows[0])
    assert wait_until(lambda: site.let_in(site.token) == 200, HEALED)


def test_a_table_that_was_dropped_is_created_again(quick):
    quick.database.run("DROP TABLE access_tokens")
    assert wait_until(lambda: quick.client.status("/api/data.json", token=quick.token) == 401, HEALED)
    assert quick.let_in(quick.owner.token()) == 200


@pytest.mark.parametrize("statement", ["CREATE TABLE other (x)", "CREATE INDEX by_hash ON access_tokens (token_hash)", "VACUUM",
                                       "ANALYZE", "CREATE TABLE gone (x); DROP TABLE gone", "PRAGMA wal_checkpoint(TRUNCATE)"])
def test_changes_of_the_schema_by_others_disturb_no_request(quick, statement):
    use(quick, 20)
    for part in statement.split(";"):
        quick.database.run(part)
    use(quick, 20)
    assert quick.let_in(quick.owner.token()) == 200


def use(site, times):
    assert [site.let_in(site.token) for _ in range(times)] == [200] * times


def test_a_corrupt_file_is_503_and_the_log_tells_the_engines_message(new_site):
    site = new_site()
    site.server.write("aside", "this is no database at all\n" * 2000)
    shutil.move(site.server.path("aside"), site.database.path)
    if AS_ROOT:
        shutil.chown(site.database.path, CHILD_USER, CHILD_GROUP)
    site.start("AccessTokenDatabaseTimeout 1s\n")
    for _ in range(5):
        check_unavailable(site.client.get("/api/data.json", token=tokens.forge()))
        check_unavailable(site.manager("alice").call("GET"))
        check_unavailable(site.manager("alice").post({}))
    assert "not a database" in site.server.log()
    os.unlink(site.database.path)
    assert wait_until(lambda: site.manager("alice").post({}).status_code == 201, HEALED)


def test_a_file_that_is_damaged_in_the_middle_is_never_a_wrong_answer(quick):
    others = [quick.owner.token() for _ in range(40)]
    quick.server.stop()
    with open(quick.database.path, "r+b") as file:
        file.seek(4096)
        file.write(os.urandom(os.path.getsize(quick.database.path) - 4096))
    quick.server.start()
    for token in others[:10]:
        assert quick.let_in(token) in (200, 503)
    assert quick.owner.post({}).status_code in (201, 503)
    assert quick.client.status("/open/data.json") == 200


BROKEN = [{"user_name": ""}, {"user_name": "x" * 300}, {"user_name": "a\nb"}, {"created_at": "yesterday"}, {"created_at": -5},
          {"created_at": 2 ** 62}, {"expires_at": "soon"}, {"expires_at": ""}, {"expires_at": -1}, {"expires_at": 2 ** 62},
          {"last_used": "never"}, {"deleted_at": "no"}, {"description": "x" * 5000}, {"token_hash": ""},
          {"token_hash": "abc"}, {"token_hash": "q" * 64}, {"token_hash": "x" * 5000}]


def test_a_broken_row_is_refused_alone_and_named_in_the_log(quick):
    good = [quick.token, quick.owner.token()]
    for columns in BROKEN:
        broken = quick.owner.token()
        quick.database.change(tokens.id_of(broken), **columns)
        assert quick.let_in(broken) == 401, columns
        assert wait_until(lambda name=tokens.id_of(broken): name in quick.server.log(), 3), columns
        for manager in (quick.owner, quick.everybody()):
            listed = {info["tokenId"] for info in manager.list()}
            assert {tokens.id_of(token) for token in good} <= listed, columns
    assert [quick.let_in(token) for token in good] == [200, 200]


# Races

def test_of_two_deletes_one_wins(site):
    user = site.fresh_user()
    for _ in range(20):
        path = "/" + tokens.id_of(site.manager(user).token())
        deletes = [lambda: site.manager(user).call("DELETE", path).status_code for _ in range(3)]
        assert sorted(together(*deletes)) == [204, 404, 404]


def test_delete_and_generate_do_not_disturb_each_other(site):
    user = site.fresh_user()
    for _ in range(20):
        path = "/" + tokens.id_of(site.manager(user).token())
        answers = together(lambda: site.manager(user).call("DELETE", path), lambda: site.manager(user).post({}))
        assert [answer.status_code for answer in answers] == [204, 201]
    assert len(site.manager(user).list()) == 20


def test_no_request_that_begins_after_the_204_is_let_in(site):
    owner = site.manager()
    for _ in range(5):
        token, seen, stop = owner.token(), [], threading.Event()

        def hammer(token=token, seen=seen, stop=stop):
            while not stop.is_set():
                began = time.monotonic()
                seen.append((began, site.client.status("/api/data.json", token=token, headers={"Connection": "close"})))

        threads = [threading.Thread(target=hammer) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.1)
        owner.delete(token)
        gone = time.monotonic()
        time.sleep(0.1)
        stop.set()
        for thread in threads:
            thread.join()
        assert {status for began, status in seen if began > gone} == {401}
        assert {status for began, status in seen if began <= gone} <= {200, 401}
