# SPDX-License-Identifier: Apache-2.0
"""
Runs the models of the cache's lock-free protocols: each must hold, and each must detect all
mistakes that it lists as "// MISTAKE n: ...".

They need g++ and relacy's headers (Debian: relacy-dev), and take a few seconds.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(os.environ.get("srcdir") or Path(__file__).resolve().parents[2]) / "tests/model"
MISTAKE = re.compile(r"^// MISTAKE (\d+): (.+)$", re.MULTILINE)
SECONDS = 300  # for one model; they take two


def build(source, program):
    compiler = shlex.split(os.environ.get("CXX") or "g++")
    # relacy's own code gives warnings.
    subprocess.run(compiler + ["-std=c++11", "-O1", "-w", str(source), "-o", str(program)],
                   check=True)


def verdict(program, mistake):
    """Runs a model: (the exit status, the output)."""
    done = subprocess.run([str(program), mistake], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=SECONDS, check=False)
    return done.returncode, done.stdout


def complaint(program, mistake):
    """Why the result of a run is wrong, or None."""
    status, output = verdict(program, mistake)
    if mistake == "0":
        return None if status == 0 else f"does not hold:\n{output}"
    if status == 1 and "USER ASSERT FAILED" in output:
        return None
    return f"does not detect it (status {status}):\n{output}"


def main():
    wrong = checked = 0
    with tempfile.TemporaryDirectory() as folder:
        for source in sorted(HERE.glob("*.cpp")):
            program = Path(folder) / source.stem
            build(source, program)
            mistakes = [("0", "as it is")] + MISTAKE.findall(source.read_text(encoding="utf-8"))
            for mistake, text in mistakes:
                reason = complaint(program, mistake)
                checked += 1
                wrong += reason is not None
                print(f"{source.name}, {text}: {reason or 'right'}")
    if checked == 0:
        print(f"there is no model in {HERE}")
    sys.exit(wrong > 0 or checked == 0)


main()
