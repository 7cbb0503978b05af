# SPDX-License-Identifier: Apache-2.0
"""
Guards the English of comments, texts and documents: the field's terms, subjects that are named,
and no pictures. Each pattern was found in this project once and made a reader stop.
"""

import re

import tree

ACTOR = "name the process, thread, request, program or user"
TERM = "use the term of the glossary in docs/architecture.md"
PLAIN = "say it in plain words"

# In comments and strings of the sources of the product.
IN_SOURCES = (
    (r"who|whoever|whom", ACTOR),
    (r"nobody|somebody|anybody|everybody", ACTOR),
    (r"someone|anyone|no one|everyone", ACTOR),
    (r"(?:tell|tells|told|telling) the log", "write: logs"),
)

# There, in the documents and in the tests.
EVERYWHERE = (
    (r"shel(?:f|ves)|clerks?|scribes?|keepers?|desks?|quests?|batons?|chores?|rosters?", TERM),
    (r"heed\w*|befell|befall\w*|goodbye|anew|in vain|thereof|therein|lest|hitherto", PLAIN),
    (r"whoever|in the meanwhile|all the same|ere|whither", PLAIN),
    (r"(?:what|that|which) lacks?(?! (?:a|an|the|its|no|one|any|this|some)\b)", "write: is missing"),
)


def pattern(rules):
    return [(re.compile(rf"(?<![\w./-])(?:{words})(?![\w-])", re.IGNORECASE), advice)
            for words, advice in rules]


SOURCES, ALL = pattern(IN_SOURCES), pattern(EVERYWHERE)


def texts(path):
    """Pairs of line number and text that a person reads; of C, comments and strings alone."""
    if path.suffix in tree.C_SUFFIXES:
        yield from tree.comments_and_strings(path)
    else:
        yield from enumerate(tree.text_of(path).splitlines(), 1)


IDENTIFIER = re.compile(
    r"(?:^|_)(?:shel(?:f|ves)|clerk|scribe|keeper|desk|quest|baton|chore|roster|heed)s?(?:_|$)", re.I
)


def check_identifiers(guard, path):
    for line, match in tree.find_in_c(path, r"\b[A-Za-z_]\w*"):
        if IDENTIFIER.search(match.group(0)):
            guard.blame(path, line, f"{match.group(0)}: {TERM}")


def check(guard, path, rules):
    for line, text in texts(path):
        for found, advice in rules:
            for match in found.finditer(text):
                guard.blame(path, line, f"'{match.group(0)}': {advice}")


def is_product(path):
    name = tree.name_of(path)
    return name.startswith(("src/", "include/")) or name in ("mod_accesstoken.c", "httoken.c")


def main():
    guard = tree.Guard("English is plain, and names one thing by one name")
    for path in guard.looks_at(tree.c_files()):
        check_identifiers(guard, path)
    documents = [path for path in tree.files() if path.suffix == ".md"]
    tests = [path for path in tree.files()
             if tree.name_of(path).startswith("tests/") and path.suffix in (".py", ".c", ".h")
             and path.name != "guard_english.py"]
    for path in guard.looks_at([path for path in tree.c_files() if is_product(path)]):
        check(guard, path, SOURCES + ALL)
    for path in guard.looks_at(documents + tests):
        check(guard, path, ALL)
    guard.end()


main()
