# SPDX-License-Identifier: Apache-2.0
"""Every status of the manager, its headers and its methods."""

import base64
import json
import uuid

import pytest

import tokens
from client import PASSWORD, Manager, check_manager_headers, check_problem
from httpd import wait_until
from marks import ENGINES, MPMS, each

AT_TABLES = each("engine, mpm", ENGINES, MPMS)  # where the answer depends on rows

BODY_LIMIT = 16 * 1024


def methods(answer):
    return {word.strip() for word in answer.headers["Allow"].split(",")}


def bare(answer):
    """Status, headers and body without what changes from one answer to the next."""
    changing = {"Date", "Content-Length", "Connection", "Keep-Alive", "Transfer-Encoding"}
    return answer.status_code, {k: v for k, v in answer.headers.items() if k not in changing}


@AT_TABLES
def test_every_good_answer_carries_the_managers_headers(site, manager):
    made = manager.post({})
    token = made.json()["tokenValue"]
    path = "/" + tokens.id_of(token)
    for answer, status in ((made, 201), (manager.call("GET"), 200), (manager.call("HEAD"), 200),
                           (manager.call("GET", path), 200), (manager.call("OPTIONS"), 204),
                           (manager.call("OPTIONS", path), 204), (manager.call("DELETE", path), 204)):
        assert answer.status_code == status
        check_manager_headers(answer)
        if answer.content:
            assert answer.headers["Content-Type"].split(";")[0] == "application/json"


@AT_TABLES
def test_head_answers_as_get_without_a_body(manager):
    token = manager.token()
    for path in ("", "/", "/" + tokens.id_of(token), "/" + str(uuid.uuid4()), "/nothing", "?limit=0"):
        get, head = manager.call("GET", path), manager.call("HEAD", path)
        assert head.content == b""
        assert bare(head) == bare(get), path
        assert head.headers.get("Content-Length", str(len(get.content))) == str(len(get.content))


def test_options_tells_the_methods(manager):
    token = manager.token()
    answer = manager.call("OPTIONS")
    assert (answer.status_code, answer.content) == (204, b"")
    assert methods(answer) == {"GET", "HEAD", "POST", "OPTIONS"}
    answer = manager.call("OPTIONS", "/" + tokens.id_of(token))
    assert answer.status_code == 204
    assert methods(answer) == {"GET", "HEAD", "DELETE", "OPTIONS"}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "PROPFIND", "LOCK", "QUERY", "X"])
def test_other_methods_at_the_list_are_405(manager, method):
    answer = manager.call(method)
    check_problem(answer, 405)
    assert methods(answer) == {"GET", "HEAD", "POST", "OPTIONS"}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST", "MKCOL"])
def test_other_methods_at_a_token_are_405(manager, method):
    token = manager.token()
    answer = manager.call(method, "/" + tokens.id_of(token), data=b"{}", headers={"Content-Type": "application/json"})
    check_problem(answer, 405)
    assert methods(answer) == {"GET", "HEAD", "DELETE", "OPTIONS"}
    assert len(manager.list()) == 1


