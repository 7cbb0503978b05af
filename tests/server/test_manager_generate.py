# SPDX-License-Identifier: Apache-2.0
"""What may be asked for when a token is generated: lifetimes, descriptions, limits."""

import json

import pytest

import engines
import tokens
from client import Manager, check_problem, together
from marks import ALL_ENGINES
from typical_site import basic

LAST_SECOND = engines.from_iso("9999-12-31T23:59:59.000Z") // 1000


def lifetime(info):
    if info["expiredAt"] is None:
        return None
    return (engines.from_iso(info["expiredAt"]) - engines.from_iso(info["createdAt"])) / 1000


@pytest.mark.parametrize("path, seconds", [("/tokens", 365 * 86400), ("/short", 7200), ("/forever", None),
                                           ("/limited", 3600)])
def test_without_a_lifetime_the_default_holds_cut_to_the_maximum(site, path, seconds):
    _, info = site.manager(path=path).generate()
    assert lifetime(info) == seconds


@pytest.mark.parametrize("asked, seconds", [("1", 1), ("100", 100), ("31536000", 31536000), ("-1", None), ("100.0", 100),
                                            ("1e2", 100), ("1E2", 100), ("100.00", 100)])
def test_whole_numbers_are_lifetimes_however_they_are_written(manager, asked, seconds):
    answer = manager.post('{"lifetimeSeconds": %s}' % asked)
    assert answer.status_code == 201
    assert lifetime(answer.json()["tokenInfo"]) == seconds


@ALL_ENGINES
def test_a_lifetime_may_end_in_the_year_9999_but_not_after_it(manager):
    now = engines.now_ms() // 1000
    assert manager.post({"lifetimeSeconds": LAST_SECOND - now - 60}).status_code == 201
    for seconds in (LAST_SECOND - now + 60, 10 ** 12, 2 ** 53):
        check_problem(manager.post({"lifetimeSeconds": seconds}), 400, "#/lifetimeSeconds")
    assert len(manager.list()) == 1


def test_a_maximum_allows_up_to_it_and_forbids_never(site):
    manager = site.manager(path="/limited")
    assert lifetime(manager.generate(lifetime=3600)[1]) == 3600
    for seconds in (3601, 86400, -1):
        check_problem(manager.post({"lifetimeSeconds": seconds}), 400, "#/lifetimeSeconds")
    assert len(manager.list()) == 1


@ALL_ENGINES
def test_a_limit_of_tokens_counts_live_ones_of_this_user(site):
    manager = site.manager(path="/three")
    first, second, _ = (manager.token() for _ in range(3))
    problem = check_problem(manager.post({}), 403)
    assert "3" in problem["detail"]
    manager.delete(first)
    manager.generate()
    check_problem(manager.post({}), 403)
    site.database.change(tokens.id_of(second), expires_at=engines.now_ms() - 1)
    manager.generate()
    check_problem(manager.post({}), 403)
    assert site.manager(path="/three").post({}).status_code == 201


@ALL_ENGINES
def test_the_limit_counts_tokens_that_were_made_at_another_manager(site):
    user = site.fresh_user()
    for _ in range(3):
        site.manager(user).generate()
    check_problem(site.manager(user, "/three").post({}), 403)
    assert site.manager(user).post({}).status_code == 201


@ALL_ENGINES
@pytest.mark.parametrize("text", ["", "x", "My 100-second token", "x" * 255, "ä" * 255, "\U0001F511" * 255, "日本語の説明",
                                  '<script>alert("1")</script>', "'; DROP TABLE access_tokens; --", "a\"b\\c/d", "%s%n%%",
                                  "Robert'); DELETE FROM access_tokens WHERE ('1'='1", "&lt;b&gt;", "  blanks  ", "null",
                                  "e\u0301", "\u202eright to left", "\ufeff", "${x} %{y}e {{z}}", "\ufffd", "\u2028"])
def test_a_description_comes_back_byte_for_byte(site, manager, text):
    token, info = manager.generate(description=text)
    assert info["description"] == text
    assert manager.info(token)["description"] == text
    assert manager.list()[0]["description"] == text
    assert site.database.row(info["tokenId"])["description"] == text


def test_escapes_in_json_are_read(manager):
    answer = manager.post(rb'{"description": "\u00e4\u20ac\ud83d\udd11\/\"\\"}')
    assert answer.json()["tokenInfo"]["description"] == 'ä€\U0001F511/"\\'


def test_name_is_the_description_where_none_is_given(manager):
    assert manager.post({"name": "from a later client"}).json()["tokenInfo"]["description"] == "from a later client"
    both = manager.post({"name": "the name", "description": "the description"})
    assert both.json()["tokenInfo"]["description"] == "the description"


