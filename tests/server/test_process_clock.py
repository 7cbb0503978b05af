# SPDX-License-Identifier: Apache-2.0
"""The clock is set while httpd runs: nothing is trusted longer, nothing is lost, last used never goes back."""

import time

import pytest

import engines
import tokens
from fast_client import wires
from httpd import wait_until
from marks import ALL_ENGINES, ENGINES, each
from shifted_clock import Clock

YEARS = 10 * 365 * 86400
HOUR = 3600
MOMENTS = 5


@pytest.fixture
def shifted(new_site):
    """A server whose clock a test can set."""
    site = new_site()
    site.clock = Clock(site.server)
    site.start("AccessTokenLastUsedInterval 1s\nLogLevel info\n")
    site.owner = site.manager("alice")
    return site


def on_every_child(site, token):
    with wires(site.server.port, 6) as links:
        return {link.status(token) for link in links for _ in range(3)}


def settled(site, token, status):
    return wait_until(lambda: on_every_child(site, token) == {status}, MOMENTS)


def last_used(site, token):
    return site.database.row(tokens.id_of(token))["last_used"]


def test_the_clock_of_the_test_server_can_be_set(shifted):
    shifted.clock.set(YEARS)
    _, info = shifted.owner.generate()
    assert abs(engines.from_iso(info["createdAt"]) - engines.now_ms() - YEARS * 1000) < 60_000


@ALL_ENGINES
def test_ten_years_ahead_tokens_expire_and_back_again_they_are_valid(shifted):
    token = shifted.owner.token()
    endless = shifted.owner.token(lifetime=-1)
    rows = [row[:5] for row in shifted.database.rows()]
    assert on_every_child(shifted, token) == {200}
    shifted.clock.set(YEARS)
    assert settled(shifted, token, 401)
    assert "expired" in shifted.client.get("/api/data.json", token=token).headers["WWW-Authenticate"]
    assert [info["status"] for info in shifted.owner.list("?status=expired")] == ["Expired"]
    assert on_every_child(shifted, endless) == {200}
    time.sleep(2.5)
    shifted.clock.set(0)
    assert settled(shifted, token, 200)
    assert settled(shifted, endless, 200)
    assert [row[:5] for row in shifted.database.rows()] == rows
    assert len(shifted.owner.list("?status=active")) == 2


@ALL_ENGINES
def test_an_hour_back_what_was_valid_stays_valid_and_last_used_does_not_go_back(shifted):
    token = shifted.owner.token()
    assert on_every_child(shifted, token) == {200}
    assert wait_until(lambda: last_used(shifted, token), MOMENTS)
    used = engines.from_iso(shifted.owner.info(token)["lastUsed"])
    shifted.clock.set(-HOUR)
    made, info = shifted.owner.generate()
    assert engines.from_iso(info["createdAt"]) < engines.now_ms() - HOUR * 1000 / 2
    for _ in range(5):
        assert on_every_child(shifted, token) == {200}
        assert on_every_child(shifted, made) == {200}
        assert engines.from_iso(shifted.owner.info(token)["lastUsed"]) >= used
        assert last_used(shifted, token) >= used - 2000
        time.sleep(0.5)
    assert wait_until(lambda: last_used(shifted, made), MOMENTS)


@each("engine, shift", ENGINES, (-HOUR, HOUR))
def test_after_the_clock_was_set_deletions_take_effect_as_before(new_site, shift):
    other = new_site().start("LogLevel info\n")
    site = new_site(beside=other)
    site.clock = Clock(site.server)
    site.start("LogLevel info\n")
    token, marked = other.manager("alice").token(), other.manager("alice").token()
    own = site.manager("alice").token()
    for made in (token, marked, own):
        assert on_every_child(site, made) == {200}
    time.sleep(1.2)
    site.clock.set(shift)
    assert on_every_child(site, own) == {200}
    site.manager("alice").delete(own)
    assert on_every_child(site, own) == {401}
    site.clock.set(0)
    time.sleep(0.2)
    other.manager("alice").delete(token)
    site.database.change(tokens.id_of(marked), deleted_at=engines.now_ms())
    time.sleep(2)
    assert on_every_child(site, token) == {401} and on_every_child(site, marked) == {401}


def test_an_hour_back_a_cached_row_is_not_older_than_the_ttl_allows(new_site):
    site = new_site()
    site.clock = Clock(site.server)
    site.start("AccessTokenCacheTTL 2s\nLogLevel info\n")
    token = site.manager("alice").token()
    assert on_every_child(site, token) == {200}
    site.clock.set(-HOUR)
    site.database.change(tokens.id_of(token), user_name="mallory")
    site.database.change(tokens.id_of(token), expires_at=1000)
    started = time.monotonic()
    assert settled(site, token, 401)
    assert time.monotonic() - started < 2 + 1
