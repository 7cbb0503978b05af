# SPDX-License-Identifier: Apache-2.0
"""Lists: order, pages, filters, and whose tokens a manager shows."""

import re
import uuid
from urllib.parse import parse_qs, quote, urlsplit

import pytest

import engines
import tokens
from client import Manager, check_problem, next_page
from marks import ALL_ENGINES
from typical_site import password_file


def ids(listed):
    return [info["tokenId"] for info in listed]


def fill(site, user, count, first=1_600_000_000_000, step=1000, name="t"):
    """Rows straight into the table, made in this order; their ids, newest first."""
    made = [str(uuid.uuid4()) for _ in range(count)]
    site.database.insert("token_id", "token_hash", "user_name", "description", "created_at", rows=[
        (ident, tokens.hash_of(ident), user, f"{name}{number}", first + number * step)
        for number, ident in enumerate(made)])
    return made[::-1]


def pages(manager, query):
    """The ids of each page, from the first on, as the Link headers lead."""
    answer = manager.call("GET", query)
    found = []
    while True:
        assert answer.status_code == 200, answer.text
        found.append(ids(answer.json()["data"]))
        following = next_page(answer)
        if following is None:
            return found
        assert len(found) < 100, "the pages do not end"
        answer = manager.client.session.get(following, auth=(manager.credentials["user"], "correct horse"))


@ALL_ENGINES
def test_a_user_without_tokens_has_an_empty_list(manager):
    answer = manager.call("GET")
    assert answer.json() == {"data": []}
    assert "Link" not in answer.headers


@ALL_ENGINES
def test_the_newest_token_comes_first(manager):
    made = [tokens.id_of(manager.token()) for _ in range(5)]
    listed = manager.list()
    assert set(ids(listed)) == set(made)
    times = [info["createdAt"] for info in listed]
    assert times == sorted(times, reverse=True)


def test_a_list_tells_nothing_but_the_documented_members(manager):
    manager.generate()
    text = manager.call("GET").text
    assert set(manager.list()[0]) == {"tokenId", "description", "status", "createdAt", "expiredAt", "lastUsed"}
    assert "tokenValue" not in text and not re.search(r"[0-9a-f]{64}", text)


@ALL_ENGINES
@pytest.mark.parametrize("limit, count", [(1, 5), (2, 5), (5, 5), (3, 6), (1000, 3)])
def test_pages_cover_the_list_in_order_without_gaps(site, manager, limit, count):
    manager.generate()
    made = fill(site, manager.credentials["user"], count)
    found = pages(manager, f"?limit={limit}")
    assert all(len(page) == limit for page in found[:-1]) and 0 < len(found[-1]) <= limit
    assert sum(found, [])[1:] == made


@ALL_ENGINES
def test_pages_do_not_stumble_over_tokens_of_one_millisecond(site, manager):
    manager.generate()
    made = fill(site, manager.credentials["user"], 25, step=0)
    found = sum(pages(manager, "?limit=4"), [])
    assert len(found) == 26 and set(found[1:]) == set(made)


@ALL_ENGINES
def test_a_page_stays_right_while_tokens_come_and_go(site, manager):
    manager.generate()
    made = fill(site, manager.credentials["user"], 10)
    answer = manager.call("GET", "?limit=4")
    first = ids(answer.json()["data"])
    manager.call("DELETE", "/" + first[-1])
    manager.call("DELETE", "/" + made[3])
    manager.generate()
    user = manager.credentials["user"]
    second = manager.client.session.get(next_page(answer), auth=(user, "correct horse")).json()["data"]
    assert ids(second) == [token_id for token_id in made[3:8] if token_id != made[3]][:4]


@ALL_ENGINES
def test_a_thousand_tokens_are_one_page_and_the_rest_the_next(site):
    manager = site.manager()
    manager.generate()
    made = fill(site, manager.credentials["user"], 1500)
    for query in ("", "?limit=1000"):
        found = pages(manager, query)
        assert [len(page) for page in found] == [1000, 501]
        assert sum(found, [])[1:] == made


@ALL_ENGINES
def test_the_next_page_keeps_the_filters(site, manager):
    manager.generate()
    user = manager.credentials["user"]
    made = fill(site, user, 6)
    for token_id in made[::2]:
        site.database.change(token_id, expires_at=1_700_000_000_000)
    found = pages(manager, "?limit=2&status=expired")
    assert sum(found, []) == made[::2]
    link = next_page(manager.call("GET", "?limit=2&status=expired"))
    assert parse_qs(urlsplit(link).query)["status"] == ["expired"]
    assert urlsplit(link).path.rstrip("/") == "/tokens"
    found = sum(pages(Manager(site.client, "/all-tokens", user="admin"), f"?limit=2&status=active&user={user}"), [])
    assert found[1:] == made[1::2]


