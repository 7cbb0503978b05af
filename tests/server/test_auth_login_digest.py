# SPDX-License-Identifier: Apache-2.0
"""Digest beside tokens: mod_auth_digest, and curl --digest."""

import hashlib

import pytest

import tokens
from client import PASSWORD, Manager
from logins import BEARER_FIRST, CurlClient, check_mixed, check_token_life
from typical_site import Site

CONFIGURATION = f"""
<LocationMatch "^/(digest|mixed)">
    AuthType Digest
    AuthName "Digest"
    AuthUserFile conf/digest
    Require valid-user
</LocationMatch>
<Location /digest>
    AccessTokenManager own
</Location>
<Location /mixed>
    {BEARER_FIRST}
</Location>
"""


@pytest.fixture(scope="module")
def digest():
    with Site(extra_modules=["auth_digest"]) as place:
        known = hashlib.md5(f"alice:Digest:{PASSWORD}".encode()).hexdigest()
        place.server.write("conf/digest", f"alice:Digest:{known}\n")
        place.server.write("htdocs/mixed/data.json", "{}")
        place.start(CONFIGURATION)
        place.alice = CurlClient(place.server.port, "--digest", "--user", "alice:" + PASSWORD)
        yield place


def test_who_signs_in_by_digest_has_tokens(digest):
    check_token_life(digest, Manager(digest.alice, "/digest"), "alice", "/mixed/data.json")


def test_one_place_takes_digest_and_tokens(digest):
    answer = check_mixed(digest, digest.alice, "/mixed/data.json")
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith('Digest realm="Digest"')


def test_a_token_is_no_digest_password(digest):
    token = digest.manager("alice").token()
    for place in ("/digest", "/mixed/data.json"):
        assert CurlClient(digest.server.port, "--digest", "--user", "alice:" + token).status(place) == 401
        assert CurlClient(digest.server.port, "--digest", "--user", token + ":").status(place) == 401
    assert digest.client.status("/digest", token=tokens.forge()) == 401
