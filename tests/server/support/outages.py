# SPDX-License-Identifier: Apache-2.0
"""Ways in which a table goes away and comes back, for each engine: context managers of a site's database."""

import contextlib
import fcntl
import glob
import os
import signal
import time

LOCK_BYTES, FIRST_LOCK = 8, 120  # of a WAL's shared memory, as SQLite's file format tells


@contextlib.contextmanager
def renamed(database):
    """The table has another name for a while."""
    database.run("ALTER TABLE access_tokens RENAME TO aside")
    try:
        yield
    finally:
        database.run("ALTER TABLE aside RENAME TO access_tokens")


@contextlib.contextmanager
def without_owners(database):
    """A required column is missing for a while; unlike a missing table, it is not created."""
    database.run("ALTER TABLE access_tokens RENAME COLUMN user_name TO aside")
    try:
        yield
    finally:
        database.run("ALTER TABLE access_tokens RENAME COLUMN aside TO user_name")


@contextlib.contextmanager
def locked_for_all(database):
    """Nobody can read SQLite's file. No connection of ours may be opened meanwhile: closing it would unlock."""
    with open(database.path + "-shm", "r+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX, LOCK_BYTES, FIRST_LOCK)
        yield


@contextlib.contextmanager
def held(database, but_reading=False):
    """Every statement on the table waits, or every one that writes. PostgreSQL and MariaDB.

    With InnoDB's locks of all rows and of what is between them, as others count who must not be
    joined by new ones, it takes a writer to be held.
    """
    lock, end = {
        ("pgsql", False): ("BEGIN; LOCK TABLE access_tokens IN ACCESS EXCLUSIVE MODE", "COMMIT"),
        ("pgsql", True): ("BEGIN; LOCK TABLE access_tokens IN SHARE MODE", "COMMIT"),
        ("mysql", False): ("LOCK TABLES access_tokens WRITE", "UNLOCK TABLES"),
        ("mysql", True): ("BEGIN; SELECT COUNT(*) FROM access_tokens FOR UPDATE", "COMMIT"),
    }[database.driver, but_reading]
    with database.connection() as link, link.cursor() as cursor:
        for command in lock.split("; "):
            cursor.execute(command)
        try:
            yield
        finally:
            cursor.execute(end)


@contextlib.contextmanager
def away(database, end):
    """The database server is ended in this way, and started again."""
    end()
    try:
        yield
    finally:
        database.rdbms.start()


def stopped(database):
    """The database server is shut down."""
    return away(database, lambda: database.rdbms.stop(database.rdbms.fast))


@contextlib.contextmanager
def frozen(database):
    """The database server, with all its processes, does nothing and closes nothing."""
    pids = database.rdbms.processes()
    try:
        send_all(pids, signal.SIGSTOP)
        while not all(map(is_stopped, pids)):  # on a busy machine its threads go on for a moment
            time.sleep(0.01)
        yield
    finally:
        send_all(pids, signal.SIGCONT)


def is_stopped(pid):
    """Whether every thread of it is, or there is none any more."""
    for name in glob.glob(f"/proc/{pid}/task/*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(name, encoding="utf-8", errors="replace") as file:
            if file.read().rpartition(")")[2].split()[0] not in "TtZX":
                return False
    return True


def send_all(pids, number):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # a connection's process that has just ended
            os.kill(pid, number)
