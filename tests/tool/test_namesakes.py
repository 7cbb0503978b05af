# SPDX-License-Identifier: Apache-2.0
"""list and delete name the owners that differ from the user only by case or outer blanks."""

import pytest

from marks import ALL_ENGINES
from tool import ABSENT

pytestmark = ALL_ENGINES


def notes(answer):
    return [line.split("'")[1] for line in answer.err.splitlines() if line.startswith("Note: ")]


def own(tool, *names):
    for name in names:
        tool("generate", name, secret_out=True)


def test_list_and_delete_name_the_other_spellings(tool):
    own(tool, "alice", "ALICE", "Alice", "alice ", " alice", "alicia", "bob")
    assert sorted(notes(tool("list", "alice"))) == [" alice", "ALICE", "Alice", "alice "]
    assert sorted(notes(tool("delete", "--user", "alice", "--yes"))) == [" alice", "ALICE", "Alice", "alice "]
    assert notes(tool("list", "bob")) == notes(tool("list")) == []
    assert len(tool("list").rows) == 6


def test_a_user_without_tokens_may_have_them_under_another_spelling(tool):
    own(tool, "ALICE")
    answer = tool("delete", "--user", "alice", "--yes", status=ABSENT)
    assert "alice has no tokens" in answer.err and notes(answer) == ["ALICE"]


def test_owners_without_a_valid_token_are_not_named(tool):
    own(tool, "ALICE")
    tool("delete", "--user", "ALICE", "--yes")
    assert notes(tool("list", "alice")) == []


@pytest.mark.parametrize("one, other", [("zoë", "ZOË"), ("ЖАННА", "жанна"), ("a b", "A B")])
def test_case_is_ignored_beyond_ascii_too(tool, one, other):
    own(tool, one, other)
    assert notes(tool("list", one)) == [other]


@pytest.mark.parametrize("one, other", [("a b", "a  b"), ("ab", "a b"), ("alice@x", "alice@y")])
def test_owners_with_other_differences_are_not_named(tool, one, other):
    own(tool, one, other)
    assert notes(tool("list", one)) == []


def test_more_owners_than_a_page_are_read(tool):
    rows = [(f"00000000-0000-4000-8000-{number:012}", "0" * 64, f"user{number:05}", "", 1, None, None, None)
            for number in range(2500)]
    rows.append(("00000000-0000-4000-8000-999999999999", "0" * 64, "USER02499", "", 1, None, None, None))
    tool.database.insert("token_id", "token_hash", "user_name", "description", "created_at", "expires_at", "last_used", "deleted_at",
                         rows=rows)
    assert notes(tool("list", "user02499")) == ["USER02499"]
    assert notes(tool("list", "USER02499")) == ["user02499"]
