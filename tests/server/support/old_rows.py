# SPDX-License-Identifier: Apache-2.0
"""Rows that are old enough to be removed, and servers that may do so."""

import uuid

import engines

DAY = 86_400_000
SOON = 20
FIRST_TIME = 8  # seconds after which a server has purged for the first time
MANY = 1700


def rows(number, **columns):
    """Rows of a user who has gone, created long ago."""
    now = engines.now_ms()
    row = {"user_name": "gone", "description": "", "created_at": now - 400 * DAY, "expires_at": None, "deleted_at": None, **columns}
    return [{"token_id": str(uuid.uuid4()), "token_hash": "0" * 64, **row} for _ in range(number)]


def insert(site, made):
    site.database.insert(*made[0], rows=[tuple(row.values()) for row in made])
    return {row["token_id"] for row in made}


def old_ones(number, age=91):
    moment = engines.now_ms() - age * DAY
    return rows(number, expires_at=moment) + rows(number, deleted_at=moment)


def left(site, ids):
    return ids & {row[0] for row in site.database.rows()}


def started(site, lines="", used=True):
    """A server with a token in its table, which was used two nights ago, too, so that the clock is believed."""
    site.start(lines)
    site.token = site.manager("alice").token()
    insert(site, rows(1, created_at=engines.now_ms() - DAY * 3 // 2) if used else rows(1))
    return site
