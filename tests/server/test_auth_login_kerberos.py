# SPDX-License-Identifier: Apache-2.0
"""Kerberos beside tokens: Debian's mod_auth_gssapi with a real KDC, and curl --negotiate."""

import pytest

import tokens
from client import Manager
from kerberos import HOST, Realm
from logins import BEARER_FIRST, CurlClient, check_mixed, check_token_life
from typical_site import Site

# Sections of mod_auth_gssapi do not inherit: one with a Gssapi directive has none of those around it.
SECTION = """
<Location {path}>
    AuthType GSSAPI
    AuthName "Kerberos"
    GssapiCredStore keytab:{keytab}
    Require valid-user
    {more}
</Location>
"""
SECTIONS = {"/kerberos": "AccessTokenManager own", "/local": "GssapiLocalName On\n    AccessTokenManager own",
            "/mixed": BEARER_FIRST}


@pytest.fixture(scope="module")
def kerberos():
    with Site(extra_modules=["auth_gssapi"]) as place:
        place.realm = Realm(place.server, "alice", "bob")
        place.server.write("htdocs/mixed/data.json", "{}")
        place.start("".join(SECTION.format(path=path, more=more, keytab=place.realm.keytab) for path, more in SECTIONS.items()))
        place.alice = negotiating(place, "alice")
        yield place


def negotiating(site, name):
    return CurlClient(site.server.port, "--negotiate", "--user", ":", host=HOST, environment=site.realm.ticket(name))


@pytest.mark.parametrize("path, owner", [("/kerberos", "alice@EXAMPLE.TEST"), ("/local", "alice")])
def test_who_has_a_ticket_has_tokens(kerberos, path, owner):
    """By default the owner is the principal; `GssapiLocalName On` takes the realm off."""
    check_token_life(kerberos, Manager(kerberos.alice, path), owner, "/mixed/data.json")


def test_the_tokens_of_others_are_not_seen(kerberos):
    token = Manager(kerberos.alice, "/local").token()
    bob = Manager(negotiating(kerberos, "bob"), "/local")
    assert bob.list() == [] and bob.call("DELETE", "/" + tokens.id_of(token)).status_code == 404
    assert kerberos.let_in(token) == 200


def test_without_a_ticket_there_is_no_manager(kerberos):
    client = CurlClient(kerberos.server.port, "--negotiate", "--user", ":", host=HOST,
                        environment=kerberos.realm.environment)
    for answer in (client.get("/local"), kerberos.client.get("/local", token=kerberos.manager("alice").token())):
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Negotiate")


def test_one_place_takes_tickets_and_tokens(kerberos):
    answer = check_mixed(kerberos, kerberos.alice, "/mixed/data.json")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Negotiate")
