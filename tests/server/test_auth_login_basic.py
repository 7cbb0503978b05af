# SPDX-License-Identifier: Apache-2.0
"""Passwords beside tokens: each of httpd's providers, in front of `accesstoken` and behind it.

Files, dbm files, SQL, and mod_authn_socache, which keeps passwords for later requests.
"""

import sqlite3
import subprocess

import pytest

import tokens
from authorization_fields import basic
from client import PASSWORD, Client, Manager, check_unavailable
from logins import check_token_life
from typical_site import Site, host, password_file

MODULES = ("authn_dbm", "dbd", "authn_dbd", "authn_socache", "socache_shmcb")
PROVIDERS = {
    "file": "AuthUserFile conf/users",
    "dbm": "AuthDBMType SDBM\n    AuthDBMUserFile conf/users-dbm",
    "dbd": 'AuthDBDUserPWQuery "SELECT password FROM users WHERE name = %s"',
    "socache file": "AuthUserFile conf/users\n    AuthnCacheProvideFor file accesstoken\n    AuthnCacheTimeout 300",
}
SQL = "DBDriver sqlite3\nDBDParams {folder}/users.db\n"
PLACE = """
<Location /{path}>
    AuthType Basic
    AuthName "passwords"
    AuthBasicProvider {names}
    {lines}
    Require valid-user
    {more}
</Location>
"""
# Another name for the provider: where mod_auth_basic asks it, this module has not decided.
ALIASES = """
<AuthnProviderAlias accesstoken tokens-alias>
</AuthnProviderAlias>
<Location /alias>
    AuthType Basic
    AuthName "alias"
    AuthBasicProvider {names}
    AuthUserFile conf/users
    Require valid-user
</Location>
"""
ORDERS = [f"{position} {name}" for name in PROVIDERS for position in ("before", "behind")]


def path_of(order):
    return order.replace(" ", "-")


def places():
    for name, lines in PROVIDERS.items():
        first = name.split()[-1]
        yield f"manager-{first}", name, lines, "AccessTokenManager own"
        yield path_of(f"before {name}"), f"accesstoken {name}", lines, ""
        yield path_of(f"behind {name}"), f"{name} accesstoken", lines, ""


def write_users(server):
    """The same users for each provider; alice and bob."""
    server.write("conf/users", password_file(["alice", "bob"]))
    folder = server.folder("sql", for_children=True)
    with sqlite3.connect(folder + "/users.db") as database:
        database.execute("CREATE TABLE users (name TEXT, password TEXT)")
        for line in password_file(["alice", "bob"]).splitlines():
            database.execute("INSERT INTO users VALUES (?, ?)", line.split(":", 1))
            make = "-cbs" if line.startswith("alice") else "-bs"
            subprocess.run(["htdbm", "-TSDBM", make, server.path("conf/users-dbm"), line.split(":")[0], PASSWORD],
                           check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def site():
    with Site(extra_modules=MODULES) as place:
        folder = write_users(place.server)
        text = "".join(PLACE.format(path=path, names=names, lines=lines, more=more) for path, names, lines, more in places())
        for order in ORDERS:
            place.server.write(f"htdocs/{path_of(order)}/data.json", "{}")
        place.away = place.server.add_port()
        nowhere = f'AccessTokenDatabase sqlite3 "{place.server.path("nowhere", "t.db")}"\n'
        yield place.start(SQL.format(folder=folder) + text + host(place.away, nowhere + text))


def address(order):
    return f"/{path_of(order)}/data.json"


@pytest.mark.parametrize("name", ["file", "dbm", "dbd"])
def test_who_signs_in_by_password_has_tokens(site, name):
    mixed = [address(f"{position} {name}") for position in ("before", "behind")]
    manager = Manager(site.client, f"/manager-{name}", user="alice")
    check_token_life(site, manager, "alice", *mixed)
    assert manager.call("GET", user=None, authorization=basic("alice", manager.token())).status_code == 401


@pytest.mark.parametrize("order", ORDERS)
def test_passwords_and_tokens_let_in(site, order):
    manager = site.manager("alice")
    token = manager.token()
    assert site.client.status(address(order), user="bob") == 200
    for name in ("alice", "bob", "x-access-token", ""):
        assert site.client.status(address(order), authorization=basic(name, token)) == 200
        assert site.client.status(address(order), authorization=basic(name, "wrong")) == 401
        assert site.client.status(address(order), authorization=basic(name, tokens.forge())) == 401
    manager.delete(token)
    assert site.client.status(address(order), authorization=basic("alice", token)) == 401
    assert site.client.status(address(order), user="alice") == 200


@pytest.mark.parametrize("order", ORDERS)
def test_a_table_that_cannot_be_asked_stops_tokens_and_no_passwords(site, order):
    client = Client(site.away)
    for name in ("alice", "bob"):
        check_unavailable(client.get(address(order), authorization=basic(name, tokens.forge())))
    assert client.status(address(order), user="alice") == 200
    assert client.status(address(order), authorization=basic("alice", "wrong")) == 401


def test_mod_authn_socache_keeps_passwords_but_no_tokens(site):
    """A password that was changed is accepted for AuthnCacheTimeout; a deleted token is not."""
    order, manager = "behind socache file", site.manager("alice")
    token = manager.token()
    assert site.client.status(address(order), user="alice") == 200
    site.server.write("conf/users", "")
    try:
        assert site.client.status(address(order), user="alice") == 200
        assert site.client.status(address("behind file"), user="alice") == 401
        assert site.client.status(address(order), authorization=basic("alice", token)) == 200
    finally:
        site.server.write("conf/users", password_file(["alice", "bob"]))
    manager.delete(token)
    assert site.client.status(address(order), authorization=basic("alice", token)) == 401


@pytest.mark.parametrize("names", ["tokens-alias", "tokens-alias file", "file tokens-alias"])
def test_an_alias_of_the_provider_lets_nobody_in_by_a_token_and_says_why(new_site, names):
    site = new_site()
    site.server.write("htdocs/alias/data.json", "{}")
    site.start(ALIASES.format(names=names))
    token = site.manager("alice").token()
    for sent in (basic("alice", token), basic("x-access-token", token), basic(token), f"Bearer {token}"):
        assert site.client.status("/alias/data.json", authorization=sent) in (401, 500)
    assert "the provider accesstoken works only as a name in AuthBasicProvider" in site.server.log()
    assert site.client.status("/alias/data.json", user="alice") == (200 if "file" in names else 401)
