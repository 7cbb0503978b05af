# SPDX-License-Identifier: Apache-2.0
"""The commands in docs/httoken.md do what the document says."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

import engines
import tokens
from tool import PATIENCE, Tool
from typical_site import Site

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "httoken.md").read_text(encoding="utf-8")
COMMANDS = [line[2:].split("   #")[0] for line in DOCUMENT.splitlines() if line.startswith("# httoken")
            and "command line" not in line]


def words_of(command):
    """The arguments of httoken in a line of the shell."""
    return shlex.split(re.split(r" [|<>] ", command)[0])[1:]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_line_of_the_document_is_understood(command, tool, tmp_path):
    token = tool.generate("alice")
    now = engines.now_ms()
    tool.database.insert(*engines.COLUMNS[:5], rows=[("0bc1d49f-5475-4c62-a0ba-6ad269389ada", "0" * 64, "alice", "", now)])
    words = [word.replace("/etc/backup/token", str(tmp_path / "token")) for word in words_of(command)]
    if "-d" in words:
        del words[:2]
    tool(*words, typed=token)


def test_the_table_of_exit_statuses_is_that_of_the_program():
    documented = re.findall(r"(?m)^\| (\d) \| ", DOCUMENT)
    shown = re.findall(r"(?m)^  (\d)  ", Tool()("--help").out)
    assert documented == shown


@pytest.fixture(name="other")
def fixture_other(ground):
    """httoken on PostgreSQL, the new database."""
    database = engines.Pgsql(ground, "other")
    ground.databases.append(database)
    return Tool(database, ground)


def test_tokens_move_from_sqlite_to_postgresql_and_stay_valid(other):
    with Site("event") as old:
        old.start()
        manager = old.manager("alice")
        token, never = manager.token(description='a "quoted", text'), manager.token(lifetime=-1)
        gone = manager.token()
        old.database.change(tokens.id_of(never), scopes="read upload")
        assert old.let_in(token) == 200
        manager.delete(gone)
        assert old.server.stop()
        move(old.database, other)
        assert other.database.rows() == old.database.rows()
        scopes = "SELECT token_id, scopes FROM access_tokens ORDER BY token_id"
        assert other.database.run(scopes) == old.database.run(scopes)
        old.database = other.database
        old.start()
        assert [old.let_in(one) for one in (token, never, gone)] == [200, 200, 401]
        assert old.manager("alice").info(token)["description"] == 'a "quoted", text'


def move(old, other):
    """Copy the rows with the command of the document."""
    line = next(line[2:] for line in DOCUMENT.splitlines() if line.startswith("# sqlite3 -csv"))
    line = line.replace("/var/lib/apache2/accesstoken/tokens.db", old.path)
    line = line.replace("-h db.example.com -U httpd tokens", f"-h {other.database.rdbms.folder} -U tester {other.database.name}")
    other("init")
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert "COPY 3" in done.stdout, done.stderr
    assert len(other("list", "--status", "all").lines) == 3
