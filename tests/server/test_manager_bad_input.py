# SPDX-License-Identifier: Apache-2.0
"""Bad input gives the documented error at once, and changes nothing in the table."""

import base64
import json
import socket
import threading
import time

import pytest

import tokens
from client import PASSWORD, check_problem, check_unavailable, read_answer


@pytest.fixture(autouse=True)
def nothing_changes(site):
    """Whatever a test of this module sends, the rows stay as they are."""
    if not site.database.has_table():
        site.manager("alice").generate(description="stays")
    before = site.database.rows()
    yield
    assert site.database.rows() == before
    assert site.client.status("/open/data.json") == 200


NOT_JSON = [b"", b" ", b"{", b"}", b"{}{}", b"{} x", b"{},", b"nul", b"{'lifetimeSeconds': 5}", b"{lifetimeSeconds: 5}",
            b'{"lifetimeSeconds": 5,}', b'{"lifetimeSeconds"}', b'{"lifetimeSeconds": }', b'{"a": "unfinished',
            b'\xef\xbb\xbf{}', b'{}\x00', b'\x00{}', b"\xff\xfe{\x00}\x00", b'{"description": "\xff"}',
            b'{"description": "\xc0\xaf"}', b'{"description": "\xed\xa0\x80"}', b'{"description": "\xf4\x90\x80\x80"}',
            b'{"description": "\xe2\x82"}', rb'{"description": "\ud800"}', rb'{"description": "\udc00\ud800"}',
            rb'{"description": "\u12"}', rb'{"description": "\x41"}', b'{"description": "tab\there"}',
            b'{"description": "line\nhere"}', b"<json/>", b"lifetimeSeconds=5", b"/* c */ {}", b"NaN", b"Infinity",
            b'{"lifetimeSeconds": NaN}', b'{"lifetimeSeconds": 0x10}', b'{"lifetimeSeconds": 05}',
            b'{"lifetimeSeconds": +5}', b'{"lifetimeSeconds": 5.}', b'{"lifetimeSeconds": .5}', b'{"lifetimeSeconds": -}',
            b"[" * 16000, b'{"a":' * 3000, b"[" * 8000 + b"]" * 8000, b'{"lifetimeSeconds": ' + b"[" * 7000 + b"]" * 7000 + b"}"]


@pytest.mark.parametrize("body", NOT_JSON, ids=lambda body: repr(body[:40]))
def test_a_body_that_is_not_json_is_400(manager, body):
    started = time.monotonic()
    check_problem(manager.post(body), 400)
    assert time.monotonic() - started < 2


NO_OBJECT = [b"[]", b"[{}]", b'"x"', b"5", b"-1", b"null", b"true", b'[{"lifetimeSeconds": 5}]', b'"{}"']


@pytest.mark.parametrize("body", NO_OBJECT, ids=repr)
def test_json_that_is_no_object_is_400(manager, body):
    check_problem(manager.post(body), 400)


TWICE = [b'{"lifetimeSeconds": 5, "lifetimeSeconds": 6}', b'{"description": "a", "description": "a"}',
         b'{"name": "a", "name": "b"}', rb'{"description": "a", "descriptio\u006e": "b"}']


@pytest.mark.parametrize("body", TWICE, ids=repr)
def test_a_member_twice_is_400(manager, body):
    check_problem(manager.post(body), 400)


LIFETIMES = ["0", "-0", "-2", "-1.5", "1.5", "0.5", "0.999", '"5"', '"-1"', '""', '"never"', "null", "true", "false", "[]", "[5]",
             "{}", '{"s": 5}', "9223372036854775807", "9223372036854775808", "9223372036854775809",
             "18446744073709551617", "-9223372036854775808", "-9223372036854775809", "1e300", "-1e300", "1e400", "-1e400",
             "1e19", "4294967297e9", "100.5", "5e-1", "0.1e0", "1e-300", "9" * 10000, "1" + "0" * 9999 + "e-10000"]


