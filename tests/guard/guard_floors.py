# SPDX-License-Identifier: Apache-2.0
"""
Guards the floors: the core knows nothing of httpd, and its floor 0 nothing of its floor 1; the tool
stands on the core and knows nothing of httpd either.
"""

import re

import tree

# The floor of each file of the core, by its name without suffix.
FLOORS = {
    "status": 0, "row": 0, "text": 0, "time": 0, "token": 0, "json": 0, "grant": 0, "use": 0,
    "shelf": 0, "shelf_inside": 0, "shelving": 0, "uses": 0, "contact": 0, "flights": 0, "tally": 0,
    "displaced": 0,
    "siphash": 0, "hex": 0, "duties": 0, "breaker": 0, "outage": 0, "news": 0,
    "parts": 0, "driver": 0, "scopes": 0,
    "cells": 1, "sql": 1, "dbfile": 1, "database": 1, "store": 1, "persist": 1, "desk": 1, "desk_inside": 1,
    "workers": 1, "chores": 1, "lastused": 1, "withdrawals": 1, "table": 1, "clerk": 1, "keeper": 1,
    "scribe": 1, "upkeep": 1, "purge": 1, "purger": 1, "schema": 1, "inspect": 1,
    "catalog": 1, "reach": 1, "rows": 1, "rows_inside": 1, "session": 1, "limit": 1,
    "touch": 1, "sql_touch": 1,
}

HTTPD_HEADER = re.compile(
    r"(httpd/|httpd\.h|http_|ap_|util_|mod_|mpm|scoreboard|heartbeat|unixd)"
)
HTTPD_WORD = (
    r"\b(ap_\w+|AP_\w+|APLOG\w*|request_rec|server_rec|conn_rec|process_rec|cmd_parms|module_rec)\b"
)
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def includes(path):
    text = tree.text_of(path)
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1)


def floor_of(header):
    """The floor of a header of ours, or None if it is none."""
    if header.startswith("core/") or "/" not in header:
        return FLOORS.get(header.rsplit("/", 1)[-1][: -len(".h")])
    return None


def check(guard, path):
    floor = FLOORS.get(path.stem)
    if floor is None:
        guard.blame(path, 0, f"stands on no floor; give it one in {__file__.rsplit('/', 1)[-1]}")
        return
    for line, header in includes(path):
        if HTTPD_HEADER.match(header):
            guard.blame(path, line, f"the core includes <{header}>, which is httpd's")
        if header.startswith("core/") and floor_of(header) is None:
            guard.blame(path, line, f"<{header}> stands on no floor")
        if (floor_of(header) or 0) > floor:
            guard.blame(path, line, f"floor {floor} includes <{header}>, which is above it")
    for line, match in tree.find_in_c(path, HTTPD_WORD):
        guard.blame(path, line, f"the core speaks of httpd's {match.group(0)}")


def check_tool(guard, path):
    for line, header in includes(path):
        if HTTPD_HEADER.match(header):
            guard.blame(path, line, f"the tool includes <{header}>, which is httpd's")
        if header.startswith("core/") and floor_of(header) is None:
            guard.blame(path, line, f"<{header}> stands on no floor")
    for line, match in tree.find_in_c(path, HTTPD_WORD):
        guard.blame(path, line, f"the tool speaks of httpd's {match.group(0)}")


def main():
    guard = tree.Guard("the core knows nothing above it, and the tool nothing of httpd")
    for path in guard.looks_at(tree.c_files("src/core/", "include/core/")):
        check(guard, path)
        for line, header in includes(path):
            if header.startswith("tool/"):
                guard.blame(path, line, f"the core includes <{header}>, which is above it")
    for path in guard.looks_at(tree.c_files("httoken.c", "src/tool/", "include/tool/")):
        check_tool(guard, path)
    guard.end()


main()
