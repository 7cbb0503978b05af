# SPDX-License-Identifier: Apache-2.0
"""Every kind of credentials at a protected place: status and challenge."""

import base64
import time

import pytest

import engines
import tokens
from client import PASSWORD, check_unavailable
from marks import ALL_MPMS, MPMS, each
from tokens import base62, sealed

PLAIN = 'Bearer realm="api"'
BAD_REQUEST = 'Bearer realm="api", error="invalid_request"'
INVALID = 'Bearer realm="api", error="invalid_token", error_description="The access token is invalid"'
EXPIRED = 'Bearer realm="api", error="invalid_token", error_description="The access token expired"'
PATH = "/api/data.json"


@pytest.fixture(scope="module")
def token(site):
    return site.manager("alice").token()


@pytest.fixture(scope="module")
def second(site):
    return site.manager("bob").token()


@pytest.fixture(scope="module")
def names(site, token, second):
    """What a row of the lists below may put into a header.

    The misplaced token goes into fields that are none for credentials: httpd traces these like any other.
    """
    return {"token": token, "second": second, "misplaced": tokens.exposed(site.manager("carol").token())}


def sent(site, names, *fields):
    """Status and challenges of a GET with these header lines, in which {token} and the like stand for tokens."""
    lines = [field if isinstance(field, bytes) else field.format(**names) for field in fields]
    answer = site.client.raw_get(PATH, *lines)
    return answer.status, answer.headers.get_all("WWW-Authenticate") or []


NO_CREDENTIALS = [
    (),
    ("Authorization:",),
    ("Authorization: Basic YWxpY2U6Y29ycmVjdCBob3JzZQ==",),
    ("Authorization: Digest username=alice",),
    ('Authorization: Digest username="x, Bearer y", nonce=a',),
    ("Authorization: Negotiate abc",),
    ("Authorization: {token}",),
    ("Authorization: Bearerx {token}",),
    ("Authorization: Bearer{token}",),
    ("Authorization: Bearer={token}",),
    ("Authorization: Token {token}",),
    ("Authorization: Basic {token}",),
    ("Proxy-Authorization: Bearer {token}",),
    ("X-Authorization: Bearer {misplaced}",),
    ("X-Access-Token: {misplaced}",),
    ("Cookie: access_token={misplaced}",),
]


@pytest.mark.parametrize("fields", NO_CREDENTIALS, ids=str)
def test_no_bearer_credentials_are_challenged_without_an_error_code(site, names, fields):
    assert sent(site, names, *fields) == (401, [PLAIN])


MALFORMED = [
    ("Authorization: Bearer",),
    ("Authorization: bearer",),
    ("Authorization: Bearer     ",),
    ("Authorization: Bearer {token} {token}",),
    ("Authorization: Bearer {token} x",),
    ("Authorization: Bearer x {token}",),
    ("Authorization: Bearer {token}, Bearer {second}",),
    ("Authorization: Bearer {token}, Basic abc",),
    ("Authorization: Bearer\t{token}",),
    ("Authorization: Bearer \t{token}",),
    ("Authorization: Bearer {token}", "Authorization: Bearer {second}"),
    ("Authorization: Bearer {token}", "Authorization: Bearer {token}"),
    ("Authorization: Basic YTpi", "Authorization: Bearer {token}"),
    ("Authorization: Basic YTpi", "Authorization: Basic Yjpi"),
    ("Authorization: Basic YTpi", "Authorization: Bearer"),
    ("Authorization: Bearer {token}", "Authorization: Basic YTpi"),
    ("Authorization: Bearer {token}", "authorization: Basic YTpi", "AUTHORIZATION: Bearer {second}"),
    ("Authorization: Bearer", "Authorization: Bearer {token}"),
    ("Authorization: Bearer {token}", "Authorization: Bearer"),
]


@pytest.mark.parametrize("fields", MALFORMED, ids=str)
def test_malformed_credentials_are_a_bad_request(site, names, fields):
    assert sent(site, names, *fields) == (400, [BAD_REQUEST])


GOOD = ["Bearer {token}", "bearer {token}", "BEARER {token}", "bEaReR {token}", "Bearer   {token}", "  Bearer {token}  "]


