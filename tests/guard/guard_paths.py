# SPDX-License-Identifier: Apache-2.0
"""
Guards that no file names a folder of the machine it was written on.
"""

import re

import tree

# Homes and checkouts. Written so that it does not find itself.
PLACES = re.compile(r"(?<![\w.])/(?:home/(?!\$)\w+|Users/\w+|root|work|farm|build)/")


def main():
    guard = tree.Guard("no paths of somebody's machine")
    # In a container the checkout is often at /src, which is no secret, and a word of its own.
    here = {str(place) for place in (tree.TOP, tree.BUILD) if len(place.parts) > 2}
    for path in guard.looks_at(tree.files()):
        for number, line in enumerate(tree.text_of(path).splitlines(), 1):
            found = PLACES.search(line)
            words = [found.group(0)] if found else []
            words += [place for place in here if place in line]
            if words:
                guard.blame(path, number, f"names {words[0]}")
    guard.end()


main()