def test_methods_are_compared_with_case(site, manager):
    user = base64.b64encode(f"{manager.credentials['user']}:{PASSWORD}".encode()).decode()
    answer = site.client.raw(f"get /tokens HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                             f"Authorization: Basic {user}\r\n\r\n".encode())
    assert answer.status == 405


def test_a_trailing_slash_at_the_location_makes_no_difference(manager):
    manager.generate()
    plain, slash = manager.call("GET"), manager.call("GET", "/")
    assert (plain.status_code, plain.content) == (slash.status_code, slash.content)
    assert manager.call("POST", "/", data=b"{}", headers={"Content-Type": "application/json"}).status_code == 201


def test_a_body_beyond_16_kib_is_413(manager):
    for body in (b" " * BODY_LIMIT + b"{}", b'{"description": "' + b"x" * BODY_LIMIT + b'"}', b"x" * 10_000_000):
        check_problem(manager.post(body), 413)
    assert manager.list() == []


def test_a_chunked_body_beyond_16_kib_is_413(manager):
    for size in (BODY_LIMIT + 1, 10_000_000):
        pieces = (b" " * 1000 for _ in range(size // 1000 + 1))
        answer = manager.call("POST", data=pieces, headers={"Content-Type": "application/json"})
        check_problem(answer, 413)
    assert manager.list() == []


def test_a_body_of_just_16_kib_is_read(manager):
    body = json.dumps({"description": "just"}).encode()
    assert manager.post(body + b" " * (BODY_LIMIT - len(body))).status_code == 201
    chunks = iter([body[:5], body[5:], b" " * (BODY_LIMIT - len(body))])
    assert manager.call("POST", data=chunks, headers={"Content-Type": "application/json"}).status_code == 201


@pytest.mark.parametrize("kind", [None, "text/plain", "text/json", "application/x-www-form-urlencoded", "application/xml",
                                  "multipart/form-data; boundary=x", "application/jsonx", "application/json-patch+json",
                                  "application/", "json", "application/problem+json", ""])
def test_another_content_type_is_415(manager, kind):
    check_problem(manager.post({}, headers={"Content-Type": kind}), 415)
    assert manager.list() == []


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8",
                                  "Application/JSON", "application/json ;charset=utf-8"])
def test_json_may_be_named_with_parameters_and_in_any_case(manager, kind):
    assert manager.post({}, headers={"Content-Type": kind}).status_code == 201


@pytest.mark.parametrize("path", ["/nothing", "/0", "/%00", "/..%2f", "/a/b", "/assets", "/openapi.jso", "/" + "x" * 5000,
                                  "/00000000-0000-4000-8000-00000000000", "/00000000-0000-4000-8000-0000000000000",
                                  "/00000000-0000-4000-8000-00000000000g", "/00000000000040008000000000000000",
                                  "/{00000000-0000-4000-8000-000000000000}", "/'%20OR%201=1--", "/%2f"])
def test_a_path_that_is_no_token_id_is_404(manager, path):
    manager.generate()
    for method in ("GET", "DELETE"):
        answer = manager.call(method, path)
        assert answer.status_code == 404, method
    assert len(manager.list()) == 1


@AT_TABLES
def test_an_unknown_id_is_404(manager):
    for method in ("GET", "DELETE"):
        check_problem(manager.call(method, "/" + str(uuid.uuid4())), 404)


def test_a_trailing_slash_behind_an_id_is_404(manager):
    token = manager.token()
    for method in ("GET", "DELETE"):
        check_problem(manager.call(method, f"/{tokens.id_of(token)}/"), 404)
    assert len(manager.list()) == 1


@AT_TABLES
def test_a_deleted_token_is_404(manager):
    token = manager.token()
    manager.delete(token)
    for method in ("DELETE", "GET"):
        check_problem(manager.call(method, "/" + tokens.id_of(token)), 404)


@AT_TABLES
def test_another_users_token_and_an_unknown_one_get_the_same_answer(site, manager):
    token = site.manager().token()
    for method in ("GET", "DELETE", "HEAD"):
        theirs = manager.call(method, "/" + tokens.id_of(token))
        unknown = manager.call(method, "/" + str(uuid.uuid4()))
        assert theirs.status_code == 404
        assert theirs.content == unknown.content
        assert bare(theirs) == bare(unknown)
    assert site.let_in(token) == 200


@AT_TABLES
def test_a_request_for_another_users_token_is_logged_with_both_names(site):
    owner, other = site.fresh_user(), site.fresh_user()
    token = site.manager(owner).token()
    site.manager(other).call("GET", "/" + tokens.id_of(token))
    assert wait_until(lambda: [line for line in site.server.log().splitlines()
                               if "accesstoken" in line and owner in line and other in line
                               and tokens.id_of(token) in line])


@AT_TABLES
def test_the_log_names_a_token_by_its_id_in_its_usual_form(site):
    mine, other = site.manager(), site.manager()
    ids = [info["tokenId"] for _, info in (mine.generate(), other.generate())]
    assert mine.call("DELETE", "/" + ids[1].upper()).status_code == 404
    assert mine.call("DELETE", "/" + ids[0].upper()).status_code == 204
    assert wait_until(lambda: f"deleted token {ids[0]} of" in site.server.log()), "a search for the id must find it"
    assert f"asked for token {ids[1]}, which belongs to" in site.server.log()


@pytest.mark.parametrize("path", ["/open-tokens", "/open-all-tokens"])
def test_without_a_user_the_manager_refuses_and_logs_why(site, path):
    token = site.manager().token()
    for call in (("GET", ""), ("GET", "/" + tokens.id_of(token)), ("DELETE", "/" + tokens.id_of(token)), ("POST", "")):
        before = site.server.log().count("AuthType")
        answer = Manager(site.client, path).call(*call, headers={"Content-Type": "application/json"})
        check_problem(answer, 403)
        assert tokens.id_of(token) not in answer.text
        assert wait_until(lambda: site.server.log().count("AuthType") > before)
    assert site.let_in(token) == 200


def test_the_manager_is_protected_as_the_admin_configured_it(site):
    answer = Manager(site.client, "/tokens").call("GET")
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert Manager(site.client, "/all-tokens", user="alice").call("GET").status_code == 401


@AT_TABLES
def test_an_expired_token_is_listed_shown_and_deleted(site, manager):
    token = manager.token()
    site.database.change(tokens.id_of(token), expires_at=1_000_000_000_000)
    assert manager.info(token)["status"] == "Expired"
    assert manager.info(token)["expiredAt"] == "2001-09-09T01:46:40.000Z"
    assert [info["status"] for info in manager.list()] == ["Expired"]
    manager.delete(token)
    assert manager.list() == []