def test_unknown_members_are_refused_by_name(manager):
    for name in ("lifetime", "lifetimeseconds", "LifetimeSeconds", "user", "tokenId", "x<y>", "a/b", "a~b", "ä"):
        problem = check_problem(manager.post({name: 5}), 400)
        pointer = "#/" + name.replace("~", "~0").replace("/", "~1")
        named = json.dumps(problem, ensure_ascii=False)
        assert name in named or any(error["pointer"] == pointer for error in problem["errors"]), problem
    assert manager.list() == []


def test_several_wrong_members_are_all_named(manager):
    problem = check_problem(manager.post({"lifetimeSeconds": "5", "description": 7}), 400)
    assert problem["errors"]
    assert {error["pointer"] for error in problem["errors"]} <= {"#/lifetimeSeconds", "#/description"}


@ALL_ENGINES
def test_a_token_may_list_and_delete_but_not_generate(site):
    user = site.fresh_user()
    token, other = site.manager(user).token(), site.manager(user).token()
    by_token = Manager(site.client, "/by-token", token=token)
    assert len(by_token.list()) == 2
    check_problem(by_token.post({}), 403)
    by_token.delete(other)
    assert len(by_token.list()) == 1
    by_token.delete(token)
    assert by_token.call("GET").status_code == 401


@ALL_ENGINES
def test_a_token_may_generate_where_that_is_allowed(site):
    user = site.fresh_user()
    token = site.manager(user).token()
    child = Manager(site.client, "/by-token-issuing", token=token).token(description="child")
    assert site.let_in(child) == 200
    assert len(site.manager(user).list()) == 2


def test_generating_with_a_password_is_not_concerned_where_both_are_accepted(new_site):
    site = new_site().start(f"""<Location /mixed>
    {basic()}
    <If "%{{HTTP:Authorization}} =~ /^Bearer /i">
        AuthType AccessToken
    </If>
    Require valid-user
    AccessTokenManager own
</Location>
""")
    token = site.manager("alice", "/mixed").token()
    check_problem(Manager(site.client, "/mixed", token=token).post({}), 403)
    assert len(Manager(site.client, "/mixed", token=token).list()) == 1


# Other sites

ORIGIN = "http://127.0.0.1:{port}"
SAME = [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": ORIGIN},
        {"Sec-Fetch-Site": "same-origin", "Origin": ORIGIN}, {"Sec-Fetch-Site": "none", "Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"}]
OTHER = [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "x"},
         {"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN}, {"Sec-Fetch-Site": "same-site", "Origin": ORIGIN},
         {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "https://127.0.0.1:{port}"},
         {"Origin": "http://127.0.0.1"}, {"Origin": "http://127.0.0.1:1"}, {"Origin": "http://localhost:{port}"},
         {"Origin": ORIGIN + ".evil.example"}, {"Origin": ORIGIN + "/"}, {"Origin": "127.0.0.1:{port}"},
         {"Origin": "http://evil@127.0.0.1:{port}"}, {"Origin": ORIGIN + " http://evil.example"}]


def filled(site, headers):
    return {name: value.format(port=site.client.port) for name, value in headers.items()}


@pytest.mark.parametrize("headers", SAME, ids=str)
def test_requests_of_the_same_origin_may_change_something(site, manager, headers):
    answer = manager.post({}, headers=filled(site, headers))
    assert answer.status_code == 201
    token = answer.json()["tokenValue"]
    assert manager.call("DELETE", "/" + tokens.id_of(token), headers=filled(site, headers)).status_code == 204


@pytest.mark.parametrize("headers", OTHER, ids=str)
def test_requests_of_other_sites_change_nothing(site, manager, headers):
    token = manager.token()
    check_problem(manager.post({}, headers=filled(site, headers)), 403)
    check_problem(manager.call("DELETE", "/" + tokens.id_of(token), headers=filled(site, headers)), 403)
    assert [info["tokenId"] for info in manager.list()] == [tokens.id_of(token)]


@pytest.mark.parametrize("headers", SAME + OTHER, ids=str)
def test_reading_is_not_concerned_and_no_cors_header_is_sent(site, manager, headers):
    for method, status in (("GET", 200), ("HEAD", 200), ("OPTIONS", 204)):
        answer = manager.call(method, headers=filled(site, headers))
        assert answer.status_code == status
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_a_preflight_is_not_answered_as_one(site, manager):
    answer = manager.call("OPTIONS", headers={"Origin": "http://evil.example", "Access-Control-Request-Method": "DELETE"})
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_two_origins_are_another_site(site, manager):
    answer = manager.post({}, headers={"Origin": f"{site.client.base}, {site.client.base}"})
    check_problem(answer, 403)


@ALL_ENGINES
def test_a_limit_of_tokens_holds_in_a_race(site):
    for _ in range(3):
        user = site.fresh_user()
        answers = together(*[lambda name=user: site.manager(name, "/three").post({}).status_code] * 10)
        assert sorted(answers) == [201] * 3 + [403] * 7
