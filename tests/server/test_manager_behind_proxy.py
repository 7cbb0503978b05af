# SPDX-License-Identifier: Apache-2.0
"""The manager under another path: what it names in Location and Link is found there, by the client's own address."""

from urllib.parse import urljoin

import pytest

from client import Client, Manager, next_page
from nginx import Nginx
from typical_site import Site, basic, host

NGINX = """
location /my/tokens/ {{ proxy_pass http://127.0.0.1:{port}/tokens/; }}
location = /my/tokens {{ return 308 /my/tokens/; }}
location /deep/er/tokens {{ proxy_pass http://127.0.0.1:{port}/tokens; }}
"""

HTTPD = """
ProxyPreserveHost On
ProxyPass        /my/tokens/ http://127.0.0.1:{port}/tokens/
ProxyPassReverse /my/tokens/ http://127.0.0.1:{port}/tokens/
RedirectMatch    ^/my/tokens$ /my/tokens/
ProxyPass        /deep/er/tokens http://127.0.0.1:{port}/tokens
"""

PLACES = f"""
RewriteEngine On
RewriteRule ^/rewritten/to(/.*)?$ /tokens$1 [PT]
<Location "/odd: name">
    {basic()}
    Require valid-user
    AccessTokenManager own
</Location>
"""

# Which server is asked, and under which path.
WAYS = [("itself", "/tokens"), ("itself", "/tokens/"), ("itself", "/rewritten/to"), ("itself", "/rewritten/to/"),
        ("itself", "/odd:%20name"), ("itself", "/odd:%20name/"), ("itself", "/./open/..//tokens"),
        ("nginx", "/my/tokens/"), ("nginx", "/deep/er/tokens"), ("nginx", "/deep/er/tokens/"),
        ("httpd", "/my/tokens/"), ("httpd", "/deep/er/tokens"), ("httpd", "/deep/er/tokens/")]


@pytest.fixture(scope="module")
def fronts(mpm, engine):
    """A client for each server that can be asked."""
    with Site(mpm, engine) as place:
        port = place.server.add_port()
        place.start(PLACES + host(port, HTTPD.format(port=place.server.port)))
        with Nginx(NGINX.format(port=place.server.port)) as front:
            place.fronts = {"itself": place.client, "httpd": Client(port), "nginx": front.client}
            yield place


@pytest.fixture(params=WAYS, ids=" ".join)
def way(request, fronts):
    server, path = request.param
    return Manager(fronts.fronts[server], path, user=fronts.fresh_user())


def test_location_leads_to_the_new_token(way):
    answer = way.post({"description": "found"})
    assert answer.status_code == 201
    assert not answer.headers["Location"].startswith(("/", "http:"))
    found = way.client.session.get(urljoin(answer.url, answer.headers["Location"]), auth=(way.credentials["user"], "correct horse"))
    assert (found.status_code, found.json()) == (200, answer.json()["tokenInfo"])


def test_link_leads_to_the_next_page(way):
    made = [way.post({"description": str(number)}).json()["tokenInfo"]["tokenId"] for number in range(5)]
    answer = way.call("GET", "?limit=2&status=active")
    assert answer.links["next"]["url"].startswith("?limit=2&cursor=")
    seen = []
    while True:
        seen += [info["tokenId"] for info in answer.json()["data"]]
        place = next_page(answer)
        if not place:
            break
        answer = way.client.session.get(place, auth=(way.credentials["user"], "correct horse"))
    assert sorted(seen) == sorted(made)


def test_the_pages_files_are_found(way):
    answer = way.call("GET", headers={"Accept": "text/html"})
    script = answer.text[:answer.text.index("page.js")].rpartition('"')[2] + "page.js"
    found = way.client.session.get(urljoin(answer.url, script), auth=(way.credentials["user"], "correct horse"))
    assert found.status_code == 200 and "javascript" in found.headers["Content-Type"]


@pytest.mark.parametrize("server, status", [("nginx", 308), ("httpd", 302)])
def test_the_recipes_lead_to_the_address_with_the_final_slash(fronts, server, status):
    answer = fronts.fronts[server].get("/my/tokens", user="alice")
    assert answer.status_code == status and answer.headers["Location"].endswith("/my/tokens/")
