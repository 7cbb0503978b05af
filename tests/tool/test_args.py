# SPDX-License-Identifier: Apache-2.0
"""The command line: help, options in any order, messages for wrong arguments, man page, completion."""

import re
import subprocess

import pytest

from tool import DONE, PATIENCE, USAGE, Tool, build_folder

COMMANDS = {
    "init": [], "schema": [], "generate": ["lifetime", "description", "scope", "output", "prefix"],
    "list": ["status", "expiring-within", "unused-for", "format"], "show": ["format"],
    "delete": ["user", "dry-run", "yes"], "find": ["format"], "purge": ["older-than", "dry-run", "yes"], "check": [],
}
COMMON = ["database", "table", "config", "help"]


@pytest.fixture(name="call")
def fixture_call():
    return Tool()


def test_help_names_every_command_and_every_exit_status(call):
    text = call("--help").out
    for name in COMMANDS:
        assert re.search(rf"(?m)^  {name} +\w", text), name
    assert [line[2] for line in text.splitlines() if re.match(r"  \d  ", line)] == list("01234567")
    assert call("help").out == text


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_a_help_with_its_options_and_an_example(call, name):
    text = call(name, "--help").out
    for option in COMMANDS[name] + COMMON:
        assert f"--{option}" in text, option
    assert f"\n  httoken {name}" in text or f" {name}" in text.split("Examples")[1]
    assert all(len(line) <= 80 or "httoken" in line for line in text.splitlines())
    assert call("help", name).out == text


def test_without_a_command_it_shows_the_help_and_the_usage_status(call):
    answer = call(status=USAGE)
    assert answer.out == "" and "Commands" in answer.err


def test_the_version_is_that_of_the_module(call):
    assert re.fullmatch(r"httoken \d+\.\d+\.\d+\n", call("--version").out)


@pytest.mark.parametrize("arguments, sentence", [
    (["lst"], "did you mean list?"),
    (["frobnicate"], "there is no such command"),
    (["list", "--stauts", "all"], "did you mean --status?"),
    (["list", "--status"], "--status needs an argument"),
    (["list", "-s"], "--status needs an argument"),
    (["list", "--status", "dead"], "--status takes active, expired, deleted or all"),
    (["list", "--format", "xml"], "--format takes table, json or csv"),
    (["list", "--expiring-within", "soon"], "'soon' is no duration"),
    (["list", "--unused-for", "1y"], "'1y' is no duration"),
    (["list", "alice", "bob"], "usage: httoken list [USER]"),
    (["list", "--dry-run"], "list takes no --dry-run"),
    (["list", "--status", "all", "--status", "active"], "--status is given twice"),
    (["list", ""], "the user name is empty"),
    (["generate"], "usage: httoken generate USER"),
    (["generate", "a\nb"], "the user name contains a control character"),
    (["generate", "a" * 256], "the user name is too long"),
    (["generate", b"a\xff"], "the user name is not valid UTF-8"),
    (["generate", "alice", "--description", "x" * 256], "the description is too long"),
    (["generate", "alice", "--lifetime", "0"], "--lifetime must be at least one second"),
    (["generate", "alice", "--lifetime", "forever"], "'forever' is no duration"),
    (["generate", "alice", "--prefix", "1x"], "it is no token prefix"),
    (["generate", "alice", "--scope"], "--scope needs an argument"),
    (["generate", "alice", "--scope", ""], "--scope: the word is empty"),
    (["generate", "alice", "--scope", "read write"], "'read write' has a blank in it"),
    (["generate", "alice", "--scope", " read"], "' read' has a blank in it"),
    (["generate", "alice", "--scope", "read", "--scope", 'a"b'], "'a\"b' is no scope"),
    (["generate", "alice", "--scope", "a\\b"], "'a\\b' is no scope"),
    (["generate", "alice", "--scope", "lire\u00e9"], "'lire\u00e9' is no scope"),
    (["generate", "alice", "--scope", "a\tb"], "'a\ufffdb' is no scope"),
    (["generate", "alice", "--scope", b"a\xff"], "'a\ufffd' is no scope"),
    (["generate", "alice", "--scope", "s" * 250], "the scopes are too long"),
    (["generate", "a\nb", "--scope", "read"], "the user name contains a control character"),
    (["list", "--scope", "read"], "list takes no --scope"),
    (["show", "x"], "that is no token id"),
    (["show"], "usage: httoken show ID"),
    (["delete"], "delete takes ids of tokens, or --user"),
    (["delete", "--user", "alice", "0bc1d49f-5475-4c62-a0ba-6ad269389ada"], "delete takes ids of tokens, or --user"),
    (["delete", "0bc1d49f-5475-4c62-a0ba-6ad269389ada", "x"], "that is no token id"),
    (["purge", "--older-than", "x"], "'x' is no duration"),
    (["check", "more"], "usage: httoken check"),
    (["-t", "a b", "list"], "it is no table name"),
    (["-t", "", "list"], "it is empty"),
    (["-d", "", "list"], "the first word must be an apr_dbd driver"),
    (["-d", "../x y", "list"], "the first word must be an apr_dbd driver"),
    (["-d", "pgsql", "list"], "write its parameters behind it"),
    (["-d", "sqlite3", "list"], "the path of the database file"),
    (["-d", "sqlite3 :memory:", "list"], "a database in memory"),
    (["-Z"], "there is no option -Z"),
    (["--help=x"], "--help takes no argument"),
])
def test_a_wrong_argument_is_reported_in_a_sentence(call, arguments, sentence):
    answer = call(*arguments, status=USAGE)
    assert sentence in answer.err and answer.err.startswith("httoken: ")
    assert answer.out == ""


