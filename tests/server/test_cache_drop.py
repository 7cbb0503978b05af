# SPDX-License-Identifier: Apache-2.0
"""A deletion on this server drops the cached row: no request that begins after the 204 is let in."""

import time

import pytest

import tokens
from background_threads import BackgroundThreads
from fast_client import Wire, at_once, wires
from marks import ALL_MPMS

pytestmark = ALL_MPMS

CONNECTIONS = 8


class Hammer(BackgroundThreads):
    """Threads that use one token without a pause; `seen` holds (begin, status) of every request."""

    def __init__(self, site, token):
        self.site, self.token, self.seen = site, token, []
        super().__init__(*[self.run] * CONNECTIONS)

    def run(self):
        link = Wire(self.site.server.port)
        while not self.stop.is_set():
            began = time.monotonic()
            self.seen.append((began, link.status(self.token)))
        link.close()


def use_everywhere(site, *made):
    """Uses these tokens on so many connections at once that every child has met them."""
    with wires(site.server.port, CONNECTIONS) as links:
        for token in made:
            assert at_once(*[lambda link=link: link.status(token) for link in links]) == [200] * CONNECTIONS


@pytest.mark.parametrize("cache", ["", "AccessTokenCacheSize 0\n"], ids=["cached", "uncached"])
def test_under_load_no_request_that_begins_after_the_204_is_let_in(new_site, cache):
    site = new_site().start("LogLevel info\n" + cache)
    owner = site.manager("alice")
    for _ in range(4):
        token = owner.token()
        use_everywhere(site, token)
        with Hammer(site, token) as hammer:
            time.sleep(0.1)
            owner.delete(token)
            gone = time.monotonic()
            time.sleep(0.1)
        assert {status for began, status in hammer.seen if began > gone} == {401}
        assert {status for began, status in hammer.seen if began <= gone} <= {200, 401}


def test_a_token_that_was_deleted_is_refused_by_every_child_and_for_good(site):
    owner = site.manager()
    made = [owner.token() for _ in range(10)]
    use_everywhere(site, *made)
    for token in made:
        owner.delete(token)
    with wires(site.server.port, CONNECTIONS) as links:
        for token in made:
            assert [link.status(token) for link in links] == [401] * CONNECTIONS
    assert not owner.list()


def test_an_administrators_deletion_counts_like_the_owners(site):
    token = site.manager().token()
    use_everywhere(site, token)
    site.everybody().delete(token)
    with wires(site.server.port, CONNECTIONS) as links:
        assert [link.status(token) for link in links] == [401] * CONNECTIONS


def test_a_deletion_leaves_the_owners_other_tokens_alone(site):
    owner = site.manager()
    doomed, kept = owner.token(), owner.token()
    use_everywhere(site, doomed, kept)
    lookups = site.figures()["Lookups"]
    owner.delete(doomed)
    assert [site.let_in(kept) for _ in range(10)] == [200] * 10
    assert site.figures()["Lookups"] == lookups


def test_a_deletion_that_fails_deletes_nothing(site):
    owner = site.manager()
    token = owner.token()
    use_everywhere(site, token)
    assert site.manager().call("DELETE", "/" + tokens.id_of(token)).status_code == 404
    use_everywhere(site, token)


def test_the_reason_of_a_refusal_needs_the_right_secret_of_a_cached_token(site):
    owner = site.manager()
    token = owner.token()
    use_everywhere(site, token)
    wrong = tokens.forge(tokens.id_of(token))
    before = site.figures()
    for _ in range(10):
        answer = site.client.get("/api/data.json", token=wrong)
        assert answer.status_code == 401 and "is invalid" in answer.headers["WWW-Authenticate"]
    after = site.figures()
    assert after["RefusedWrongSecret"] - before["RefusedWrongSecret"] == 10
    assert after["Lookups"] == before["Lookups"]
    use_everywhere(site, token)