@ALL_MPMS
@pytest.mark.parametrize("value", GOOD)
def test_a_valid_token_is_let_in_however_the_scheme_is_written(site, names, value):
    assert sent(site, names, "Authorization: " + value) == (200, [])


def junk(names):
    token = names["token"]
    prefix, body = token.split("_", 1)
    ident, secret = body[:22], body[22:65]
    last = "0" if token[-1] != "0" else "1"
    return {
        "a comma": "a,b", "one letter": "x", "only prefix": "mat_", "no prefix": body, "no underscore": prefix + body,
        "cut by one": token[:-1], "one too many": token + "0", "another check": token[:-1] + last,
        "check left out": token[:-6], "upper case": token.upper(), "lower case": token.lower(),
        "swapped case": token.swapcase(), "quoted": f'"{token}"', "equals behind": token + "=",
        "prefix changed, check not": "abc_" + body, "percent": token.replace("_", "%5F"), "dash": prefix + "-" + body,
        "prefix of one": sealed("m_" + ident + secret), "prefix of 32": sealed("m" * 32 + "_" + ident + secret),
        "prefix begins with a digit": sealed("1mat_" + ident + secret), "no prefix at all": sealed("_" + ident + secret),
        "prefix with a dash": sealed("m-t_" + ident + secret), "a dash within": sealed("mat_" + "-" + ident[1:] + secret),
        "id beyond 128 bits": sealed("mat_" + "z" * 22 + secret), "id 2^128": sealed("mat_" + base62(2 ** 128, 22) + secret),
        "secret beyond 256 bits": sealed("mat_" + ident + "z" * 43),
        "secret 2^256": sealed("mat_" + ident + base62(2 ** 256, 43)), "id zero": tokens.forge("0" * 32),
        "id all ones": tokens.forge("f" * 32), "unknown id": tokens.forge(), "unknown id, zero secret": tokens.forge(secret=0),
        "wrong secret": tokens.forge(tokens.id_of(token)), "zero secret": tokens.forge(tokens.id_of(token), secret=0),
        "full secret": tokens.forge(tokens.id_of(token), secret=2 ** 256 - 1),
        "another's secret": sealed("mat_" + ident + tokens.secret_of(names["second"])),
        "another prefix, right check": sealed("abc_" + ident + secret),
        "id and hash": tokens.id_of(token), "the hash": tokens.hash_of(token), "sql": "'/**/OR/**/1=1--", "like": "mat_%",
        "long": "x" * 7000, "long digits": "9" * 7000, "long token": token * 90,
        "utf-8": "mät_" + body, "star": "*", "a slash": "/", "a backslash": "mat_" + "\\" * 71,
    }


@ALL_MPMS
def test_every_token_that_is_not_in_this_table_gets_the_same_answer(site, names):
    bodies = set()
    for what, value in junk(names).items():
        answer = site.client.raw_get(PATH, b"Authorization: Bearer " + value.encode())
        assert (answer.status, answer.headers.get_all("WWW-Authenticate")) == (401, [INVALID]), what
        bodies.add(answer.body)
    assert len(bodies) == 1


def test_bytes_that_are_no_text_are_an_invalid_token(site):
    for value in (b"\xff\xfe\xfd", b"mat_" + b"\xe4" * 71, b"\xc3\x28", b"\xf0\x28\x8c\xbc"):
        answer = site.client.raw_get(PATH, b"Authorization: Bearer " + value)
        assert (answer.status, answer.headers.get_all("WWW-Authenticate")) == (401, [INVALID]), value


@ALL_MPMS
def test_a_token_of_another_prefix_is_another_token(site):
    owner = site.manager(site.fresh_user())
    ident = owner.generate()[1]["tokenId"]
    made = tokens.forge(ident, prefix="other_9", secret=2 ** 200 + 7)
    assert site.let_in(made) == 401
    site.database.change(ident, token_hash=tokens.hash_of(made))
    assert site.let_in(made) == 200


@ALL_MPMS
def test_a_deleted_token_is_invalid_at_once(site, manager):
    for _ in range(5):
        token = manager.token()
        assert site.let_in(token) == 200
        manager.delete(token)
        answer = site.client.get(PATH, token=token)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, INVALID)