@pytest.mark.parametrize("value", LIFETIMES, ids=lambda value: value[:30])
def test_a_wrong_lifetime_is_400(manager, value):
    started = time.monotonic()
    check_problem(manager.post('{"lifetimeSeconds": %s}' % value), 400)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("value", ["0", "-2", "1.5", '"5"', "null", "true", "[]", "{}", "1e300", "4294967297e9"])
def test_a_wrong_lifetime_is_pointed_at(manager, value):
    check_problem(manager.post('{"lifetimeSeconds": %s}' % value), 400, "#/lifetimeSeconds")


DESCRIPTIONS = ["x" * 256, "ä" * 256, "\U0001F511" * 256, "x" * 10000, "a\x00b", "\x01", "a\nb", "a\rb", "a\tb", "\x1b[31m", "\x7f",
                "a\u0085b", "\u0080", "\u009f", 5, 1.5, True, None, [], ["x"], {}, {"text": "x"}]


@pytest.mark.parametrize("member", ["description", "name"])
@pytest.mark.parametrize("value", DESCRIPTIONS, ids=lambda value: ascii(value)[:30])
def test_a_wrong_description_is_400_and_pointed_at(manager, member, value):
    answer = manager.post(json.dumps({member: value}))
    check_problem(answer, 400)
    assert "#/" + member in answer.text or "\\u0000" in json.dumps(value)


HEADER_JUNK = [b"\x01", b"a\x00b", b"\x7f", b"'; DROP TABLE access_tokens; --", b"<script>alert(1)</script>", b"\xff\xfe",
               b"\xc3\x28", b"%00%0d%0aX: y", b"../../etc/passwd", b"${jndi:ldap://x}", b"a" * 8000, b"a" * 8300, b"\t", b"{}"]


@pytest.mark.parametrize("value", HEADER_JUNK, ids=lambda value: repr(value[:30]))
def test_junk_in_the_authorization_field_is_400_or_401(site, value):
    started = time.monotonic()
    for field in (b"Authorization: Bearer " + value, b"Authorization: " + value):
        answer = site.client.raw_get("/api/data.json", field)
        assert answer.status in (400, 401)
    assert time.monotonic() - started < 2


def test_eight_kib_of_header_and_a_hundred_fields_are_answered_at_once(site):
    started = time.monotonic()
    long_value = "Authorization: Bearer " + tokens.exposed(tokens.forge()) * 100  # httpd logs lines that are too long
    for fields in ([long_value + "x" * 900], [f"X-{n}: y" for n in range(99)], [f"X-{n}: y" for n in range(101)],
                   ["Authorization: Bearer x"] * 90, ["Authorization: Bearer"] * 90):
        assert site.client.raw_get("/api/data.json", *fields).status in (400, 401)
    assert time.monotonic() - started < 3


PATHS = ["'; DROP TABLE access_tokens; --", "<script>", "%27%20OR%20%271%27=%271", "%ff%fe", "%c0%af", "%0d%0aX:%20y", "%", "%zz",
         "a" * 8000, "..", "../..", "%2e%2e", ";x=y", "%F0%9F%94%91"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:30])
def test_junk_in_the_path_of_the_manager_finds_nothing(site, manager, path):
    for method in ("GET", "DELETE"):
        answer = manager.call(method, "/" + path)
        assert answer.status_code in (400, 401, 404, 405, 414)
        assert "<script>" not in answer.text


@pytest.mark.parametrize("query", ["cursor='%20UNION%20SELECT%20token_hash%20FROM%20access_tokens", "limit=1%00", "limit=1%002", "status=%ff",
                                   "status=active%00",
                                   "limit=%", "cursor=%F0%9F", "status=active'--", "cursor=" + "A" * 7000, "limit=1;limit=2"])
def test_junk_in_the_query_of_the_manager_is_400(manager, query):
    check_problem(manager.call("GET", "?" + query), 400)


