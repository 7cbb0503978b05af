# SPDX-License-Identifier: Apache-2.0
"""What a client does with resource_metadata: it reads the challenge, fetches the address, and compares (RFC 9728, 3.3 and 5)."""

import re

WELL_KNOWN = "/.well-known/oauth-protected-resource"
PARAMETER = re.compile(r', resource_metadata="([^"\\]*)"')


def challenges_of(answer):
    """The challenge fields of an answer of requests or http.client, each by itself."""
    if hasattr(answer, "msg"):
        return answer.msg.get_all("WWW-Authenticate") or []
    return answer.raw.headers.getlist("WWW-Authenticate")


def offered(answer):
    """The address that the Bearer challenge of this answer names; None if it names none. No other challenge names one."""
    found = {challenge.split(" ")[0]: PARAMETER.findall(challenge) for challenge in challenges_of(answer)}
    assert not [scheme for scheme, addresses in found.items() if addresses and scheme != "Bearer"]
    addresses = found.get("Bearer", [])
    assert len(addresses) < 2
    return addresses[0] if addresses else None


def check_fields(answer):
    """Everybody may read it, pages of every origin too."""
    fields = answer.headers if hasattr(answer.headers, "get_all") else answer.raw.headers
    every = getattr(fields, "get_all", None) or fields.getlist
    assert every("Access-Control-Allow-Origin") == ["*"]
    assert every("X-Content-Type-Options") == ["nosniff"]
    assert not every("Access-Control-Allow-Credentials") and not every("WWW-Authenticate")


def read(answer):
    """The metadata of a good answer."""
    assert answer.status_code == 200, (answer.status_code, answer.text)
    assert answer.headers["Content-Type"] == "application/json"
    check_fields(answer)
    return answer.json()


def discover(client, path, **more):
    """The metadata that a client of this server finds after a refusal; None if the challenge names none."""
    address = offered(client.get(path, **more))
    if address is None:
        return None
    assert address.startswith(client.base + WELL_KNOWN)
    found = read(client.get(address[len(client.base):]))
    assert found["resource"] == client.base + path, "a client must not use the metadata"
    return found
