# SPDX-License-Identifier: Apache-2.0
"""
Guards that the module exports its module structure and nothing else, so that no name of ours can
meet the same name in httpd or in another module.
"""

import os
import subprocess

import tree

WANTED = {"accesstoken_module"}


def exported(path):
    nm = (os.environ.get("NM") or "nm").split()
    listing = subprocess.run(
        [nm[0], "-D", "--defined-only", str(path)], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    return {line.split()[-1].split("@")[0] for line in listing.splitlines() if line.strip()}


def main():
    guard = tree.Guard("accesstoken_module is the only exported symbol")
    module = tree.BUILD / ".libs" / "mod_accesstoken.so"
    if not module.exists():
        guard.blame(str(module), 0, "is not built")
    for path in guard.looks_at([module] if module.exists() else []):
        found = exported(path)
        for symbol in sorted(found - WANTED):
            guard.blame(str(path), 0, f"exports {symbol}")
        for symbol in sorted(WANTED - found):
            guard.blame(str(path), 0, f"does not export {symbol}")
    guard.end()


main()
