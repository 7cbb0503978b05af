# SPDX-License-Identifier: Apache-2.0
"""Tokens that are limited to scopes, on every engine: generated, shown, and used at a running httpd."""

import csv
import io
import re

import pytest

import engines
import oldtable
import tokens
from marks import ALL_ENGINES, ENGINES, pairs
from steps import MEMBERS, checked, generated, put, with_server, wrong
from tool import DONE, SCHEMA, USAGE
from typical_site import Site

NOT_LIMITED = [name for name in MEMBERS if name != "user"]


def limited(tool, scopes, user="alice", **columns):
    """Insert a row with these scopes, valid or not. Returns its id."""
    token_id = put(tool, user, **columns)
    tool.database.change(token_id, scopes=scopes)
    return token_id


def stored(tool, token):
    """The scopes of a token in the table."""
    ((scopes,),) = tool.database.run("SELECT scopes FROM access_tokens WHERE token_id = ?", tokens.id_of(token))
    return scopes


# Generating


@pairs("case, engine", (
    ([], None),
    (["--scope", "read"], "read"),
    (["--scope", "write", "--scope=read"], "write read"),
    (["--scope", "read", "--scope", "write", "--scope", "read"], "read write"),
    (["--scope", "read", "--scope", "Read", "--scope", "rea"], "read Read rea"),
    (["--scope", "repo:status", "--scope", "a,b", "--scope", "don't", "--scope", "-", "--scope=%s?"],
     "repo:status a,b don't - %s?"),
), spread=ENGINES)
def test_a_token_is_limited_to_the_scopes_that_were_given(tool, case):
    options, scopes = case
    answer = tool("generate", "alice", *options, secret_out=True)
    token = tokens.remember(answer.out[:-1])
    assert tokens.SYNTAX.fullmatch(token) and stored(tool, token) == scopes
    if scopes is None:
        assert "limited" not in answer.err
    else:
        words = "these scopes" if " " in scopes else "this scope"
        assert f"\nIt is limited to {words}: {scopes}\n" in answer.err


@ALL_ENGINES
def test_every_character_that_rfc_6749_allows_is_kept(tool):
    word = "".join(chr(code) for code in range(0x21, 0x7f) if chr(code) not in '"\\')
    token = tool.generate("alice", "--scope", word)
    assert stored(tool, token) == word
    assert tool.list()[0]["scopes"] == [word] and tool("list").rows[0][7] == word
    assert f"Scopes       {word}\n" in tool("show", tokens.id_of(token)).out


@ALL_ENGINES
def test_scopes_may_be_mixed_with_the_user_and_all_other_options(tool, tmp_path):
    path = tmp_path / "token"
    answer = tool("--scope", "read", "generate", "-l", "30d", "alice", "-m", "x", "--scope", "write", "-o", path)
    assert stored(tool, tokens.remember(path.read_text()[:-1])) == "read write"
    assert answer.out == "" and answer.err.index("limited to these scopes: read write\n") < answer.err.index("It is in ")


@pytest.mark.parametrize("words", [[""], ["read write"], ["read", "b ad"], ['"'], ["a\\"], ["caf\u00e9"], ["a\nb"]])
def test_nothing_is_written_if_a_word_is_no_scope(tool, tmp_path, words):
    path = tmp_path / "token"
    answer = tool("generate", "alice", "-o", path, *[f"--scope={word}" for word in words], status=USAGE)
    assert answer.out == "" and "--scope" in answer.err
    assert tool.database.rows() == [] and not path.exists()


@ALL_ENGINES
def test_the_scopes_and_the_name_have_at_most_254_bytes_together(tool):
    for user, words in (("u" * 10, ["a" * 120, "b" * 123]), ("\u00fc" * 125, ["s", "tt"]), ("u" * 252, ["ss"])):
        said = [f"--scope={word}" for word in words]
        assert len(user.encode()) + len(" ".join(words)) == 254
        token = tool.generate(user, *said)
        assert stored(tool, token) == " ".join(words) and tool.list(user)[0]["scopes"] == words
        too_long = tool("generate", user, *said[:-1], said[-1] + "x", status=USAGE).err
        assert "the scopes are too long: with the user's name they take at most 254 bytes" in too_long
        assert len(tool.ids(user)) == 1
    tool.generate("u" * 255)
    assert "too long" in tool("generate", "u" * 255, "--scope", "s", status=USAGE).err


# Showing


@ALL_ENGINES
def test_a_list_has_the_scopes_in_every_format(tool):
    free, narrow = put(tool, age=2), limited(tool, "read a,b", age=1)
    found = tool.list()
    assert list(found[0]) == [*NOT_LIMITED, "scopes", "user"] and found[0]["scopes"] == ["read", "a,b"]
    assert list(found[1]) == MEMBERS
    head, *rows = csv.reader(io.StringIO(tool("list", "--format", "csv").out))
    assert head[-1] == "scopes" and [(row[0], row[-1]) for row in rows] == [(narrow, "read a,b"), (free, "")]
    assert [(row[0], *row[7:]) for row in tool("list").rows] == [(narrow, "read a,b"), (free, "")]


