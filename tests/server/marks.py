# SPDX-License-Identifier: Apache-2.0
"""On which of httpd's process models, and with which databases, a test module runs."""

import pytest

import engines

MPMS = ("event", "worker", "prefork")
ALL_MPMS = pytest.mark.parametrize("mpm", MPMS, indirect=True, scope="module")
ALL_ENGINES = pytest.mark.parametrize("engine", list(engines.ENGINES), indirect=True, scope="module")
# Needs root, and the right to mount: left out where there is none, as conftest.py then says.
PRIVILEGED = pytest.mark.privileged
