# SPDX-License-Identifier: Apache-2.0
"""docs/recipes-proxies.md, "Shared caches": nginx's proxy_cache in front of httpd, and httpd's own mod_cache."""

import pytest

import document_blocks
import tokens
from client import Client
from httpd import wait_until
from nginx import Nginx
from typical_site import Site, host

DOCUMENT = "docs/recipes-proxies.md"
CACHING = """
        proxy_cache answers;
        proxy_cache_valid any 1m;
        location / {{
            proxy_pass http://127.0.0.1:{port};
            {more}
        }}
"""


@pytest.fixture(scope="module")
def cached(mpm, engine):
    """/api without and /private with the recipe, each with applications that say various things; a host with mod_cache."""
    block = document_blocks.block(DOCUMENT, "Shared caches", "apache", fitted={"/api": "/private"})
    with Site(mpm, engine, extra_modules=("cache", "cache_socache", "socache_shmcb")) as place:
        said = FIELD
        port = place.server.add_port()
        place.by_mod_cache = Client(port)
        for name in ("api", "private"):
            place.server.write(f"htdocs/{name}/data.json", '{"of": "alice"}')
            for what, field in SAID.items():
                place.server.write(f"htdocs/{name}/{what}.json", '{"of": "alice"}')
                said += f'<Location /{name}/{what}.json>\nHeader set Cache-Control "{field}"\n</Location>\n'
        for name in ("private/accel", "private/unset"):
            place.server.write(f"htdocs/{name}/data.json", '{"of": "alice"}')
            said += f'<Location /{name}>\nHeader set X-Accel-Expires 60\n</Location>\n'
        # What the application says comes first, then the recipe's lines.
        unset = "<Location /private/unset>\nHeader unset X-Accel-Expires\n</Location>\n"
        yield place.start(said + block + unset + host(port, "CacheEnable socache /\nCacheSocache shmcb\nCacheHeader On"))


# X-Api-Key beside Authorization, in all places of the tests.
FIELD = """
<LocationMatch "^/(api|private)(/|$)">
    AccessTokenAccept bearer header:X-Api-Key
</LocationMatch>
"""
SAID = {"maxage": "max-age=60", "public": "public, max-age=60", "nostore": "no-store"}


def as_bearer(token):
    return {"Authorization": "Bearer " + token}


def as_field(token):
    return {"X-Api-Key": token}


def after_alice(client, path, token, way):
    """What a client without a token, and one with a wrong token, get after alice: statuses."""
    first = client.get(path, headers=way(token))
    assert first.status_code == 200 and "alice" in first.text
    assert client.get(path, headers=way(token)).status_code == 200
    return [client.status(path), client.status(path, headers=way(tokens.forge()))]


def answers(site, path, more="", way=as_bearer):
    with Nginx(CACHING.format(port=site.server.port, more=more)) as nginx:
        return after_alice(nginx.client, path, site.manager("alice").token(), way)


def test_without_the_recipe_a_shared_cache_gives_alices_answer_to_all_clients(cached):
    """Otherwise the tests below would show nothing."""
    assert answers(cached, "/api/data.json") == [200, 200]


@pytest.mark.parametrize("name", ["data", *SAID])
def test_with_cache_control_private_no_other_client_gets_alices_answer(cached, name):
    assert answers(cached, f"/private/{name}.json") == [401, 401]


@pytest.mark.parametrize("way", [as_bearer, as_field])
@pytest.mark.parametrize("name", ["data", *SAID])
def test_nginx_can_be_told_not_to_store_what_came_with_credentials(cached, name, way):
    lines = document_blocks.block(DOCUMENT, "Shared caches", "nginx")
    assert answers(cached, f"/api/{name}.json", lines, way) == [401, 401]


@pytest.mark.parametrize("name", ["data", "maxage", "nostore"])
def test_the_answer_to_a_field_is_private_without_a_recipe(cached, name):
    assert answers(cached, f"/api/{name}.json", way=as_field) == [401, 401]


def test_an_application_that_says_public_is_believed_unless_the_recipe_adds_private(cached):
    assert answers(cached, "/api/public.json", way=as_field) == [200, 200]
    assert answers(cached, "/private/public.json", way=as_field) == [401, 401]


@pytest.mark.parametrize("way", [as_bearer, as_field])
@pytest.mark.parametrize("name", ["data", "maxage", "nostore"])
def test_mod_cache_gives_no_other_client_alices_answer(cached, name, way):
    path = f"/api/{name}.json?{way.__name__}"
    assert after_alice(cached.by_mod_cache, path, cached.manager("alice").token(), way) == [401, 401]


def test_mod_cache_stores_what_is_public(cached):
    """Shows that it caches at all."""
    token = cached.manager("alice").token()
    assert after_alice(cached.by_mod_cache, "/api/public.json?stored", token, as_field) == [200, 200]
    assert cached.by_mod_cache.get("/api/public.json?stored").headers["X-Cache"].startswith("HIT")


def test_nginx_then_asks_for_every_request_with_credentials(cached):
    """Also where somebody without a token has just got an answer that is stored."""
    lines = document_blocks.block(DOCUMENT, "Shared caches", "nginx")
    with Nginx(CACHING.format(port=cached.server.port, more=lines)) as nginx:
        for token, asked in ((None, 1), (None, 1), (cached.manager("alice").token(), 2)):
            assert nginx.client.status("/open/data.json?once", token=token) == 200
            assert wait_until(lambda: cached.server.log("access_log").count("?once") == asked)


def test_the_recipe_adds_to_what_an_application_says(cached):
    token = cached.manager("alice").token()
    for name, field in SAID.items():
        assert cached.client.get(f"/private/{name}.json", token=token).headers["Cache-Control"] == field + ", private"


def test_nginx_heeds_x_accel_expires_before_private_so_that_httpd_has_to_unset_it(cached):
    assert answers(cached, "/private/accel/data.json") == [200, 200]
    assert answers(cached, "/private/unset/data.json") == [401, 401]


def test_the_manager_needs_no_recipe(cached):
    with Nginx(CACHING.format(port=cached.server.port, more="")) as nginx:
        cached.manager("alice").token()
        assert nginx.client.get("/tokens", user="alice").json()["data"]
        assert nginx.client.status("/tokens") == 401
        assert nginx.client.get("/tokens", user="bob").json()["data"] == []