@ALL_ENGINES
def test_status_filters(site, manager):
    active, expired, deleted = (tokens.id_of(manager.token()) for _ in range(3))
    site.database.change(expired, expires_at=engines.now_ms() - 1)
    manager.call("DELETE", "/" + deleted)
    assert set(ids(manager.list())) == {active, expired}
    assert ids(manager.list("?status=active")) == [active]
    assert ids(manager.list("?status=expired")) == [expired]
    assert ids(manager.list("/?status=expired")) == [expired]


@ALL_ENGINES
def test_a_token_that_never_expires_is_active(manager):
    token, _ = manager.generate(lifetime=-1)
    assert ids(manager.list("?status=active")) == [tokens.id_of(token)]
    assert manager.list("?status=expired") == []


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=-1", "limit=x", "limit=", "limit=1.5", "limit=1e2",
                                   "limit=99999999999999999999", "limit=%31x", "status=deleted", "status=",
                                   "cursor=x", "cursor=%00", "cursor=" + "9" * 3000, "cursor='%20OR%201=1",
                                   "user=alice", "user="])
def test_wrong_parameters_are_400(manager, query):
    check_problem(manager.call("GET", "?" + query), 400)


@pytest.mark.parametrize("query", ["?limit=1", "?limit=1000", "?x=y", "?x", "?", "?&&", "?_=123&limit=7"])
def test_right_and_unknown_parameters_are_200(manager, query):
    assert manager.list(query) == []


@ALL_ENGINES
def test_a_cursor_that_was_changed_shows_nothing_of_other_users(site, manager):
    fill(site, site.fresh_user(), 3)
    manager.generate()
    mine = fill(site, manager.credentials["user"], 3)
    link = next_page(manager.call("GET", "?limit=1"))
    cursor = parse_qs(urlsplit(link).query)["cursor"][0]
    for changed in (cursor[:-1], cursor + "0", cursor[::-1], cursor.swapcase(), "A" + cursor[1:], cursor + "%"):
        answer = manager.call("GET", "?limit=1000&cursor=" + quote(changed))
        assert answer.status_code in (200, 400)
        if answer.status_code == 200:
            assert set(ids(answer.json()["data"])) <= set(ids(manager.list())) and mine


@ALL_ENGINES
def test_own_shows_the_tokens_of_the_user_who_asks(site):
    first, second = site.manager(), site.manager()
    tokens_of_first = {tokens.id_of(first.token()) for _ in range(2)}
    tokens_of_second = {tokens.id_of(second.token())}
    assert set(ids(first.list())) == tokens_of_first
    assert set(ids(second.list())) == tokens_of_second
    assert all("user" not in info for info in first.list())


@ALL_ENGINES
def test_an_administrator_sees_and_deletes_everybodys_tokens(site):
    user = site.fresh_user()
    token, info = site.manager(user).generate(description="theirs")
    admin = site.everybody()
    assert {**info, "user": user} in admin.list()
    assert admin.info(token) == {**info, "user": user}
    admin.delete(token)
    assert site.let_in(token) == 401
    assert site.manager(user).list() == []


@ALL_ENGINES
def test_the_user_filter_of_an_administrator_is_exact(site):
    first, second = site.fresh_user(), site.fresh_user()
    site.manager(first).generate()
    site.manager(second).generate()
    admin = site.everybody()
    assert {info["user"] for info in admin.list(f"?user={first}")} == {first}
    for nobody in ("nobody", first.upper(), first + "%20", first[:-1], "%25", first + "%25", "'%20OR%20'1'='1", "*"):
        assert [info for info in admin.list(f"?user={nobody}") if info["user"] in (first, second)] == []


def test_an_administrator_generates_tokens_of_his_own(site):
    token, info = site.everybody().generate(description="admin's")
    assert info["user"] == "admin"
    assert site.manager("admin").info(token) == {key: value for key, value in info.items() if key != "user"}
    assert tokens.id_of(token) in ids(site.manager("admin").list())
    assert site.let_in(token, "/api/admin/data.json") == 200


@ALL_ENGINES
def test_users_with_unusual_names_own_their_tokens(new_site):
    names = ["Alice", "ALICE", "alice@EXAMPLE.COM", "DOM\\alice", "o'brien", "a b", "zoë", "<b>", "x" * 200, "%41", "a+b&c=d"]
    site = new_site()
    site.server.write("conf/users", password_file(names + ["admin"]))
    site.start()
    made = {}
    for name in names:
        manager = site.manager(name.encode())
        made[name] = manager.token()
        assert ids(manager.list()) == [tokens.id_of(made[name])]
    for name, token in made.items():
        found = site.everybody().list("?user=" + quote(name, safe=""))
        assert [(info["user"], info["tokenId"]) for info in found] == [(name, tokens.id_of(token))]
    assert len(site.everybody().list()) == len(names)
