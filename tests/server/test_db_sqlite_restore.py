# SPDX-License-Identifier: Apache-2.0
"""A backup takes the place of a SQLite file under the running server: it is restored, or the answer is 503; the file is
never undone by the write-ahead log of the one before, and never a mixture of both.
"""

import functools
import os
import shutil
import sqlite3
import time

import pytest

import tokens
from background_threads import BackgroundThreads
from client import check_unavailable
from httpd import AS_ROOT, CHILD_GROUP, CHILD_USER, wait_until
from marks import LONG, TWO_MPMS, each, parametrize

SETTINGS = "AccessTokenCacheSize 0\nAccessTokenDatabaseTimeout 1s\n"
ADVICE = "stop httpd, remove the files that end in -wal and -shm, start httpd"
LOOKS = 1.5  # seconds until every process has seen another file, which it looks for twice a second
IDLE = 8  # seconds after which no connection is open


def give_to_server(path):
    if AS_ROOT:
        shutil.chown(path, CHILD_USER, CHILD_GROUP)


def content(path):
    with open(path, "rb") as file:
        return file.read()


def move(site, path):
    os.rename(path, site.database.path)


def copy_over(site, path):
    """With the number of the old inode, if the file system gives it again."""
    os.unlink(site.database.path)
    shutil.copyfile(path, site.database.path)
    give_to_server(site.database.path)


def remove_wal(site):
    for suffix in ("-wal", "-shm"):
        if os.path.exists(site.database.path + suffix):
            os.unlink(site.database.path + suffix)


class Restorable:
    """A server with tokens that are in the backup, one that was deleted after it, and one that was made after it."""

    def __init__(self, site, settings=SETTINGS):
        self.site = site.start("LogLevel info\n" + settings)
        self.owner = site.manager("alice")
        self.kept, self.undone = self.owner.token(), self.owner.token()
        self.copy = site.database.backup(os.path.join(site.database.folder, "backup.db"))
        give_to_server(self.copy)
        self.bytes = content(self.copy)
        self.owner.delete(self.undone)
        self.lost = self.owner.token()
        assert os.path.getsize(site.database.path + "-wal") > 0

    def status(self, token):
        return self.site.let_in(token)

    def check_is_untouched(self):
        assert content(self.site.database.path) == self.bytes

    def check_is_restored(self):
        for _ in range(10):
            assert (self.status(self.kept), self.status(self.undone), self.status(self.lost)) == (200, 200, 401)
        assert self.site.database.sound()
        made = self.owner.token()
        assert self.status(made) == 200

    def restore_as_advised(self):
        self.site.server.stop()
        remove_wal(self.site)
        self.site.server.start()


@pytest.fixture
def restorable(new_site):
    return Restorable(new_site())


def everything_is_refused(place):
    check_unavailable(place.site.client.get("/api/data.json", token=place.kept))
    check_unavailable(place.owner.call("GET"))
    check_unavailable(place.owner.post({}))


@each("mpm, replace", TWO_MPMS, (move, copy_over))
def test_a_file_replaced_beside_its_wal_is_503_and_not_touched(restorable, replace):
    place = restorable
    copy = place.copy + ".kept"
    shutil.copyfile(place.copy, copy)
    replace(place.site, place.copy)
    time.sleep(LOOKS)
    for _ in range(10):
        everything_is_refused(place)
    assert ADVICE in place.site.server.log()
    time.sleep(IDLE)
    everything_is_refused(place)
    place.check_is_untouched()
    # Another start without removing anything changes nothing.
    place.site.server.restart()
    everything_is_refused(place)
    place.check_is_untouched()
    place.restore_as_advised()
    place.check_is_restored()


@parametrize("mpm", ["prefork"])  # many processes, each of which has to see it
def test_the_advice_may_be_followed_while_the_server_runs(restorable):
    place = restorable
    move(place.site, place.copy)
    time.sleep(LOOKS)
    everything_is_refused(place)
    time.sleep(IDLE)
    remove_wal(place.site)
    place.check_is_restored()


class Load(BackgroundThreads):
    """Clients that generate tokens and use them until the end of the block; what they were answered, and when."""

    def __init__(self, site, count=4):
        self.site, self.answers = site, []
        super().__init__(*(functools.partial(self.run, f"user{number}") for number in range(count)))

    def run(self, user):
        owner = self.site.manager(user)
        while not self.stop.is_set():
            answer = owner.post({"description": "x" * 200})
            self.answers.append((time.monotonic(), "made", answer.status_code))
            if answer.status_code == 201:
                token = tokens.remember(answer.json()["tokenValue"])
                self.answers.append((time.monotonic(), "used", self.site.let_in(token)))

    def statuses(self, what, since=0.0):
        return {status for moment, kind, status in self.answers if kind == what and moment >= since}


