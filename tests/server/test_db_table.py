# SPDX-License-Identifier: Apache-2.0
"""The table is missing or older: 503, a line that says what to do, and it heals; who has another table is unaffected."""

import base64
import hashlib

import faults
import outages
import tokens
from client import PASSWORD, Client, check_unavailable
from faults import SETTINGS, check_cannot_be_read, check_healed, check_refused, check_told
from marks import ALL_ENGINES, ENGINES, TWO_MPMS, pairs
from typical_site import basic, host

NOT_MADE = SETTINGS + "AccessTokenCreateTable Off\nAccessTokenCacheSize 0\n"
OTHER = """
    AccessTokenTable other_tokens
    AccessTokenCreateTable On
    <Location /tokens>
        {basic}
        Require valid-user
        AccessTokenManager own
    </Location>
    <Location /api>
        AuthType AccessToken
        AuthName "api"
        Require valid-user
    </Location>
    <Location /by-dbd>
        AuthType Basic
        AuthName "passwords"
        AuthBasicProvider dbd
        AuthDBDUserPWQuery "SELECT password FROM people WHERE name = %s"
        Require valid-user
    </Location>
"""


def with_table(site, settings=NOT_MADE):
    """Starts twice: the table is made first, by the module itself."""
    site.start()
    site.owner = site.manager("alice")
    site.token = site.owner.token()
    site.server.stop()
    site.start(settings)
    return site


def digest():
    return base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()


@pairs("engine, model", ENGINES, TWO_MPMS)
def test_a_missing_table_that_may_not_be_created_is_named_and_may_come_back(new_site, model):
    site = with_table(new_site(mpm=model))
    with outages.renamed(site.database):
        check_refused(site, site.token)
        assert not site.database.has_table()
    check_healed(site, site.token)
    check_told(site, "read", "access_tokens.*httoken init")
    check_told(site, "written", "access_tokens.*httoken init")


@pairs("column, engine, model", ("last_used", "description", "deleted_at", "scopes"), ENGINES, TWO_MPMS)
def test_an_older_table_is_503_until_the_column_is_added(new_site, column, model):
    """A token is made where the column plays no part in that, and is as good as any when the table is."""
    site = with_table(new_site(mpm=model))
    rows = identities(site)
    with faults.without_column(site.database, column):
        check_cannot_be_read(site, site.token)
        made = site.owner.post({})
        if column in ("description", "scopes"):
            check_unavailable(made)
            assert identities(site) == rows
    check_healed(site, site.token)
    if made.status_code == 201:
        check_healed(site, made.json()["tokenValue"])
    check_told(site, "read", f"{column}.*httoken init")


def identities(site):
    return site.database.run("SELECT token_id, token_hash, user_name FROM access_tokens ORDER BY token_id")


@ALL_ENGINES
def test_an_older_table_is_not_made_anew_where_tables_may_be_made(new_site):
    site = with_table(new_site(), SETTINGS + "AccessTokenCacheSize 0\n")
    with faults.without_column(site.database, "last_used"):
        check_unavailable(site.client.get("/api/data.json", token=site.token))
        check_unavailable(site.owner.call("GET"))
    check_healed(site, site.token)
    check_told(site, "read", "last_used.*httoken init")


@ALL_ENGINES
def test_another_table_in_the_same_database_and_mod_dbd_are_unaffected(new_site):
    site = new_site(extra_modules=["dbd", "authn_dbd"])
    second = site.server.add_port()
    driver, params = site.database.directive().split(" ", 2)[1:]
    configuration = f"DBDriver {driver}\nDBDParams {params}\n" + host(second, OTHER.format(basic=basic(" " * 8)))
    site.start(configuration)
    site.owner, other = site.manager("alice"), site.manager("alice")
    other.client = Client(second)
    site.token, kept = site.owner.token(), other.token()
    site.server.stop()
    site.database.run("CREATE TABLE people (name VARCHAR(40), password VARCHAR(80))")
    site.database.run("INSERT INTO people VALUES ('alice', ?)", "{SHA}" + digest())
    with outages.renamed(site.database):  # before the start: on SQLite mod_dbd's statements survive no change of a table
        site.start(NOT_MADE + configuration)
        for _ in range(5):
            check_refused(site, site.token)
            assert other.client.status("/api/data.json", token=kept) == 200
            assert other.client.status("/api/data.json", token=tokens.forge()) == 401
            assert other.client.status("/by-dbd/", user="alice") == 404
            other.delete(other.token())
    check_healed(site, site.token)
