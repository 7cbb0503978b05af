# SPDX-License-Identifier: Apache-2.0
"""Triggers and rules of the database: a token is shown only when its row is there, and a deletion is answered only when it happened."""

import tokens
from client import check_problem, check_unavailable
from faults import UNCACHED, check_healed, check_told
from marks import ALL_ENGINES

pytestmark = ALL_ENGINES

FUNCTION = "CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {0}; END $$"
TRIGGER = "CREATE TRIGGER act {0} ON access_tokens FOR EACH ROW EXECUTE FUNCTION act()"


def on_postgres(moment, body):
    return [FUNCTION.format(body), TRIGGER.format(moment)], ["DROP TRIGGER act ON access_tokens", "DROP FUNCTION act"]


def on_sqlite(moment, body):
    return [f"CREATE TRIGGER act {moment} ON access_tokens BEGIN {body}; END"], ["DROP TRIGGER act"]


def on_mariadb(moment, body):
    return [f"CREATE TRIGGER act {moment} ON access_tokens FOR EACH ROW {body}"], ["DROP TRIGGER act"]


RULE = ["CREATE RULE act AS ON {0} TO access_tokens DO INSTEAD NOTHING"], ["DROP RULE act ON access_tokens"]
AT_INSERT = {
    "sqlite3": [on_sqlite("BEFORE INSERT", "SELECT RAISE(IGNORE)"),
                on_sqlite("AFTER INSERT", "UPDATE access_tokens SET token_hash = 'x' WHERE token_id = NEW.token_id")],
    "pgsql": [on_postgres("BEFORE INSERT", "RETURN NULL"),
              on_postgres("BEFORE INSERT", "NEW.user_name = 'bob'; RETURN NEW"),
              ([RULE[0][0].format("INSERT")], RULE[1])],
    "mysql": [on_mariadb("BEFORE INSERT", "SET NEW.user_name = 'bob'"),
              on_mariadb("BEFORE INSERT", "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no trigger lets you'")],
}
AT_UPDATE = {
    "sqlite3": [on_sqlite("BEFORE UPDATE", "SELECT RAISE(IGNORE)"),
                on_sqlite("AFTER UPDATE OF deleted_at",
                          "UPDATE access_tokens SET deleted_at = NULL WHERE token_id = NEW.token_id")],
    "pgsql": [on_postgres("BEFORE UPDATE", "RETURN NULL"), on_postgres("BEFORE UPDATE", "RETURN OLD"),
              ([RULE[0][0].format("UPDATE")], RULE[1])],
    "mysql": [on_mariadb("BEFORE UPDATE", "SET NEW.deleted_at = OLD.deleted_at")],
}


def each_with(site, cases):
    """The site with each of these triggers, one after the other; afterwards without."""
    for made, dropped in cases[site.engine]:
        for statement in made:
            site.database.run(statement)
        yield
        for statement in dropped:
            site.database.run(statement)


def test_no_token_is_shown_whose_row_a_trigger_keeps_out_or_changes(new_site):
    site = new_site().start(UNCACHED)
    site.owner = site.manager("alice")
    token = site.owner.token()
    for _ in each_with(site, AT_INSERT):
        for owner in (site.owner, site.manager("alice", path="/three")):
            answer = owner.post({})
            check_unavailable(answer)
            check_problem(answer, 503)
            assert "tokenValue" not in answer.text
        assert [row[0] for row in site.database.rows()] == [tokens.id_of(token)]
    check_healed(site, token)
    check_told(site, "written", "trigger")


def test_a_deletion_that_a_trigger_undoes_is_not_answered_as_one(new_site):
    site = new_site().start(UNCACHED)
    site.owner = site.manager("alice")
    token = site.owner.token()
    for _ in each_with(site, AT_UPDATE):
        for owner in (site.owner, site.everybody()):
            check_unavailable(owner.call("DELETE", "/" + tokens.id_of(token)))
        assert site.let_in(token) == 200
        assert len(site.owner.list()) == 1
    check_healed(site, token)
    check_told(site, "written", "trigger")
