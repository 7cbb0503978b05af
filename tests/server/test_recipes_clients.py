# SPDX-License-Identifier: Apache-2.0
"""docs/recipes.md, "netrc": what programs make of our header when a netrc file knows the host."""

import pytest
import requests

import document_blocks
from client import PASSWORD, curl
from echo_backend import fields
from httpd import wait_until

DOCUMENT = "docs/recipes.md"


@pytest.fixture
def netrc(tmp_path, monkeypatch):
    path = tmp_path / "netrc"
    path.write_text(f'machine 127.0.0.1 login bob password "{PASSWORD}"\n')
    path.chmod(0o600)
    monkeypatch.setenv("NETRC", str(path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return path


def test_requests_replaces_the_field_by_that_of_netrc(site, netrc):
    token = site.manager("alice").token()
    field = {"Authorization": "Bearer " + token}
    assert requests.get(site.client.base + "/api/data.json", headers=field, timeout=30).status_code == 401
    answer = requests.get(site.client.base + "/both/echo", headers=field, timeout=30)
    assert answer.status_code == 200
    assert wait_until(lambda: '127.0.0.1 bob - 200 "GET /both/echo' in site.server.log("access_log"))


def test_the_authentication_object_of_the_recipe_is_not_replaced(site, netrc):
    names = {"requests": requests}
    exec(document_blocks.block(DOCUMENT, "netrc", "python"), names)  # pylint: disable=exec-used
    auth = names["AccessToken"](site.manager("alice").token())
    assert requests.get(site.client.base + "/api/data.json", auth=auth, timeout=30).status_code == 200
    with requests.Session() as session:
        session.auth = auth
        assert session.get(site.client.base + "/api/data.json", timeout=30).status_code == 200
        answer = session.get(site.client.base + "/api/echo", timeout=30)
    assert answer.status_code == 200 and fields(answer, "X-Remote-User") == ["alice"]


def test_curl_reads_netrc_only_when_told_and_then_keeps_the_field(site, netrc):
    field = "Authorization: Bearer " + site.manager("alice").token()
    address = site.client.base + "/api/data.json"
    assert curl("-H", field, address)[0] == 200
    assert curl("--netrc-file", str(netrc), "-H", field, address)[0] == 200
    assert curl("--netrc-file", str(netrc), site.client.base + "/passwords/data.json")[0] == 200
