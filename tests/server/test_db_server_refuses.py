# SPDX-License-Identifier: Apache-2.0
"""The database server answers, and refuses: read-only, no connection left, another password. Never 401 for a good token."""

import contextlib
import os
import re
import time

import pytest

import faults
import rdbms
import tokens
from client import check_unavailable
from faults import SETTINGS, UNCACHED, Bystander, check_cannot_generate, check_healed, check_refused, check_told, everywhere
from httpd import wait_until
from marks import ALL_SERVERS, SERVERS, TWO_MPMS, each

ONCE, AND_ONCE = (each("engine, model", SERVERS, TWO_MPMS, turn=turn) for turn in (0, 1))
MOST = 40  # connections; prefork's children need one each, and one for what they do by the way


class Guarded:
    """A database server of its own, with few connections and an account that is nobody's master and has a password."""

    def __init__(self, engine):
        if engine == "pgsql":
            self.server = rdbms.Postgres("-c", f"max_connections={MOST}", "-c", "superuser_reserved_connections=3",
                                         "-c", "max_wal_senders=0")
        else:
            self.server = rdbms.MariaDb(f"--max-connections={MOST}")
        self.engine = engine
        self.server.prepare()
        if engine == "pgsql":
            with open(os.path.join(self.server.folder, "data", "pg_hba.conf"), "w", encoding="ascii") as file:
                file.write("local all tester trust\nlocal all all scram-sha-256\n")
        self.server.start()
        self.run(None, "CREATE ROLE guest LOGIN PASSWORD 'first'" if engine == "pgsql"
                 else "CREATE USER guest@localhost IDENTIFIED BY 'first'")

    def run(self, name, statement):
        with contextlib.closing(self.server.connect(name)) as link:
            link.autocommit = True
            with link.cursor() as cursor:
                cursor.execute(statement)

    def directive(self, name):
        if self.engine == "pgsql":
            return f'AccessTokenDatabase pgsql "host={self.server.folder} user=guest password=first dbname={name}"'
        return f'AccessTokenDatabase mysql "sock={self.server.folder}/socket,user=guest,pass=first,dbname={name}"'

    def give(self, name):
        """The database to the account."""
        self.run(None, f"ALTER DATABASE {name} OWNER TO guest" if self.engine == "pgsql"
                 else f"GRANT ALL ON {name}.* TO guest@localhost")

    def set_password(self, word):
        self.run(None, f"ALTER ROLE guest PASSWORD '{word}'" if self.engine == "pgsql"
                 else f"ALTER USER guest@localhost IDENTIFIED BY '{word}'")

    @contextlib.contextmanager
    def crowded(self, database):
        """Others have all connections that the account could have: who had one before us has lost it."""
        links = []
        end = time.monotonic() + 10
        try:
            while (theirs := self.fill(database, links)) and time.monotonic() < end:
                for number in theirs:
                    with contextlib.suppress(Exception):  # it has ended by itself
                        self.run(None, f"SELECT pg_terminate_backend({number})" if self.engine == "pgsql"
                                 else f"KILL {number}")
            assert not theirs
            yield
        finally:
            for link in links:
                link.close()

    def fill(self, database, links):
        """Takes connections until there are no more: the numbers of those that are not ours.

        One that somebody has just closed may count for a moment; so once refused is not yet none left.
        """
        refused = 0
        while refused < 3:
            try:
                links.append(self.connect_as_guest(database.name))
            except Exception:  # pylint: disable=broad-except
                refused += 1
                time.sleep(0.1)
        ours = {link.info.backend_pid if self.engine == "pgsql" else link.thread_id() for link in links}
        return set(faults.connections_of(database)) - ours

    def connect_as_guest(self, name):
        if self.engine == "pgsql":
            import psycopg2
            return psycopg2.connect(host=self.server.folder, user="guest", password="first", dbname=name)
        import pymysql
        return pymysql.connect(unix_socket=self.server.folder + "/socket", user="guest", password="first", database=name)


@pytest.fixture(scope="module")
def guarded(engine):
    server = Guarded(engine)
    yield server
    server.server.end()


def start(site, guarded, settings):
    guarded.give(site.database.name)
    site.start(guarded.directive(site.database.name) + "\n" + settings)
    site.owner = site.manager("alice")
    return site


