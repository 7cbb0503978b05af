# SPDX-License-Identifier: Apache-2.0
"""The databases that a server is tested with.

An engine makes databases for one server; a database knows its AccessTokenDatabase arguments, runs
SQL for a test, and names the files in which no secret may be found. Another engine is one more
class with the same methods, and its name in ENGINES.
"""

import contextlib
import os
import sqlite3
import time
from datetime import datetime, timezone

import rdbms

COLUMNS = ("token_id", "token_hash", "user_name", "description",
           "created_at", "expires_at", "last_used", "deleted_at")


def now_ms():
    return int(time.time() * 1000)


def from_iso(text):
    """Milliseconds since the epoch of a time as the manager writes it."""
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    return round(moment.timestamp() * 1000)


class Database:
    """What tests do with a table, whatever the engine; SQL takes ? as its parameters."""

    def connection(self):
        raise NotImplementedError

    def run(self, sql, *arguments):
        raise NotImplementedError

    def row(self, token_id, table="access_tokens"):
        rows = self.run(f"SELECT {', '.join(COLUMNS)} FROM {table} WHERE token_id = ?", token_id)
        return dict(zip(COLUMNS, rows[0])) if rows else None

    def rows(self, table="access_tokens"):
        return self.run(f"SELECT {', '.join(COLUMNS)} FROM {table} ORDER BY token_id")

    def insert(self, *names, rows):
        """Insert rows of these columns, all in one transaction."""
        marks = ", ".join("?" * len(names))
        self.run_many(f"INSERT INTO access_tokens ({', '.join(names)}) VALUES ({marks})", rows)

    def run_many(self, sql, rows):
        raise NotImplementedError

    def change(self, token_id, **columns):
        names = ", ".join(f"{name} = ?" for name in columns)
        self.run(f"UPDATE access_tokens SET {names} WHERE token_id = ?", *columns.values(), token_id)


class Sqlite(Database):
    """One SQLite file in a folder of its own, which the server's user may write to."""

    driver = "sqlite3"

    def __init__(self, server, name):
        self.folder = server.folder("db-" + name, for_children=True)
        self.path = os.path.join(self.folder, "tokens.db")

    def directive(self):
        return f'AccessTokenDatabase sqlite3 "{self.path}"'

    @contextlib.contextmanager
    def connection(self):
        """An open connection; what it writes must not make files that the server cannot open."""
        link = sqlite3.connect(f"file:{self.path}?mode=rw", uri=True, timeout=10, isolation_level=None)
        link.execute("PRAGMA busy_timeout=10000")
        try:
            yield link
        finally:
            link.close()

    def run(self, sql, *arguments):
        with self.connection() as link:
            return link.execute(sql, arguments).fetchall()

    def run_many(self, sql, rows):
        with self.connection() as link:
            link.execute("BEGIN IMMEDIATE")
            link.executemany(sql, rows)
            link.execute("COMMIT")

    def has_table(self, table="access_tokens"):
        if not os.path.exists(self.path):
            return False
        return bool(self.run("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", table))

    def sound(self):
        return self.run("PRAGMA integrity_check") == [("ok",)]

    def backup(self, path):
        """A copy by SQLite's own means; its path."""
        with self.connection() as link, contextlib.closing(sqlite3.connect(path)) as copy:
            link.backup(copy)
        return path

    @contextlib.contextmanager
    def locked(self):
        """The write lock, held by somebody else."""
        with self.connection() as link:
            link.execute("BEGIN IMMEDIATE")
            try:
                yield link
            finally:
                link.execute("ROLLBACK")

    def files(self):
        return [os.path.join(self.folder, name) for name in os.listdir(self.folder)]


class Served(Database):
    """A database of its own on a server that all tests of a run share."""

    kind = None  # of rdbms.Rdbms

    def __init__(self, server, name, on=None):
        """`on`: a database server of a test's own."""
        del server, name
        self.rdbms = on or self.kind.running()
        self.name = self.rdbms.new_database()

    def directive(self):
        return self.rdbms.directive(self.name)

    @contextlib.contextmanager
    def connection(self):
        link = self.rdbms.connect(self.name)
        link.autocommit = True if self.driver == "pgsql" else link.autocommit
        try:
            yield link
        finally:
            link.close()

    def run(self, sql, *arguments):
        with self.connection() as link, link.cursor() as cursor:
            cursor.execute(sql.replace("?", "%s"), arguments or None)
            rows = cursor.fetchall() if cursor.description else []
        return [tuple(cell.decode() if isinstance(cell, bytes) else cell for cell in row) for row in rows]

    def run_many(self, sql, rows):
        with self.connection() as link, link.cursor() as cursor:
            cursor.executemany(sql.replace("?", "%s"), rows)

    def has_table(self, table="access_tokens"):
        return bool(self.run("SELECT 1 FROM information_schema.tables WHERE table_name = ?"
                             " AND ? IN (table_schema, table_catalog)", table, self.name))

    def sound(self):
        return True

    def files(self):
        return self.rdbms.files(self.name)


class Pgsql(Served):
    driver = "pgsql"
    kind = rdbms.Postgres


class Mysql(Served):
    driver = "mysql"
    kind = rdbms.MariaDb


ENGINES = {"sqlite3": Sqlite, "pgsql": Pgsql, "mysql": Mysql}
