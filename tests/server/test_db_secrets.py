# SPDX-License-Identifier: Apache-2.0
"""TLS to the database, passwords outside of httpd.conf, and no password in any log.

The servers let httpd in with TLS and a password only, so that a token that is made proves both. What
is configured here is what docs/operations.md recommends.
"""

import os
import re
import shutil

import pytest

import tokens
from client import check_unavailable
from httpd import AS_ROOT, CHILD_USER, free_port, wait_until
from tls_databases import MARIADB_HOST, GuardedMariaDb, GuardedPostgres

QUIET = "AccessTokenDatabaseTimeout 5s\n"


@pytest.fixture(scope="module")
def postgres():
    with GuardedPostgres() as server:
        yield server


@pytest.fixture(scope="module")
def mariadb():
    with GuardedMariaDb() as server:
        yield server


@pytest.fixture
def pgsql(new_site, postgres):
    site = new_site(**postgres.site_options())
    site.guard = postgres
    return site


@pytest.fixture
def mysql(new_site, mariadb):
    site = new_site(**mariadb.site_options())
    site.guard = mariadb
    return site


def start(site, parameters, environment=None, configuration=""):
    """Starts httpd with these parameters (a dictionary for libpq) and these variables, as envvars would set them."""
    if isinstance(parameters, dict):
        parameters = " \\\n    ".join(f"{name}={value}" for name, value in parameters.items())
    known = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "MYSQL", "MARIADB"))}
    site.server.environment = {**known, "HOME": "/nonexistent", **(environment or {})}
    return site.start(f'AccessTokenDatabase {site.engine} "{parameters}"\n{QUIET}{configuration}')


def private(site, name, text):
    """A file that only the server's user can read."""
    path = site.server.write("secrets/" + name, text, mode=0o600)
    if AS_ROOT:
        shutil.chown(path, CHILD_USER)
    return path


def libpq(site, **more):
    """Parameters for PostgreSQL by TCP and TLS, with everything that is recommended."""
    return {"host": "localhost", "hostaddr": "127.0.0.1", "port": site.guard.port, "user": "httpd",
            "dbname": site.database.name, "sslmode": "verify-full", "sslrootcert": site.guard.certificates.ca,
            "connect_timeout": 2, "application_name": "httpd", "keepalives_idle": 30, "keepalives_interval": 10,
            "keepalives_count": 3, "tcp_user_timeout": 5000, "target_session_attrs": "read-write",
            "options": "'-c statement_timeout=5s'", **more}


def quoted(password):
    """As a value of libpq's: in quotes that need no others around them in httpd.conf."""
    return "'" + password.replace("\\", "\\\\").replace("'", "\\'") + "'"


def works(site):
    owner = site.manager("alice")
    token = owner.token()
    assert site.let_in(token) == 200
    owner.delete(token)
    assert site.let_in(token) == 401
    assert site.database.row(tokens.id_of(token))["deleted_at"]


def refused(site):
    """503, and what the log says why."""
    check_unavailable(site.manager("alice").post())
    assert wait_until(lambda: "cannot be written (" in site.server.log(), 5)
    return site.server.log()


def logs(site):
    """All that httpd and the database server have written into logs."""
    folder = site.server.path("logs")
    text = "".join(site.server.log(name) for name in os.listdir(folder))
    with open(os.path.join(site.guard.folder, "log"), encoding="utf-8", errors="replace") as file:
        return text + file.read()


def no_password_in_logs(site, password=None):
    text = logs(site)
    assert "accesstoken" in text and len(text) > 10_000  # at trace8
    assert (password or site.guard.password) not in text
    return text


# PostgreSQL

def test_postgres_with_tls_and_a_password_file(pgsql):
    entry = f"localhost:{pgsql.guard.port}:*:httpd:" + pgsql.guard.password.replace("\\", "\\\\").replace(":", "\\:")
    start(pgsql, libpq(pgsql, passfile=private(pgsql, "pgpass", entry + "\n")))
    works(pgsql)
    (seen,) = pgsql.database.run("SELECT ssl, version, application_name FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
                                 " WHERE usename = 'httpd' LIMIT 1")
    assert seen[0] is True and seen[1].startswith("TLSv1.") and seen[2] == "httpd"
    no_password_in_logs(pgsql)


def test_postgres_with_the_password_file_of_the_environment(pgsql):
    entry = f"*:*:{pgsql.database.name}:httpd:{pgsql.guard.password}\n"
    start(pgsql, libpq(pgsql), {"PGPASSFILE": private(pgsql, "pgpass", entry)})
    works(pgsql)
    no_password_in_logs(pgsql)


