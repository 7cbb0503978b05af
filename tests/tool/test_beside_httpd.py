# SPDX-License-Identifier: Apache-2.0
"""httoken beside a running httpd, which lets in the tokens that it generates and refuses in time those that it deletes."""

import time

import engines
import httpd
import tokens
from marks import ALL_ENGINES
from steps import generated, with_server

pytestmark = ALL_ENGINES

INTERVAL = 1.0
BOUND = INTERVAL + 0.5 + 0.5  # the interval, a late poll, a round trip


def last_let_in(site, token, deleted):
    """Seconds after the deletion at which the last request that was let in began."""
    last = deleted
    while time.monotonic() - deleted < BOUND + 0.5:
        began = time.monotonic()
        if site.let_in(token) == 200:
            last = began
        time.sleep(0.01)
    return last - deleted


def test_a_token_from_its_creation_to_its_deletion(site):
    """Generate, call, see the last use in the list, delete, and be refused within the interval."""
    run = with_server(site)
    site.manager("alice").token()  # the server has created its table
    token = generated(run, "robot", "-m", "deploys")
    assert site.let_in(token) == 200
    token_id = tokens.id_of(token)
    site.server.again(10)  # SIGUSR1: pending last uses are written
    assert site.let_in(token) == 200

    def used():
        return [one for one in run("list", "robot", "--format", "json").json["data"] if one["lastUsed"]]
    (shown,) = httpd.wait_until(used, patience=90)
    assert shown["tokenId"] == token_id and abs(engines.from_iso(shown["lastUsed"]) - engines.now_ms()) < 120_000
    for _ in range(3):
        assert site.let_in(token) == 200
    run("delete", token_id)
    assert last_let_in(site, token, time.monotonic()) <= BOUND
    assert site.let_in(token) == 401


def test_the_manager_and_httoken_show_the_same_json(site):
    run = with_server(site)
    manager = site.manager()
    user = manager.credentials["user"]
    token = generated(run, user, "--lifetime", "never", "-m", "fr\u00fch & sp\u00e4t")
    shown = run("list", user, "--format", "json").json["data"]
    assert site.everybody().list(f"?user={user}") == shown
    assert manager.info(token) == {name: value for name, value in shown[0].items() if name != "user"}
    manager.delete(token)
    assert run("list", user).out == ""
    assert run("show", tokens.id_of(token), "--format", "json").json["status"] == "Deleted"


def test_all_tokens_of_a_user_are_refused_in_time(site):
    run = with_server(site)
    manager = site.manager()
    made, kept = [manager.token() for _ in range(5)], site.manager().token()
    for token in [*made, kept]:
        assert site.let_in(token) == 200
    run("delete", "--user", manager.credentials["user"])
    deleted = time.monotonic()
    assert last_let_in(site, made[0], deleted) <= BOUND
    assert [site.let_in(token) for token in made] == [401] * 5 and site.let_in(kept) == 200


def test_check_finds_no_fault_in_the_table_that_the_server_created(site):
    run = with_server(site)
    site.manager().token()
    answer = run("check")
    assert "WRONG" not in answer.out
    assert f"named by {site.server.path('conf/httpd.conf')}:" in answer.out


def test_the_server_works_with_a_table_that_init_brought_up_to_date(site):
    run = with_server(site)
    token = site.manager().token()
    assert site.let_in(token) == 200
    index = "access_tokens_created"
    site.database.run(f"DROP INDEX {index}" + (" ON access_tokens" if site.database.driver == "mysql" else ""))
    run("init")
    fresh = generated(run, "alice")
    assert site.let_in(fresh) == 200 and site.let_in(token) == 200
    assert site.manager("alice").info(fresh)["status"] == "Active"
