# SPDX-License-Identifier: Apache-2.0
"""docs/recipes.md for LDAP: one owner for each spelling of a name, and groups that are asked at each use."""

import pytest

import document_blocks
import tokens
from authorization_fields import basic
from client import PASSWORD, Manager
from httpd import wait_until
from ldap_directory import LdapDirectory
from typical_site import Site

HEADING = "LDAP"
SPELLINGS = ("alice", "ALICE", "Alice", "alice ", " alice")
BY_GROUPS = """
<Location /ldap-api>
    AuthType AccessToken
    AuthName "api"
    Require user alice
</Location>
"""


@pytest.fixture
def ldap(mpm, engine):
    """A server with the recipe, and without its AuthLDAPRemoteUserAttribute at another path."""
    text = document_blocks.section("docs/recipes.md", HEADING)
    with Site(mpm, engine, extra_modules=document_blocks.modules_named(text)) as place:
        directory = LdapDirectory(place.server, "alice", "bob")
        recipe = document_blocks.block("docs/recipes.md", HEADING, "apache",
                               fitted={"ldap.example.com": f"127.0.0.1:{directory.port}", "<Location /tokens>": "<Location /ldap>"})
        line = "    AuthLDAPRemoteUserAttribute uid\n"
        assert line in recipe
        as_typed = recipe.replace(line, "").replace("/ldap>", "/as-typed>")
        place.server.write("htdocs/ldap-api/data.json", "{}")
        yield place.start(recipe + as_typed + BY_GROUPS)



class Typed(Manager):
    """The manager for somebody who types a name in some way."""

    def __init__(self, client, path, name):
        super().__init__(client, path)
        self.name = name

    def call(self, method, path="", **more):
        headers = more.pop("headers", None) or {}
        return self.client.session.request(method, self.client.base + self.path + path, auth=(self.name, PASSWORD),
                                           headers=headers, timeout=30, allow_redirects=False, **more)


def test_each_spelling_is_the_same_owner(ldap):
    made = [Typed(ldap.client, "/ldap", name).token() for name in SPELLINGS]
    for name in SPELLINGS:
        assert len(Typed(ldap.client, "/ldap", name).list()) == len(SPELLINGS)
    assert [ldap.client.status("/ldap-api/data.json", token=token) for token in made] == [200] * len(SPELLINGS)
    assert ldap.database.run("SELECT DISTINCT user_name FROM access_tokens") == [("alice",)]
    assert Typed(ldap.client, "/ldap", "mallory").call("GET").status_code == 401


def test_without_the_line_each_spelling_is_an_owner_of_its_own(ldap):
    """Shows that the directory lets each of them in, so that the test above says something."""
    for name in SPELLINGS[:3]:
        Typed(ldap.client, "/as-typed", name).generate()
        assert len(Typed(ldap.client, "/as-typed", name).list()) == 1


# Groups

@pytest.fixture
def groups():
    """The second recipe; at /behind with the providers in the other order, and at /anybody without the group."""
    text = document_blocks.section("docs/recipes.md", HEADING)
    with Site(extra_modules=document_blocks.modules_named(text)) as place:
        place.directory = LdapDirectory(place.server, "alice", "bob", groups={"api": ["alice", "bob"]})
        recipe = document_blocks.block("docs/recipes.md", HEADING, "apache", number=1, fitted={
            "ldap.example.com": f"127.0.0.1:{place.directory.port}", "<Location /api>": "<Location /group>"})
        behind = document_blocks.fit(recipe, {"/group": "/behind", "accesstoken ldap": "ldap accesstoken"})
        anybody = document_blocks.fit(recipe, {"/group": "/anybody",
                                               "Require ldap-group cn=api,ou=groups,dc=example,dc=com": "Require valid-user"})
        for path in ("group", "behind", "anybody"):
            place.server.write(f"htdocs/{path}/data.json", "{}")
        yield place.start(recipe + behind + anybody + "LDAPOpCacheTTL 1\nLDAPCacheTTL 1\n")


def statuses(site, **credentials):
    return [site.client.status(f"/{path}/data.json", **credentials) for path in ("group", "behind", "anybody")]


def test_a_token_ends_with_the_membership_of_its_owner(groups):
    token = groups.manager("alice").token()
    ways = ({"token": token}, {"authorization": basic("alice", token)}, {"user": "alice"})
    assert [statuses(groups, **way) for way in ways] == [[200, 200, 200]] * 3
    groups.directory.leave("api", "alice")
    assert wait_until(lambda: statuses(groups, token=token) == [403, 403, 200], 5)
    assert [statuses(groups, **way) for way in ways] == [[403, 403, 200]] * 3
    assert statuses(groups, user="bob") == [200, 200, 200]
    assert statuses(groups, token=tokens.forge()) == [401, 401, 401]


def test_tokens_work_while_the_directory_is_away(groups):
    token = groups.manager("alice").token()
    assert statuses(groups, user="alice") == [200, 200, 200]
    groups.directory.stop()
    assert statuses(groups, authorization=basic("alice", "wrong")) == [500, 500, 500]
    for way in ({"token": token}, {"authorization": basic("ldap", token)}):
        assert wait_until(lambda sent=way: statuses(groups, **sent) == [403, 403, 200], 5)
    assert "WWW-Authenticate" not in groups.client.get("/group/data.json", token=token).headers
    groups.directory.start()
    assert wait_until(lambda: statuses(groups, token=token) == [200, 200, 200], 5)
    assert statuses(groups, user="alice") == [200, 200, 200]