def test_options_stand_before_the_command_or_behind_it(tool):
    tool.generate("alice")
    one = tool("-t", "access_tokens", "list", "alice", "--format", "csv").out
    assert one == tool("list", "--format=csv", "-t", "access_tokens", "alice").out
    assert one == tool("list", "-fcsv", "--", "alice").out
    assert one == tool("list", "--form", "csv", "alice", environment={"POSIXLY_CORRECT": "1"}).out
    assert one.count("alice") == 1


def test_the_name_of_a_user_may_look_like_an_option(tool):
    tool("generate", "--", "-x", secret_out=True)
    assert [token["user"] for token in tool.list("--", "-x")] == ["-x"]


def test_the_man_page_has_no_warnings_and_every_command_and_option():
    page = build_folder() / "httoken.1"
    done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", page], capture_output=True, text=True, check=True,
                          timeout=PATIENCE, env={"PATH": "/usr/bin:/bin", "MANWIDTH": "200", "LC_ALL": "C.UTF-8",
                                                 "MAN_KEEP_FORMATTING": ""})
    assert done.stderr == ""
    for name, options in COMMANDS.items():
        assert re.search(rf"(?m)^ +{name}\b", done.stdout), name
        for option in options + COMMON:
            assert f"--{option}" in done.stdout, option
    assert "EXIT STATUS" in done.stdout and "HTTOKEN_DATABASE" in done.stdout


def completions(*words):
    script = (f'source {build_folder() / "completions/httoken"}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))\n'
              '_httoken httoken "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"\n'
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-euc", script, "bash", *words], capture_output=True, text=True, check=True,
                          timeout=PATIENCE)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize("words, some", [
    (["httoken", ""], set(COMMANDS)),
    (["httoken", "ge"], {"generate"}),
    (["httoken", "-d", "sqlite3 /x", "li"], {"list"}),
    (["httoken", "list", "--un"], {"--unused-for"}),
    (["httoken", "generate", "backup", "--sc"], {"--scope"}),
    (["httoken", "list", "--status", ""], {"active", "expired", "deleted", "all"}),
    (["httoken", "list", "--format", "j"], {"json"}),
    (["httoken", "delete", "--d"], {"--dry-run", "--database"}),
    (["httoken", "-c", "/etc/pass"], {"/etc/passwd"}),
])
def test_bash_completes_commands_options_and_their_arguments(words, some):
    found = set(completions(*words))
    assert some <= found
    assert found == some or words[-1] in ("", "/etc/pass")


def test_the_completion_is_a_valid_script():
    done = subprocess.run(["bash", "-n", build_folder() / "completions/httoken"], capture_output=True, text=True,
                          check=False, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (DONE, "")
