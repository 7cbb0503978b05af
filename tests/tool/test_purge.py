# SPDX-License-Identifier: Apache-2.0
"""purge: removes rows of tokens that ended long ago and no others; --dry-run counts them before."""

import uuid

import pytest

import engines
import httpd
from marks import ALL_ENGINES
from tool import DONE, INTERRUPTED, PATIENCE, USAGE

pytestmark = ALL_ENGINES

DAY = 86_400_000


def put(tool, count=1, expires=None, deleted=None):
    """Insert rows that expired and were deleted so many days ago. Returns their ids."""
    now = engines.now_ms()
    rows = [(str(uuid.uuid4()), "0" * 64, "alice", "", now - 400 * DAY,
             None if expires is None else now - expires * DAY,
             None if deleted is None else now - deleted * DAY) for _ in range(count)]
    tool.database.insert(*engines.COLUMNS[:6], "deleted_at", rows=rows)
    return [row[0] for row in rows]


def left(tool):
    return {row[0] for row in tool.database.rows()}


def test_rows_of_tokens_that_ended_over_90_days_ago_are_removed(tool):
    put(tool, 2, expires=91)
    put(tool, 3, deleted=91)
    put(tool, 1, expires=95, deleted=10)
    put(tool, 1, expires=-5, deleted=100)
    kept = {*put(tool, 2), *put(tool, 2, expires=89), *put(tool, 2, deleted=89), *put(tool, 1, expires=-10)}
    before = tool.database.rows()
    assert tool("purge", "--dry-run").out == "7\n" and tool.database.rows() == before
    assert tool("purge").out == "7\n"
    assert left(tool) == kept
    assert tool("purge").out == "0\n"


def test_an_option_sets_the_age(tool):
    put(tool, 4, deleted=3)
    assert tool("purge", "--older-than", "4d").out == "0\n"
    assert tool("purge", "--older-than", "2d", "-n").out == "4\n"
    assert tool("purge", "--older-than", "48h").out == "4\n"
    assert left(tool) == set()


def test_deletions_of_the_last_hour_stay_for_running_servers_to_read(tool):
    put(tool, 2, deleted=2 / 24)
    put(tool, 2, expires=1 / 24 / 60)
    kept = put(tool, 3, deleted=0.5 / 24)
    answer = tool("purge", "--older-than", "0")
    assert answer.out == "4\n" and "less than an hour ago stay" in answer.err
    assert left(tool) == set(kept)


def test_more_rows_than_a_batch_are_removed(tool):
    put(tool, 1100, expires=100)
    put(tool, 600, deleted=100)
    kept = put(tool, 5)
    assert tool("purge").out == "1700\n"
    assert left(tool) == set(kept)


def test_the_configuration_sets_the_age(tool, tmp_path):
    put(tool, 2, deleted=20)
    path = tmp_path / "httpd.conf"
    path.write_text(tool.database.directive() + "\nAccessTokenPurgeAfter 30d\n")
    assert tool("-c", path, "purge", "-n", environment={"HTTOKEN_DATABASE": ""}).out == "0\n"
    path.write_text(tool.database.directive() + "\nAccessTokenPurgeAfter 10d\n")
    assert tool("-c", path, "purge", "-n", environment={"HTTOKEN_DATABASE": ""}).out == "2\n"
    path.write_text(tool.database.directive() + "\nAccessTokenPurgeAfter never\n")
    assert "--older-than" in tool("-c", path, "purge", status=USAGE).err
    assert tool("-c", path, "purge", "--older-than", "1d").out == "2\n"


@pytest.mark.parametrize("typed, status, count", [("y\n", DONE, 0), ("n\n", INTERRUPTED, 2)])
def test_on_a_terminal_it_asks_first(tool, typed, status, count):
    put(tool, 2, deleted=100)
    terminal = tool.terminal("purge", columns=200)
    terminal.read("Remove 2 rows of tokens that expired or were deleted more than 3 months ago? [y/N] ")
    terminal.type(typed)
    assert ("Removed 2 rows." if count == 0 else "Nothing was removed.") in terminal.end(status)
    assert len(left(tool)) == count


def test_nothing_is_asked_when_there_is_nothing_to_remove(tool):
    put(tool, 2)
    assert tool.terminal("purge").end() == "Removed 0 rows.\n"
    put(tool, 2, deleted=100)
    assert "Removed 2 rows." in tool.terminal("purge", "--yes").end()


def test_an_interruption_ends_it_between_two_batches(tool):
    put(tool, 12_000, deleted=100)
    process = tool.start("purge", "--yes")
    assert httpd.wait_until(lambda: len(left(tool)) < 12_000, pause=0.01)
    process.send_signal(2)
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == INTERRUPTED
    assert len(left(tool)) == 12_000 - int(out) > 0
