# SPDX-License-Identifier: Apache-2.0
"""Reads the fenced blocks of the documents, so that a test runs what an administrator copies."""

import os
import re

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def document(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        return file.read()


def heading_marks(text):
    """The headings; a `#` in a block is none."""
    blocks = [match.span() for match in FENCE.finditer(text)]
    return [mark for mark in HEADING.finditer(text) if not any(start < mark.start() < end for start, end in blocks)]


def headings(name):
    return [mark.group(1) for mark in heading_marks(document(name))]


def section(name, heading):
    """The text below a heading, up to the next heading of any depth."""
    text = document(name)
    marks = heading_marks(text)
    for number, mark in enumerate(marks):
        if mark.group(1) == heading:
            following = marks[number + 1:]
            return text[mark.end():following[0].start() if following else len(text)]
    raise KeyError(f"{name} has no heading '{heading}'")


def blocks_of(text, language):
    return [body for kind, body in FENCE.findall(text) if kind == language]


def block(name, heading, language, number=0, fitted=None):
    """One block of a section; `fitted` as in fit()."""
    return fit(blocks_of(section(name, heading), language)[number], fitted or {})


def table_of(text):
    """The table in a text: a dictionary for each row, with the names of the columns as keys."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    assert rows, "there is no table"
    header, _, *body = rows
    return [dict(zip(header, row, strict=True)) for row in body]


def fit(text, words):
    """Replaces addresses and paths of the document, which must be there, by those of a test."""
    for old, new in words.items():
        assert old in text, f"the document does not say '{old}' any more"
        text = text.replace(old, str(new))
    return text


def modules_named(text):
    """The modules of the `a2enmod` lines in a text, in an order in which they can be loaded: authz_svn needs dav_svn."""
    lines = re.findall(r"a2enmod ((?:[a-z_0-9]+ ?)+)", text)
    names = {word for line in lines for word in line.split()} - {"accesstoken"}
    return sorted(names, key=lambda name: (name == "authz_svn", name))