@ALL_MPMS
def test_an_expired_token_is_called_expired_only_where_the_secret_is_right(site, manager):
    token = manager.token()
    site.database.change(tokens.id_of(token), expires_at=engines.now_ms() - 1)
    answer = site.client.get(PATH, token=token)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, EXPIRED)
    guess = site.client.get(PATH, token=tokens.forge(tokens.id_of(token)))
    assert (guess.status_code, guess.headers["WWW-Authenticate"]) == (401, INVALID)


@ALL_MPMS
def test_an_expired_token_that_is_deleted_is_invalid(site, manager):
    token = manager.token()
    site.database.change(tokens.id_of(token), expires_at=engines.now_ms() - 1000)
    manager.delete(token)
    assert site.client.get(PATH, token=token).headers["WWW-Authenticate"] == INVALID


@each("mpm, cache", MPMS, ("8m", "0"))
def test_a_token_expires_to_the_millisecond(new_site, cache):
    site = new_site().start(f"LogLevel info\nAccessTokenCacheSize {cache}\n")
    for _ in range(2):
        token, info = site.manager("alice").generate(lifetime=1)
        end = engines.from_iso(info["expiredAt"])
        seen = set()
        while engines.now_ms() < end + 200:
            before = engines.now_ms()
            status = site.let_in(token)
            after = engines.now_ms()
            if after < end:
                assert status == 200, f"refused {end - after} ms before its end"
            if before >= end:
                assert status == 401, f"let in {before - end} ms after its end"
            seen.add(status)
            time.sleep(0.002)
        assert seen == {200, 401}
    assert (site.figures()["Hits"] == 0) == (cache == "0")


@ALL_MPMS
def test_when_the_table_cannot_be_read_no_token_is_refused_for_good(new_site):
    site = new_site()
    site.start(f'AccessTokenDatabase sqlite3 "{site.server.path("nowhere", "tokens.db")}"\n')
    for _ in range(3):
        check_unavailable(site.client.get(PATH, token=tokens.forge()))
    names = {"token": tokens.forge(), "second": tokens.forge()}
    assert sent(site, names) == (401, [PLAIN])
    assert sent(site, names, "Authorization: Bearer {token} x") == (400, [BAD_REQUEST])
    assert sent(site, names, "Authorization: Bearer {token}x") == (401, [INVALID])
    check_unavailable(site.manager().call("GET"))


def test_a_valid_token_that_fails_another_requirement_is_challenged(site, token):
    answer = site.client.get("/api/admin/data.json", token=token)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith(PLAIN)
    admin = site.manager("admin").token()
    assert site.let_in(admin, "/api/admin/data.json") == 200


def test_authz_send_forbidden_on_failure_makes_it_403(site, token):
    answer = site.client.get("/api/admin-403/data.json", token=token)
    assert answer.status_code == 403
    assert site.client.status("/api/admin-403/data.json") == 401


def test_require_accesstoken_holds_for_tokens_alone(site, token):
    assert site.let_in(token, "/api/only-tokens/data.json") == 200
    assert site.let_in(token, "/both/only-tokens/data.json") == 200
    assert site.client.status("/both/data.json", user="alice") == 200
    assert site.client.status("/passwords/data.json", user="alice") == 200
    assert site.client.status("/passwords/only-tokens/data.json", user="alice") == 401
    assert site.client.status("/api/only-tokens/data.json") == 401


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "X"])
def test_no_method_is_let_in_without_a_token(site, token, method):
    answer = site.client.request(method, "/api/echo")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == PLAIN
    if method in ("HEAD", "OPTIONS", "POST", "PUT", "DELETE"):
        assert site.client.request(method, "/api/echo", token=token).status_code == 200


def test_a_password_is_no_token_and_a_token_is_no_password(site, token):
    encoded = base64.b64encode(f"alice:{PASSWORD}".encode()).decode()
    assert site.client.status(PATH, authorization="Bearer " + encoded) == 401
    assert site.client.status("/passwords/data.json", token=token) == 401
