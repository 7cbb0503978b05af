# SPDX-License-Identifier: Apache-2.0
"""Tokens from their creation to their deletion, on every engine."""

import os
import re
import stat
import subprocess
import uuid

import engines
import tokens
from marks import ALL_ENGINES, ENGINES, pairs
from steps import DAY, MEMBERS, put
from tool import ABSENT, FILE, PATIENCE, SCHEMA, USAGE, program

SEARCH = True  # of the servers' files for secrets, see conftest.py


@ALL_ENGINES
def test_standard_output_has_only_the_token_and_the_table_only_its_hash(tool):
    answer = tool("generate", "alice", "--lifetime", "90d", "-m", "nightly export", secret_out=True)
    token = tokens.remember(answer.out[:-1])
    assert answer.out == token + "\n" and tokens.SYNTAX.fullmatch(token).group(1) == "httok"
    row = tool.database.row(tokens.id_of(token))
    assert row["token_hash"] == tokens.hash_of(token)
    assert (row["user_name"], row["description"], row["last_used"], row["deleted_at"]) == \
        ("alice", "nightly export", None, None)
    assert row["expires_at"] - row["created_at"] == 90 * DAY
    assert abs(row["created_at"] - engines.now_ms()) < 30_000
    assert tokens.id_of(token) in answer.err and "in 3 months" in answer.err


@ALL_ENGINES
def test_a_lifetime_has_any_unit_and_is_a_year_by_default(tool):
    for options, days in ((["-l", "36h"], 1.5), (["-l", "7"], 7), (["--lifetime=never"], None), ([], 365)):
        row = tool.database.row(tokens.id_of(tool.generate("alice", *options)))
        assert row["expires_at"] == (days and row["created_at"] + days * DAY)


def test_the_option_sets_the_prefix(tool):
    assert tool.generate("alice", "--prefix", "acme_prod").startswith("acme_prod_")


@ALL_ENGINES
def test_a_token_can_be_written_to_a_new_file_that_only_the_owner_reads(tool, tmp_path):
    path = tmp_path / "token"
    answer = tool("generate", "alice", "-o", path)
    assert answer.out == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    token = tokens.remember(path.read_text()[:-1])
    assert tool.ids("alice") == [tokens.id_of(token)]
    before = path.read_text()
    assert "File exists" in tool("generate", "alice", "-o", path, status=FILE).err
    assert path.read_text() == before and len(tool.ids()) == 1


@ALL_ENGINES
def test_a_file_is_removed_again_when_no_token_could_be_created(bare, tmp_path):
    bare("init")
    bare("-t", "other", "generate", "alice", "-o", tmp_path / "token", status=SCHEMA)
    assert not (tmp_path / "token").exists()


@ALL_ENGINES
def test_a_token_that_could_not_be_written_is_removed_again(tool):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([program(), "generate", "bob"], stdout=full, stderr=subprocess.PIPE,
                              env=tool.environment, check=False, timeout=PATIENCE)
    assert done.returncode == FILE and b"removed again" in done.stderr
    assert tool.database.rows() == []


@ALL_ENGINES
def test_the_list_has_the_managers_members_and_is_newest_first(tool):
    first = tokens.id_of(tool.generate("alice", "-m", "a \"quoted\", text"))
    put(tool, "bob", age=3, expires=-1, used=-2)
    found = tool.list()
    assert [token["user"] for token in found] == ["alice", "bob"]
    assert list(found[0]) == MEMBERS
    assert found[0]["tokenId"] == first and found[0]["description"] == "a \"quoted\", text"
    assert (found[0]["status"], found[1]["status"]) == ("Active", "Expired")
    assert found[0]["lastUsed"] is None and re.fullmatch(r"\d{4}-\d\d-\d\dT.*\.\d{3}Z", found[1]["lastUsed"])


@ALL_ENGINES
def test_filters_select_by_user_status_expiry_and_use(tool):
    active = put(tool, age=100)
    soon = put(tool, age=5, expires=3)
    later = put(tool, age=5, expires=40, used=-1)
    expired = put(tool, age=200, expires=-1, used=-95)
    deleted = put(tool, age=7, deleted=-1)
    other = put(tool, "bob", age=100, used=-91, expires=2)
    assert set(tool.ids()) == {active, soon, later, expired, other}
    assert set(tool.ids("alice")) == {active, soon, later, expired}
    assert set(tool.ids("--status", "active")) == {active, soon, later, other}
    assert tool.ids("--status", "expired") == [expired]
    assert tool.ids("--status", "deleted") == [deleted]
    assert len(tool.ids("--status", "all")) == 6
    assert set(tool.ids("--expiring-within", "14d")) == {soon, other}
    assert tool.ids("--expiring-within", "14d", "bob") == [other]
    assert set(tool.ids("--unused-for", "90d")) == {active, expired, other}
    assert tool.ids("--unused-for", "90d", "--status", "active", "alice") == [active]
    assert tool.ids("ALICE") == tool.ids("alice ") == []


