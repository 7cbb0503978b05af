# SPDX-License-Identifier: Apache-2.0
"""httoken on a terminal: columns, relative times, colours, questions, progress, Ctrl-C."""

import re
import subprocess
import termios
import uuid

import pytest

import engines
import httpd
import tokens
from tool import ABSENT, DONE, INTERRUPTED, PATIENCE

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
DAY = 86_400_000


def plain(text):
    return ESCAPE.sub("", text)


def put(tool, count, user="alice", **columns):
    """Rows with ids of their own, one millisecond apart."""
    now = engines.now_ms()
    names = [*engines.COLUMNS[:5], *columns]
    rows = [(str(uuid.uuid4()), "0" * 64, user, f"token {n}", now - n - DAY, *columns.values()) for n in range(count)]
    tool.database.insert(*names, rows=rows)
    return [row[0] for row in rows]


@pytest.mark.parametrize("columns", [60, 80, 100, 132, 250])
def test_a_table_fits_the_terminal_and_is_aligned(tool, columns):
    put(tool, 3, "a-rather-long-service-account@example.com")
    put(tool, 2, "b\u00f6b \u6f22\u5b57")
    lines = plain(tool.terminal("list", columns=columns).end()).rstrip("\n").split("\n")
    table, summary = lines[:-1], lines[-1]
    assert summary == "5 tokens." and len(table) == 6
    assert all(width(line) <= columns for line in table), table
    head = table[0]
    assert head.startswith("ID ") and "STATUS" in head
    for line in table[1:]:
        assert cell_at(line, head.index("STATUS")).startswith("Active")
    assert ("DESCRIPTION" in head) == (columns >= 100)


def width(line):
    return sum(2 if "\u2e80" <= character <= "\u9fff" else 1 for character in line)


def cell_at(line, column):
    """The text from this column of the terminal on."""
    at = 0
    for index, character in enumerate(line):
        if at == column:
            return line[index:]
        at += width(character)
    return ""


def test_times_are_relative_on_a_terminal(tool):
    now = engines.now_ms()
    put(tool, 1, expires_at=now + 30 * DAY + 60_000, last_used=now - 7_200_000 - 60_000)
    text = plain(tool.terminal("list", columns=140).end())
    for words in ("24 hours ago", "in 30 days", "2 hours ago"):
        assert words in text
    assert not re.search(r"\dT\d", text)


def test_only_a_terminal_with_colours_gets_them(tool):
    put(tool, 1)
    assert "\x1b[32mActive\x1b[0m" in tool.terminal("list").end()
    assert "\x1b" not in tool.terminal("list", environment={"NO_COLOR": "1"}).end()
    assert "\x1b" not in tool.terminal("list", environment={"TERM": "dumb"}).end()
    assert "\x1b" not in tool("list").out + tool("check").out + tool("--help").out
    assert "\x1b[32mok" in tool.terminal("check").end()


def test_an_empty_list_says_so(tool):
    assert tool.terminal("list").end() == "No tokens.\n"


def test_generate_says_that_the_token_is_shown_only_once(tool):
    terminal = tool.terminal("generate", "alice")
    terminal.read("shown only once.")
    token = next(line for line in terminal.text.splitlines() if tokens.SYNTAX.fullmatch(line))
    assert terminal.end().count(token) == 1


def test_one_token_is_deleted_without_a_question(tool):
    (one,) = put(tool, 1)
    assert tool.terminal("delete", one).end() == f"Deleted {one}\talice\ttoken 0\n"


@pytest.mark.parametrize("typed, status, left", [("y\n", DONE, 0), ("yes\n", DONE, 0), ("n\n", INTERRUPTED, 3),
                                                ("\n", INTERRUPTED, 3), ("\x04", INTERRUPTED, 3),
                                                ("\x03", INTERRUPTED, 3)])
def test_several_tokens_are_deleted_only_after_a_yes(tool, typed, status, left):
    put(tool, 3)
    terminal = tool.terminal("delete", "--user", "alice")
    terminal.read("Delete 3 tokens of alice? This cannot be undone. [y/N] ")
    terminal.type(typed)
    terminal.end(status)
    assert len(tool.ids()) == left


def test_nothing_is_asked_with_yes_or_dry_run_or_in_a_pipe(tool):
    made = put(tool, 4)
    assert "[y/N]" not in tool.terminal("delete", *made[:2], "--dry-run").end()
    assert len(tool.ids()) == 4
    assert "[y/N]" not in tool.terminal("delete", *made[:2], "-y").end()
    assert "[y/N]" not in tool("delete", *made[2:]).err
    assert tool.ids() == []


def test_find_does_not_show_what_is_typed(tool):
    token = tool.generate("alice")
    terminal = tool.terminal("find", columns=100)
    terminal.read("it is not shown.")
    terminal.type(f"Bearer {token}\n")
    text = plain(terminal.end())
    assert f"Id           {tokens.id_of(token)}" in text
    assert f"'httoken delete {tokens.id_of(token)}' deletes it." in text


def test_the_terminal_shows_what_is_typed_again_after_ctrl_c(tool):
    terminal = tool.terminal("find")
    terminal.read("it is not shown.")
    assert echoes(terminal, False)
    terminal.type("\x03")
    terminal.read("\n")
    terminal.process.wait(PATIENCE)
    assert terminal.process.returncode == INTERRUPTED and echoes(terminal, True)


def echoes(terminal, wanted):
    return httpd.wait_until(lambda: bool(termios.tcgetattr(terminal.main)[3] & termios.ECHO) == wanted)


def test_progress_is_shown_when_the_output_goes_elsewhere(tool, tmp_path):
    now = engines.now_ms()
    tool.database.insert(*engines.COLUMNS[:5],
                         rows=[(str(uuid.uuid4()), "0" * 64, "alice", "", now - n) for n in range(60_000)])
    shell = f"exec {tool.program} list > {tmp_path / 'out'}"
    terminal = tool.terminal(shell=shell)
    text = terminal.end()
    assert re.search(r"\r\x1b\[K[\d,]+ tokens", text) and text.endswith("\r\x1b[K")
    assert len((tmp_path / "out").read_text().splitlines()) == 60_000


def test_an_interrupted_list_ends_between_two_rows_and_is_not_complete(tool):
    put(tool, 20_000)
    process = tool.start("list", "--format", "json")
    assert process.stdout.read(20_000)
    process.send_signal(2)
    rest, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == INTERRUPTED, said
    assert rest.endswith(b"}") and not rest.endswith(b"]}")


def test_an_interrupted_deletion_has_deleted_what_it_printed(tool):
    put(tool, 3000)
    process = tool.start("delete", "--user", "alice")
    first = process.stdout.read(4096)
    process.send_signal(15)
    rest, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == INTERRUPTED and b"interrupted" in said
    printed = {line.split("\t")[0] for line in (first + rest).decode().splitlines()}
    left = set(tool.ids())
    assert printed and left and not printed & left and len(printed) + len(left) == 3000


def test_a_closed_pipe_ends_the_list(tool):
    put(tool, 5000)
    done = subprocess.run(["bash", "-c", f"{tool.program} --quiet list | head -1 | wc -l; echo ${{PIPESTATUS[0]}}"],
                          env=tool.environment, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert done.stdout.split()[0] == "1" and done.stderr == ""


def test_nothing_is_asked_for_a_user_without_tokens(tool):
    assert "nobody has no tokens" in tool.terminal("delete", "--user", "nobody").end(ABSENT)
