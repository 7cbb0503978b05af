# SPDX-License-Identifier: Apache-2.0
"""Several servers on one table: a deletion on one, or by SQL, counts on the others within the interval."""

import time

import pytest

import engines
import tokens
from marks import ALL_ENGINES
from several_servers import BOUND, check_gone, use_on
from typical_site import Site

pytestmark = ALL_ENGINES

SETTINGS = "AccessTokenDatabaseConnections 2\nLogLevel info\n"


@pytest.fixture(scope="module")
def servers(engine):
    """Three servers of one table, each under another MPM."""
    with Site("event", engine) as first, Site("worker", beside=first) as second, Site("prefork", beside=first) as third:
        yield [site.start(SETTINGS) for site in (first, second, third)]


def test_a_deletion_on_one_server_takes_effect_on_the_others_within_the_interval(servers):
    owner = servers[0].manager()
    doomed, kept = [owner.token() for _ in range(3)], owner.token()
    for token in [*doomed, kept]:
        use_on(servers, token)
    for site, token in zip(servers, doomed):
        site.manager(owner.credentials["user"]).delete(token)
        assert site.let_in(token) == 401
    check_gone(servers, doomed, time.monotonic())
    use_on(servers, kept)


def test_a_row_that_is_marked_deleted_by_sql_is_refused_also_when_clocks_differ(servers):
    """Dated now, 20 seconds ago and 20 seconds ahead, in the table itself."""
    made = [servers[0].manager().token() for _ in range(3)]
    for token in made:
        use_on(servers, token)
    for token, apart in zip(made, (0, -20_000, 20_000)):
        servers[0].database.change(tokens.id_of(token), deleted_at=engines.now_ms() + apart)
    check_gone(servers, made, time.monotonic())


def test_a_thousand_deletions_at_once_all_take_effect(servers):
    owner = servers[0].manager()
    made = [owner.token() for _ in range(40)]
    for site in servers:
        assert [site.let_in(token) for token in made] == [200] * len(made)
    now = engines.now_ms()
    others = [(tokens.id_of(tokens.forge()), "0" * 64, "nobody", "", now - 1000, now) for _ in range(2500)]
    servers[0].database.insert("token_id", "token_hash", "user_name", "description", "created_at", "deleted_at",
                               rows=others)
    servers[0].database.run("UPDATE access_tokens SET deleted_at = ? WHERE user_name = ?", now,
                            owner.credentials["user"])
    time.sleep(BOUND)
    for site in servers:
        assert [site.let_in(token) for token in made] == [401] * len(made)


def test_last_uses_of_several_servers_never_go_backwards(servers):
    owner = servers[0].manager()
    token = owner.token()
    shown = 0
    for _ in range(4):
        for site in servers:
            before = engines.now_ms()
            assert site.let_in(token) == 200
            used = engines.from_iso(site.manager(owner.credentials["user"]).info(token)["lastUsed"])
            assert used >= before and used >= shown
            shown = used
