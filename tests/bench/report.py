# SPDX-License-Identifier: Apache-2.0
"""Prints results: plain, aligned tables with their notes below."""


class Table:
    """Rows of cells; the first column is text, and columns of numbers are aligned to the right."""

    def __init__(self, title, heads, notes=()):
        self.title = title
        self.heads = list(heads)
        self.notes = list(notes)
        self.rows = []
        self.numeric = set()

    def row(self, words, *cells, formats):
        """Adds a row; each cell but the first has a format, and None is printed as a dash."""
        texts = [str(words)]
        for column, (cell, how) in enumerate(zip(cells, formats), 1):
            if how:
                self.numeric.add(column)
            texts.append("-" if cell is None else format(cell, how) if how else str(cell))
        self.rows.append(texts)

    def __str__(self):
        lines = [self.heads, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.heads))]
        printed = ["  ".join(text.rjust(width) if column in self.numeric else text.ljust(width)
                             for column, (text, width) in enumerate(zip(line, widths))).rstrip()
                   for line in lines]
        printed.insert(1, "-" * (sum(widths) + 2 * len(widths) - 2))
        return "\n".join(["", self.title, "", *printed, *self.notes])
