# SPDX-License-Identifier: Apache-2.0
"""docs/manual.md, "API keys beside single sign-on": as printed, with an OpenID provider like Keycloak."""

import re
from urllib.parse import quote

import pytest

import document_blocks
import tokens
from client import Client, Manager
from echo_backend import fields
from logins import check_mixed, check_token_life
from openid_provider import CLIENT, PAGE, SECRET, OpenIdProvider
from typical_site import Site, host

DOCUMENT, HEADING = "docs/manual.md", "API keys beside single sign-on"
PROVIDER = "https://sso.example.com/realms/example/.well-known/openid-configuration"
# The typical site has managers and a place of tokens under these names.
MOVED = {"<Location /tokens>": "<Location /oidc-tokens>", "<Location /api>": "<Location /oidc-api>"}
OWNER = "OIDCRemoteUserClaim preferred_username\n"
FETCH = {"Accept": "application/json", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
CLAIM = """
<Location /app/claim>
    Require claim preferred_username:alice
</Location>
"""


@pytest.fixture(scope="module")
def sso():
    """The recipe in a virtual host; the main server has it without the line that names the owners."""
    modules = set(document_blocks.modules_named(document_blocks.section(DOCUMENT, HEADING))) - {"headers", "proxy", "proxy_http"}
    with Site(extra_modules=modules) as place:
        place.provider = OpenIdProvider(place.server)
        assert all(f" {word}" in document_blocks.section(DOCUMENT, HEADING) for word in (CLIENT, f'"{SECRET}"'))
        site = document_blocks.block(DOCUMENT, HEADING, "apache", fitted={PROVIDER: place.provider.metadata, **MOVED})
        app = document_blocks.block(DOCUMENT, HEADING, "apache", number=1,
                                    fitted={"127.0.0.1:9000": f"127.0.0.1:{place.echo.port}"})
        place.server.write("htdocs/oidc-api/data.json", "{}")
        place.client = Client(place.server.add_port())
        certificate = f"OIDCCABundlePath {place.provider.key.certificate}\n"
        yield place.start(certificate + document_blocks.fit(site, {OWNER: ""}) +
                          host(place.client.port, certificate + site + app + CLAIM))


def signed_in(site, name, port=None):
    client = Client(port or site.client.port)
    answer = site.provider.sign_in(client, "/oidc-tokens", name)
    assert (answer.status_code, answer.headers["Location"]) == (302, client.base + "/oidc-tokens")
    return client


def test_who_signs_in_generates_uses_and_deletes(sso):
    client = signed_in(sso, "alice")
    assert "<title>" in client.get("/oidc-tokens", headers=PAGE).text
    check_token_life(sso, Manager(client, "/oidc-tokens"), "alice", "/oidc-api/data.json", "/app/data")


def test_without_its_line_the_owner_is_the_subject_at_the_issuer(sso):
    owner = f"{sso.provider.subject('alice')}@{sso.provider.issuer.removeprefix('https://')}"
    check_token_life(sso, Manager(signed_in(sso, "alice", sso.server.port), "/oidc-tokens"), owner)


def test_the_tokens_of_others_are_not_seen(sso):
    token = Manager(signed_in(sso, "alice"), "/oidc-tokens").token()
    bob = Manager(signed_in(sso, "bob"), "/oidc-tokens")
    assert bob.list() == [] and bob.call("DELETE", "/" + tokens.id_of(token)).status_code == 404
    assert sso.let_in(token, "/oidc-api/data.json") == 200


def test_without_a_session_a_browser_is_sent_to_the_provider_and_nothing_else_is(sso):
    client = Client(sso.client.port)
    answer = client.get("/oidc-tokens", headers=PAGE)
    assert answer.status_code == 302 and answer.headers["Location"].startswith(sso.provider.issuer + "/auth?")
    token = sso.manager("alice").token()
    for headers in (FETCH, {"Accept": "*/*"}, {"Accept": "application/json"}):
        manager = Manager(client, "/oidc-tokens", headers=headers)
        assert manager.call("GET").status_code == manager.post({}).status_code == 401
        assert manager.call("GET", token=token).status_code == 401
        assert manager.call("DELETE", "/" + tokens.id_of(token)).status_code == 401


def test_signing_out_ends_the_session_here_and_there_and_no_token(sso):
    client = signed_in(sso, "alice")
    token = Manager(client, "/oidc-tokens").token()
    before = sso.provider.signed_out
    address = re.search(r"`(/sign-on\?logout=[^`]+)`", document_blocks.section(DOCUMENT, HEADING)).group(1)
    answer = client.get(document_blocks.fit(address, {"https%3A%2F%2Fwww.example.com": quote(client.base, safe="")}))
    assert answer.status_code == 302 and answer.headers["Location"].startswith(sso.provider.issuer + "/logout?")
    back = client.session.get(answer.headers["Location"], verify=sso.provider.key.certificate, allow_redirects=False)
    assert back.headers["Location"] == client.base + "/" and sso.provider.signed_out == before + 1
    assert client.status("/oidc-tokens", headers=FETCH) == 401
    assert sso.let_in(token, "/oidc-api/data.json") == 200


def test_the_application_takes_sessions_and_tokens(sso):
    answer = check_mixed(sso, signed_in(sso, "alice"), "/app/data")
    assert answer.status_code == 302 and answer.headers["Location"].startswith(sso.provider.issuer + "/auth?")


FORGED = {"OIDC_CLAIM_preferred_username": "admin", "OIDC-CLAIM-sub": "admin", "X-Remote-User": "admin",
          "X_Remote_User": "admin", "X_Remote-User": "admin", "X-Remote_User": "admin"}


def test_the_application_has_one_field_with_the_user_for_both_ways(sso):
    client = signed_in(sso, "alice")
    token = Manager(client, "/oidc-tokens").token()
    for answer in (client.get("/app/data", headers=FORGED), sso.client.get("/app/data", headers=FORGED, token=token)):
        seen = {name.replace("_", "-").lower(): value for name, value in answer.json()["headers"]}
        assert seen["x-remote-user"] == "alice"
        assert "authorization" not in seen


def test_a_client_with_a_token_chooses_its_own_claims(sso):
    """Why the application must not read these fields."""
    client = signed_in(sso, "alice")
    token = Manager(client, "/oidc-tokens").token()
    for name in ("OIDC_CLAIM_preferred_username", "OIDC-CLAIM-sub"):
        assert fields(sso.client.get("/app/data", headers=FORGED, token=token), name) == ["admin"]
        assert fields(client.get("/app/data", headers=FORGED), name) == []


def test_a_claim_can_be_required_of_a_session_and_not_of_a_token(sso):
    client = signed_in(sso, "alice")
    token = Manager(client, "/oidc-tokens").token()
    assert client.status("/app/claim") == 200
    assert sso.let_in(token, "/app/claim") == 401
    assert signed_in(sso, "bob").status("/app/claim") == 401
