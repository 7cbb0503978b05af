# SPDX-License-Identifier: Apache-2.0
"""Fixtures of httoken's tests: the command as an administrator types it, on a database of each engine.

The harness of the server tests makes the databases, and httpd where one has to run.
"""

import itertools
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parent / "server/support"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

import engines  # noqa: E402
import httpd  # noqa: E402
from place import built, place  # noqa: E402, F401
from tool import Tool, program  # noqa: E402
from typical_site import Site  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "privileged: needs root and the right to mount")
    try:
        program()
    except RuntimeError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.fixture(scope="module")
def engine(request):
    """SQLite, unless a test module asks for all with ALL_ENGINES."""
    return getattr(request, "param", "sqlite3")


@pytest.fixture(scope="module")
def ground():
    """The folder of a server that is not started. At the end it is searched for secrets."""
    server = httpd.Server()
    yield server
    server.close()


_numbers = itertools.count()


@pytest.fixture
def bare(ground, engine, request):
    """httoken on a new database without a table.

    Searching all files of a database server takes seconds, so only one module does it.
    """
    database = engines.ENGINES[engine](ground, str(next(_numbers)))
    if engine == "sqlite3" or getattr(request.module, "SEARCH", False):
        ground.databases.append(database)
    return Tool(database, ground)


@pytest.fixture
def tool(bare):
    """httoken on a new database with an empty table."""
    bare("init")
    return bare


@pytest.fixture(scope="module")
def site(engine):
    """A running server with a table of its own."""
    with Site("event", engine) as server:
        yield server.start()
