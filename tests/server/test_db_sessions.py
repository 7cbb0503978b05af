# SPDX-License-Identifier: Apache-2.0
"""Whatever a database server, a database or a role has as its defaults, every promise holds: each connection sets what it needs."""

import contextlib
import shutil
import sqlite3
import types

import pytest

import engines
import faults
import rdbms
import tokens
from client import Manager
from httpd import AS_ROOT, CHILD_USER, wait_until
from marks import LONG

ROUNDS = 30 if LONG else 5  # each server has up to eight connections
UNCACHED = "AccessTokenCacheSize 0\n"
ONE_CONNECTION = UNCACHED + "StartServers 1\nServerLimit 1\nAccessTokenDatabaseConnections 1\n"
DESCRIPTION = "\U0001f511 cl\u00e9, '' \\ \""

MARIADB = {
    "autocommit=0": ("autocommit", 0),
    "completion_type=CHAIN": ("completion_type", 1),
    "completion_type=RELEASE": ("completion_type", 2),
    "sql_mode=ORACLE": ("sql_mode", "ORACLE"),
    "sql_mode=EMPTY_STRING_IS_NULL": ("sql_mode", "EMPTY_STRING_IS_NULL"),
    "sql_mode=ANSI": ("sql_mode", "ANSI,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH"),
    "sql_mode is empty": ("sql_mode", ""),
    "init_connect begins a transaction": ("init_connect", "START TRANSACTION"),
    "init_connect begins one with a snapshot": ("init_connect", "START TRANSACTION WITH CONSISTENT SNAPSHOT"),
    "init_connect ends autocommit": ("init_connect", "SET autocommit = 0"),
    "init_connect does all of it": ("init_connect", "SET autocommit = 0, completion_type = 2, sql_mode = 'ORACLE'"),
    "init_connect sets latin1": ("init_connect", "SET NAMES latin1"),
    "SERIALIZABLE": ("tx_isolation", "SERIALIZABLE"),
    "READ-UNCOMMITTED": ("tx_isolation", "READ-UNCOMMITTED"),
    "latin1": ("character_set_server", "latin1"),
    "ucs2": ("character_set_server", "ucs2"),
    "sql_safe_updates": ("sql_safe_updates", 1),
    "sql_select_limit=1": ("sql_select_limit", 1),
    "messages in German": ("lc_messages", "de_DE"),
    "no patience": ("innodb_lock_wait_timeout", 0),
}
POSTGRES = {
    "serializable": "default_transaction_isolation = 'serializable'",
    "repeatable read": "default_transaction_isolation = 'repeatable read'",
    "deferrable": "default_transaction_deferrable = on",
    "strings with backslashes": "standard_conforming_strings = off",
    "LATIN1": "client_encoding = 'LATIN1'",
    "SJIS": "client_encoding = 'SJIS'",
    "bytea_output": "bytea_output = 'escape'",
    "synchronous_commit": "synchronous_commit = off",
    "DateStyle": "DateStyle = 'German'",
    "row_security": "row_security = off",
}


@pytest.fixture(scope="module")
def mariadb():
    """A server of this module's own, whose binary log has statements: it takes no READ COMMITTED."""
    server = rdbms.MariaDb("--log-bin=binlog", "--binlog-format=STATEMENT", "--server-id=1")
    try:
        server.prepare()
        server.start()
        yield server
    finally:
        server.end()


@contextlib.contextmanager
def default(server, name, value):
    """The server's default of a variable, for connections that are opened from here on."""
    with contextlib.closing(server.connect(None)) as link, link.cursor() as cursor:
        cursor.execute(f"SELECT @@GLOBAL.{name}")
        before = cursor.fetchone()[0]
        cursor.execute(f"SET GLOBAL {name} = %s", (value,))
        try:
            yield
        finally:
            cursor.execute(f"SET GLOBAL {name} = %s", (before,))


def owner_on(site):
    """alice, where she may have three tokens, so that they are counted."""
    return Manager(site.client, "/three", user="alice")


def check_round(a, b):
    """A token is good on both servers when its 201 is there and bad on both from its 204 on, and both list the same."""
    token, info = owner_on(a).generate(description=DESCRIPTION)
    assert info["description"] == DESCRIPTION
    assert [site.let_in(token) for site in (a, b, a, b)] == [200] * 4
    kept = owner_on(b).token()
    for site in (a, b):
        found = {one["tokenId"]: one["description"] for one in owner_on(site).list()}
        assert found == {tokens.id_of(token): DESCRIPTION, tokens.id_of(kept): ""}
    owner_on(a).delete(token)
    assert [site.let_in(token) for site in (a, b, a, b)] == [401] * 4
    owner_on(a).delete(kept)
    assert [owner_on(site).list() for site in (b, a)] == [[], []]


def check_rounds(a, b):
    for _ in range(ROUNDS):
        check_round(a, b)
    stored = a.database.run("SELECT DISTINCT char_length(description) FROM access_tokens WHERE char_length(description) > 0")
    assert stored == [(len(DESCRIPTION),)]


