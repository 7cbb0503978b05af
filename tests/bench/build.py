# SPDX-License-Identifier: Apache-2.0
"""What must be installed before a measurement: the module, httpd's other modules, programs, packages."""

import os
import shutil
import subprocess

import httpd

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(TOP, "build-bench")
PACKAGES = ("wrk", "valgrind", "openssl", "libapache2-mod-auth-openidc", "libapache2-mod-oauth2")
PROGRAMS = {"wrk": "wrk", "valgrind": "valgrind", "callgrind_annotate": "valgrind", "openssl": "openssl"}
MODULES = {"mod_auth_openidc.so": "libapache2-mod-auth-openidc", "mod_oauth2.so": "libapache2-mod-oauth2"}
SCRIPT = """set -euo pipefail
. "$1/script/common.sh"
shift
install_packages "${build_packages[@]}" "${server_packages[@]}" "${test_packages[@]}" "$@"
build_module "$top/build-bench"
"""


def build():
    """Builds in build-bench/ as the test script does, after installing what is missing."""
    subprocess.run(["bash", "-c", SCRIPT, "bench", TOP, *PACKAGES], check=True, stdout=2)
    return os.path.join(FOLDER, ".libs", "mod_accesstoken.so")


def module(folder):
    """Copies the module as it is now into this folder, so that another build does not disturb the run."""
    if os.environ.get("ACCESSTOKEN_MODULE"):
        source = httpd.module_path()
    else:
        source = build()
    copy = shutil.copy(source, os.path.join(folder, "mod_accesstoken.so"))
    os.environ["ACCESSTOKEN_MODULE"] = copy
    return copy


def missing():
    """Packages whose programs or modules are missing: no measurement is left out silently."""
    absent = {package for program, package in PROGRAMS.items() if not shutil.which(program)}
    stock = httpd.stock_modules()
    absent |= {package for file, package in MODULES.items() if not os.path.exists(os.path.join(stock, file))}
    return sorted(absent)