@ALL_ENGINES
def test_a_deleted_token_is_shown_as_one(tool):
    deleted = put(tool, deleted=-1)
    token = tool("show", deleted, "--format", "json").json
    assert token["status"] == "Deleted" and token["deletedAt"]
    assert "Deleted" in tool("show", deleted).out
    assert tool("list", "--status", "deleted").rows[0][2] == "Deleted"


@ALL_ENGINES
def test_csv_quotes_a_cell_with_a_quote_or_comma(tool):
    put(tool, "o\"malley, jr", description="say \"hi\", you")
    head, line = tool("list", "--format", "csv").lines
    assert head == "tokenId,user,description,status,createdAt,expiredAt,lastUsed,deletedAt,fault,scopes"
    assert '"o""malley, jr","say ""hi"", you",Active,' in line


@ALL_ENGINES
def test_into_a_pipe_a_table_has_tabs_full_values_and_no_heading(tool):
    long = "x" * 200
    token_id = put(tool, description=long, expires=5)
    (row,) = tool("list").rows
    assert row[:3] == [token_id, "alice", "Active"]
    assert re.fullmatch(r"\S+Z", row[3]) and re.fullmatch(r"\S+Z", row[4])
    assert row[5:] == ["never", long, ""]


@ALL_ENGINES
def test_escape_sequences_in_a_description_do_not_reach_the_terminal(tool):
    evil = put(tool, "eve\u202e", description="\u001b[2Jgone\u0085\tbell\u0007")
    for text in (tool("list").out, tool("show", evil).out, tool("delete", evil).out):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text)
        assert "eve\ufffd" in text and ("\ufffd[2Jgone" in text or "(description is" in text)


@ALL_ENGINES
def test_rows_with_invalid_values_are_shown_as_broken(tool):
    good = tokens.id_of(tool.generate("alice"))
    broken = put(tool, "mallory")
    tool.database.change(broken, token_hash="none")
    odd = put(tool, "mallory")
    tool.database.change(odd, created_at=-5)
    found = {token["tokenId"]: token for token in tool.list()}
    assert set(found) == {good, broken, odd}
    assert found[broken]["status"] == found[odd]["status"] == "Broken"
    assert "token_hash" in found[broken]["fault"] and "created_at" in found[odd]["fault"]
    assert "Broken" in tool("list", "mallory").out
    assert "Fault" in tool("show", broken).out
    assert ",Broken," in tool("list", "--format", "csv", "mallory").out
    assert tool.ids("mallory") == [broken, odd]


