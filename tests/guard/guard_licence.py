# SPDX-License-Identifier: Apache-2.0
"""
Guards that every source file and script says its licence in the first lines.
"""

import tree

LINE = "SPDX-License-" + "Identifier: Apache-2.0"
SUFFIXES = tree.C_SUFFIXES | {".am", ".ac"}


def main():
    guard = tree.Guard("an SPDX line within the first three")
    ours = [path for path in tree.files() if path.suffix in SUFFIXES or tree.is_script(path)]
    for path in guard.looks_at(ours):
        if not any(LINE in line for line in tree.text_of(path).splitlines()[:3]):
            guard.blame(path, 1, "has no SPDX line")
    guard.end()


main()
