# SPDX-License-Identifier: Apache-2.0
"""Reads the tables of docs/clients.md, so that each of their cells is a test."""

from pathlib import Path

CLIENTS = Path(__file__).resolve().parents[3] / "docs" / "clients.md"


def rows(section):
    """The table of a section: a dictionary for each row, with the names of the columns as keys."""
    text = CLIENTS.read_text(encoding="utf-8")
    lines = text.split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0].splitlines()
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    assert table, f"docs/clients.md has no table in its section {section}"
    header, _, *body = table
    return [dict(zip(header, row, strict=True)) for row in body]


def cells(section, columns=("bearer", "basic", "header")):
    """(client, way, what the cell says) of each cell that is not –."""
    return [(row["client"], way, row[way]) for row in rows(section) for way in columns if row[way] != "–"]
