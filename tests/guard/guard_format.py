# SPDX-License-Identifier: Apache-2.0
"""
Guards that the C sources are as clang-format would write them.
"""

import shutil
import subprocess

import tree


def main():
    guard = tree.Guard("formatted by clang-format -i")
    style = tree.TOP / ".clang-format"
    program = shutil.which("clang-format")
    if program is None:
        guard.blame("clang-format", 0, "is not installed")
    if not style.exists():
        guard.blame(style, 0, "is missing")
    if program and style.exists():
        for path in guard.looks_at(tree.c_files()):
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
