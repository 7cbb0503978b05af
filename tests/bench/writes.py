# SPDX-License-Identifier: Apache-2.0
"""Part "writes": what last uses write to the table in a minute in which 1,000 tokens are in constant use.

SQLite: bytes that httpd's processes wrote to the storage (write_bytes of /proc/<pid>/io, which does not count
sockets), and rows that changed. PostgreSQL: its own counters, and its WAL.
"""

import os
import threading
import time

import contenders
import wrk
from benchserver import BenchServer
from context import FEW
from report import Table
from tables import Table as TokenTable

NAME = "writes"
SETTLING = 5
MINUTE = 60
QUICK_INTERVAL = 10
NOTES = (
    "Measured for one AccessTokenLastUsedInterval after the tokens were first used, with every token used many",
    "times a second; both engines at the same time. bytes: SQLite, write_bytes of httpd's processes on a file",
    "system on a disk; PostgreSQL, growth of its WAL. rows: SQLite, rows whose last_used changed; PostgreSQL,",
    "rows updated. transactions and index scans: PostgreSQL's counters, for all statements of the module.",
)
POSTGRES_COUNTS = """SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),
    (SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'access_tokens'),
    (SELECT idx_scan FROM pg_stat_user_tables WHERE relname = 'access_tokens'),
    pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"""


class Observed(contenders.Ours):
    """The module with a table of its own, which no other server has used."""

    def __init__(self, context, engine, interval):
        super().__init__(context)
        self.engine = engine
        self.interval = interval
        self.own = TokenTable(engine, context.tokens(FEW)[:FEW])
        self.database = self.own.database
        context.stack.callback(self.own.close)

    def configuration(self):
        return (f"{self.own.directive()}\nAccessTokenLastUsedInterval {self.interval}s\n"
                + contenders.location("AuthType AccessToken"))


def written_bytes(server):
    total = 0
    for pid in server.processes():
        with open(f"/proc/{pid}/io", encoding="ascii") as file:
            total += next(int(line.split()[1]) for line in file if line.startswith("write_bytes"))
    return total


class SqliteMeter:
    """See the module."""

    def __init__(self, observed, server):
        self.observed, self.server = observed, server
        self.before = self._read()

    def _read(self):
        used = dict(self.observed.database.run("SELECT token_id, last_used FROM access_tokens"))
        return written_bytes(self.server), used, os.stat(self.observed.database.path + "-wal").st_size

    def result(self):
        after = self._read()
        return {"bytes": after[0] - self.before[0], "transactions": None, "scans": None,
                "rows": sum(after[1][token] != used for token, used in self.before[1].items()),
                "wal_size": after[2]}


class PostgresMeter:
    """See the module."""

    def __init__(self, observed, server):
        del server
        self.observed = observed
        self.before = self._read()

    def _read(self):
        return [int(cell) for cell in self.observed.database.run(POSTGRES_COUNTS)[0]]

    def result(self):
        commits, rows, scans, wal = [after - before for before, after in zip(self.before, self._read())]
        return {"bytes": wal, "transactions": commits, "scans": scans, "rows": rows}


METERS = {"sqlite3": SqliteMeter, "pgsql": PostgresMeter}


class Load(threading.Thread):
    """Runs wrk on one server in a thread, while the main thread reads the meters."""

    def __init__(self, server, credentials, seconds):
        super().__init__(daemon=True)
        self.arguments = (server, credentials, seconds)
        self.result = self.error = None

    def run(self):
        try:
            self.result = wrk.run(*self.arguments, connections=8)
        except RuntimeError as error:
            self.error = error


def measure(context):
    interval = QUICK_INTERVAL if context.quick else MINUTE
    context.say(f"writes: {FEW} tokens in use for {interval} s after {SETTLING} s")
    every = [Observed(context, engine, interval) for engine in METERS]
    servers = [BenchServer(one.modules, with_module=True) for one in every]
    try:
        loads = []
        for one, server in zip(every, servers):
            server.start(one.configuration())
            loads.append(Load(server, context.credentials(one, range(FEW)), SETTLING + interval + 3))
        return _observe(every, servers, loads, interval)
    finally:
        wrk.end_all()
        for server in servers:
            server.close()


def _observe(every, servers, loads, interval):
    for load in loads:
        load.start()
    time.sleep(SETTLING)
    meters = [METERS[one.engine](one, server) for one, server in zip(every, servers)]
    time.sleep(interval)
    results = [meter.result() for meter in meters]
    for load in loads:
        load.join()
        if load.error:
            raise load.error
    return {one.engine: {**result, "interval": interval, "rate": load.result.rate,
                         "bytes_per_interval_and_token": result["bytes"] / FEW}
            for one, result, load in zip(every, results, loads)}


def tables(results):
    table = Table(f"What last uses write with {FEW:,} tokens in use",
                  ("engine", "interval", "req/s", "bytes an interval", "a token", "rows an interval",
                   "transactions", "index scans"), NOTES)
    for engine, row in results.items():
        table.row(engine, f"{row['interval']} s", row["rate"], row["bytes"], row["bytes_per_interval_and_token"],
                  row["rows"], row["transactions"], row["scans"],
                  formats=("", ",.0f", ",d", ",.0f", ",d", ",d", ",d"))
    return [table]