@ALL_ENGINES
def test_show_and_find_have_a_line_for_scopes(tool):
    free, narrow = tool.generate("alice"), tool.generate("alice", "--scope", "write", "--scope", "read")
    for token, line in ((free, "not limited"), (narrow, "write read")):
        for answer in (tool("show", tokens.id_of(token)), tool("find", typed=token)):
            assert f"\nScopes       {line}\n" in answer.out
    for answer in (tool("show", tokens.id_of(narrow), "--format", "json"), tool("find", "-f", "json", typed=narrow)):
        assert answer.json["scopes"] == ["write", "read"]
    assert tool("show", "-f", "csv", tokens.id_of(narrow)).lines[1].endswith(",write read")


@ALL_ENGINES
def test_a_deleted_token_keeps_its_scopes(tool):
    deleted = limited(tool, "read", deleted=-1)
    token = tool("show", deleted, "--format", "json").json
    assert list(token)[-3:] == ["scopes", "user", "deletedAt"] and token["scopes"] == ["read"]
    assert tool("list", "--status", "deleted").rows[0][7] == "read"


@pairs("scopes, engine", ("", " ", "read  write", " read", "a\"b", "a\\b", "caf\u00e9", "\u001b[2J", "s" * 250), spread=ENGINES)
def test_invalid_scopes_make_a_row_broken(tool, scopes):
    good = limited(tool, "read", age=1)
    broken = limited(tool, scopes)
    shown, other = tool.list()
    assert shown["status"] == "Broken" and shown["fault"] == "scopes are too long or no words" and "scopes" not in shown
    assert shown["tokenId"] == broken and (other["tokenId"], other["scopes"]) == (good, ["read"])
    assert tool("list").rows[0][2:] == ["Broken", "-", "-", "-", "(scopes are too long or no words)", "-"]
    assert tool("list", "-f", "csv").lines[1].endswith(",,,,,scopes are too long or no words,")
    assert re.search(r"(?m)^Fault +scopes are", tool("show", broken).out)
    assert "\x1b" not in tool("list").out + tool("show", broken).out
    assert tool("delete", broken).rows[0][0] == broken and tool.ids() == [good]


def table(tool, columns):
    """The lines of a list on a terminal, without the summary."""
    return tool.terminal("list", columns=columns, environment={"NO_COLOR": "1"}).end().splitlines()[:-1]


@ALL_ENGINES
def test_a_terminal_shows_the_column_only_if_a_token_has_scopes(tool):
    put(tool, description="nightly")
    assert "SCOPES" not in table(tool, 200)[0]
    limited(tool, "", age=1)  # a broken row has none
    assert "SCOPES" not in table(tool, 200)[0]
    limited(tool, "read write", age=2)
    head, free, broken, narrow = table(tool, 200)
    at = head.index("SCOPES")
    assert head.endswith("  DESCRIPTION                        SCOPES")
    assert narrow[at:] == "read write" and narrow[at - 2:at] == "  "
    assert broken[at:] == "-" and free.endswith("nightly")


@ALL_ENGINES
def test_a_narrow_terminal_leaves_out_the_scopes_first(tool):
    limited(tool, "read write", description="d" * 60)
    others = ["ID", "USER", "STATUS", "CREATED", "EXPIRES", "LAST USED", "DESCRIPTION"]
    for columns in range(60, 200, 5):
        head, row = table(tool, columns)
        assert len(row) <= columns and len(head) <= columns
        if "SCOPES" in head:
            assert all(name in head for name in others) and row.endswith("  read write")
    assert "SCOPES" not in table(tool, 100)[0] and "SCOPES" in table(tool, 130)[0]


@ALL_ENGINES
def test_scopes_that_do_not_fit_are_truncated_with_an_ellipsis(tool):
    limited(tool, " ".join(f"scope:{number}" for number in range(20)))
    row = table(tool, 140)[1]
    assert row.endswith("\u2026") and "scope:0 scope:1" in row and len(row) <= 140


@ALL_ENGINES
def test_the_description_gets_the_room_of_a_column_that_is_left_out(tool):
    limited(tool, "read write", description="d" * 60)
    rows = {columns: table(tool, columns) for columns in range(95, 125)}
    without = [columns for columns, (head, _) in rows.items() if "SCOPES" not in head and "CREATED" in head]
    assert without and all(len(rows[columns][1]) == columns for columns in without)


# A table of an older version