def test_the_problem_text_is_no_html(manager):
    answer = manager.post({"<script>alert(1)</script>": 1})
    check_problem(answer, 400)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def login(user="alice"):
    return "Authorization: Basic " + base64.b64encode(f"{user}:{PASSWORD}".encode()).decode()


def post_head(*fields):
    lines = ["POST /tokens HTTP/1.1", "Host: x", "Connection: close", login(), "Content-Type: application/json", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def test_a_declared_body_of_ten_megabytes_is_413_before_it_is_read(site):
    with socket.create_connection(("127.0.0.1", site.client.port), timeout=5) as link:
        link.sendall(post_head("Content-Length: 10000000"))
        assert read_answer(link).status == 413


def test_a_large_body_after_100_continue_is_never_asked_for(site):
    with socket.create_connection(("127.0.0.1", site.client.port), timeout=5) as link:
        link.sendall(post_head("Content-Length: 10000000", "Expect: 100-continue"))
        assert link.recv(100).startswith(b"HTTP/1.1 413")


def test_a_body_that_is_cut_short_makes_no_token(site):
    for length in (2, 50):
        with socket.create_connection(("127.0.0.1", site.client.port), timeout=5) as link:
            link.sendall(post_head(f"Content-Length: {length}") + b"{" * (length - 1))
            link.shutdown(socket.SHUT_WR)
            assert b"201" not in link.recv(100)


@pytest.mark.parametrize("body", [b"zz\r\n{}\r\n0\r\n\r\n", b"-2\r\n{}\r\n0\r\n\r\n", b"2\r\n{}", b"ffffffffffffffffff\r\n{}",
                                  b"2\r\n{}\r\n", b"0\r\n\r\n"])
def test_broken_chunks_make_no_token(site, body):
    with socket.create_connection(("127.0.0.1", site.client.port), timeout=5) as link:
        link.sendall(post_head("Transfer-Encoding: chunked") + body)
        link.shutdown(socket.SHUT_WR)
        assert read_all(link).split(b"\r\n")[0].split()[1] in (b"400", b"413")


@pytest.mark.parametrize("length", ["x", "-1", "2, 3", "99999999999999999999999", "0x2"])
def test_a_content_length_that_is_none_makes_no_token(site, length):
    answer = site.client.raw(post_head("Content-Length: " + length) + b"{}")
    assert answer.status in (400, 413)


def read_all(link):
    data = b""
    try:
        while piece := link.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return data


def test_slow_bodies_hold_no_database_connection(new_site):
    """More of them than there are connections; mod_reqtimeout ends them with 408, without rows."""
    site = new_site().start("AccessTokenDatabaseConnections 1\nRequestReadTimeout body=3\n")
    token = site.manager("alice").token()
    answers, links = [], []
    for _ in range(12):
        link = socket.create_connection(("127.0.0.1", site.client.port), timeout=20)
        link.sendall(post_head("Content-Length: 20") + b"{")
        links.append(link)
    readers = [threading.Thread(target=lambda link=link: answers.append(read_all(link)[:12])) for link in links]
    for reader in readers:
        reader.start()
    assert site.let_in(token) == 200
    assert site.manager("bob").generate()
    for reader in readers:
        reader.join(20)
    for link in links:
        link.close()
    assert answers == [b"HTTP/1.1 408"] * 12
    assert len(site.database.rows()) == 2


def test_bad_input_is_bad_also_while_the_table_cannot_be_asked(new_site):
    site = new_site()
    site.start(f'AccessTokenDatabase sqlite3 "{site.server.path("nowhere", "tokens.db")}"\n')
    manager = site.manager("alice")
    check_problem(manager.post("{"), 400)
    check_problem(manager.post({}, headers={"Content-Type": "text/plain"}), 415)
    check_problem(manager.call("GET", "?limit=0"), 400)
    check_problem(manager.call("PUT"), 405)
    check_unavailable(manager.post({}))
