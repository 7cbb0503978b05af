# SPDX-License-Identifier: Apache-2.0
"""
Guards that the C sources are as clang-format would write them.
"""

import re
import shutil
import subprocess

import tree

# The sources are written so that these agree; what another makes of them is not known.
VERSIONS = range(14, 24)
COLUMNS = 80
COMMENT = re.compile(r"\s*(/?\*|//)")


def version_of(program):
    """The major version, or None."""
    said = subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True, check=False).stdout
    found = re.search(r"version (\d+)\.", said)
    return int(found.group(1)) if found else None


def check_comments(guard, path):
    """clang-format leaves comments as they are."""
    for number, line in enumerate(tree.text_of(path).splitlines(), 1):
        if len(line) > COLUMNS and COMMENT.match(line):
            guard.blame(path, number, f"a comment of {len(line)} columns; there are {COLUMNS}")


def main():
    guard = tree.Guard("formatted by clang-format -i")
    style = tree.TOP / ".clang-format"
    program = shutil.which("clang-format")
    if program is None:
        guard.blame("clang-format", 0, "is not installed")
    if not style.exists():
        guard.blame(style, 0, "is missing")
    if program and not guard.violations and (version := version_of(program)) not in VERSIONS:
        guard.skip(f"needs clang-format {VERSIONS[0]} to {VERSIONS[-1]}; {program} is {version or 'of no known version'}")
    if program and style.exists():
        for path in guard.looks_at(tree.c_files()):
            check_comments(guard, path)
            done = subprocess.run(
                [program, f"--style=file:{style}", "--dry-run", "-Werror", str(path)],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            if done.returncode:
                guard.blame(path, 0, "is formatted otherwise:\n" + done.stdout)
    guard.end()


main()
