# SPDX-License-Identifier: Apache-2.0
"""docs/recipes.md for LDAP: however a person types the name, the tokens are one person's."""

import pytest

import document_blocks
from client import PASSWORD, Manager
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
