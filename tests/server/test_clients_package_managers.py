# SPDX-License-Identifier: Apache-2.0
"""docs/clients.md, "Package managers": each cell of the table is a package manager that does its everyday job."""

import pytest

import client_table
import package_site
import tokens
from httpd import wait_until
from package_managers import JOBS, Home
from package_site import MIXED, TOKENS_ONLY

CONFIGURED = package_site.configured
ROWS = {row["client"]: row for row in client_table.rows(package_site.SECTION)}
CELLS = client_table.cells(package_site.SECTION)
NAMES = [(client, name) for client, row in ROWS.items() if row["basic"] == "yes" for name in row["user name"].split(", ")]


@pytest.fixture(scope="module")
def alice(site):
    return site.manager("alice")


def used_by_alice(place, token):
    """Whether all requests since mark() were let in with this token, as its owner's, but for those that had to sign in first."""
    seen = [one for one in place.requests() if one.status not in (400, 401)]
    return seen and {(one.user, one.token_id) for one in seen} == {("alice", tokens.id_of(token))}


@pytest.mark.parametrize("place", [TOKENS_ONLY, MIXED])
@pytest.mark.parametrize("client, way, says", CELLS)
def test_everyday_job(site, alice, tmp_path, place, client, way, says):
    place, token = site.places[place], alice.token()
    place.mark()
    home = Home(tmp_path, place, token)
    assert JOBS[client, way](home) == (says == "yes"), home.said
    if says == "yes":
        assert wait_until(lambda: used_by_alice(place, token), 5), place.requests()
        assert alice.call("GET", "/" + tokens.id_of(token)).json()["lastUsed"]
    if way == "basic":
        first = [one.status for one in place.requests() if one.status != 400][0]  # skopeo tries TLS first
        assert ROWS[client]["sends a password"] == ("after a 401" if first == 401 else "at once")


def test_every_job_has_a_cell():
    assert {(client, way) for client, way, _ in CELLS} == set(JOBS)


@pytest.mark.parametrize("client, name", NAMES)
def test_user_name(site, alice, tmp_path, client, name):
    token = alice.token()
    credentials = {"any": ("jenkins", token), "`T:`": (token, ""), "`:T`": ("", token)}[name]
    place = site.places[MIXED]
    place.mark()
    home = Home(tmp_path, place, token, credentials)
    assert JOBS[client, "basic"](home), home.said
    assert wait_until(lambda: used_by_alice(place, token), 5), place.requests()


@pytest.mark.parametrize("client, way, says", [cell for cell in CELLS if cell[2] == "yes"])
def test_deleted_token(site, alice, tmp_path, client, way, says):
    token = alice.token()
    alice.delete(token)
    check_refused(site.places[TOKENS_ONLY], tmp_path, token, client, way)


@pytest.fixture(scope="module")
def expired(alice):
    token = alice.token(lifetime=1)
    assert wait_until(lambda: alice.call("GET", "/" + tokens.id_of(token)).json()["status"] == "Expired")
    return token


@pytest.mark.parametrize("client", ROWS)
def test_expired_token(site, expired, tmp_path, client):
    way = [way for name, way, _ in CELLS if name == client][-1]
    check_refused(site.places[MIXED], tmp_path, expired, client, way)


def check_refused(place, path, token, client, way):
    place.mark()
    home = Home(path, place, token)
    assert not JOBS[client, way](home)
    assert ROWS[client]["says of a refused token"].strip("`") in home.said, home.said
    assert wait_until(place.requests, 5)
    assert {one.status for one in place.requests()} <= {400, 401}
