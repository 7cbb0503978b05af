# SPDX-License-Identifier: Apache-2.0
"""Names, descriptions and times come back byte for byte, and names that look alike are different people."""

import base64
import datetime
from urllib.parse import quote

import pytest

import engines
import tokens
from client import PASSWORD, Client, Manager, check_problem
from httpd import wait_until
from marks import ALL_ENGINES
from typical_site import Site, password_file

pytestmark = ALL_ENGINES

COMPOSED, DECOMPOSED = "zo\u00e9", "zoe\u0301"
# Each differs from another one only in case, blanks, normalization, or where a collation sees no difference.
ALIKE = ("alice", "ALICE", "Alice", "alice ", "alice  ", COMPOSED, DECOMPOSED, "zoe", "stra\u00dfe", "strasse",
         "\U0001f511", "\U0001f512", "\uff41lice", "a_ice", "a%ce", "alice\u200b", "x" * 254 + "y", "x" * 254 + "z")
LONGEST = "\U0001f511" * 63 + "abc"  # 255 bytes
TOO_LONG = "\U0001f511" * 63 + "abcd"
DESCRIPTIONS = ("\U0001f511" * 255, "\u00e9" * 255, COMPOSED + DECOMPOSED, " blanks ", "\u00a0", "'\"\\%s%lld%%", "NULL", "")
LAST_SECOND = 253402300799  # of the year 9999


@pytest.fixture(scope="module")
def site(engine):
    """A server that knows all of them."""
    with Site("event", engine) as place:
        place.server.write("conf/users", password_file([*ALIKE, LONGEST, TOO_LONG, "bob", "admin"]))
        yield place.start("AccessTokenLastUsedInterval 1s\n")


def credentials(name):
    return "Basic " + base64.b64encode(f"{name}:{PASSWORD}".encode()).decode()


def manager_of(site, name):
    return Manager(Client(site.server.port), authorization=credentials(name))


def ids(found):
    return [info["tokenId"] for info in found]


@pytest.fixture(scope="module")
def owned(site):
    """The token of each of those who look alike."""
    return {name: manager_of(site, name).token(description=name) for name in ALIKE}


@pytest.mark.parametrize("name", ALIKE, ids=lambda text: ascii(text)[:12] + ascii(text)[-3:])
def test_a_user_does_not_see_the_tokens_of_a_name_that_looks_alike(site, owned, name):
    manager = manager_of(site, name)
    assert ids(manager.list()) == [tokens.id_of(owned[name])]
    for query in ("?status=active", "?limit=1"):
        assert ids(manager.list(query)) == [tokens.id_of(owned[name])]
    assert manager.list("?status=expired") == []
    found = site.everybody().list("?user=" + quote(name, safe=""))
    assert [(info["user"], info["tokenId"]) for info in found] == [(name, tokens.id_of(owned[name]))]


def test_a_user_neither_finds_nor_deletes_the_token_of_a_name_that_looks_alike(site, owned):
    for name in ALIKE:
        manager = manager_of(site, name)
        for other, token in owned.items():
            if other != name:
                path = "/" + tokens.id_of(token)
                check_problem(manager.call("GET", path), 404)
                check_problem(manager.call("DELETE", path), 404)
    assert [site.let_in(token) for token in owned.values()] == [200] * len(ALIKE)


def test_requests_are_made_under_the_exact_name_of_the_owner(site, owned):
    for name, token in owned.items():
        for _ in range(2):  # from the table, and from memory
            answer = site.client.get("/api/cgi", token=token)
            assert b"\nREMOTE_USER=" + name.encode() + b"\n" in answer.content


def test_the_table_holds_the_bytes_of_every_name_and_description(site, owned):
    hexed = {"sqlite3": "hex(CAST({0} AS BLOB))", "pgsql": "encode(convert_to({0}, 'UTF8'), 'hex')",
             "mysql": "hex({0})"}[site.engine]
    columns = ", ".join(hexed.format(column) for column in ("user_name", "description"))
    for name, token in owned.items():
        (stored,) = site.database.run(f"SELECT {columns} FROM access_tokens WHERE token_id = ?", tokens.id_of(token))
        assert [bytes.fromhex(cell).decode() for cell in stored] == [name, name]


