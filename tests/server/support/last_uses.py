# SPDX-License-Identifier: Apache-2.0
"""Tokens are used many at a time, and their last use is read from the table."""

import tokens
from fast_client import at_once, wires

MOMENTS = 5  # seconds, after which what is due is written


def last_used(site, token):
    return site.database.row(tokens.id_of(token))["last_used"]


def use_at_once(site, made, times=1):
    """Uses all these tokens on some connections; all must be let in."""
    with wires(site.server.port, 4) as links:
        def use(number):
            return [links[number].status(token) for token in made[number::4] for _ in range(times)]

        statuses = at_once(*[lambda number=number: use(number) for number in range(4)])
    assert sum(statuses, []) == [200] * (len(made) * times)
