# SPDX-License-Identifier: Apache-2.0
"""Faults of a database, as context managers; who watches meanwhile; and what every outage must look like.

outages.py has the ways in which all of a table is away; here are those that need more than one step.
"""

import contextlib
import re
import time
import uuid

import outages
import tokens
from background_threads import BackgroundThreads
from client import check_problem, check_unavailable
from fast_client import Wire, at_once, request, wires
from httpd import wait_until

TIMEOUT = 1.0
SLACK = 0.5
BOUND = TIMEOUT + SLACK
PROMPT = 0.8  # of an answer for which nobody waits, on a busy machine
HEALED = 15
SETTINGS = f"LogLevel info\nAccessTokenDatabaseTimeout {TIMEOUT:.0f}s\n"
UNCACHED = SETTINGS + "AccessTokenCacheSize 0\n"
OPEN = b"GET /open/data.json HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"

# The server goes

def killed(database):
    """SIGKILL for every process of the database server."""
    return outages.away(database, database.rdbms.kill)


def ended_at_once(database):
    """PostgreSQL's immediate mode, which tells its clients; MariaDB has none and is aborted."""
    return outages.away(database, lambda: database.rdbms.stop(database.rdbms.at_once))


def restart(database):
    database.rdbms.stop(database.rdbms.fast)
    database.rdbms.start()


def connections_of(database):
    """The server's own numbers of the connections to this database that are not ours."""
    if database.driver == "pgsql":
        sql = "SELECT pid FROM pg_stat_activity WHERE datname = ? AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    else:
        sql = "SELECT id FROM information_schema.processlist WHERE db = ? AND id <> connection_id()"
    return [row[0] for row in database.run(sql, database.name)]


def end_connections(database):
    """pg_terminate_backend and KILL, one by one: how many there were."""
    found = connections_of(database)
    for number in found:
        if database.driver == "pgsql":
            database.run("SELECT pg_terminate_backend(?)", number)
        else:
            with contextlib.suppress(Exception):  # it has ended by itself
                database.run(f"KILL {number}")
    return len(found)


# Somebody else holds on to something

@contextlib.contextmanager
def table_locked(database, table="access_tokens"):
    """Nobody can read or write the table, and who tries waits."""
    with database.connection() as link, link.cursor() as cursor:
        if database.driver == "pgsql":
            cursor.execute("BEGIN")
            cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        else:
            cursor.execute(f"LOCK TABLES {table} WRITE")
        yield


@contextlib.contextmanager
def rows_locked(database, table="access_tokens"):
    """A long transaction has written all rows; they can be read."""
    with database.connection() as link, link.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"UPDATE {table} SET last_used = coalesce(last_used, 0) + 1")
        yield
        cursor.execute("ROLLBACK")


# The table

@contextlib.contextmanager
def without_column(database, column):
    """The table of an older version, which lacks this column; afterwards it is there again, empty."""
    kind = {"description": "VARCHAR(255) NOT NULL DEFAULT ''", "scopes": "VARCHAR(255) NULL"}.get(column, "BIGINT NULL")
    for index in indexes_of(database, column):
        database.run(f"DROP INDEX {index}" + (" ON access_tokens" if database.driver == "mysql" else ""))
    database.run(f"ALTER TABLE access_tokens DROP COLUMN {column}")
    try:
        yield
    finally:
        database.run(f"ALTER TABLE access_tokens ADD COLUMN {column} {kind}")


def indexes_of(database, column):
    return ["access_tokens_deleted"] if column == "deleted_at" and database.driver != "pgsql" else []


# Who watches