@ONCE
def test_when_no_connection_is_left_cached_tokens_are_let_in_and_the_rest_is_503(guarded, new_site, model):
    site = start(new_site(mpm=model, on=guarded.server), guarded, SETTINGS)
    known, unknown = site.owner.token(), site.owner.token()
    assert everywhere(site, known) == {200}
    with guarded.crowded(site.database), Bystander(site):
        assert everywhere(site, known) == {200}
        check_refused(site, unknown)
        assert everywhere(site, known) == {200}
    check_healed(site, known, unknown)
    check_told(site, "read", "(?i)too many|connection|gone away")


@AND_ONCE
def test_the_log_says_why_also_where_every_token_in_use_is_known(guarded, new_site, model):
    """Nobody but the process that asks for deletions meets the database then."""
    site = start(new_site(mpm=model, on=guarded.server), guarded, SETTINGS)
    known = site.owner.token()
    assert everywhere(site, known) == {200}

    def told():
        assert site.let_in(known) == 200
        return re.search(r"no answer to the query for deleted tokens \((.+?)\);", site.server.log())

    with guarded.crowded(site.database):
        assert wait_until(told, 8)
    assert re.search("(?i)too many|connection|gone away", told().group(1))


@ONCE
def test_a_password_that_is_changed_under_the_server_makes_no_token_bad(guarded, new_site, model):
    site = start(new_site(mpm=model, on=guarded.server), guarded, UNCACHED)
    token, other = site.owner.token(), site.owner.token()
    guarded.set_password("second")
    try:
        assert everywhere(site, token) <= {200, 503}
        faults.end_connections(site.database)
        check_refused(site, other)
        assert everywhere(site, token) == {503}
    finally:
        guarded.set_password("first")
    check_healed(site, token, other)
    check_told(site, "read", "(?i)password|access denied")
    assert "first" not in site.server.log()


@contextlib.contextmanager
def read_only(guarded, name):
    """PostgreSQL: new sessions of the database; MariaDB: all of the server but its masters."""
    def switch(on):
        if guarded.engine == "pgsql":
            guarded.run(None, f"ALTER DATABASE {name} SET default_transaction_read_only = {'on' if on else 'off'}")
        else:
            guarded.run(None, f"SET GLOBAL read_only = {int(on)}")

    switch(True)
    try:
        yield
    finally:
        switch(False)


@AND_ONCE
def test_a_read_only_database_is_read_and_what_was_used_is_written_later(guarded, new_site, model):
    site = start(new_site(mpm=model, on=guarded.server), guarded, UNCACHED + "AccessTokenLastUsedInterval 1s\n")
    token, other = site.owner.token(), site.owner.token()
    rows = [row[:6] for row in site.database.rows()]
    assert everywhere(site, token) == {200}
    with read_only(guarded, site.database.name), Bystander(site):
        faults.end_connections(site.database)
        for good in (token, other):
            assert everywhere(site, good) == {200}
        assert len(site.owner.list()) == 2
        assert site.owner.info(other)["lastUsed"]
        assert everywhere(site, tokens.forge()) == {401}
        for _ in range(3):
            check_cannot_generate(site)
            check_unavailable(site.owner.call("DELETE", "/" + tokens.id_of(other)))
        time.sleep(2)
        assert everywhere(site, other) == {200}
        assert site.database.row(tokens.id_of(other))["last_used"] is None
        assert [row[:6] for row in site.database.rows()] == rows
    check_healed(site, token, other)
    assert wait_until(lambda: site.database.row(tokens.id_of(other))["last_used"], faults.HEALED)
    check_told(site, "written", "(?i)read.only")
    assert not [line for line in faults.told(site) if "cannot be read (" in line]
    assert not re.search("CREATE|httoken|there is no table", "".join(faults.told(site)))


@ALL_SERVERS
def test_a_table_that_the_account_may_not_create_is_named_and_used_when_another_account_has_created_it(guarded, new_site):
    admin = new_site(on=guarded.server)
    site = new_site(beside=admin)
    name = admin.database.name
    if guarded.engine == "mysql":
        guarded.run(None, f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name}.* TO guest@localhost")
    site.start(guarded.directive(name) + "\n" + UNCACHED)
    site.owner = site.manager("alice")
    check_refused(site, tokens.forge())
    assert not admin.database.has_table()
    token = admin.start().manager("alice").token()
    if guarded.engine == "pgsql":
        guarded.run(name, "GRANT SELECT, INSERT, UPDATE, DELETE ON access_tokens TO guest")
    check_healed(site, token)
    first = "does not exist" if guarded.engine == "pgsql" else "doesn't exist"
    check_told(site, "read", f"access_tokens. {first}.*there is no table.*creating it: .*(?i:denied).*httoken init")
