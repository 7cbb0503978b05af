# SPDX-License-Identifier: Apache-2.0
"""docs/logins.md, "Kerberos": Debian's mod_auth_gssapi with a real KDC, and curl --negotiate."""

import pytest

import document_blocks
import tokens
from client import Manager
from kerberos import HOST, Realm
from logins import CurlClient, check_mixed, check_token_life
from typical_site import Site

DOCUMENT, HEADING = "docs/logins.md", "Kerberos"
LOCAL = "    GssapiLocalName On\n"


@pytest.fixture(scope="module")
def kerberos():
    """The document's configuration; at /kerberos its manager without the line that takes the realm off."""
    text = document_blocks.section(DOCUMENT, HEADING)
    with Site(extra_modules=document_blocks.modules_named(text)) as place:
        place.realm = Realm(place.server, "alice", "bob")
        block = document_blocks.block(DOCUMENT, HEADING, "apache", fitted={"/etc/apache2/http.keytab": place.realm.keytab})
        manager = block[:block.index("<Location /app>")]
        place.server.write("htdocs/app/data.json", "{}")
        place.start(document_blocks.fit(block, {"<Location /tokens>": "<Location /local>"}) +
                    document_blocks.fit(manager, {"<Location /tokens>": "<Location /kerberos>", LOCAL: ""}))
        place.alice = negotiating(place, "alice")
        yield place


def negotiating(site, name):
    return CurlClient(site.server.port, "--negotiate", "--user", ":", host=HOST, environment=site.realm.ticket(name))


@pytest.mark.parametrize("path, owner", [("/kerberos", "alice@EXAMPLE.TEST"), ("/local", "alice")])
def test_who_has_a_ticket_has_tokens(kerberos, path, owner):
    """By default the owner is the principal; `GssapiLocalName On` takes the realm off."""
    check_token_life(kerberos, Manager(kerberos.alice, path), owner, "/app/data.json")


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
    answer = check_mixed(kerberos, kerberos.alice, "/app/data.json")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Negotiate")
