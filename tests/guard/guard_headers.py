# SPDX-License-Identifier: Apache-2.0
"""
Guards that each header compiles alone, headers of the core without httpd's include path.

The compiler and its flags come from the Makefile by the environment variables CC, CORE_CPPFLAGS
and HTTPD_CPPFLAGS.
"""

import os
import shlex
import subprocess

import tree


def flags_for(header):
    flags = shlex.split(os.environ.get("CORE_CPPFLAGS", ""))
    if not header.startswith(("include/core/", "include/tool/")):
        flags += shlex.split(os.environ.get("HTTPD_CPPFLAGS", ""))
    return [f"-I{tree.TOP}/include"] + flags


def compiles(header):
    """What the compiler says of a file that includes that header alone, twice."""
    name = header[len("include/"):]
    command = shlex.split(os.environ.get("CC") or "gcc")
    command += ["-fsyntax-only", "-Wall", "-Wextra", "-Werror", *flags_for(header)]
    done = subprocess.run(
        command + ["-x", "c", "-"],
        input=f'#include "{name}"\n#include "{name}"\nint unused;\n',
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout if done.returncode else ""


def main():
    guard = tree.Guard("each header compiles alone")
    for path in guard.looks_at(tree.c_files("include/")):
        complaint = compiles(tree.name_of(path))
        if complaint:
            guard.blame(path, 0, "does not compile alone:\n" + complaint)
    guard.end()


main()
