# SPDX-License-Identifier: Apache-2.0
"""A large table: a list is written as it is read, and the memory in use does not grow.

100,000 rows; a million with ACCESSTOKEN_LONG=1.
"""

import subprocess
import uuid

import pytest

import engines
from marks import ALL_ENGINES, ENGINES, LONG, each
from tool import Tool

ROWS = 1_000_000 if LONG else 100_000
USERS = 1000
SLOW = 600
LINES = {"table": 0, "json": 2, "csv": 1}  # beside those of the rows
GROWTH = 1024  # KiB more at the end of a list than after its first twentieth


def row(n, now):
    """One row in SQL. Every second row expires, 200 s after the one before; a fifth was never used."""
    expires, used = now + 43_200_000 + n * 100_000 if n % 2 else "NULL", now - n * 50_000 if n % 5 else "NULL"
    return (f"('{uuid.UUID(int=n * 7919 % ROWS)}', '{'0' * 64}', 'user{n % USERS}', 'token number {n}', {now - n // 3},"
            f" {expires}, {used})")


@pytest.fixture(scope="module", name="large")
def fixture_large(ground, engine):
    """httoken on a table with very many rows."""
    database = engines.ENGINES[engine](ground, "large")
    tool = Tool(database, ground)
    tool("init")
    now = engines.now_ms()
    names = ", ".join([*engines.COLUMNS[:6], "last_used"])
    for begin in range(0, ROWS, 2000):
        rows = ",".join(row(n, now) for n in range(begin, begin + 2000))
        database.run(f"INSERT INTO access_tokens ({names}) VALUES {rows}")
    if engine == "pgsql":
        database.run("ANALYZE access_tokens")
    return tool


def memory(process):
    """The peak of its memory so far, in KiB."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        return next((int(line.split()[1]) for line in file if line.startswith("VmHWM")), None)


def run(tool, *arguments):
    """The number of lines that it writes, and its peak memory in KiB after each twentieth. It cannot end before its lines are read."""
    process = tool.start(*arguments)
    lines, taken = 0, []
    for _ in process.stdout:
        lines += 1
        if lines % (ROWS // 20) == 0:
            taken.append(memory(process))
    process.wait(SLOW)
    assert process.returncode == 0, process.stderr.read()
    return lines, [kib for kib in taken if kib]


@each("engine, form", ENGINES, LINES)
def test_the_memory_of_a_list_does_not_grow_with_its_length(large, form):
    lines, taken = run(large, "list", "--format", form)
    assert lines == ROWS + LINES[form]
    assert len(taken) > 15 and taken[-1] - taken[0] < GROWTH


@ALL_ENGINES
def test_filters_read_the_whole_table(large):
    assert run(large, "list", "--status", "active")[0] == ROWS
    soon = run(large, "list", "--expiring-within", "1d")[0]
    assert 210 < soon < 230  # in the second half of the day
    assert run(large, "list", "--unused-for", "36500d")[0] == 0


@ALL_ENGINES
def test_every_id_is_listed_once(large):
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {large.program} list | cut -f1 | sort -u | wc -l"],
                          env=large.environment, capture_output=True, text=True, check=True, timeout=SLOW)
    assert int(done.stdout) == ROWS
