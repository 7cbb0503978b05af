# SPDX-License-Identifier: Apache-2.0
"""Reads the tables of docs/clients.md, so that each of their cells is a test."""

import document_blocks


def rows(section):
    """The table of a section: a dictionary for each row, with the names of the columns as keys."""
    text = document_blocks.document("docs/clients.md")
    return document_blocks.table_of(text.split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0])


def cells(section, columns=("bearer", "basic", "header")):
    """(client, way, what the cell says) of each cell that is not –."""
    return [(row["client"], way, row[way]) for row in rows(section) for way in columns if row[way] != "–"]
