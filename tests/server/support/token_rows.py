# SPDX-License-Identifier: Apache-2.0
"""Tokens that are written into the table by SQL: no server knows them before they are used."""

import engines
import tokens
from fast_client import Wire, request


def add_rows(database, count, user="alice"):
    """So many tokens, written into the table in one go."""
    made = [tokens.forge() for _ in range(count)]
    now = engines.now_ms()
    database.insert("token_id", "token_hash", "user_name", "description", "created_at", rows=[
        (tokens.id_of(token), tokens.hash_of(token), user, "", now) for token in made])
    return made


def statuses_of(site, made, size=64):
    """The statuses of one request with each of these tokens, sent in batches over one connection."""
    link, statuses = Wire(site.server.port), []
    while len(statuses) < len(made):
        batch = [request(token) for token in made[len(statuses):len(statuses) + size]]
        statuses += [answer.status for answer in link.exchange(batch)]
    link.close()
    return statuses
