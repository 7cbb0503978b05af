# SPDX-License-Identifier: Apache-2.0
"""Metadata of resources, as a strict OAuth client and a page of another origin find them."""

import json
import subprocess

import pytest

from browser import NODE_MODULES
from conftest import start_site

MORE = """
<Location /api>
    AccessTokenMetadata On
    AccessTokenScopes read write
</Location>
<Location /api/admin>
    AccessTokenMetadata Off
</Location>
"""
PAGE = """
const [address, fields, done] = arguments;
fetch(address, { headers: fields }).then((response) => response.json()).then(done, (error) => done(String(error)));
"""


@pytest.fixture(scope="module")
def offering():
    place = start_site(MORE)
    yield place
    place.close()


def test_a_strict_client_finds_what_the_challenge_names(offering):
    """oauth4webapi reads the challenge, makes the address of its own accord, and compares the resource with its URL."""
    urls = [offering.client.base + path for path in ("/api", "/api/", "/api/data.json", "/api/a%20b?page=2&x=%22", "/api/admin")]
    done = subprocess.run(["node", NODE_MODULES.parent / "metadata.mjs", *urls], capture_output=True, text=True, check=True)
    *found, without = map(json.loads, done.stdout.splitlines())
    for url, one in zip(urls, found):
        assert one["challenge"]["error"] == "invalid_token" and one["challenge"]["resource_metadata"] == one["address"]
        assert one["metadata"] == {"resource": url, "bearer_methods_supported": ["header"], "scopes_supported": ["read", "write"],
                                   "resource_name": "api"}
    assert "resource_metadata" not in without["challenge"] and "refused" in without


@pytest.mark.parametrize("fields", [{}, {"MCP-Protocol-Version": "2025-06-18"}], ids=["plain", "with a preflight"])
def test_a_page_of_another_origin_reads_it(offering, browser, fields):
    port = offering.server.port
    browser.driver.get(f"http://other.localhost:{port}/open/data.json")
    address = f"http://api.localhost:{port}/.well-known/oauth-protected-resource/api"
    found = browser.driver.execute_async_script(PAGE, address, fields)
    assert found["resource"] == f"http://api.localhost:{port}/api"
    # The resource itself is as closed to it as before.
    assert "Failed to fetch" in browser.driver.execute_async_script(PAGE, address.replace("/.well-known/oauth-protected-resource", ""), {})