@each("round_, mpm", range(3 if LONG else 2), TWO_MPMS)
def test_under_load_a_file_replaced_beside_its_wal_is_503_and_not_touched(restorable, round_):
    place = restorable
    with Load(place.site) as load:
        time.sleep(1 + round_ / 7)
        move(place.site, place.copy)
        moved = time.monotonic()
        time.sleep(LOOKS + 2)
    assert load.statuses("made") <= {201, 503} and load.statuses("used") <= {200, 503}
    assert load.statuses("made", moved + LOOKS) == {503}
    place.check_is_untouched()
    place.restore_as_advised()
    place.check_is_restored()


@parametrize("mpm", TWO_MPMS)
def test_restore_of_sqlite_is_right_under_load(restorable):
    """The shell's .restore is this call."""
    place = restorable
    seen = []
    with Load(place.site) as load:
        time.sleep(1)
        with sqlite3.connect(place.copy) as copy, place.site.database.connection() as live:
            copy.backup(live)
        restored = time.monotonic()
        while time.monotonic() < restored + 2:
            seen.append((place.status(place.kept), place.status(place.undone), place.status(place.lost)))
    assert set(seen) == {(200, 200, 401)}
    assert load.statuses("made") == {201} and load.statuses("used", restored + 0.5) == {200}
    place.check_is_restored()


def test_a_file_that_comes_without_the_old_wal_is_used_within_the_interval(new_site):
    place = Restorable(new_site(), "AccessTokenRevocationInterval 2s\n")
    site = place.site
    with sqlite3.connect(place.copy) as link:
        link.execute("UPDATE access_tokens SET deleted_at = 5 WHERE token_id = ?", (tokens.id_of(place.kept),))
    link.close()
    give_to_server(place.copy)
    assert place.status(place.kept) == 200
    move(site, place.copy)
    remove_wal(site)
    assert wait_until(lambda: place.status(place.kept) == 401 and place.status(place.lost) == 401, 4)
    assert wait_until(lambda: place.status(place.undone) == 200, 4)
    assert "the SQLite file was replaced" in site.server.log()
    assert site.database.sound()


def file_with_inode(folder, number):
    """An empty file that has got this number, where the file system gives it again."""
    spare = []
    for count in range(500):
        name = os.path.join(folder, f"filler{count}")
        with open(name, "wb"):
            pass
        if os.stat(name).st_ino == number:
            break
        spare.append(name)
    for one in spare:
        os.unlink(one)
    return name


def test_a_file_replaced_while_none_is_open_is_noticed_even_by_the_same_inode(new_site):
    place = Restorable(new_site(), "AccessTokenRevocationInterval 12s\n")
    site = place.site
    with sqlite3.connect(place.copy) as link:
        link.execute("UPDATE access_tokens SET deleted_at = 5 WHERE token_id = ?", (tokens.id_of(place.kept),))
    link.close()
    new = content(place.copy)
    assert place.status(place.kept) == 200
    assert wait_until(lambda: not os.path.exists(site.database.path + "-wal"), 11)
    inode = os.stat(site.database.path).st_ino
    os.unlink(site.database.path)
    name = file_with_inode(site.database.folder, inode)
    with open(name, "wb") as file:
        file.write(new)
    give_to_server(name)
    os.rename(name, site.database.path)
    assert os.stat(site.database.path).st_ino == inode or os.stat(site.database.folder).st_dev != os.stat("/").st_dev
    assert wait_until(lambda: place.status(place.kept) == 401, 14)
    assert "the SQLite file was replaced" in site.server.log()


@parametrize("mpm", TWO_MPMS)
def test_the_wal_of_a_server_that_was_killed_is_read(restorable):
    place = restorable
    place.site.expected_kills = True
    place.site.server.kill()
    assert os.path.getsize(place.site.database.path + "-wal") > 0
    place.site.server.start()
    assert (place.status(place.kept), place.status(place.undone), place.status(place.lost)) == (200, 401, 200)
    assert place.site.database.sound()


def test_a_file_that_the_server_makes_is_for_its_user_alone(new_site):
    site = new_site().start(SETTINGS)
    site.manager("alice").token()
    assert os.stat(site.database.path).st_mode & 0o777 == 0o600
    assert all(os.stat(path).st_mode & 0o777 == 0o600 for path in site.database.files())
