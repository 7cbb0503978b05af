# SPDX-License-Identifier: Apache-2.0
"""Describes what was measured and where: the machine, httpd, packages, and the revision of the module."""

import hashlib
import os
import platform
import re
import subprocess

import httpd

PACKAGES = ("apache2-bin", "libapr1", "libaprutil1", "libssl3", "libsqlite3-0", "libpq5", "postgresql",
            "libapache2-mod-auth-openidc", "libapache2-mod-oauth2", "liboauth2-0", "wrk", "valgrind")
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def _said(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return ""
    return done.stdout.strip()


def _cpu():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        found = re.search(r"^model name\s*:\s*(.+)$", file.read(), re.MULTILINE)
    return found.group(1) if found else platform.machine()


def _memory():
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"


def _revision():
    revision = _said("git", "-C", TOP, "rev-parse", "--short", "HEAD")
    changed = _said("git", "-C", TOP, "status", "--porcelain", "--", "src", "include")
    return f"{revision or 'no git'}{' and changes' if changed else ''}"


def _module():
    with open(httpd.module_path(), "rb") as file:
        data = file.read()
    return f"{len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()[:16]}"


def description():
    versions = _said("dpkg-query", "-W", "-f=${Package} ${Version}\n", *PACKAGES).splitlines()
    server = _said(httpd.binary(), "-v").splitlines()
    return {
        "cpu": f"{_cpu()}, {os.cpu_count()} cores",
        "memory": _memory(),
        "load before": " ".join(f"{number:.2f}" for number in os.getloadavg()),
        "kernel": f"{platform.system()} {platform.release()}",
        "httpd": server[0].partition(": ")[2] if server else "?",
        "packages": ", ".join(versions),
        "sources": _revision(),
        "module": _module(),
    }


def lines(described):
    return [f"{name + ':':13}{value}" for name, value in described.items()]
