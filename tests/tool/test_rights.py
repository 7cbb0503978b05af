# SPDX-License-Identifier: Apache-2.0
"""Missing rights in a database server, clocks and defaults of servers, and servers that cannot be reached."""

import re

import pytest

import tokens
from oldtable import COLUMNS_BEFORE, without_scopes
from shifted_clock import Clock
from tool import DONE, REFUSED, UNREACHABLE, Tool

pytestmark = pytest.mark.parametrize("engine", ["pgsql", "mysql"], indirect=True, scope="module")


def user_with(tool, name, rights):
    """httoken as a new user of the database with only these rights on the table."""
    driver = tool.database.driver
    user = f"{name}_{tool.database.name}"
    if driver == "pgsql":
        tool.database.run(f"CREATE ROLE {user} LOGIN")
        tool.database.run(f"GRANT {rights} ON access_tokens TO {user}")
    else:
        tool.database.run(f"CREATE USER {user}@localhost IDENTIFIED BY 'open'")
        tool.database.run(f"GRANT {rights} ON access_tokens TO {user}@localhost")
    other = Tool(tool.database)
    other.environment["HTTOKEN_DATABASE"] = tool.environment["HTTOKEN_DATABASE"].replace("user=tester", f"user={user}")
    return other


@pytest.fixture(name="reader")
def fixture_reader(tool):
    """A user who may read and insert, but neither update nor delete."""
    return user_with(tool, "reader", "SELECT, INSERT")


def test_missing_rights_are_named(reader):
    said = reader("check", status=REFUSED).out
    assert "UPDATE is refused" in said and "DELETE is refused" in said
    assert "INSERT is refused" not in said and "SELECT is refused" not in said


def test_a_refusal_is_reported_in_the_words_of_the_database(reader):
    token = tokens.remember(reader("generate", "alice", secret_out=True).out[:-1])
    answer = reader("delete", tokens.id_of(token), status=REFUSED)
    assert "could not delete a token" in answer.err and "denied" in answer.err


def test_a_user_without_the_right_to_create_tables_is_referred_to_schema(reader):
    answer = reader("-t", "other", "init", status=REFUSED)
    assert "denied" in answer.err and "httoken schema" in answer.err


def test_a_user_without_the_right_to_change_the_table_sees_the_statements(reader):
    """Those that are missing; the statements of httoken schema would not change a table that exists."""
    without_scopes(reader.database)
    answer = reader("init", status=REFUSED)
    assert "could not bring the table up to date: " in answer.err and answer.out == ""
    *_, before, statement = answer.err.splitlines()
    assert before == "A user with the right to change the table has to run:"
    assert re.fullmatch(r"ALTER TABLE .access_tokens. ADD COLUMN scopes VAR\w+\(255\) NULL;", statement)
    reader.database.run(statement)
    assert "up to date, nothing to do" in reader("init").out


def test_a_right_to_insert_only_the_columns_of_an_older_version_is_reported(tool):
    writer = user_with(tool, "writer", f"SELECT, INSERT ({', '.join(COLUMNS_BEFORE)}), UPDATE, DELETE")
    said = writer("check", status=REFUSED).out
    assert "INSERT is refused" in said and said.count("WRONG") == 1
    for scope in ([], ["--scope", "read"]):
        assert "denied" in writer("generate", "alice", *scope, status=REFUSED).err


@pytest.mark.parametrize("apart, word, status", [(0, "ok", DONE), (20, "note", DONE), (-20, "note", DONE),
                                                 (90, "WRONG", REFUSED), (-90, "WRONG", REFUSED)])
def test_a_difference_of_the_clocks_is_reported(tool, apart, word, status):
    clock = Clock(tool.ground)
    clock.set(apart)
    said = tool("check", status=status, environment=tool.ground.environment).out
    line = next(line for line in said.splitlines() if " clock " in line)
    assert line.startswith(word) and ("ahead of" in line if apart < 0 else True)


def session_lines(tool):
    return [line for line in tool("check").lines if " session " in line]


def test_unsuitable_defaults_of_the_server_are_reported(tool):
    """They do no harm, since each connection sets what it needs."""
    run = tool.database.run
    assert session_lines(tool) == []
    if tool.database.driver == "pgsql":
        run(f"ALTER DATABASE {tool.database.name} SET client_encoding = 'LATIN1'")
        run(f"ALTER DATABASE {tool.database.name} SET default_transaction_isolation = 'serializable'")
        run(f"ALTER DATABASE {tool.database.name} SET synchronous_commit = 'off'")
        found = "client_encoding = LATIN1, default_transaction_isolation = serializable, synchronous_commit = off"
    else:
        run("SET GLOBAL autocommit = 0, completion_type = 1, tx_isolation = 'SERIALIZABLE', sql_mode = 'EMPTY_STRING_IS_NULL', "
            "sql_select_limit = 5, init_connect = 'SET NAMES latin1'")
        found = ("autocommit = 0, completion_type = CHAIN, transaction_isolation = SERIALIZABLE, "
                 "sql_mode = EMPTY_STRING_IS_NULL, sql_select_limit = 5, init_connect = SET NAMES latin1")
    try:
        said = session_lines(tool)
        token = tool.generate("alice")
    finally:
        if tool.database.driver == "mysql":
            run("SET GLOBAL autocommit = 1, completion_type = 0, tx_isolation = 'REPEATABLE-READ', sql_mode = DEFAULT, "
                "sql_select_limit = DEFAULT, init_connect = ''")
    assert said == [f"note  session     the server's defaults have {found}; each connection sets what it needs"]
    assert tokens.id_of(token) in tool.ids()


def test_a_wrong_password_or_server_is_unreachable(tool):
    params = tool.environment["HTTOKEN_DATABASE"].replace(tool.database.rdbms.folder, "/nonexistent")
    for command in ("list", "init", "check"):
        answer = tool(command, status=UNREACHABLE, environment={"HTTOKEN_DATABASE": params})
        assert "/nonexistent" in answer.err + answer.out and "open" not in answer.err.replace("could not open", "")
