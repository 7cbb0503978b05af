# SPDX-License-Identifier: Apache-2.0
"""How old a cached row may get: AccessTokenCacheTTL for what was changed by hand, and expiry at its millisecond."""

import time

import pytest

import engines
import tokens
from fast_client import Wire, at_once, request, wires
from httpd import wait_until
from marks import ALL_MPMS
from typical_site import Site

TTL = 1
SETTINGS = f"""AccessTokenCacheTTL {TTL}s
LogLevel info
<Location /api>
    Header always set X-User "expr=%{{REMOTE_USER}}"
</Location>
"""


@pytest.fixture(scope="module")
def site(mpm, engine):
    with Site(mpm, engine) as place:
        yield place.start(SETTINGS)


def answer(site, token):
    link = Wire(site.server.port)
    found = link.exchange([request(token)])[0]
    link.close()
    return found


CHANGES = [
    ({"user_name": "mallory"}, lambda found: (found.status, found.user) == (200, "mallory")),
    ({"expires_at": 1000}, lambda found: found.status == 401 and b"The access token expired" in found.head),
    ({"token_hash": "0" * 64}, lambda found: found.status == 401),
    ({"user_name": ""}, lambda found: found.status == 401)]


def test_rows_that_were_changed_by_hand_count_after_the_ttl(site):
    made = [site.manager().token() for _ in range(len(CHANGES) + 1)]
    assert {answer(site, token).status for token in made} == {200}
    for token, (change, _) in zip(made, CHANGES):
        site.database.change(tokens.id_of(token), **change)
    site.database.run("DELETE FROM access_tokens WHERE token_id = ?", tokens.id_of(made[-1]))
    time.sleep(TTL)
    started = time.monotonic()
    while time.monotonic() - started < 0.5:
        for token, (change, is_seen) in zip(made, CHANGES):
            assert is_seen(answer(site, token)), change
        assert answer(site, made[-1]).status == 401


def test_a_row_is_read_anew_once_a_ttl_and_not_more_often(site):
    token = site.manager().token()
    assert answer(site, token).status == 200
    before, started = site.figures(), time.monotonic()
    while time.monotonic() - started < 2.5 * TTL:
        assert answer(site, token).status == 200
        time.sleep(0.01)
    assert 1 <= site.figures()["Lookups"] - before["Lookups"] <= 3


@ALL_MPMS
def test_a_cached_token_expires_to_the_millisecond_on_every_child(site):
    token, info = site.manager().generate(lifetime=1)
    end = engines.from_iso(info["expiredAt"])

    def watch(link):
        seen = set()
        while engines.now_ms() < end + 100:
            before = engines.now_ms()
            status = link.status(token)
            after = engines.now_ms()
            assert status == 200 or after >= end, f"refused {end - after} ms before its end"
            assert status == 401 or before < end, f"let in {before - end} ms after its end"
            seen.add(status)
            time.sleep(0.001)
        return seen

    with wires(site.server.port, 6) as links:
        assert at_once(*[lambda link=link: watch(link) for link in links]) == [{200, 401}] * 6


def test_an_expired_token_that_is_cached_is_listed_and_deleted_like_any(site):
    owner = site.manager()
    token, info = owner.generate(lifetime=1)
    assert answer(site, token).status == 200
    assert wait_until(lambda: engines.now_ms() > engines.from_iso(info["expiredAt"]), 3)
    assert b"The access token expired" in answer(site, token).head
    assert owner.info(token)["status"] == "Expired"
    owner.delete(token)
    assert b"The access token is invalid" in answer(site, token).head
