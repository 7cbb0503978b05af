# SPDX-License-Identifier: Apache-2.0
"""docs/clients.md, "Package managers": what they do when the table is away, when a host redirects, and more ways to sign in."""

import collections
import threading
import time

import pytest

import client_table
import outages
import package_site
from client import PASSWORD
from httpd import wait_until
from package_managers import JOBS, Home, npm, pip
from package_site import BEARER_ONLY, ELSEWHERE, MIXED, OTHER_ORDER, TOKENS_ONLY

CONFIGURED = package_site.configured
ROWS = {row["client"]: row for row in client_table.rows(package_site.SECTION)}
WAYS = [(client, way) for client, way, says in client_table.cells(package_site.SECTION) if says == "yes"]
FIRST = {client: [way for name, way in WAYS if name == client][0] for client in ROWS}


@pytest.fixture(scope="module")
def alice(site):
    return site.manager("alice")


class Outage(threading.Thread):
    """The table cannot be read until half a second after the first 503 of the place; afterwards all is well again."""

    def __init__(self, site, place):
        super().__init__()
        self.site, self.place = site, place
        self.begun, self.given_up = threading.Event(), threading.Event()

    def run(self):
        with outages.locked_for_all(self.site.database):
            self.begun.set()
            wait_until(lambda: self.unavailable() or self.given_up.is_set())
            time.sleep(0.5)

    def unavailable(self):
        return any(one.status == 503 for one in self.place.requests())

    def __enter__(self):
        self.start()
        self.begun.wait()
        return self

    def __exit__(self, *_):
        self.given_up.set()
        self.join()
        assert wait_until(lambda: self.site.manager("alice").call("GET").status_code == 200)


def what_it_did(done, requests):
    """In the words of the document."""
    often = max(collections.Counter(one.request for one in requests if one.status == 503).values())
    return "waits, tries again" if done else "tries again at once" if often > 2 else "stops"


@pytest.mark.parametrize("client, way", FIRST.items())
def test_after_a_503(site, alice, tmp_path, client, way):
    place = site.places[MIXED]
    place.mark()
    home = Home(tmp_path, place, alice.token())
    with Outage(site, place) as outage:
        done = JOBS[client, way](home)
    assert outage.unavailable(), home.said
    assert what_it_did(done, place.requests()) == ROWS[client]["after a 503"], home.said
    if not done:  # it has not forgotten its token
        assert JOBS[client, way](home), home.said
    assert 401 not in [one.status for one in place.requests() if one.carried]


# The host of a redirect

GO_ALONG = {("maven", "bearer"), ("maven", "header"), ("composer", "header")}  # in these versions
# These are last: httpd may log a request only when the next test has begun. skopeo has no folders to redirect.
REDIRECTED = sorted((way for way in WAYS if way[0] != "skopeo"), key=lambda way: way in GO_ALONG)


@pytest.mark.parametrize("client, way", REDIRECTED)
def test_who_gives_the_token_to_another_host(site, alice, tmp_path, client, way):
    place, other = site.places[TOKENS_ONLY], site.places[ELSEWHERE]
    place.mark()
    other.mark()
    JOBS[client, way](Home(tmp_path, place, alice.token(), below="/moved"))
    assert wait_until(lambda: 302 in [one.status for one in place.requests()], 5), place.requests()
    if (client, way) not in GO_ALONG:
        assert not any(one.carried for one in other.requests())


# Other ways of signing in

@pytest.mark.parametrize("client", ["pip", "npm", "cargo", "skopeo"])
def test_the_order_of_providers_does_not_matter(site, alice, tmp_path, client):
    home = Home(tmp_path, site.places[OTHER_ORDER], alice.token())
    assert JOBS[client, "basic"](home), home.said


def test_skopeo_sends_its_bearer_token_where_nothing_else_is_taken(site, alice, tmp_path):
    home = Home(tmp_path, site.places[BEARER_ONLY], alice.token())
    assert JOBS["skopeo", "bearer"](home), home.said


def test_passwords_work_where_they_are_taken(site, tmp_path):
    words = PASSWORD.replace(" ", "%20")
    for number, (place, works) in enumerate([(MIXED, True), (OTHER_ORDER, True), (TOKENS_ONLY, False)]):
        home = Home(tmp_path / str(number), site.places[place], words)
        assert JOBS["pip", "basic"](home) == works, home.said


def test_pip_by_netrc_and_by_address(site, alice, tmp_path):
    token, place = alice.token(), site.places[MIXED]
    home = Home(tmp_path / "netrc", place, token)
    home.write(".netrc", f"machine 127.0.0.1 login __token__ password {token}\n")
    assert pip(home, "--index-url", f"{place.address}/pypi/simple"), home.said
    home = Home(tmp_path / "address", place, token)
    assert pip(home, "--index-url", f"http://{token}@{place.host}/pypi/simple"), home.said


def test_npm_does_not_send_credentials_of_the_address_for_the_tarball(site, alice, tmp_path):
    token, place = alice.token(), site.places[MIXED]
    place.mark()
    home = Home(tmp_path, place, token)
    assert not npm(home, NPM_CONFIG_REGISTRY=f"http://alice:{token}@{place.host}/npm/")
    assert "E401" in home.said
    assert [(one.status, one.carried) for one in place.requests()] == [(200, True), (401, False)]
