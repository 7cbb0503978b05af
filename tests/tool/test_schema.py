# SPDX-License-Identifier: Apache-2.0
"""init, schema and check: tables that are missing, older, another program's, or faulty."""

import re

import pytest

import tokens
from marks import ALL_ENGINES
from steps import checked, wrong
from tool import DONE, SCHEMA, Tool

pytestmark = ALL_ENGINES

TABLE = "CREATE TABLE access_tokens (token_id VARCHAR(36) NOT NULL PRIMARY KEY, token_hash VARCHAR(64) NOT NULL, {})"
REST = "user_name VARCHAR(255) NOT NULL, description VARCHAR(255) NOT NULL, created_at BIGINT NOT NULL"


def drop_index(tool, name):
    tool.database.run(f"DROP INDEX {name}" + (" ON access_tokens" if tool.database.driver == "mysql" else ""))


def test_init_creates_the_table_and_may_be_repeated(bare):
    assert "access_tokens: created" in bare("init").out
    token = bare.generate("alice")
    answer = bare("init")
    assert "up to date, nothing to do" in answer.out and answer.err == ""
    assert bare.ids() == [tokens.id_of(token)]
    assert wrong(bare, DONE) == []


def test_init_creates_a_table_of_any_name(bare):
    bare("-t", "api_tokens", "init")
    bare("-t", "api_tokens", "generate", "alice", secret_out=True)
    assert len(bare("-t", "api_tokens", "list").lines) == 1
    assert "there is no table access_tokens" in bare("list", status=SCHEMA).err


def test_the_printed_schema_is_what_init_would_run(bare):
    bare.empty_file()
    text = bare("schema").out
    for statement in text.split(";\n"):
        if statement:
            bare.database.run(statement)
    assert "nothing to do" in bare("init").out
    driver = bare.database.driver
    assert Tool()("-d", driver, "schema").out == text
    assert '"x1_user"' in Tool()("-d", driver, "-t", "x1", "schema").out.replace("`", '"')


def test_a_missing_column_is_named_and_added(tool):
    token = tokens.id_of(tool.generate("alice"))
    tool.database.run("ALTER TABLE access_tokens DROP COLUMN last_used")
    for arguments in (["list"], ["show", token], ["delete", "--user", "alice"]):
        answer = tool(*arguments, status=SCHEMA)
        assert "no column last_used" in answer.err and "httoken init" in answer.err
    assert wrong(tool, SCHEMA) == ["columns"]
    assert "ADD COLUMN last_used" in tool("init").err
    assert tool.ids() == [token] and wrong(tool, DONE) == []


def test_a_missing_index_is_named_and_created(tool):
    drop_index(tool, "access_tokens_created")
    said = checked(tool, SCHEMA)
    assert "(created_at, token_id)" in said["WRONG", "index"]
    assert len(tool("list").lines) == 0  # slower, but it works
    assert "CREATE INDEX" in tool("init").err
    assert wrong(tool, DONE) == []


def test_an_index_may_have_another_name(tool):
    drop_index(tool, "access_tokens_created")
    tool.database.run("CREATE INDEX mine ON access_tokens (created_at, token_id, user_name)")
    assert wrong(tool, DONE) == []


def test_an_index_of_the_right_name_over_other_columns_is_replaced(tool):
    token = tokens.id_of(tool.generate("alice"))
    drop_index(tool, "access_tokens_deleted")
    tool.database.run("CREATE INDEX access_tokens_deleted ON access_tokens (deleted_at)")
    assert wrong(tool, SCHEMA) == ["index"]
    assert "DROP INDEX" in tool("init").err
    assert wrong(tool, DONE) == [] and tool.ids() == [token]
    assert "nothing to do" in tool("init").out


def test_a_table_of_another_program_is_not_changed(bare):
    bare.empty_file()
    bare.database.run("CREATE TABLE access_tokens (id BIGINT, last_used BIGINT)")
    answer = bare("init", status=SCHEMA)
    assert "another program's" in answer.err and "no column token_id" in answer.err
    assert "another program's" in bare("list", status=SCHEMA).err
    assert "columns" in wrong(bare, SCHEMA)
    with pytest.raises(Exception):
        bare.database.run("SELECT token_id FROM access_tokens")


def test_a_collation_that_equates_different_names_is_reported(bare):
    bare.empty_file()
    collation = {"sqlite3": " COLLATE NOCASE", "mysql": " CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
                 "pgsql": ' COLLATE "loose"'}[bare.database.driver]
    if bare.database.driver == "pgsql":
        bare.database.run("CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
    bare.database.run(TABLE.format(REST.replace("user_name VARCHAR(255)", "user_name VARCHAR(255)" + collation)
                                   + ", expires_at BIGINT, last_used BIGINT, deleted_at BIGINT"))
    assert "for the same" in bare("init", status=SCHEMA).err.replace("as the same", "for the same")
    assert wrong(bare, SCHEMA) == ["collation"]
    bare("generate", "Alice", secret_out=True)
    assert bare.ids("alice") == [] and len(bare.ids("Alice")) == 1


def test_check_prints_a_line_for_each_thing_that_is_right(tool):
    said = checked(tool)
    subjects = [subject for word, subject in said]
    wanted = ["database", "driver", "connection", "table", "columns", "indexes", "collation", "rights"]
    assert [subject for subject in subjects if subject in wanted] == wanted
    engine = {"sqlite3": "SQLite", "pgsql": "PostgreSQL", "mysql": "MariaDB"}[tool.database.driver]
    assert engine in said["ok", "connection"]
    if tool.database.driver == "sqlite3":
        assert said["ok", "journal"] == "WAL"
    else:
        assert re.search(r"\d+ ms", said["ok", "clock"])
        assert "open" not in "".join(said.values())  # the password of MariaDB's user


def test_check_reports_a_missing_table(bare):
    bare.empty_file()
    assert wrong(bare, SCHEMA) == ["table"]
