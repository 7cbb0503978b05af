# SPDX-License-Identifier: Apache-2.0
"""
Guards the floors, which are folders: a file may include what is in its own folder and in those
below it. The core knows nothing of httpd and the tool; the tool and httpd's side know nothing of
each other.
"""

import re

import tree

# What each folder may include beside itself. A file of src/ has the floor of its folder; the
# headers of a folder lie in the folder of that name under include/.
BELOW = {
    "core/token": (),
    "core/cache": ("core/token",),
    "core/db": ("core/token",),
    "core/pool": ("core/token", "core/cache", "core/db"),
    "core/jobs": ("core/token", "core/cache", "core/db", "core/pool"),
    "core": ("core/token", "core/cache", "core/db", "core/pool", "core/jobs"),
    # What the administrator configured; what lives with the process; what authenticates; what
    # manages. mod_accesstoken.c, which registers the hooks, is above them all.
    "httpd/config": ("core/token", "core/cache", "core/db"),
    "httpd/process": (
        "core/token", "core/cache", "core/db", "core/pool", "core/jobs", "core", "httpd/config",
    ),
    "httpd/auth": ("core/token", "core/cache", "httpd/config", "httpd/process"),
    "httpd/manager": ("core/token", "core", "httpd/config", "httpd/process", "httpd/auth"),
    # Arguments; what is written; files; httpd's configuration; the database; the commands. The
    # table of commands and the help are above them all.
    "tool/cli": ("core/token",),
    "tool/output": ("core/token", "tool/cli"),
    "tool/files": ("core/db", "tool/cli", "tool/output"),
    "tool/conf": ("core/token", "core/db", "tool/cli", "tool/output", "tool/files"),
    "tool/database": (
        "core/token", "core/db", "tool/cli", "tool/output", "tool/files", "tool/conf",
    ),
    "tool/commands": (
        "core/token", "core/db", "tool/cli", "tool/output", "tool/files", "tool/database",
    ),
    "tool": ("tool/cli", "tool/output", "tool/commands"),
}

HTTPD_HEADER = re.compile(
    r"(httpd/|httpd\.h|http_|ap_|util_|mod_|mpm|scoreboard|heartbeat|unixd)"
)
HTTPD_WORD = (
    r"\b(ap_\w+|AP_\w+|APLOG\w*|request_rec|server_rec|conn_rec|process_rec|cmd_parms|module_rec)\b"
)
OURS = ("core", "tool", "httpd")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def includes(path):
    text = tree.text_of(path)
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1)


def is_httpd(folder):
    return folder.startswith("httpd/")


def check(guard, path, folder):
    allowed = BELOW.get(folder)
    if allowed is None:
        guard.blame(path, 0, f"lies in {folder}/, which is no floor")
        return
    for line, header in includes(path):
        above = header.rsplit("/", 1)[0] if "/" in header else folder
        if HTTPD_HEADER.match(header) and not is_httpd(folder):
            guard.blame(path, line, f"{folder}/ includes <{header}>, which is httpd's")
        elif above.split("/")[0] in OURS and above != folder and above not in allowed:
            guard.blame(path, line, f"{folder}/ includes <{header}>, which is not below it")
    if is_httpd(folder):
        return
    for line, match in tree.find_in_c(path, HTTPD_WORD):
        guard.blame(path, line, f"{folder}/ speaks of httpd's {match.group(0)}")


def folder_of(path):
    """core/db of src/core/db/sql.c and include/core/db/sql.h; tool of httoken.c."""
    parts = path.relative_to(tree.TOP).parts
    return "/".join(parts[1:-1]) or "tool"


def main():
    guard = tree.Guard("each folder includes only the folders below it")
    files = tree.c_files("src/", "include/", "httoken.c")
    for path in guard.looks_at(files):
        check(guard, path, folder_of(path))
    guard.end()


main()
