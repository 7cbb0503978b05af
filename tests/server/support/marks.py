# SPDX-License-Identifier: Apache-2.0
"""On which of httpd's process models, and with which databases, a test runs.

A test that asks a table, or that a process model could make fail, runs on each; one whose request is
refused before any table is asked runs once. With ACCESSTOKEN_LONG=1 each() and pairs() are the whole product.
"""

import itertools
import os

import pytest

import engines

LONG = os.environ.get("ACCESSTOKEN_LONG") == "1"
MPMS = ("event", "worker", "prefork")
TWO_MPMS = ("event", "prefork")
ENGINES = tuple(engines.ENGINES)
SERVERS = ("pgsql", "mysql")


def parametrize(names, rows):
    """Each row is one run; `engine` and `mpm` choose the server of the module."""
    indirect = [name for name in names.split(", ") if name in ("engine", "mpm")]
    return pytest.mark.parametrize(names, rows, indirect=indirect, scope="module")


def each(names, *values, turn=0):
    """So few runs that each value is in one. Another turn brings other values together."""
    values = [list(some) for some in values]
    rows = [tuple(some[(number + turn * place) % len(some)] for place, some in enumerate(values))
            for number in range(max(map(len, values)))]
    return parametrize(names, list(itertools.product(*values)) if LONG else rows)


def pairs(names, *values, spread=()):
    """So few runs that each two values of two names are together in one; the last name's are spread over these runs."""
    rows = list(itertools.product(*values))
    if LONG:
        return parametrize(names, list(itertools.product(*values, *([spread] if spread else []))))
    rows = pairwise(rows)
    return parametrize(names, [(*row, one) for row, one in zip(rows, itertools.cycle(spread))] if spread else rows)


def pairwise(rows):
    """Of these rows, the fewest that a greedy choice finds to hold the same pairs; all, where no row has two values."""
    if len(rows[0]) == 1:
        return rows
    missing, chosen = set().union(*map(pairs_of, rows)), []
    while missing:
        chosen.append(max(rows, key=lambda row: len(missing & pairs_of(row))))
        missing -= pairs_of(chosen[-1])
    return sorted(chosen, key=rows.index)


def pairs_of(row):
    return set(itertools.combinations(enumerate(row), 2))


ALL_MPMS = parametrize("mpm", MPMS)
ALL_ENGINES = parametrize("engine", ENGINES)
ALL_SERVERS = parametrize("engine", SERVERS)
# Needs root, and the right to mount: left out where there is none, as conftest.py then says.
PRIVILEGED = pytest.mark.privileged