@ALL_ENGINES
def test_a_table_without_scopes_is_brought_up_to_date_with_its_rows(bare):
    oldtable.make(bare)
    kept = [put(bare, description="a \"quoted\", text", age=3, used=-1), put(bare, "bob", expires=-1), put(bare, deleted=-1)]
    before = bare.database.rows()
    said = checked(bare, SCHEMA)
    assert said["WRONG", "columns"] == "scopes is missing; 'httoken init' adds it"
    assert said["ok", "table"] == "access_tokens, schema version 2 of 4"
    assert [subject for word, subject in said if word == "WRONG"] == ["columns"]
    for arguments in (["list"], ["show", kept[0]], ["delete", kept[0]], ["generate", "alice"],
                      ["generate", "alice", "--scope", "read"]):
        err = bare(*arguments, status=SCHEMA).err
        assert "no column scopes: an older version created it; 'httoken init' brings it up to date" in err
    assert bare.database.rows() == before
    answer = bare("init")
    assert "access_tokens: brought up to date (schema version 4)" in answer.out
    assert len(answer.err.splitlines()) == 1 and "ADD COLUMN scopes" in answer.err
    assert bare.database.rows() == before and wrong(bare, DONE) == []
    assert "up to date, nothing to do" in bare("init").out
    assert not any("scopes" in token for token in bare.list("--status", "all"))
    assert stored(bare, bare.generate("alice", "--scope", "read")) == "read"


def scopes_column(database):
    """The column in the engine's catalog: type, length, whether it may be NULL, collation."""
    if database.driver == "sqlite3":
        return next(row[2:4] for row in database.run("PRAGMA table_info(access_tokens)") if row[1] == "scopes")
    (row,) = database.run("SELECT data_type, character_maximum_length, is_nullable, collation_name FROM "
                          "information_schema.columns WHERE table_name = 'access_tokens' AND column_name = 'scopes' "
                          "AND ? IN (table_schema, table_catalog)", database.name)
    return row


@ALL_ENGINES
@pytest.mark.parametrize("old", [False, True])
def test_the_column_has_the_same_type_in_a_new_and_in_an_upgraded_table(bare, old):
    if old:
        oldtable.make(bare)
    bare("init")
    assert scopes_column(bare.database) == {
        "sqlite3": ("VARCHAR(255)", 0), "pgsql": ("character varying", 255, "YES", None),
        "mysql": ("varbinary", 255, "YES", None)}[bare.database.driver]
    assert checked(bare)["ok", "rights"] == "SELECT, INSERT, UPDATE, DELETE"


# At a running httpd


PLACES = """
<Location /api/read>
    Require accesstoken-scope read
</Location>
<Location /api/write>
    Require accesstoken-scope write
</Location>
"""


@pytest.fixture(name="place", scope="module")
def fixture_place(engine):
    with Site("event", engine) as site:
        for name in ("read", "write"):
            site.server.write(f"htdocs/api/{name}/data.json", "{}\n")
        site.start(PLACES)
        site.manager("alice").token()  # the server has created its table
        yield site


def entered(place, token):
    """The statuses of the two locations, for reading and for writing."""
    return tuple(place.let_in(token, f"/api/{name}/data.json") for name in ("read", "write"))


@ALL_ENGINES
def test_a_limited_token_is_let_in_where_its_scopes_are_required(place):
    run = with_server(place)
    assert entered(place, generated(run, "robot", "--scope", "read")) == (200, 403)
    assert entered(place, generated(run, "robot", "--scope", "write")) == (403, 200)
    assert entered(place, generated(run, "robot", "--scope", "write", "--scope", "read")) == (200, 200)
    assert entered(place, generated(run, "robot", "--scope", "Read", "--scope", "rea")) == (403, 403)
    assert entered(place, generated(run, "robot")) == (200, 200)


@ALL_ENGINES
def test_the_manager_shows_the_scopes_that_httoken_gave(place):
    """Also scopes that AccessTokenScopes does not offer to users: here it is not set."""
    run = with_server(place)
    token = generated(run, "robot2", "--scope", "deploy", "--scope", "read")
    shown = run("list", "robot2", "--format", "json").json["data"]
    assert shown[0]["tokenId"] == tokens.id_of(token) and shown[0]["scopes"] == ["deploy", "read"]
    assert place.everybody().list("?user=robot2") == shown


@ALL_ENGINES
def test_a_server_keeps_working_when_init_adds_the_column(place):
    """The server began with the table of an older version."""
    run = with_server(place)
    token = generated(run, "robot3")
    assert entered(place, token) == (200, 200)
    place.database.run("ALTER TABLE access_tokens DROP COLUMN scopes")
    assert "ADD COLUMN scopes" in run("init").err
    assert entered(place, generated(run, "robot3", "--scope", "read")) == (200, 403)
    assert entered(place, token) == (200, 200)
    assert engines.now_ms() - place.database.row(tokens.id_of(token))["created_at"] < 60_000
