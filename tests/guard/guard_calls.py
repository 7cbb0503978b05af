# SPDX-License-Identifier: Apache-2.0
"""
Guards against calls that cannot be made safely: they know no bounds, or cannot say that they failed.
"""

import tree

BANNED = ("strcpy", "strcat", "sprintf", "vsprintf", "strtok", "atoi", "atol", "atoll", "gets")


def main():
    guard = tree.Guard("no " + ", ".join(BANNED))
    pattern = r"\b(" + "|".join(BANNED) + r")\b"
    for path in guard.looks_at(tree.c_files()):
        for line, match in tree.find_in_c(path, pattern):
            guard.blame(path, line, f"{match.group(0)} is banned")
    guard.end()


main()