def test_postgres_with_a_service_file(pgsql):
    """Everything, password and all, is in a file of the server's user; httpd.conf has a name."""
    entries = "".join(f"{name}={str(value).strip(chr(39))}\n" for name, value in
                      libpq(pgsql, password=pgsql.guard.password).items())
    path = private(pgsql, "services", "[tokens]\n" + entries)
    start(pgsql, "service=tokens", {"PGSERVICEFILE": path})
    works(pgsql)
    no_password_in_logs(pgsql)


def test_postgres_with_the_password_in_the_directive(pgsql):
    start(pgsql, libpq(pgsql, password=quoted(pgsql.guard.password)))
    works(pgsql)
    no_password_in_logs(pgsql)


def test_a_password_file_that_others_can_read_is_ignored(pgsql):
    path = private(pgsql, "pgpass", f"*:*:*:httpd:{pgsql.guard.password}\n")
    os.chmod(path, 0o644)
    start(pgsql, libpq(pgsql, passfile=path))
    assert "no password supplied" in refused(pgsql)
    no_password_in_logs(pgsql)


def test_postgres_that_has_moved_to_the_next_host_of_the_list_is_found(pgsql):
    start(pgsql, libpq(pgsql, password=quoted(pgsql.guard.password), host="localhost,localhost",
                       hostaddr="127.0.0.1,127.0.0.1", port=f"{free_port()},{pgsql.guard.port}"))
    works(pgsql)


