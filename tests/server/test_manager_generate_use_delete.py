# SPDX-License-Identifier: Apache-2.0
"""The main job: generate a token, call a protected endpoint with it, see it used, delete it."""

import re
from urllib.parse import urljoin

import engines
import tokens
from client import Manager
from httpd import wait_until
from marks import ALL_ENGINES, ALL_MPMS

pytestmark = [ALL_MPMS, ALL_ENGINES]

MEMBERS = {"tokenId", "description", "status", "createdAt", "expiredAt", "lastUsed"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_generate_call_see_it_used_delete(site, manager):
    token, info = manager.generate(description="nightly export")
    assert info["lastUsed"] is None
    answer = site.client.get("/api/data.json", token=token)
    assert (answer.status_code, answer.json()) == (200, {"answer": 42})
    used = wait_until(lambda: manager.info(token)["lastUsed"])
    assert TIME.fullmatch(used) and used >= info["createdAt"]
    assert manager.list() == [{**info, "lastUsed": used}]
    manager.delete(token)
    assert manager.list() == []
    assert site.let_in(token) == 401


def test_a_trifacta_style_session(site):
    client = Manager(site.client, "/v4/apiAccessTokens", user=site.fresh_user())
    answer = client.post('{"lifetimeSeconds":100,"description":"My 100-second token"}')
    assert answer.status_code == 201
    assert set(answer.json()) == {"tokenValue", "tokenInfo"}
    token, info = answer.json()["tokenValue"], answer.json()["tokenInfo"]
    assert set(info) == MEMBERS
    assert (info["description"], info["status"], info["lastUsed"]) == ("My 100-second token", "Active", None)
    assert engines.from_iso(info["expiredAt"]) - engines.from_iso(info["createdAt"]) == 100_000
    listed = client.call("GET")
    assert listed.status_code == 200 and listed.json() == {"data": [info]}
    assert client.info(token) == info
    assert site.let_in(token) == 200
    deleted = client.delete(token)
    assert deleted.content == b""
    assert site.let_in(token) == 401
    assert client.call("GET", "/" + info["tokenId"]).status_code == 404


def test_the_token_is_made_as_described(site, manager):
    seen = set()
    for _ in range(20):
        token, info = manager.generate()
        parts = tokens.SYNTAX.fullmatch(token)
        assert parts and parts.group(1) == "httok"
        assert parts.group(4) == tokens.check_of(token[:-tokens.CHECK])
        assert tokens.id_of(token) == info["tokenId"] and UUID4.fullmatch(info["tokenId"])
        assert tokens.unbase62(parts.group(3)) < 2 ** 256
        seen |= {parts.group(2), parts.group(3)}
    assert len(seen) == 40


def test_the_table_holds_the_id_and_the_hash_never_the_token(site):
    user = site.fresh_user()
    before = engines.now_ms()
    token, info = site.manager(user).generate(lifetime=60, description="kept")
    row = site.database.row(info["tokenId"])
    assert row["token_hash"] == tokens.hash_of(token)
    assert (row["user_name"], row["description"], row["deleted_at"]) == (user, "kept", None)
    assert before <= row["created_at"] <= engines.now_ms()
    assert row["expires_at"] == row["created_at"] + 60_000
    assert engines.from_iso(info["createdAt"]) == row["created_at"]


def test_a_deleted_token_leaves_a_row_that_says_so(site, manager):
    token = manager.token()
    manager.delete(token)
    assert site.database.row(tokens.id_of(token))["deleted_at"] is not None


def test_the_answer_names_the_tokens_address(site, manager):
    answer = manager.post({})
    address = urljoin(answer.url, answer.headers["Location"])
    assert address == f"{site.client.base}/tokens/{answer.json()['tokenInfo']['tokenId']}"


def test_a_token_that_never_expires(site, manager):
    token, info = manager.generate(lifetime=-1)
    assert info["expiredAt"] is None and info["status"] == "Active"
    assert site.database.row(info["tokenId"])["expires_at"] is None
    assert site.let_in(token) == 200


def test_a_lifetime_of_one_second_ends(site, manager):
    token, _ = manager.generate(lifetime=1)
    assert wait_until(lambda: site.let_in(token) == 401, patience=5)
    assert manager.info(token)["status"] == "Expired"


def test_without_wishes_a_token_lives_a_year_and_has_no_description(manager):
    _, info = manager.generate()
    assert engines.from_iso(info["expiredAt"]) - engines.from_iso(info["createdAt"]) == 365 * 86_400_000
    assert info["description"] == ""


def test_a_user_may_have_many_tokens_and_each_is_its_own(site, manager):
    first, second, third = (manager.token(description=name) for name in "abc")
    manager.delete(second)
    assert [site.let_in(token) for token in (first, second, third)] == [200, 401, 200]


def test_tokens_survive_a_restart_of_httpd(site, manager):
    token = manager.token()
    gone = manager.token()
    manager.delete(gone)
    site.server.restart()
    assert [site.let_in(token), site.let_in(gone)] == [200, 401]
    assert [info["tokenId"] for info in manager.list()] == [tokens.id_of(token)]
