# SPDX-License-Identifier: Apache-2.0
"""Each SQL text is answered by the index that was made for it, on every engine, in a table of 20,000 rows.

The texts are those of src/core/db/sql.c itself, and another test shows that a server sends no others; on
PostgreSQL and MariaDB it also reads the plans by which they were really carried out.
"""

import contextlib
import json
import os
import random
import re

import pytest

import engines
import sql_texts
import tokens
from client import Client, Manager, next_page
from httpd import wait_until
from marks import ALL_ENGINES
from typical_site import Site

SERVED = pytest.mark.parametrize("engine", ["pgsql", "mysql"], indirect=True, scope="module")
ROWS, USERS, HEAVY = 20_000, 200, 1_500
DAY = 86_400_000
KEY, USER, CREATED, EXPIRES, DELETED, NONE = "key", "user", "created", "expires", "deleted", "none"
# The index that a text needs; a new text needs its line here.
NEEDS = {
    "find": KEY, "find_own": KEY, "find_current": KEY, "mark_deleted": KEY, "mark_deleted_own": KEY, "undo_insert": KEY,
    "use_one": KEY, "use_all": KEY, "use_missed": KEY, "insert": NONE, "lock_user": NONE, "unlock_user": NONE, "count_live": USER,
    "deleted": DELETED, "owners": USER,
    **{f"use_{part} {size}": KEY for part in ("lock", "write", "exist") for size in (0, 1)},
    "purge_expired": EXPIRES, "purge_deleted": DELETED, "count_expired": EXPIRES, "count_deleted": DELETED,
    "last_generated": CREATED, "last_deleted": DELETED,
    **{f"list {number}": CREATED if number < 3 else USER for number in range(6)},
}
LISTS = [name for name in NEEDS if name.startswith("list")]
ROWS_OF = {"0": 8, "1": 500}  # of the statements for many rows; see sql_lastused.c
SELDOM = {"undo_insert", "purge_expired", "purge_deleted", "count_expired", "count_deleted", "owners", "last_generated",
          "last_deleted", "use_missed", "use_exist 0", "use_exist 1", "use_lock 1", "use_write 1"}
USES, PAGE = 50, 11


@pytest.fixture(scope="module")
def site(engine):
    """A server whose table has many rows, about which the engine knows."""
    with Site("event", engine) as place:
        place.start()
        place.manager("alice").token()
        fill(place.database)
        place.known = Known(place.database)
        yield place


def fill(database):
    """200 users, one of whom has many of the tokens; three tenths are expired, one is deleted."""
    dice, now = random.Random(1), engines.now_ms()
    rows = []
    for number in range(ROWS):
        made = now - dice.randrange(365 * DAY)
        user = "user0" if number < HEAVY else f"user{1 + number % (USERS - 1)}"
        kind = dice.random()
        rows.append((tokens.id_of(tokens.forge()), f"{number:064x}", user, f"token {number}", made,
                     now + (-DAY if kind < 0.3 else DAY * 100), now - DAY if kind > 0.9 else None))
    columns = "token_id", "token_hash", "user_name", "description", "created_at", "expires_at", "deleted_at"
    if database.driver == "pgsql":  # executemany() would take seconds
        with database.connection() as link, link.cursor() as cursor:
            from psycopg2.extras import execute_values
            execute_values(cursor, f"INSERT INTO access_tokens ({', '.join(columns)}) VALUES %s", rows, page_size=1000)
    else:
        database.insert(*columns, rows=rows)
    for command in {"sqlite3": ["ANALYZE"], "pgsql": ["VACUUM ANALYZE access_tokens"],
                    "mysql": ["ANALYZE TABLE access_tokens"]}[database.driver]:
        database.run(command)