def test_a_user_at_the_limit_does_not_limit_names_that_look_alike(new_site):
    site = new_site()
    site.server.write("conf/users", password_file(ALIKE))
    site.start()
    for name in ALIKE:
        manager = Manager(Client(site.server.port), "/three", authorization=credentials(name))
        assert [manager.post().status_code for _ in range(4)] == [201] * 3 + [403]


# Descriptions

@pytest.mark.parametrize("description", DESCRIPTIONS, ids=lambda text: ascii(text)[:20])
def test_a_description_comes_back_byte_for_byte(site, description):
    manager = manager_of(site, "bob")
    token, info = manager.generate(description=description)
    listed = {info["tokenId"]: info for info in manager.list()}[tokens.id_of(token)]
    assert info["description"] == listed["description"] == manager.info(token)["description"] == description
    assert site.let_in(token) == 200
    length = {"mysql": "char_length"}.get(site.engine, "length")
    stored = site.database.run(f"SELECT {length}(description) FROM access_tokens WHERE token_id = ?", tokens.id_of(token))
    assert stored == [(len(description),)]  # of characters, so that other programs read it, too


def test_one_character_more_is_refused_and_not_cut(site):
    manager = manager_of(site, "bob")
    before = len(manager.list())
    check_problem(manager.post({"description": "\U0001f511" * 256}), 400, "#/description")
    assert len(manager.list()) == before


# Names at their bounds

def test_a_name_of_255_bytes_owns_tokens_and_one_of_256_does_not(site):
    manager = manager_of(site, LONGEST)
    token = manager.token()
    assert ids(manager.list()) == [tokens.id_of(token)]
    assert site.client.get("/api/cgi", token=token).content.count(LONGEST.encode()) >= 1
    check_problem(manager_of(site, TOO_LONG).post(), 403)
    assert site.database.run("SELECT count(*) FROM access_tokens WHERE user_name = ?", TOO_LONG) == [(0,)]
    manager.delete(token)
    assert site.let_in(token) == 401


# Times

@pytest.mark.parametrize("year", [2039, 2107, 6430, 9000])
def test_an_expiry_in_a_far_year_survives(site, year):
    """Beyond 31 and 32 bits of seconds, and 47 bits of milliseconds."""
    manager = manager_of(site, "bob")
    end = datetime.datetime(year, 6, 15, tzinfo=datetime.timezone.utc).timestamp()
    token, info = manager.generate(lifetime=int(end) - engines.now_ms() // 1000)
    expiry = engines.from_iso(info["expiredAt"])
    assert info["expiredAt"].startswith(f"{year}-06-1") and abs(expiry - end * 1000) < 5000
    assert site.database.row(tokens.id_of(token))["expires_at"] == expiry
    assert site.let_in(token) == 200
    shown = manager.info(token)
    assert shown.pop("lastUsed") and shown.items() <= info.items()
    assert tokens.id_of(token) in ids(manager.list("?status=active"))
    assert wait_until(lambda: site.database.row(tokens.id_of(token))["last_used"], 5)


def test_the_last_second_that_can_be_written_is_the_last_that_can_be_asked_for(site):
    manager = manager_of(site, "bob")
    most = LAST_SECOND - engines.now_ms() // 1000
    check_problem(manager.post({"lifetimeSeconds": most + 5}), 400, "#/lifetimeSeconds")
    _, info = manager.generate(lifetime=most - 5)
    assert info["expiredAt"].startswith("9999-12-31T23:59:5")


@pytest.mark.parametrize("column", ["created_at", "last_used"])
def test_a_time_of_another_program_far_away_is_shown_as_it_is(site, column):
    manager = manager_of(site, "bob")
    token = manager.token()
    site.database.change(tokens.id_of(token), **{column: LAST_SECOND * 1000 + 999})
    name = {"created_at": "createdAt", "last_used": "lastUsed"}[column]
    assert manager.info(token)[name] == "9999-12-31T23:59:59.999Z"
    assert tokens.id_of(token) in ids(manager.list())
    assert site.let_in(token) == 200
