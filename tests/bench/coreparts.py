# SPDX-License-Identifier: Apache-2.0
"""Part "core": the core without httpd: parsing, the cache, and tables of many sizes.

bench_core (tests/bench/core) is built with the module and prints each figure on a line. callgrind counts a
lookup's instructions, only within at_store_find(); the figure is the difference of two counts.
"""

import os
import re
import shutil
import subprocess
import tempfile

import build
from report import Table

NAME = "core"
LINE = re.compile(r"^(.*?)\s+([\d.]+) ([a-z][a-z ]*)$", re.MULTILINE)
COLLECTED = re.compile(r"Collected : (\d+)")
LOOKUPS = (1000, 3000)
NOTES = (
    "lookup: random rows, one connection, without the connection pool, in a SQLite file that nothing else uses.",
    "last uses are written in transactions of 500 rows; generating is a transaction each, and waits for the disk.",
)


def sizes(context):
    """Numbers of rows; the largest table takes some 8 GB and some minutes, and needs --large."""
    usual = (1000, 100_000) if context.quick else (1000, 100_000, 1_000_000)
    return usual + ((10_000_000,) if context.options.large else ())


def program():
    """Builds bench_core with the module's own Makefile."""
    folder = os.environ.get("ACCESSTOKEN_BUILD") or build.FOLDER
    if not os.path.exists(os.path.join(folder, "Makefile")):
        build.build()
    subprocess.run(["make", "-s", "-C", folder, "tests/bench/bench_core"], check=True, stdout=2)
    return os.path.join(folder, "tests", "bench", "bench_core")


def lines(*command):
    """Runs the program; a list of (what it measured, number, unit)."""
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [(words, float(number), unit) for words, number, unit in LINE.findall(done.stdout)]


def instructions(bench, path, folder):
    """Instructions of one lookup in this table."""
    counts = []
    for lookups in LOOKUPS:
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out",
                               "--toggle-collect=at_store_find", bench, "lookups", "sqlite3", path, str(lookups)],
                              check=True, capture_output=True, text=True)
        counts.append(int(COLLECTED.search(done.stderr).group(1)))
    return (counts[1] - counts[0]) / (LOOKUPS[1] - LOOKUPS[0])


def table_of(bench, rows, context):
    """All figures of a table with this many rows."""
    folder = tempfile.mkdtemp(prefix="table-", dir=context.folder)
    path = os.path.join(folder, "tokens.db")
    try:
        context.say(f"core: a table of {rows} rows")
        figures = {words: number for words, number, _ in lines(bench, "table", "sqlite3", path, str(rows))}
        figures["instructions"] = instructions(bench, path, folder)
        return figures
    finally:
        shutil.rmtree(folder)


def measure(context):
    bench = program()
    context.say("core: parsing and cache")
    return {"memory": lines(bench, "memory"),
            "tables": {rows: table_of(bench, rows, context) for rows in sizes(context)}}


def tables(results):
    memory = Table("The core in memory", ("what", "ns"))
    for what, number, _ in results["memory"]:
        memory.row(what, number, formats=(",.0f",))
    heads = ("rows", "lookup, instructions", "x 1,000 rows", "lookup, ns", "x 1,000 rows", "page of 1,000, ms",
             "last uses a second", "generations a second")
    scale = Table("SQLite by the size of the table", heads, NOTES)
    first = next(iter(results["tables"].values()))
    for rows, figures in results["tables"].items():
        uses = next(number for what, number in figures.items() if what.startswith("last uses"))
        scale.row(f"{int(rows):,}", figures["instructions"], figures["instructions"] / first["instructions"],
                  figures["cold lookup"], figures["cold lookup"] / first["cold lookup"],
                  figures["first page of 1,000 tokens"], uses, figures["generations"],
                  formats=(",.0f", ".2f", ",.0f", ".2f", ".1f", ",.0f", ",.0f"))
    return [memory, scale]

