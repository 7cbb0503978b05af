# SPDX-License-Identifier: Apache-2.0
"""PgBouncer between httpd and a test run's PostgreSQL: many connections of the one are few of the other."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

import psycopg2

from rdbms import AS_ROOT, PATIENCE, Postgres

PROGRAM = "/usr/sbin/pgbouncer"
PORT = 6432  # only in the name of its socket
SETTINGS = """[databases]
* = host={postgres} user=tester

[pgbouncer]
listen_addr =
unix_socket_dir = {folder}
unix_socket_mode = 0777
listen_port = {port}
auth_type = trust
auth_file = {folder}/users
pool_mode = {mode}
max_client_conn = 1000
default_pool_size = {size}
server_login_retry = 1
"""


class PgBouncer:
    """One of its own in a private folder, in transaction mode unless it is said otherwise; it does not run as root."""

    def __init__(self, database, size, mode="transaction"):
        self.database = database
        self.folder = tempfile.mkdtemp(prefix="accesstoken-pooler-", dir="/tmp")
        os.chmod(self.folder, 0o755)
        self.account = pwd.getpwnam(Postgres.user).pw_uid if AS_ROOT else os.geteuid()
        self.write("settings.ini", SETTINGS.format(postgres=database.rdbms.folder, folder=self.folder, port=PORT, size=size,
                                                    mode=mode))
        self.write("users", '"tester" ""\n')
        os.chown(self.folder, self.account, -1)
        self.process = None
        self.start()

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def directive(self):
        return (f'AccessTokenDatabase pgsql "host={self.folder} port={PORT} user=tester dbname={self.database.name} '
                'connect_timeout=2 application_name=httpd"')

    @contextlib.contextmanager
    def connection(self):
        """Somebody else's, through the pooler."""
        link = psycopg2.connect(host=self.folder, port=PORT, user="tester", dbname=self.database.name)
        try:
            yield link
        finally:
            link.close()

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen([PROGRAM, os.path.join(self.folder, "settings.ini")], user=self.account,
                                            stdout=log, stderr=log, cwd=self.folder, start_new_session=True)
        end = time.monotonic() + PATIENCE
        while not os.path.exists(os.path.join(self.folder, f".s.PGSQL.{PORT}")):
            assert self.process.poll() is None and time.monotonic() < end, "pgbouncer does not start"
            time.sleep(0.02)

    def stop(self):
        self.process.send_signal(signal.SIGINT)  # at SIGTERM PgBouncer 1.23 and later waits until every client has left
        self.process.wait(PATIENCE)

    def close(self):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
