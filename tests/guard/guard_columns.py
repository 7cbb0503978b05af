# SPDX-License-Identifier: Apache-2.0
"""
Guards that what tells people of the table's columns has each of them: the members of a token in
openapi.json, the table in docs/architecture.md, and the copy of a table in docs/httoken.md.
"""

import json
import re

import tree

DESCRIPTION = tree.TOP / "src/core/token/columns.c"
OPENAPI = tree.TOP / "src/ui/openapi.json"
ARCHITECTURE = tree.TOP / "docs/architecture.md"
HTTOKEN = tree.TOP / "docs/httoken.md"

COLUMN = re.compile(r'\[AT_COLUMN_\w+\] = \{"(\w+)",\s*(?:"(\w+)"|NULL)')


def main():
    guard = tree.Guard("each column of the table is told of where columns are listed")
    members = json.loads(tree.text_of(OPENAPI))["components"]["schemas"]["Token"]["properties"]
    architecture, httoken = tree.text_of(ARCHITECTURE), tree.text_of(HTTOKEN)
    copies = re.findall(r"\((token_id, [\w, ]+)\)", httoken)
    for column, member in guard.looks_at(COLUMN.findall(tree.text_of(DESCRIPTION))):
        if member and member not in members:
            guard.blame(OPENAPI, 0, f"Token has no member {member}")
        if f"| `{column}` |" not in architecture:
            guard.blame(ARCHITECTURE, 0, f"the table has no row for {column}")
        if not copies or any(column not in copy.split(", ") for copy in copies):
            guard.blame(HTTOKEN, 0, f"the copy of a table leaves {column} out")
    guard.end()


main()
