# SPDX-License-Identifier: Apache-2.0
"""Scopes that a token is given: which may be, how they are kept and shown, and what is refused."""

import time

import pytest

import tokens
from client import check_problem, check_unavailable
from faults import SETTINGS, TIMEOUT
from marks import ALL_ENGINES
from scopes_site import asked, configured, lacking, limited
from typical_site import basic

CONFIGURED = configured
MANAGER = "/scoped-tokens"


@ALL_ENGINES
def test_scopes_are_kept_and_shown(site, manager):
    answer = manager.post({"scopes": ["write", "repo:status", "write"], "lifetimeSeconds": 60})
    assert answer.status_code == 201
    info = answer.json()["tokenInfo"]
    assert info["scopes"] == ["write", "repo:status"]
    assert manager.info(answer.json()["tokenValue"]) == info
    assert manager.list() == [info]
    everybody = site.manager("admin", path="/scoped-tokens-all")
    shown = next(token for token in everybody.list() if token["tokenId"] == info["tokenId"])
    assert shown == {**info, "user": manager.credentials["user"]}


@pytest.mark.parametrize("scopes, pointer, words", [
    (["admin"], "#/scopes", "read write repo:status"), (["read", "Write"], "#/scopes", "'Write'"),
    ([], "#/scopes", "at least one"), ("read", "#/scopes", "list"), (None, "#/scopes", "list"), ([1], "#/scopes/0", "word"),
    (["read write"], "#/scopes/0", "word"), (["read", ""], "#/scopes/1", "word"), (["\u00e9"], "#/scopes/0", "ASCII"),
])
def test_other_scopes_are_refused_and_change_nothing(manager, scopes, pointer, words):
    problem = check_problem(manager.post({"scopes": scopes}), 400, pointer)
    assert any(words in error["detail"] for error in problem["errors"])
    assert manager.list() == []


def test_scopes_that_do_not_fit_beside_the_name_are_refused(site):
    manager = site.manager(path="/scoped-long")
    room = 254 - len(manager.credentials["user"])
    assert limited(manager, "x" * (room // 2), "y" * (room - room // 2 - 1))
    problem = check_problem(manager.post({"scopes": ["x" * (room // 2), "y" * (room - room // 2 - 1), "z"]}), 400, "#/scopes")
    assert "too long" in problem["errors"][0]["detail"]
    assert len(manager.list()) == 1


def test_scopes_are_refused_where_none_may_be_given(site):
    manager = site.manager()
    check_problem(manager.post({"scopes": ["read"]}), 400, "#/scopes")
    assert manager.list() == []


def test_a_limited_token_generates_none_that_may_do_more(site, manager):
    own = site.manager(path="/scoped-by-token")
    own.credentials = {"token": limited(manager, "read", "write")}
    for body in ({}, {"scopes": ["admin"]}, {"scopes": ["read", "admin"]}):
        problem = check_problem(own.post(body), 403)
        assert "read write" in problem["detail"]
    child = own.post({"scopes": ["write"]})
    assert child.status_code == 201
    assert asked(site, child.json()["tokenValue"], "read")[0] == 403
    own.credentials = {"token": limited(manager)}
    assert own.post({}).status_code == own.post({"scopes": ["admin"]}).status_code == 201


@ALL_ENGINES
def test_a_row_whose_scopes_are_no_words_lets_no_request_in(site, manager):
    user = manager.credentials["user"]
    for wrong in ("", " ", "read ", "read  write", 'a"b', "x" * (255 - len(user))):
        token = limited(manager, "read")
        site.database.change(tokens.id_of(token), scopes=wrong)
        assert asked(site, token, "read")[0] == 401
    token = limited(manager, "repo:status")
    site.database.change(tokens.id_of(token), scopes="x" * (254 - len(user)))
    assert asked(site, token, "read") == (403, lacking("read"))
    assert site.let_in(token) == 200


@pytest.mark.parametrize("line, words", [
    ("AccessTokenScopes", "''"), ('AccessTokenScopes read "a b"', "'a b' is not a scope"), ("AccessTokenScopes read none", "none alone"),
    ("AccessTokenScopes r\u00e9ad", "is not a scope"), ("AccessTokenScopes " + "x" * 254, "too long"),
    ("Require accesstoken-scope", "needs the scopes"), ('Require accesstoken-scope "a b"', "'a b' is not a scope"),
])
def test_a_wrong_scope_is_refused_at_start(new_site, line, words):
    place = new_site()
    status, said = place.server.check_configuration(f"<Location /x>\n{line}\n</Location>\n")
    assert status != 0 and words in said


def test_an_inner_list_replaces_the_outer_one(new_site):
    place = new_site()
    text = """
<Location /outer>
    {basic}
    Require valid-user
    AccessTokenScopes read write
</Location>
<Location /outer/same>
    AccessTokenManager own
</Location>
<Location /outer/other>
    AccessTokenManager own
    AccessTokenScopes admin
    AccessTokenScopes admin read
</Location>
<Location /outer/none>
    AccessTokenManager own
    AccessTokenScopes None
</Location>
"""
    place.start(text.format(basic=basic()))
    taken = {name: [word for word in ("read", "write", "admin")
                    if place.manager("alice", path=f"/outer/{name}").post({"scopes": [word]}).status_code == 201]
             for name in ("same", "other", "none")}
    assert taken == {"same": ["read", "write"], "other": ["read", "admin"], "none": []}


def test_a_change_that_is_late_does_not_read_the_memory_of_a_request_that_has_ended(new_site):
    """The change goes on when the lock is away, and the request with its memory has gone; see httpd.OVERWRITTEN."""
    place = new_site()
    place.start(SETTINGS + configured(place))
    owner = place.manager(path="/scoped-tokens")
    assert owner.list() == []
    for _ in range(4):
        with place.database.locked():
            check_unavailable(owner.post({"scopes": ["read", "write"], "description": "late"}))
        time.sleep(TIMEOUT)
        assert owner.list() == []
