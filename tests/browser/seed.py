# SPDX-License-Identifier: Apache-2.0
"""What a test does to the table itself: writes rows of its choice, many or old ones, or takes it away."""

import contextlib
import uuid

from client import Manager

DAY = 86_400_000
INSERT = ("INSERT INTO access_tokens (token_id, token_hash, user_name, description, created_at, expires_at, last_used)"
          " VALUES (?, ?, ?, ?, ?, ?, ?)")


def token(user, description, created, expires=None, used=None, token_id=""):
    """One row; token_id is how the id begins."""
    name = token_id + str(uuid.uuid4())[len(token_id):]
    return name, uuid.uuid4().hex * 2, user, description, created, expires, used


def insert(site, rows):
    if not site.database.has_table():
        Manager(site.client, user="alice").list()
    with site.database.connection() as link:
        link.execute("BEGIN")
        link.executemany(INSERT, rows)
        link.execute("COMMIT")


@contextlib.contextmanager
def table_away(site):
    """The database has lost its table, and nothing may make another."""
    site.database.run("ALTER TABLE access_tokens RENAME TO elsewhere")
    site.database.run("CREATE VIEW access_tokens AS SELECT what FROM void")
    try:
        yield
    finally:
        site.database.run("DROP VIEW access_tokens")
        site.database.run("ALTER TABLE elsewhere RENAME TO access_tokens")
