# SPDX-License-Identifier: Apache-2.0
"""Files, locks and users: messages and exit statuses. SQLite only."""

import os
import pwd
import shutil
import stat
import subprocess

import pytest

import httpd
import tokens
import tool as tools
from tool import FILE, REFUSED, USAGE

EVERY = [["list"], ["show", tokens.id_of(tokens.forge())], ["delete", "--user", "alice"], ["generate", "alice"],
         ["find"], ["purge"]]


def other_user():
    """Arguments that run a process as neither root nor the web server; none where the tests cannot change the user."""
    return {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []} if httpd.AS_ROOT else {}


def test_only_init_creates_a_file(bare):
    for command in EVERY + [["check"]]:
        answer = bare(*command, status=FILE)
        assert "httoken init" in answer.err + answer.out, command
    assert not os.path.exists(bare.database.path)


def test_init_gives_the_file_to_the_web_server(bare):
    said = bare("init").err
    state = os.stat(bare.database.path)
    assert stat.S_IMODE(state.st_mode) == 0o600
    if httpd.AS_ROOT:
        assert pwd.getpwuid(state.st_uid).pw_name == httpd.CHILD_USER
        assert f"owner {httpd.CHILD_USER}" in said
    assert "WRONG" not in bare("check").out if httpd.AS_ROOT else True


def test_a_command_of_root_leaves_no_file_that_the_server_cannot_write(tool):
    tool.generate("alice")
    with tool.database.connection() as link:  # keeps the journal's files there
        link.execute("SELECT 1 FROM access_tokens").fetchall()
        tool.generate("bob")
        owners = {os.stat(path).st_uid for path in tool.database.files()}
    assert len(owners) == 1


@pytest.mark.parametrize("driver, said", [("oracle", "write sqlite3, pgsql or mysql"), ("odbc", "write sqlite3, pgsql or mysql"),
                                          ("postgres", "did you mean pgsql?"), ("mariadb", "did you mean mysql?"),
                                          ("sqlite", "did you mean sqlite3?")])
def test_a_driver_that_cannot_be_used_is_refused_by_name(tool, driver, said):
    for command in ("list", "init", "schema", "check"):
        assert f"-d: '{driver}' is no driver that can be used here; {said}" in tool(
            "-d", f"{driver} whatever", command, status=USAGE).err


def test_a_file_that_is_no_database_is_reported(tool, tmp_path):
    path = tmp_path / "text"
    path.write_text("no database\n" * 1000)
    assert "not a database" in tool("-d", f"sqlite3 {path}", "list", status=FILE).err
    assert "is not a regular file" in tool("-d", f"sqlite3 {tmp_path}", "list", status=FILE).err
    assert path.read_text() == "no database\n" * 1000


def test_the_message_about_a_file_without_rights_names_its_owner(tool, monkeypatch):
    """The other user may not be able to enter the folder of the build, such as a clone in root's home."""
    copy = shutil.copy(tools.program(), tool.database.folder)
    monkeypatch.setattr(tools, "program", lambda: copy)
    token = tokens.id_of(tool.generate("alice"))
    owner = pwd.getpwuid(os.stat(tool.database.path).st_uid).pw_name
    if not httpd.AS_ROOT:
        os.chmod(tool.database.path, 0o000)
    answer = tool("list", status=FILE, **other_user())
    assert "may not be read by" in answer.err and f"belongs to {owner}" in answer.err
    os.chmod(tool.database.path, 0o644 if httpd.AS_ROOT else 0o444)
    assert "may not be written by" in tool("delete", token, status=FILE, **other_user()).err
    assert tool.ids() == [token]
    os.chmod(tool.database.path, 0o600)


def test_a_folder_that_cannot_hold_the_journal_is_reported(tool):
    token = tokens.id_of(tool.generate("alice"))
    os.chmod(tool.database.folder, 0o555)
    try:
        if httpd.AS_ROOT:
            shutil.chown(tool.database.folder, "root", "root")
        said = tool("check", status=FILE).out
        assert "may not write to" in said and "journal" in said
    finally:
        os.chmod(tool.database.folder, 0o755)
        if httpd.AS_ROOT:
            shutil.chown(tool.database.folder, httpd.CHILD_USER, httpd.CHILD_GROUP)
    assert tool.ids() == [token]


def test_a_database_that_cannot_have_a_wal_is_reported(tool):
    """As on a network file system: another process keeps the file in exclusive mode with a rollback journal."""
    with tool.database.connection() as link:
        link.execute("PRAGMA journal_mode=DELETE")
        link.execute("BEGIN")
        link.execute("SELECT count(*) FROM access_tokens").fetchall()  # a reader: the mode cannot change
        assert "WAL is not possible" in tool("check", status=FILE).out
        link.execute("COMMIT")
    assert "ok    journal     WAL" in tool("check").out


def test_a_lock_of_another_process_is_awaited_and_then_reported(tool):
    token = tool.generate("alice")
    with tool.database.locked():
        answer = tool("delete", tokens.id_of(token), status=REFUSED)
    assert "locked" in answer.err and tool.ids() == [tokens.id_of(token)]


def test_the_web_servers_user_comes_from_the_configuration(tool, tmp_path):
    path = tmp_path / "httpd.conf"
    path.write_text(f"User daemon\n{tool.database.directive()}\n")
    answer = tool("-c", path, "check", status=FILE, environment={"HTTOKEN_DATABASE": ""})
    assert "the web server's user daemon may not read and write" in answer.out


def test_output_that_cannot_be_written_is_a_failure(tool):
    for number in range(30):
        tool.database.insert("token_id", "token_hash", "user_name", "description", "created_at",
                             rows=[(tokens.id_of(tokens.forge()), "0" * 64, "alice", "x" * 250, number)])
    with open("/dev/full", "wb") as full:
        for command in (["list"], ["schema"], ["check"]):
            done = subprocess.run([tool.program, *command], stdout=full, stderr=subprocess.PIPE, check=False,
                                  env=tool.environment, timeout=30)
            assert done.returncode == FILE and b"cannot be written" in done.stderr, command
