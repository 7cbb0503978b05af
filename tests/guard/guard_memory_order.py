# SPDX-License-Identifier: Apache-2.0
"""
Guards that the cache's words are loaded with acquire and stored with release, or stronger.

No test on x86 can see a weaker order, since the processor hides it. So clang translates each file
for its virtual machine, which names the order of every access. What the orders are good for is
shown in tests/model. The compiler's flags come from the Makefile by CORE_CPPFLAGS.
"""

import os
import re
import shlex
import subprocess

import tree

# Functions that only estimate: a value of long ago is as good to them.
ESTIMATES = {"at_cache_entries", "is_empty"}
WEAK = {"unordered", "monotonic"}

FUNCTION = re.compile(r"^define .*?@([\w.]+)\(")
ACCESS = re.compile(r"\b(load|store) atomic .*?\b(unordered|monotonic|acquire|release|seq_cst)\b")


def users():
    """The files of the core that see the layout of the shared memory."""
    return [path for path in tree.c_files("src/core/")
            if path.suffix == ".c" and "cache_layout.h" in tree.text_of(path)]


def translated(path):
    """The file as clang's intermediate language, one line for each access."""
    command = ["clang", "-S", "-emit-llvm", "-O0", "-o", "-", f"-I{tree.TOP}/include", f"-I{tree.TOP}/src/core/cache"]
    command += shlex.split(os.environ.get("CORE_CPPFLAGS", "")) + [str(path)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def accesses(path):
    """(function, load or store, order) of each atomic access."""
    function = ""
    for line in translated(path).splitlines():
        begun = FUNCTION.match(line)
        function = begun.group(1) if begun else function
        found = ACCESS.search(line)
        if found:
            yield function, found.group(1), found.group(2)


def main():
    guard = tree.Guard("words of the cache are loaded with acquire and stored with release")
    for path in guard.looks_at(users()):
        found = set(accesses(path))
        if not found:
            guard.blame(path, 0, "has no atomic access: the guard is blind")
        for function, kind, order in sorted(found):
            if order in WEAK and function not in ESTIMATES:
                guard.blame(path, 0, f"{function}: a {kind} is {order}")
    guard.end()


main()