def open_transactions(database):
    if database.driver == "pgsql":
        return database.run("SELECT query FROM pg_stat_activity WHERE datname = ? AND starts_with(state, 'idle in')", database.name)
    return database.run("SELECT trx_id FROM information_schema.innodb_trx")


@pytest.mark.parametrize("setting", MARIADB)
def test_no_default_of_mariadb_makes_an_answer_wrong(new_site, mariadb, setting):
    a = new_site(engine="mysql", on=mariadb)
    b = new_site(beside=a)
    with default(mariadb, *MARIADB[setting]):
        a.start(UNCACHED)
        b.start(UNCACHED)
        check_rounds(a, b)
        assert wait_until(lambda: not open_transactions(a.database), 5)


@pytest.mark.parametrize("setting", POSTGRES)
def test_no_default_of_postgres_makes_an_answer_wrong(new_site, setting):
    a = new_site(engine="pgsql")
    b = new_site(beside=a)
    a.database.run(f"ALTER DATABASE {a.database.name} SET {POSTGRES[setting]}")
    a.start(UNCACHED)
    b.start(UNCACHED)
    check_rounds(a, b)
    assert wait_until(lambda: not open_transactions(a.database), 5)


def in_encoding(encoding):
    """A database of PostgreSQL that is not in UTF-8."""
    database = engines.Pgsql(None, None)
    name = f"{database.name}_{encoding.lower()}"
    database.run(f"CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    database.name = name
    return types.SimpleNamespace(engine="pgsql", database=database)


@pytest.mark.parametrize("encoding, fits, does_not", [("EUC_JP", "\u65e5\u672c", "\U0001f511"), ("LATIN1", "cl\u00e9", "\u20ac"),
                                                      ("WIN1251", "\u043a\u043b\u044e\u0447", "\u00e9")])
def test_what_the_encoding_of_a_database_cannot_hold_is_refused_and_the_log_says_why(new_site, encoding, fits, does_not):
    site = new_site(beside=in_encoding(encoding))
    site.start(UNCACHED)
    site.owner = site.manager("alice")
    token, info = site.owner.generate(description=fits)
    assert info["description"] == site.owner.info(token)["description"] == fits
    faults.check_cannot_generate(site, faults.SLACK + 2, description=does_not)
    assert [one["tokenId"] for one in site.owner.list()] == [info["tokenId"]]
    faults.check_told(site, "written", f"has no equivalent in encoding .*{encoding}")
    assert "httoken init" not in "".join(faults.told(site))


@pytest.mark.parametrize("default, needed", [("off", "local"), ("local", "local"), ("on", "on"), ("remote_write", "remote_write")])
def test_postgres_has_written_a_token_or_a_deletion_to_its_disk_when_it_is_answered(new_site, default, needed):
    site = new_site(engine="pgsql")
    site.start(UNCACHED)
    made = owner_on(site).token()
    for statement in ("CREATE TABLE seen (value TEXT)",
                      "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                      " INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$",
                      "CREATE TRIGGER see BEFORE INSERT OR UPDATE OF deleted_at ON access_tokens"
                      " FOR EACH ROW EXECUTE FUNCTION see()",
                      f"ALTER DATABASE {site.database.name} SET synchronous_commit = '{default}'"):
        site.database.run(statement)
    faults.end_connections(site.database)
    owner_on(site).token()
    owner_on(site).delete(made)
    assert site.database.run("SELECT value FROM seen") == [(needed,), (needed,)]


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_no_encoding_of_a_sqlite_file_makes_an_answer_wrong(new_site, encoding):
    a = new_site(engine="sqlite3")
    b = new_site(beside=a)
    with contextlib.closing(sqlite3.connect(a.database.path)) as link:
        link.execute(f"PRAGMA encoding = '{encoding}'")
        link.execute("CREATE TABLE other (a)")
    if AS_ROOT:
        shutil.chown(a.database.path, CHILD_USER)
    a.start(UNCACHED)
    b.start(UNCACHED)
    for _ in range(3):
        check_round(a, b)
    assert a.database.run("PRAGMA encoding") == [(encoding,)]


def test_a_connection_that_mariadb_has_ended_does_not_come_back_without_its_settings(new_site, mariadb):
    """The driver would reconnect by itself at the next START TRANSACTION, and go on in a session as the server makes it."""
    a = new_site(engine="mysql", on=mariadb)
    b = new_site(beside=a)
    with default(mariadb, "autocommit", 0):
        a.start(ONE_CONNECTION)
        b.start(UNCACHED)
        made = [owner_on(b).token() for _ in range(2)]
        assert a.let_in(made[0]) == 200
        assert faults.end_connections(a.database) >= 2
        owner_on(a).delete(made[0])
        assert [one["tokenId"] for one in owner_on(a).list()] == [tokens.id_of(made[1])]
        made.append(owner_on(b).token())
        assert {one["tokenId"] for one in owner_on(a).list()} == {tokens.id_of(token) for token in made[1:]}
        assert wait_until(lambda: not open_transactions(a.database), 5)
