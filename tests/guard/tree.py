# SPDX-License-Identifier: Apache-2.0
"""
What the guards share: which files are ours, how to read C without its comments, and how to end.

A guard looks at the sources that the environment variable srcdir names (else at those it lies in),
whether they come from git or from a tarball, prints each violation as file:line: words, and ends
with 1 if there was any, or if it found nothing to look at; with Automake's 77 if it cannot look.
"""

import os
import re
import sys
from pathlib import Path

TOP = Path(os.environ.get("srcdir") or Path(__file__).resolve().parents[2]).resolve()
BUILD = Path.cwd()

SCRIPT_SUFFIXES = {".py", ".sh", ".js", ".css"}
C_SUFFIXES = {".c", ".h"}

_FOREIGN_FOLDERS = {"autom4te.cache", "build-aux", "node_modules"}
_GENERATED = {
    ".git",  # a file where git has another working tree
    "Makefile", "Makefile.in", "aclocal.m4", "assets.c", "config.h", "config.h.in", "config.h.in~",
    "config.log", "config.status", "configure", "configure~", "libtool", "stamp-h1",
    "libtool.m4", "ltoptions.m4", "ltsugar.m4", "ltversion.m4", "lt~obsolete.m4",
}
_PRODUCTS = {".o", ".lo", ".la", ".so", ".a", ".log", ".trs", ".gz", ".pyc"}


def _ours(folder):
    """Is it a folder of sources, not one that a build or a tool made?"""
    if folder.name == ".ci":
        return True
    if folder.name.startswith((".", "__", "build", "mod_accesstoken-")):
        return False
    return folder.name not in _FOREIGN_FOLDERS and not (folder / "config.status").exists()


def files():
    """Every file of the sources, as paths, in a fixed order."""
    found = []
    for where, folders, names in os.walk(TOP):
        folders[:] = sorted(name for name in folders if _ours(Path(where) / name))
        for name in sorted(names):
            path = Path(where) / name
            if name not in _GENERATED and path.suffix not in _PRODUCTS and path.is_file():
                if os.access(path, os.X_OK) and path.read_bytes()[:4] == b"\x7fELF":
                    continue
                found.append(path)
    return found


def is_script(path):
    """Is it run by an interpreter?"""
    if path.suffix in SCRIPT_SUFFIXES:
        return True
    return path.suffix == "" and path.read_bytes()[:2] == b"#!"


def c_files(*below):
    """The C sources and headers, of some folders or of all."""
    found = [path for path in files() if path.suffix in C_SUFFIXES]
    if below:
        found = [path for path in found if name_of(path).startswith(below)]
    return found


def name_of(path):
    return path.relative_to(TOP).as_posix()


def text_of(path):
    """A file's text; what is no UTF-8 in it does not matter to a guard."""
    return path.read_text(encoding="utf-8", errors="replace")


_C_TOKENS = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL
)


def _blank(match):
    text = match.group(0)
    if text[0] == "/":
        return re.sub(r"[^\n]", " ", text)
    return text[0] + re.sub(r"[^\n]", " ", text[1:-1]) + text[-1]


def c_without_comments(path):
    """C with its comments and literals blanked out, line for line."""
    return _C_TOKENS.sub(_blank, text_of(path))


def comments_and_strings(path):
    """(line number, text) for each comment and literal of C, without the marks of a block."""
    code = text_of(path)
    for match in _C_TOKENS.finditer(code):
        text = re.sub(r"\s*\n[ *]*", " ", match.group(0))
        yield code.count("\n", 0, match.start()) + 1, text


def find_in_c(path, pattern):
    """(line number, match) for each place in the code proper."""
    code = c_without_comments(path)
    for match in re.finditer(pattern, code):
        yield code.count("\n", 0, match.start()) + 1, match


class Guard:
    """Collects violations and ends the program with what they come to."""

    def __init__(self, rule):
        self.rule = rule
        self.looked_at = 0
        self.violations = 0

    def looks_at(self, things):
        """Counts what is looked at, since a guard that sees nothing guards nothing."""
        for thing in things:
            self.looked_at += 1
            yield thing

    def blame(self, path, line, words):
        self.violations += 1
        place = name_of(path) if isinstance(path, Path) and path.is_relative_to(TOP) else path
        print(f"{place}:{line}: {words}" if line else f"{place}: {words}")

    def skip(self, reason):
        """Ends the program as one that could not look: `make check` counts a skip, script/test a failure."""
        print(reason)
        sys.exit(77)

    def end(self):
        if self.looked_at == 0:
            print(f"nothing to look at below {TOP}: the guard is blind")
        elif self.violations == 0:
            print(f"{self.rule}: {self.looked_at} looked at")
        else:
            print(f"{self.violations} against the rule: {self.rule}")
        sys.exit(self.looked_at == 0 or self.violations > 0)