class Bystander(BackgroundThreads):
    """Somebody who needs no database and asks all the time, on fresh connections: `with Bystander(site): …`."""

    def __init__(self, site):
        self.port = site.server.port
        self.seen = []
        super().__init__(self.run)

    def run(self):
        while not self.stop.is_set():
            began = time.monotonic()
            answers = Wire(self.port).exchange([OPEN])
            self.seen.append((answers[0].status if answers else None, time.monotonic() - began))
            time.sleep(0.03)

    def __exit__(self, kind, *_):
        super().__exit__()
        if kind is None:
            assert self.seen and {status for status, _ in self.seen} == {200}
            assert max(seconds for _, seconds in self.seen) < PROMPT, sorted(self.seen, key=lambda one: one[1])[-5:]


def timed(call):
    started = time.monotonic()
    answer = call()
    return answer, time.monotonic() - started


def check_refused(site, token, bound=BOUND):
    """Every kind of request gets 503 in time, with a token that is not cached."""
    check_cannot_be_read(site, token, bound)
    check_cannot_generate(site, bound)


def check_cannot_be_read(site, token, bound=BOUND):
    calls = [("GET", ""), ("GET", "/" + tokens.id_of(token)), ("DELETE", "/" + tokens.id_of(token))]
    for given in (token, tokens.forge()):
        answer, seconds = timed(lambda given=given: site.client.get("/api/data.json", token=given))
        check_unavailable(answer)
        assert seconds <= bound, seconds
    for call in calls:
        answer, seconds = timed(lambda call=call: site.owner.call(*call))
        check_unavailable(answer)
        check_problem(answer, 503)
        assert seconds <= bound, (call, seconds)


def check_cannot_generate(site, bound=BOUND, description="never"):
    answer, seconds = timed(lambda: site.owner.post({"description": description}))
    check_unavailable(answer)
    check_problem(answer, 503)
    assert seconds <= bound, seconds
    assert "httok_" not in answer.text


def everywhere(site, token, count=6):
    """The statuses that so many connections get at the same moment; on prefork each has its child."""
    with wires(site.server.port, count) as links:
        return set(at_once(*[lambda link=link: link.status(token) for link in links]))


def healed(site, token, status=200):
    return wait_until(lambda: everywhere(site, token) == {status}, HEALED)


def check_healed(site, *known):
    """These tokens are good, an unknown one is not, and one can be made, listed and deleted."""
    for token in known:
        assert healed(site, token), token[:12]
    assert healed(site, tokens.forge(), 401)
    made = wait_until(lambda: made_by(site.owner), HEALED)
    assert tokens.id_of(made) in {info["tokenId"] for info in site.owner.list()}
    assert site.let_in(made) == 200
    site.owner.delete(made)
    assert site.let_in(made) == 401


def made_by(owner):
    answer = owner.post({})
    return answer.json()["tokenValue"] if answer.status_code == 201 else None


# What the log says

def told(site):
    """The lines about an outage of the table: that it begins, that it lasts, and that it ends."""
    return [line for line in site.server.log().splitlines()
            if re.search(r"\[accesstoken:(error|notice)\].* table \S+ (cannot be (read|written) \(|can be (read|written) again)", line)]


def check_told(site, what="read", words="", reminders=0):
    """One line when the state begins, one when it ends, for the whole server; `words` stand in the first.

    It is over with the first request that is answered after a second without another failure.
    """
    def ended():
        site.client.status("/api/data.json", token=tokens.forge())
        site.owner.call("DELETE", "/" + str(uuid.uuid4()))
        return any(f"can be {what} again" in line for line in told(site))

    wait_until(ended, HEALED, pause=0.2)
    lines = [line for line in told(site) if f" be {what} " in line]
    begun = [line for line in lines if "cannot be" in line]
    assert begun and re.search(words, begun[0]), lines
    assert len(begun) <= 1 + reminders and len(lines) - len(begun) == 1, lines


def cold(port, token):
    """One request on a connection of its own: status and seconds."""
    link = Wire(port)
    began = time.monotonic()
    answers = link.exchange([request(token, fields="Connection: close\r\n")])
    link.close()
    return (answers[0].status if answers else None), time.monotonic() - began
