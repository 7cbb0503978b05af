# SPDX-License-Identifier: Apache-2.0
"""Database servers that let httpd in over TCP only, with TLS and a password; the tests themselves use the socket.

Each is a server of one test module's own: `with GuardedPostgres() as server: …`.
"""

import os
import subprocess
import types

import engines
import rdbms
from httpd import free_port

MARIADB_HOST = "127.0.0.2"  # for 127.0.0.1 Connector/C 3.4 does not look at the name
NAMES = f"subjectAltName=DNS:localhost,IP:127.0.0.1,IP:{MARIADB_HOST}"
HBA = """local all tester trust
hostssl all httpd 127.0.0.1/32 scram-sha-256
"""


class Certificates:
    """A certificate authority, a certificate for localhost, and another authority that has signed nothing."""

    def __init__(self, folder, account, names=NAMES):
        self.folder, self.account = folder, account
        self.ca, self.other_ca = self.authority("ca"), self.authority("other-ca")
        self.key, self.certificate = self.path("server.key"), self.path("server.crt")
        self.openssl("req", "-new", *self.fresh_key("server"), "-out", self.path("server.csr"), "-subj", "/CN=localhost",
                     "-addext", names)
        self.openssl("x509", "-req", "-in", self.path("server.csr"), "-CA", self.ca, "-CAkey", self.path("ca.key"),
                     "-CAcreateserial", "-days", "2", "-copy_extensions", "copyall", "-out", self.certificate)

    def path(self, name):
        return os.path.join(self.folder, name)

    def fresh_key(self, name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", self.path(name + ".key")]

    def authority(self, name):
        self.openssl("req", "-x509", *self.fresh_key(name), "-out", self.path(name + ".crt"), "-subj", f"/CN={name}",
                     "-days", "2")
        return self.path(name + ".crt")

    def openssl(self, *arguments):
        """As the server's user, who must own its key; openssl lets nobody else read it."""
        subprocess.run(["openssl", *arguments], user=self.account, cwd=self.folder, check=True, capture_output=True)


class Guarded:
    """What both have in common; `password` is httpd's."""

    password = "Ver7rauli;ch=geheim%20"

    def __init__(self, names=NAMES, with_tls=True):
        super().__init__()
        self.port, self.names, self.with_tls = free_port(), names, with_tls

    def __enter__(self):
        self.certificates = Certificates(self.folder, self._uid(), self.names)
        try:
            self.prepare()
            self.start()
            self.make_user()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def site_options(self):
        """For new_site(**options): a server beside a database of this one."""
        return {"beside": types.SimpleNamespace(engine=self.driver, database=self.database())}

    def database(self):
        base = engines.ENGINES[self.driver]
        found = base.__new__(base)
        found.rdbms, found.name = self, self.new_database()
        return found

    def directive(self, name):
        """What Site.start() begins with; tests say it again as they want it."""
        return f'AccessTokenDatabase {self.driver} "host=127.0.0.1,port={self.port},dbname={name}"'


class GuardedPostgres(Guarded, rdbms.Postgres):
    driver = "pgsql"

    def prepare(self):
        super().prepare()
        with open(self.folder + "/data/pg_hba.conf", "w", encoding="ascii") as file:
            file.write(HBA)

    def command(self):
        settings = {"port": self.port, "ssl": "on", "ssl_cert_file": self.certificates.certificate,
                    "ssl_key_file": self.certificates.key, "listen_addresses": "127.0.0.1"}
        return super().command() + [word for item in settings.items() for word in ("-c", "=".join(map(str, item)))]

    def connect(self, name):
        import psycopg2
        return psycopg2.connect(host=self.folder, port=self.port, user="tester", dbname=name or "postgres")

    def run(self, sql, *arguments):
        link = self.connect(None)
        link.autocommit = True
        with link.cursor() as cursor:
            cursor.execute(sql, arguments or None)
            rows = cursor.fetchall() if cursor.description else []
        link.close()
        return rows

    def make_user(self):
        self.run("CREATE ROLE httpd LOGIN PASSWORD %s", self.password)

    def new_database(self):
        name = super().new_database()
        self.run(f"ALTER DATABASE {name} OWNER TO httpd")
        return name


class GuardedMariaDb(Guarded, rdbms.MariaDb):
    driver = "mysql"

    def command(self):
        command = [word for word in super().command() if word != "--skip-networking"]
        command += [f"--bind-address={MARIADB_HOST}", f"--port={self.port}", "--skip-name-resolve"]
        tls = [f"--ssl-ca={self.certificates.ca}", f"--ssl-cert={self.certificates.certificate}",
               f"--ssl-key={self.certificates.key}", "--require-secure-transport=ON"]
        return command + (tls if self.with_tls else ["--skip-ssl"])

    def run(self, sql, *arguments):
        link = self.connect(None)
        with link.cursor() as cursor:
            cursor.execute(sql, arguments or None)
            rows = cursor.fetchall()
        link.close()
        return rows

    def make_user(self):
        self.run("CREATE USER httpd@'127.0.0.1' IDENTIFIED BY %s" + (" REQUIRE SSL" if self.with_tls else ""),
                 self.password)

    def new_database(self):
        name = super().new_database()
        self.run(f"GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, INDEX ON {name}.* TO httpd@'127.0.0.1'")
        return name
