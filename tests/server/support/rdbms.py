# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL and MariaDB servers of the tests' own, in private folders, reached by Unix sockets.

Each is started once in a test run, when the first test asks for it, and ended with the run. Neither
server runs as root, so for root it gets the user that its Debian package made.
"""

import atexit
import contextlib
import getpass
import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

PATIENCE = 60
AS_ROOT = os.geteuid() == 0


def _find(program, places):
    found = [path for place in places for path in sorted(glob.glob(place)) if os.access(path, os.X_OK)]
    if not found:
        raise RuntimeError(f"{program} is not installed, and a missing engine is a failure")
    return found[-1]


def _stat(pid):
    """What follows the name in /proc/PID/stat: state, parent and so on; nothing if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _parent_of(pid):
    return int((_stat(pid) or [0, 0])[1])


def _is_alive(pid):
    return (_stat(pid) or "X")[0] not in "ZX"


class Rdbms:
    """A database server: subclasses say how it is made, started and spoken to."""

    user = "nobody"  # under which it runs when root starts it
    _running = None

    def __init__(self, *options):
        """`options`: further arguments of the server, for one of a test's own."""
        self.options = list(options)
        self.folder = tempfile.mkdtemp(prefix="accesstoken-db-", dir="/tmp")
        os.chmod(self.folder, 0o755)
        self.account = self.user if AS_ROOT else getpass.getuser()
        if AS_ROOT:
            owner = pwd.getpwnam(self.user)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self.process = None
        self.made = 0
        self.seen = {}

    @classmethod
    def running(cls):
        """The one server of this kind."""
        if cls._running is None:
            cls._running = cls()
            atexit.register(cls._running.end)
            cls._running.prepare()
            cls._running.start()
        return cls._running

    def run_as(self, *command):
        return subprocess.run(command, user=self._uid(), cwd=self.folder, check=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def _uid(self):
        return pwd.getpwnam(self.account).pw_uid

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(self.command(), user=self._uid(), cwd=self.folder,
                                            stdout=log, stderr=log, start_new_session=True)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.connect(None).close()
                return
            except Exception as error:  # pylint: disable=broad-except
                if self.process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"{type(self).__name__} does not start: {error}") from error
            time.sleep(0.1)

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(PATIENCE)

    def processes(self):
        """Process ids of the server and of all that it has started."""
        first = self.process.pid
        return [first, *[pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _parent_of(pid) == first]]

    def kill(self):
        """SIGKILL for all of it, waited for until nothing is left that could stand in the way of a new start."""
        pids = self.processes()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        end = time.monotonic() + PATIENCE
        while any(_is_alive(pid) for pid in pids) and time.monotonic() < end:
            time.sleep(0.02)

    def end(self):
        if self.process and self.process.poll() is None:
            self.stop(self.fast)
        shutil.rmtree(self.folder, ignore_errors=True)

    def files(self, name):
        """Files that may hold what was written to this database, and have changed since they were asked for."""
        del name
        found = [os.path.join(folder, file) for folder, _, files in os.walk(self.folder)
                 for file in files if file != "socket" and not file.startswith(".s.")]
        return [path for path in found if self._has_changed(path)]

    def _has_changed(self, path):
        try:
            state = os.stat(path)
        except FileNotFoundError:
            return False
        state = (state.st_ino, state.st_mtime_ns, state.st_size)
        before, self.seen[path] = self.seen.get(path), state
        return before != state

    def new_database(self):
        """Make an empty database; its name."""
        self.made += 1
        name = f"tokens{self.made}"
        link = self.connect(None)
        link.autocommit = True
        link.cursor().execute(f"CREATE DATABASE {name}")
        link.close()
        return name


class Postgres(Rdbms):
    """PostgreSQL; databases belong to the role tester, who needs no password on the socket."""

    user = "postgres"
    fast = signal.SIGINT
    at_once = signal.SIGQUIT

    def prepare(self):
        initdb = _find("initdb", ["/usr/lib/postgresql/*/bin/initdb"])
        self.server = os.path.join(os.path.dirname(initdb), "postgres")
        self.run_as(initdb, "-D", self.folder + "/data", "-A", "trust", "-U", "tester", "-N", "--wal-segsize=1",
                    "-E", "UTF8", "--locale=C.UTF-8")

    def command(self):
        return [self.server, "-D", self.folder + "/data", "-k", self.folder,
                "-c", "listen_addresses=", "-c", "fsync=off", *self.options]

    def connect(self, name):
        import psycopg2
        return psycopg2.connect(host=self.folder, user="tester", dbname=name or "postgres", application_name="tests")

    def directive(self, name):
        return f'AccessTokenDatabase pgsql "host={self.folder} user=tester dbname={name}"'


class MariaDb(Rdbms):
    """MariaDB; the password of tester is no secret."""

    user = "mysql"
    fast = signal.SIGTERM
    at_once = signal.SIGKILL  # it knows no other way

    def prepare(self):
        install = _find("mariadb-install-db", ["/usr/bin/mariadb-install-db", "/usr/bin/mysql_install_db"])
        self.server = _find("mariadbd", ["/usr/sbin/mariadbd", "/usr/sbin/mysqld"])
        os.mkdir(self.folder + "/tmp")
        if AS_ROOT:
            shutil.chown(self.folder + "/tmp", self.user)
        self.run_as(install, *self.places(), "--skip-test-db", "--auth-root-authentication-method=normal")

    def places(self):
        """A server that starts removes temporary tables from its tmpdir, also those of one that runs."""
        return "--no-defaults", f"--datadir={self.folder}/data", f"--tmpdir={self.folder}/tmp"

    def command(self):
        return [self.server, *self.places(),
                f"--socket={self.folder}/socket", "--skip-networking", f"--pid-file={self.folder}/pid",
                "--innodb-flush-log-at-trx-commit=2", "--innodb-log-file-size=4M", *self.options]

    def connect(self, name):
        import pymysql
        return pymysql.connect(unix_socket=self.folder + "/socket", user="root", database=name,
                               charset="utf8mb4", autocommit=True)

    def new_database(self):
        name = super().new_database()
        link = self.connect(None)
        with link.cursor() as cursor:
            cursor.execute("CREATE USER IF NOT EXISTS tester@localhost IDENTIFIED BY 'open'")
            cursor.execute(f"GRANT ALL ON {name}.* TO tester@localhost")
        link.close()
        return name

    def directive(self, name):
        return (f'AccessTokenDatabase mysql "sock={self.folder}/socket,user=tester,pass=open,'
                f'dbname={name}"')
