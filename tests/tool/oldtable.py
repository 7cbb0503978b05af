# SPDX-License-Identifier: Apache-2.0
"""A table as the version before scopes created it."""

import re

COLUMNS_BEFORE = ("token_id", "token_hash", "user_name", "description", "created_at", "expires_at")


def make(tool):
    """Run the statements of 'httoken init' of that version."""
    tool.empty_file()
    text, count = re.subn(r", scopes VAR\w+\(255\) NULL", "", tool("schema").out)
    assert count == 1 and "scopes" not in text
    for statement in text.split(";\n"):
        if statement:
            tool.database.run(statement)


def without_scopes(database):
    """Drop the column from a table of this version."""
    database.run("ALTER TABLE access_tokens DROP COLUMN scopes")