@ALL_ENGINES
def test_every_row_is_listed_once_over_many_pages(tool):
    now = engines.now_ms()
    rows = [(str(uuid.uuid4()), "0" * 64, f"user{n % 7}", "", now + n // 3) for n in range(1203)]
    tool.database.insert(*engines.COLUMNS[:5], rows=rows)
    listed = [row[0] for row in tool("list").rows]
    assert listed == [row[0] for row in sorted(rows, key=lambda row: (row[4], row[0]), reverse=True)]
    assert tool.ids("user3") == [one for one in listed if one in {row[0] for row in rows if row[2] == "user3"}]


@ALL_ENGINES
def test_an_empty_list_is_no_failure(tool):
    assert tool("list").out == ""
    assert tool.list() == []
    assert tool("list", "--format", "csv").lines[1:] == []


@ALL_ENGINES
def test_show_says_all_of_one_token(tool):
    token_id = put(tool, age=1, expires=5, used=-0.5, description="nightly")
    text = tool("show", token_id.upper()).out
    for part in (token_id, "alice", "nightly", "Active", "(24 hours ago)", "(in 5 days)", "(12 hours ago)"):
        assert part in text, part
    assert list(tool("show", token_id, "--format", "json").json) == MEMBERS
    missing = str(uuid.uuid4())
    assert missing in tool("show", missing, status=ABSENT).err


@ALL_ENGINES
def test_delete_marks_a_token_as_the_manager_does(tool):
    doomed, kept = tokens.id_of(tool.generate("alice", "-m", "x")), tokens.id_of(tool.generate("alice"))
    answer = tool("delete", doomed)
    assert answer.rows == [[doomed, "alice", "x"]]
    assert abs(tool.database.row(doomed)["deleted_at"] - engines.now_ms()) < 30_000
    assert tool.ids() == [kept]
    assert "was deleted just now" in tool("delete", doomed, status=ABSENT).err


@ALL_ENGINES
def test_delete_continues_after_a_token_that_does_not_exist(tool):
    made = [tokens.id_of(tool.generate("alice")) for _ in range(3)]
    missing = str(uuid.uuid4())
    answer = tool("delete", made[0], missing, made[2], status=ABSENT)
    assert [row[0] for row in answer.rows] == [made[0], made[2]] and missing in answer.err
    assert tool.ids() == [made[1]]


@ALL_ENGINES
def test_nothing_is_deleted_if_one_word_is_no_id(tool):
    made = tokens.id_of(tool.generate("alice"))
    tool("delete", made, "x", status=USAGE)
    assert tool.ids() == [made]


@ALL_ENGINES
def test_all_tokens_of_one_user_are_deleted_and_no_others(tool):
    made = [put(tool, expires=-1), put(tool), put(tool, deleted=-1)]
    others = [put(tool, "Alice"), put(tool, "alice2")]
    before = tool.database.rows()
    would = tool("delete", "--user", "alice", "--dry-run")
    assert {row[0] for row in would.rows} == set(made[:2]) and tool.database.rows() == before
    answer = tool("delete", "-u", "alice")
    assert sorted(answer.out.splitlines()) == sorted(would.out.splitlines())
    assert set(tool.ids()) == set(others)
    assert "alice has no tokens" in tool("delete", "--user", "alice", status=ABSENT).err


@ALL_ENGINES
def test_delete_of_a_broken_row_works_by_its_id(tool):
    broken = put(tool, "mallory")
    tool.database.change(broken, token_hash="none")
    assert tool("delete", broken).rows[0][0] == broken
    assert tool.ids() == []


def wrapped(token):
    return f"{token[:40]}\r\n   {token[40:]}\n"


@pairs("around, engine", (
    "{}", "{}\n", "  {}\r\n", '"{}"', "'{}'\n", "Bearer {}", "Authorization: Bearer {}\r\nHost: x\r\n",
    '{{"tokenValue":"{}","tokenInfo":{{}}}}', "TOKEN={}", "x_{}", "curl -H 'Authorization: Bearer {}' https://x/\n",
), spread=ENGINES)
def test_find_recognises_a_token_whatever_surrounds_it(tool, around):
    token = tool.generate("alice", "-m", "the leaked one")
    for text in (around.format(token), around.format(wrapped(token))):
        answer = tool("find", "--format", "json", typed=text)
        assert answer.json["tokenId"] == tokens.id_of(token) and answer.json["user"] == "alice"
        assert "the leaked one" in tool("find", typed=text).out


@ALL_ENGINES
def test_find_distinguishes_unknown_forged_deleted_and_no_token(tool):
    token = tool.generate("alice")
    assert "unknown here" in tool("find", typed=tokens.forge(), status=ABSENT).err
    assert "but not the secret of that token" in tool("find", typed=tokens.forge(tokens.id_of(token)), status=ABSENT).err
    assert "there is no token in the input" in tool("find", typed="Bearer mat_short", status=ABSENT).err
    assert "there is no token in the input" in tool("find", typed="", status=ABSENT).err
    typo = token[:30] + ("a" if token[30] != "a" else "b") + token[31:]
    assert "there is no token in the input" in tool("find", typed=typo, status=ABSENT).err
    tool("delete", tokens.id_of(token))
    assert "Deleted" in tool("find", typed=token).out


@ALL_ENGINES
def test_find_reads_a_whole_log_and_shows_each_token_once(tool):
    made = [tool.generate(f"user{n}") for n in range(3)]
    log = "".join(f"GET /{n} {token}\n" for n, token in enumerate(made * 3)) + os.urandom(3000).hex()
    answer = tool("find", typed=log.encode() + b"\0\xff" + tokens.forge().encode())
    assert sorted(re.findall(r"(?m)^Id +(\S+)", answer.out)) == sorted(map(tokens.id_of, made))
    assert answer.err.count("unknown here") == 1


@ALL_ENGINES
def test_a_token_in_place_of_an_id_is_never_repeated(tool):
    token = tool.generate("alice")
    for arguments in (["show", token], ["delete", token], ["show", f"'{token}'"]):
        assert "that is a token, not a token's id" in tool(*arguments, status=USAGE).err
