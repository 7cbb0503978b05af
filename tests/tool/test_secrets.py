# SPDX-License-Identifier: Apache-2.0
"""Tokens and passwords are not in ps, messages, files or the memory of the process."""

import contextlib
import os
import re
import subprocess

import pytest

import httpd
import tokens
from tool import DONE, PATIENCE, UNREACHABLE, USAGE

PASSWORD = "pa55word-of-the-database"


@pytest.mark.parametrize("arguments", [
    ["-d", f"pgsql host=127.0.0.1 password={PASSWORD}"], [f"-dpgsql password={PASSWORD}"],
    ["--database", f"mysql pass={PASSWORD}"], [f"--database=mysql pass={PASSWORD}"], ["--data", f"pgsql password={PASSWORD}"],
])
def test_ps_does_not_show_the_parameters_of_the_option_d(tool, arguments):
    process = tool.start(*arguments, "find", stdin=-1)

    def command_line():
        with open(f"/proc/{process.pid}/cmdline", encoding="utf-8") as file:
            return file.read()
    assert httpd.wait_until(lambda: "httoken" in command_line() and PASSWORD not in command_line())
    process.communicate(b"", timeout=PATIENCE)


@pytest.mark.parametrize("parameters", [
    f"pgsql host=/nonexistent user=x password={PASSWORD} dbname=y",
    f"pgsql password='{PASSWORD}' host=/nonexistent",
    f"pgsql postgresql://x:{PASSWORD}@127.0.0.1:1/db",
    f"pgsql {PASSWORD}",
    f"mysql host=127.0.0.1,port=1,user=x,pass={PASSWORD},dbname=y",
    f"mysql sock=/nonexistent,pass={PASSWORD}",
])
def test_no_message_repeats_a_password(tool, parameters):
    for command in ("list", "init", "check"):
        answer = tool(command, status=UNREACHABLE, environment={"HTTOKEN_DATABASE": parameters})
        assert PASSWORD not in answer.out + answer.err
        assert len(answer.out + answer.err) > 20


@pytest.mark.parametrize("words", [["{}"], ["show", "{}"], ["delete", "{}"], ["--{}"], ["-{}"], ["list", "--{}=x"],
                                   ["generate", "a", "--lifetime={}"], ["generate", "a", "--scope", "{} x"],
                                   ["--status", "{}", "list"], ["-t", "{}", "list"], ["-d", "{}", "list"],
                                   ["generate", "{}", "extra"]])
def test_no_message_repeats_a_misplaced_token(tool, words):
    token = tool.generate("alice")
    tool(*[word.format(token) for word in words], status=USAGE)  # a call searches its output for secrets


@pytest.mark.parametrize("engine", ["pgsql"], indirect=True, scope="module")
def test_find_has_erased_its_input_when_it_queries_the_table(tool):
    token = tool.generate("alice")
    with tool.database.connection() as link, link.cursor() as cursor:
        process = tool.start("--quiet", "find", stdin=-1)
        process.stdin.write(b"Bearer " + token.encode())
        process.stdin.flush()
        assert httpd.wait_until(lambda: tokens.found_in(memory_of(process.pid)))  # it has read the token, and waits for more
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE access_tokens IN ACCESS EXCLUSIVE MODE")
        process.stdin.close()
        assert httpd.wait_until(lambda: tool.database.run("SELECT 1 FROM pg_locks WHERE NOT granted"))
        assert not tokens.found_in(memory_of(process.pid))
        cursor.execute("ROLLBACK")
    process.stdin = None
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == DONE and tokens.id_of(token) in out.decode() and not err


@contextlib.contextmanager
def full_pipe():
    """The write end of a pipe that is full."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"." * 512)
    os.set_blocking(writer, True)
    try:
        yield writer
    finally:
        os.close(writer)
        os.close(reader)


def test_generate_keeps_nothing_of_a_token_that_was_written(tool):
    with full_pipe() as stderr:  # it waits here, after it has written the token
        process = subprocess.Popen([tool.program, "--quiet", "generate", "alice"], stdout=subprocess.PIPE, stderr=stderr,
                                   env=tool.environment)
        tokens.remember(process.stdout.readline().decode()[:-1])
        assert httpd.wait_until(lambda: not tokens.found_in(memory_of(process.pid)), patience=5)
        assert process.poll() is None
        process.kill()
        process.wait(PATIENCE)


def memory_of(pid):
    """The heap, stack and anonymous memory of a process."""
    found = b""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
        for line in maps:
            match = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw.. .*(\[heap\]|\[stack\]| 0)$", line.rstrip())
            if match:
                begin, end = (int(part, 16) for part in match.groups()[:2])
                memory.seek(begin)
                found += memory.read(min(end - begin, 1 << 24))
    return found