def test_postgres_that_takes_no_writes_is_passed_by(pgsql):
    """A standby that is not yet the primary, say: target_session_attrs=read-write."""
    start(pgsql, libpq(pgsql, password=quoted(pgsql.guard.password)))
    works(pgsql)
    name = pgsql.database.name
    pgsql.guard.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    pgsql.guard.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'httpd'")
    assert "session is read-only" in refused(pgsql)
    pgsql.guard.run(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    assert wait_until(lambda: pgsql.manager("alice").post().status_code == 201, 5)


@pytest.mark.parametrize("change, said", [
    ({"sslmode": "disable"}, "no encryption"), ({"sslrootcert": "other"}, "certificate verify failed"),
    ({"host": "other.example"}, "does not match host name"), ({"password": "'wrong one'"}, "password authentication failed"),
    ({"port": 1}, "Connection refused"), ({"dbname": "nowhere"}, "does not exist")], ids=str)
def test_postgres_that_is_not_the_right_one_is_refused_and_the_log_says_why(pgsql, change, said):
    if change.get("sslrootcert"):
        change = {"sslrootcert": pgsql.guard.certificates.other_ca}
    start(pgsql, libpq(pgsql, **{"password": quoted(pgsql.guard.password), **change}))
    assert said in refused(pgsql)
    no_password_in_logs(pgsql)
    assert "wrong one" not in logs(pgsql)


@pytest.mark.parametrize("parameters", ["host=127.0.0.1 port=1 password=se cret-42", "host=127.0.0.1 password='se cret-42",
                                        "password=se cret-42=x", "host=127.0.0.1 port=one password=cret-42",
                                        "postgresql://httpd:se/cret-42@127.0.0.1/x", "postgresql://httpd:cret-42%@127.0.0.1/x",
                                        "postgresql://httpd:cret-42@127.0.0.1:1x/x", "postgresql://httpd:se@cret-42@nowhere/x",
                                        "postgresql://[httpd:cret-42@::1/x"])
def test_parameters_that_libpq_cannot_read_tell_nothing_of_the_password(pgsql, parameters):
    start(pgsql, parameters)
    assert re.search("parameters cannot be read: .* quoted", refused(pgsql))
    no_password_in_logs(pgsql, "cret-42")


# MariaDB

GROUP = """[client]
user = somebody
default-character-set = latin1

[accesstoken]
host = {host}
port = {port}
user = httpd
password = "{password}"
database = {name}
connect-timeout = 2
default-character-set = utf8mb4
ssl-ca = {ca}
ssl-verify-server-cert = 1
init-command = "SET SESSION max_statement_time = 5"
"""


def my_cnf(site, **change):
    """The folder of a my.cnf for MYSQL_HOME."""
    guard = site.guard
    values = {"host": MARIADB_HOST, "port": guard.port, "password": guard.password, "name": site.database.name, "ca": guard.certificates.ca}
    return os.path.dirname(private(site, "my.cnf", GROUP.format(**{**values, **change})))


@pytest.mark.parametrize("variable", ["MYSQL_HOME", "MARIADB_HOME"])
def test_mariadb_with_tls_and_a_group_of_my_cnf(mysql, variable):
    start(mysql, "group=accesstoken", {variable: my_cnf(mysql)})
    works(mysql)
    made = mysql.manager("alice").token(description="\U0001f511" * 255)
    assert mysql.database.run("SELECT char_length(description) FROM access_tokens WHERE token_id = ?",
                              tokens.id_of(made)) == [(255,)]
    no_password_in_logs(mysql)


def test_mariadb_with_a_group_in_the_home_of_the_server(mysql):
    folder = my_cnf(mysql)
    os.rename(os.path.join(folder, "my.cnf"), os.path.join(folder, ".my.cnf"))
    start(mysql, "group=accesstoken", {"HOME": folder})
    works(mysql)
    no_password_in_logs(mysql)


def test_parameters_of_the_directive_win_over_the_group(mysql):
    start(mysql, f"group=accesstoken,dbname={mysql.database.name}", {"MYSQL_HOME": my_cnf(mysql, name="nowhere")})
    works(mysql)


def test_mariadb_refuses_a_connection_without_tls(mysql):
    """MariaDB 10.11 speaks of the password, 11.8 of the transport."""
    folder = my_cnf(mysql)
    mysql.server.write("secrets/my.cnf", re.sub("(?m)^ssl.*$", "", GROUP).format(
        host=MARIADB_HOST, port=mysql.guard.port, password=mysql.guard.password, name=mysql.database.name), mode=0o644)
    start(mysql, "group=accesstoken", {"MYSQL_HOME": folder})
    assert re.search("Access denied|insecure transport are prohibited", refused(mysql))
    no_password_in_logs(mysql)


@pytest.mark.parametrize("options, said", [
    ({"names": "subjectAltName=DNS:elsewhere"}, "Validation of SSL server certificate failed|Hostname verification failed"),
    ({"with_tls": False}, "SSL is required")], ids=["another name", "no TLS"])
def test_a_server_that_cannot_prove_to_be_mariadb_gets_no_password(new_site, options, said):
    """The driver's library takes `ssl-verify-server-cert` for a yes only with `= 1`; else it would go on without TLS."""
    with GuardedMariaDb(**options) as server:
        site = new_site(**server.site_options())
        site.guard = server
        start(site, "group=accesstoken", {"MYSQL_HOME": my_cnf(site)})
        assert re.search(said, refused(site))
        assert site.server.stop()


@pytest.mark.parametrize("change", [{"ca": "other"}, {"password": "wrong-one"}, {"port": 1}], ids=str)
def test_mariadb_that_is_not_the_right_one_is_refused_and_the_log_says_why(mysql, change):
    said = {"ca": "certificate", "password": "Access denied", "port": "Can't connect"}[next(iter(change))]
    if "ca" in change:
        change = {"ca": mysql.guard.certificates.other_ca}
    start(mysql, "group=accesstoken", {"MYSQL_HOME": my_cnf(mysql, **change)})
    assert said in refused(mysql)
    no_password_in_logs(mysql)
    no_password_in_logs(mysql, "wrong-one")


def test_a_password_in_the_directive_that_mariadb_refuses_is_in_no_log(mysql):
    start(mysql, f"host={MARIADB_HOST},port={mysql.guard.port},user=httpd,pass=wrong-one,dbname={mysql.database.name}")
    refused(mysql)
    no_password_in_logs(mysql, "wrong-one")


@pytest.mark.parametrize("driver", ["pgsql", "mysql"])
def test_a_database_that_cannot_be_reached_tells_no_password(new_site, driver, postgres):
    site = new_site()
    site.guard = postgres
    separator = " " if driver == "pgsql" else ","
    name = "password" if driver == "pgsql" else "pass"
    site.start(f'AccessTokenDatabase {driver} "' + separator.join(
        ["host=127.0.0.1", f"port={free_port()}", "user=httpd", f"{name}=top-secret-word", "dbname=x"]) + '"\n')
    refused(site)
    assert site.let_in(tokens.forge()) == 503
    no_password_in_logs(site, "top-secret-word")


@pytest.mark.parametrize("arguments", ['"host=127.0.0.1 user=httpd password=top-secret-word" pgsql',
                                       '"host=127.0.0.1,pass=top-secret-word" mysql',
                                       'postgresql://httpd:top-secret-word@127.0.0.1/x pgsql',
                                       'oracle "password=top-secret-word"', '"" "password=top-secret-word"',
                                       "pgsql host=127.0.0.1 password=top-secret-word"])
def test_arguments_that_are_wrong_are_refused_without_their_password(new_site, arguments):
    status, said = new_site().server.check_configuration(f"AccessTokenDatabase {arguments}\n")
    assert status != 0 and "AccessTokenDatabase" in said
    assert "top-secret-word" not in said