class Known:
    """Values that are in the table, to ask for; `deep` is the middle of the list."""

    def __init__(self, database):
        self.now = engines.now_ms()
        self.id, self.hash, self.user = database.run("SELECT token_id, token_hash, user_name FROM access_tokens"
                                                     " WHERE description = 'token 17000'")[0]
        self.first = (self.now + 400 * DAY, "")
        self.deep = {who: database.run(f"SELECT created_at, token_id FROM access_tokens {where}"
                                       f" ORDER BY created_at DESC, token_id DESC LIMIT 1 OFFSET {offset}")[0]
                     for who, where, offset in ((CREATED, "", ROWS // 2),
                                                (USER, "WHERE user_name = 'user0'", HEAVY // 2))}

    def arguments(self, name, place=None, limit=101):
        place = place or self.first
        if name.startswith("list"):
            number = int(name.split()[1])
            user = ["user0"] if number >= 3 else []
            return [*user, *([self.now] if number % 3 else []), place[0], *place, PAGE]
        if name.startswith("use_") and name[-1] in ROWS_OF:
            ids = [self.id] * ROWS_OF[name[-1]]
            return [cell for token_id in ids for cell in (token_id, self.now)] + ids if "write" in name else ids
        used = "{" + ",".join([self.id] * USES) + "}", "{" + ",".join([str(self.now)] * USES) + "}"
        return {"find": [self.id], "find_own": [self.id, self.user], "find_current": [self.id],
                "mark_deleted": [self.now, self.id],
                "mark_deleted_own": [self.now, self.id, self.user], "undo_insert": [self.id, self.hash],
                "use_one": [self.now, self.id, self.now], "use_all": used, "use_missed": used,
                "count_live": [self.user, self.now], "owners": [self.user, 100],
                "count_expired": [self.now - 300 * DAY], "count_deleted": [self.now - 300 * DAY] * 2,
                "purge_expired": [self.now - 2 * DAY, self.now - 2 * DAY, 100],
                "purge_deleted": [self.now - 2 * DAY, self.now - 2 * DAY, 100],
                "last_generated": [self.now - DAY // 2], "last_deleted": [self.now - DAY // 2],
                "deleted": [self.now - DAY // 2, self.now - DAY // 2, "", 1000]}[name]

    def deep_arguments(self, name):
        return self.arguments(name, self.deep[NEEDS[name]])


# Plans

class Plan:
    """Which indexes of our table it uses, whether it reads all of the table or of an index, and whether it sorts."""

    as_good = {}  # other indexes that find no more rows than the one it needs

    def __init__(self, indexes, scans, sorts, words):
        self.indexes, self.scans, self.sorts, self.words = indexes, scans, sorts, words

    def check(self, name):
        also = {KEY} if name.startswith("purge") else set()  # of the rows that the index has found
        assert self.indexes - also in ({NEEDS[name]}, self.as_good.get(name)), self.words
        assert not self.scans and (not self.sorts or name in ("deleted", "use_all", "use_missed")), self.words


def short(index):
    """Our word for an index by the engine's name of it."""
    return KEY if re.search(r"(?i)primary|pkey", index) else index.rsplit("_", 1)[-1]


def sqlite_plan(lines):
    words = "\n".join(lines)
    found = re.findall(r"USING (?:COVERING )?(PRIMARY KEY|INDEX \w+)", words)
    return Plan({short(index) for index in found}, "SCAN" in words, "TEMP B-TREE" in words, words)


def nodes(tree):
    yield tree
    for below in tree.get("Plans", []):
        yield from nodes(below)


def postgres_plan(tree):
    all_nodes = list(nodes(tree))
    indexes = {short(node["Index Name"]) for node in all_nodes if "Index Name" in node}
    kinds = [node["Node Type"] for node in all_nodes]
    return Plan(indexes, "Seq Scan" in kinds, any("Sort" in kind for kind in kinds), json.dumps(tree, indent=1))


class MariaDbPlan(Plan):
    """From rows of EXPLAIN, as dictionaries. InnoDB's indexes end with the primary key."""

    as_good = {"mark_deleted": {DELETED}, "mark_deleted_own": {DELETED}}

    def __init__(self, rows):
        words = json.dumps(rows)
        super().__init__({short(row["key"]) for row in rows if row["key"] not in (None, "", "NULL")},
                         any(row["type"] in ("ALL", "index") for row in rows),
                         "filesort" in words or "temporary" in words, words)
        self.rows = [row["rows"] for row in rows]

    def check(self, name):
        super().check(name)
        assert NEEDS[name] != KEY or self.rows in (["1"], [1]), self.words


def explain(database, name, arguments):
    text = sql_texts.texts(database.driver)[name]
    if database.driver == "sqlite3":
        return sqlite_plan([row[3] for row in database.run("EXPLAIN QUERY PLAN " + sql_texts.marked(text), *arguments)])
    with database.connection() as link, link.cursor() as cursor:
        if database.driver == "pgsql":
            cursor.execute("EXPLAIN (FORMAT JSON) " + sql_texts.marked(text, "%s"), arguments)
            return postgres_plan(cursor.fetchone()[0][0]["Plan"])
        cursor.execute("EXPLAIN " + sql_texts.marked(text, "%s"), arguments)
        names = [column[0] for column in cursor.description]
        return MariaDbPlan([dict(zip(names, row)) for row in cursor.fetchall()])


@ALL_ENGINES
def test_every_text_is_known_here(site):
    texts = set(sql_texts.texts(site.engine))
    assert {name for name in NEEDS if not re.match("lock_user|unlock_user|use_|find_current", name)} <= texts <= set(NEEDS)


@ALL_ENGINES
@pytest.mark.parametrize("name", [name for name, index in NEEDS.items() if index != NONE])
def test_a_text_is_answered_by_its_index(site, name):
    if re.match("use_|find_current", name) and name not in sql_texts.texts(site.engine):
        return  # another engine's
    explain(site.database, name, site.known.arguments(name)).check(name)


@ALL_ENGINES
@pytest.mark.parametrize("name", LISTS)
def test_a_page_in_the_middle_of_a_list_is_answered_by_the_same_index(site, name):
    explain(site.database, name, site.known.deep_arguments(name)).check(name)


# Work

def rows_read(database, name, arguments):
    """How many rows (in SQLite: steps of its machine) the engine has to look at for the answer."""
    text = sql_texts.texts(database.driver)[name]
    with database.connection() as link:
        if database.driver == "sqlite3":
            steps = []
            link.set_progress_handler(lambda: steps.append(1), 1)
            link.execute(sql_texts.marked(text), arguments).fetchall()
            link.set_progress_handler(None, 1)
            return len(steps)
        with link.cursor() as cursor:
            if database.driver == "pgsql":
                cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql_texts.marked(text, "%s"), arguments)
                return sum(node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
                           for node in nodes(cursor.fetchone()[0][0]["Plan"]) if "Relation Name" in node)
            cursor.execute("FLUSH STATUS")
            cursor.execute(sql_texts.marked(text, "%s"), arguments)
            cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
            return sum(int(value) for _, value in cursor.fetchall())


@ALL_ENGINES
@pytest.mark.parametrize("name", LISTS)
def test_a_page_in_the_middle_of_a_list_is_no_more_work_than_the_first(site, name):
    first = rows_read(site.database, name, site.known.arguments(name))
    deep = rows_read(site.database, name, site.known.deep_arguments(name))
    assert PAGE <= first and deep <= 3 * first, (first, deep)


# What is sent

def postgres_log(database):
    with open(os.path.join(database.rdbms.folder, "log"), encoding="utf-8", errors="replace") as file:
        file.seek(database.log_start)
        text = file.read()
    plans = [json.loads(found) for found in re.findall(r"plan:\n((?:\t.*\n)+)", text)]
    return [(plan["Query Text"], postgres_plan(plan["Plan"])) for plan in plans]


def mariadb_log(database):
    """From the log of slow queries, where every query is slow: each entry ends with its SQL."""
    with open(database.slow_log, encoding="utf-8", errors="replace") as file:
        entries = re.split(r"(?m)^# User@Host: ", file.read())[1:]
    sent = []
    for entry in entries:
        table = [line.split("\t") for line in re.findall(r"(?m)^# explain: (.*)$", entry)]
        rows = [dict(zip(table[0], row)) for row in table[1:]] if table else []
        sql = re.sub(r"(?m)^(#.*|use .*|SET timestamp=.*)\n", "", entry[entry.index("\n") + 1:]).strip().rstrip(";")
        if entry.startswith("tester["):
            sent.append((sql, MariaDbPlan([row for row in rows if row["table"] == "access_tokens"])))
    return sent


@contextlib.contextmanager
def recorded(database):
    """The database server writes down what it is sent by connections that begin now, and how it carries that out."""
    if database.driver == "pgsql":
        for name, value in (("session_preload_libraries", "'auto_explain'"), ("auto_explain.log_min_duration", "0"),
                            ("auto_explain.log_format", "'json'")):
            database.run(f"ALTER DATABASE {database.name} SET {name} = {value}")
        database.log_start = os.path.getsize(os.path.join(database.rdbms.folder, "log"))
        yield lambda: postgres_log(database)
        return
    database.slow_log = os.path.join(database.rdbms.folder, "slow-" + database.name)
    before = database.run("SELECT @@long_query_time, @@log_slow_filter, @@log_slow_verbosity")[0]
    names = "long_query_time", "log_slow_filter", "log_slow_verbosity"
    values = {"slow_query_log_file": database.slow_log, **dict(zip(names, (0, "", "query_plan,explain"))), "slow_query_log": 1}
    with database.connection() as link, link.cursor() as cursor:
        for name, value in values.items():
            cursor.execute(f"SET GLOBAL {name} = %s", (value,))
    try:
        yield lambda: mariadb_log(database)
    finally:
        with database.connection() as link, link.cursor() as cursor:
            for name, value in {"slow_query_log": 0, **dict(zip(names, before))}.items():
                cursor.execute(f"SET GLOBAL {name} = %s", (value,))


def shape(sql):
    """A statement without its values, whether they are marks or stand there."""
    sql = re.sub(r"'(?:[^'\\]|\\.|'')*'|\$\d+|%s|%lld|\b\d+\b|\bNULL\b(?=[,)])", "?", sql)
    sql = sql.replace("/*!", "/* ")  # as MariaDB's log has what is for MySQL alone
    return re.sub(r"\s+", " ", sql).strip()


def do_everything(site):
    """Each request that sends another statement: generate, use, list in every way, delete."""
    owner = Manager(Client(site.server.port), "/three", user="carol")
    admin = site.everybody()
    made = [owner.generate()[0] for _ in range(3)] + [site.manager("admin").token()]
    for token in made:
        assert site.let_in(token) == 200
    for manager in (owner, admin):
        for status in ("", "&status=active", "&status=expired"):
            answer = manager.call("GET", "?limit=2" + status)
            assert answer.status_code == 200 and (not next_page(answer) or site.client.session.get(
                next_page(answer), auth=(manager.credentials["user"], "correct horse")).status_code == 200)
    assert owner.info(made[0])["lastUsed"]
    owner.delete(made[0])
    admin.delete(made[1])
    assert wait_until(lambda: site.figures()["LastUsedPending"] == 0)


@SERVED
def test_a_server_sends_no_other_statements_and_they_are_carried_out_by_their_indexes(site, new_site):
    """SQLite keeps no log; there the server links the very file whose texts were explained."""
    texts = {shape(text): name for name, text in sql_texts.texts(site.engine).items()}
    with recorded(site.database) as log:
        other = new_site(beside=site)
        other.start("AccessTokenLastUsedInterval 1s\n")
        do_everything(other)
        assert other.server.stop()
        sent = [(shape(sql), plan) for sql, plan in log() if "access_tokens" in sql]
    assert {sql for sql, _ in sent} <= set(texts), {sql for sql, _ in sent} - set(texts)
    names = {texts[sql] for sql, _ in sent}
    assert names >= set(texts.values()) - SELDOM
    for sql, plan in sent:
        if NEEDS[texts[sql]] != NONE:
            assert NEEDS[texts[sql]] in plan.indexes or plan.as_good.get(texts[sql]) == plan.indexes, (sql, plan.words)
            assert not plan.scans, (sql, plan.words)
