# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the server tests: a typical server for each test module, and more on demand.

Every server is searched for crashes and secrets when it stops; see httpd.Server.close().
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))

import httpd  # noqa: E402
import tiny_disk  # noqa: E402
from typical_site import Site  # noqa: E402

collect_ignore = [] if tiny_disk.can_be_made() else ["test_db_disk_full.py"]


# A worker that began one of these last would be alone with it at the end.
LONGEST_FIRST = ["test_lastused_pending", "test_process_soak", "test_pool_silent_server", "test_db_server_away", "test_db_server_hangs",
                 "test_revocation_clocks_apart", "test_lastused_process_end", "test_db_sqlite_restore", "test_db_sessions"]


def place_of(item):
    name = item.path.stem
    return LONGEST_FIRST.index(name) if name in LONGEST_FIRST else len(LONGEST_FIRST)


def pytest_configure(config):
    config.addinivalue_line("markers", "privileged: needs root and the right to mount")
    try:
        httpd.module_path()
    except RuntimeError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    left_out = [item for item in items if collect_ignore and item.get_closest_marker("privileged")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = sorted([item for item in items if item not in left_out], key=place_of)


def pytest_terminal_summary(terminalreporter):
    if collect_ignore:
        terminalreporter.write_line(tiny_disk.WHY_NOT)


@pytest.fixture(scope="module")
def mpm(request):
    """event, unless a test module asks for all with `pytestmark = ALL_MPMS`."""
    return getattr(request, "param", "event")


@pytest.fixture(scope="module")
def engine(request):
    """SQLite, unless a test module asks for all with ALL_ENGINES."""
    return getattr(request, "param", "sqlite3")


@pytest.fixture(scope="module")
def site(request, mpm, engine):
    """The typical server, shared by the tests of a module; CONFIGURED of the module says what stands behind it."""
    configured = getattr(request.module, "CONFIGURED", Site.with_forward_proxy)
    with Site(mpm, engine) as place:
        yield place.start(configured(place))


@pytest.fixture
def manager(request, site):
    """The manager, or the one that the module names, as a user who has no tokens yet."""
    return site.manager(path=getattr(request.module, "MANAGER", "/tokens"))


@pytest.fixture
def new_site(mpm, engine):
    """Makes servers of a test's own; they are not started yet, and closed at the end."""
    places = []

    def make(**options):
        place = Site(**{"mpm": mpm, "engine": engine, **options})
        places.append(place)
        return place

    yield make
    problems = []
    for place in reversed(places):  # who shares a database goes before its owner
        try:
            place.close()
        except AssertionError as error:
            problems.append(str(error))
    assert not problems, problems
