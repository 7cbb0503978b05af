# SPDX-License-Identifier: Apache-2.0
"""Without -d and -c, httoken works on the table that the server's own configuration names, or asks for -d."""

import os

import pytest

import engines
import httpd
import tool as tools
from marks import ALL_ENGINES
from place import API, USE, host, write
from tool import ABSENT, DONE, FILE, SCHEMA, UNREACHABLE, USAGE

# An employee leaves, and the server has another database than the default one

@ALL_ENGINES
def test_a_bare_delete_deletes_in_the_database_of_the_virtual_host(place, ground, engine):
    database = engines.ENGINES[engine](ground, f"story{os.getpid()}")
    named = tools.arguments_of(database)
    place.table("tokens.db", "carol")
    place.tool("-d", named, "init")
    place.tool("-d", named, "generate", "carol", secret_out=True)
    place.write("apache2.conf", host("*:443", database.directive() + "\n" + USE + API))
    answer = place.tool("delete", "--user", "carol", "--yes")
    assert "apache2.conf:3" in answer.err
    assert place.users(named) == [] and place.users(place.file("tokens.db")) == ["carol"]


def test_the_database_of_the_server_is_known_before_it_has_a_table(place):
    place.write("apache2.conf", f"AccessTokenDatabase {place.file('a.db')}\n" + USE)
    place.tool("init")
    assert place.users(place.file("a.db")) == []
    assert not place.default.exists()


# Where the database may be named

LAYOUTS = {
    "in the main file": {"apache2.conf": "AccessTokenDatabase {a}\n" + USE},
    "in an included file": {"apache2.conf": "IncludeOptional conf-enabled/*.conf\n" + USE,
                            "conf-enabled/x.conf": "AccessTokenDatabase {a}\n"},
    "in a chain of includes": {"apache2.conf": "Include sites-enabled\n", "sites-enabled/1.conf": "Include deep/*.inc\n",
                               "deep/host.inc": host("*:443", "AccessTokenDatabase {a}\n" + USE)},
    "by a variable": {"apache2.conf": "Define DB {a_path}\nAccessTokenDatabase sqlite3 ${{DB}}\n" + USE},
    "by a variable of envvars": {"apache2.conf": "AccessTokenDatabase sqlite3 ${{TOKENS_DB}}\n" + USE,
                                 "envvars": "export TOKENS_DB={a_path}\n"},
    "by a variable of a variable": {"apache2.conf": "AccessTokenDatabase sqlite3 ${{TOKENS_DB}}\n" + USE,
                                    "envvars": "STATE={state}\nTOKENS_DB=\"${{STATE}}/a.db\"\nexport TOKENS_DB\n"},
    "by a literal in single quotes": {"apache2.conf": "AccessTokenDatabase sqlite3 ${{TOKENS_DB}}\n" + USE,
                                      "envvars": "export TOKENS_DB='{a_path}'\n"},
    "in IfModule": {"apache2.conf": "<IfModule mod_accesstoken.c>\nAccessTokenDatabase {a}\n</IfModule>\n" + USE},
    "in IfDefine": {"apache2.conf": "Define LIVE\n<IfDefine LIVE>\nAccessTokenDatabase {a}\n</IfDefine>\n" + USE},
    "in one host, where the other uses no tokens":
        {"apache2.conf": host("*:80", "DocumentRoot /x\n") + host("*:443", "AccessTokenDatabase {a}\n" + API)},
    "in one host, where the other redirects all":
        {"apache2.conf": USE + host("*:80", "Redirect permanent / https://x/\n") + host("*:443", "AccessTokenDatabase {a}\n")},
    "in both hosts": {"apache2.conf": host("*:80", "AccessTokenDatabase {a}\n" + USE) + host("*:443", "AccessTokenDatabase {a}\n" + API)},
    "in the main server, for a host": {"apache2.conf": "AccessTokenDatabase {a}\n" + host("*:443", USE)},
    "in a host, while the main server has another that is not used":
        {"apache2.conf": "AccessTokenDatabase {b}\n" + host("*:443", "AccessTokenDatabase {a}\n" + USE)},
    "in a host with two lines": {"apache2.conf": host("*:443", "AccessTokenDatabase {b}\nAccessTokenDatabase {a}\n" + USE)},
    "only in the packaged file, while the module is not enabled":
        {"apache2.conf": "Listen 80\n", "mods-available/accesstoken.conf": "AccessTokenDatabase {a}\n"},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_database_is_found(place, layout):
    for name in ("tokens.db", "a.db", "b.db"):
        place.table(name)
    write(place, LAYOUTS[layout])
    assert place.chosen()[0] == "state/a.db"


def test_without_a_directive_it_is_the_default_and_httoken_says_so(place):
    place.table("tokens.db")
    place.write("apache2.conf", USE)
    assert place.chosen() == ("state/tokens.db", "the default, since apache2.conf names no other")


# Ambiguous configurations

ASKS = {
    "two hosts with two databases": (
        host("*:80", "AccessTokenDatabase {a}\n" + USE) + host("*:443", "AccessTokenDatabase {b}\n" + API),
        ["apache2.conf:3, in VirtualHost *:80", "apache2.conf:9, in VirtualHost *:443"]),
    "one host names a database, the other has the default": (
        host("*:80", USE) + host("*:443", "AccessTokenDatabase {a}\n" + USE),
        ["the default, which VirtualHost *:80 has", "apache2.conf:4", "apache2.conf:8, in VirtualHost *:443"]),
    "sections of the main server hold in a host that names no database": (
        USE + host("*:80", "DocumentRoot /x\n") + host("*:443", "AccessTokenDatabase {a}\n"),
        ["the default, which VirtualHost *:80 has", "apache2.conf:9, in VirtualHost *:443"]),
    "an AuthType that is an expression": (
        host("*:80", 'AuthType "%{{req:X-Auth}}"\n') + host("*:443", "AccessTokenDatabase {a}\n" + USE),
        ["the default, which VirtualHost *:80 has"]),
    "a macro": ("<Macro tokens $db>\nAccessTokenDatabase $db\n</Macro>\n" + USE, ["<Macro tokens $db>", "-d"]),
    "a condition that cannot be seen": ("<IfDefine LIVE>\nAccessTokenDatabase {a}\n</IfDefine>\n" + USE, ["<IfDefine LIVE>", "-d"]),
    "a variable that envvars does not export": ("AccessTokenDatabase sqlite3 ${{KEPT}}\n" + USE, ["a variable that is not known here"]),
}


@pytest.mark.parametrize("why", ASKS)
@pytest.mark.parametrize("command", [("delete", "--user", "carol", "--yes"), ("list",), ("purge", "--yes"),
                                     ("generate", "carol")], ids=lambda command: command[0])
def test_with_several_databases_in_use_httoken_asks_and_changes_nothing(place, why, command):
    for name in ("tokens.db", "a.db", "b.db"):
        place.table(name, "carol")
    text, parts = ASKS[why]
    place.write("envvars", "KEPT=/x\n")
    write(place, {"apache2.conf": text})
    said = place.tool(*command, status=USAGE).err
    assert [part for part in parts if part not in said] == [], said
    assert [place.users(place.file(name)) for name in ("tokens.db", "a.db", "b.db")] == [["carol"]] * 3


def test_with_two_tables_in_one_database_httoken_asks(place):
    place.table("a.db")
    write(place, {"apache2.conf": "AccessTokenDatabase {a}\n" + host("*:80", USE) + host("*:443", "AccessTokenTable other\n" + USE)})
    said = place.tool("list", status=USAGE).err
    assert "more than one AccessTokenTable" in said and "VirtualHost *:80" in said and "apache2.conf:9" in said
    place.tool("-t", "other", "list", status=SCHEMA)
    place.tool("-t", "access_tokens", "list")


# Naming the database

@pytest.mark.parametrize("command, status", [(("list",), DONE), (("generate", "alice"), DONE), (("purge", "--yes"), DONE),
                                             (("delete", "--user", "nobody", "--yes"), ABSENT), (("find",), ABSENT),
                                             (("show", "0bc1d49f-5475-4c62-a0ba-6ad269389ada"), ABSENT)],
                         ids=lambda value: str(value))
def test_each_command_names_the_database_on_standard_error(place, command, status):
    place.table("a.db")
    write(place, {"apache2.conf": "AccessTokenDatabase {a}\n" + USE})
    line = f"Database: {place.folder}/state/a.db, table access_tokens, named by {place.folder}/etc/apache2.conf:2.\n"
    more = {"typed": "nothing\n", "status": status, "secret_out": True}
    assert place.tool(*command, **more).err.startswith(line)
    assert "Database:" not in place.tool("--quiet", *command, **more).err
    assert "Database:" not in place.tool("-d", place.file("a.db"), *command, **more).err


def test_a_password_among_the_parameters_is_not_named(place):
    place.write("apache2.conf", "AccessTokenDatabase mysql \"sock=/nonexistent/s,user=httpd,pass=secret,dbname=t\"\n" + USE)
    answer = place.tool("list", status=UNREACHABLE)
    assert "dbname=t" in answer.err and "secret" not in answer.err + answer.out


def test_a_configuration_that_the_caller_may_not_read_is_reported(place):
    place.write("apache2.conf", "Include private.conf\n").chmod(0o644)
    place.write("private.conf", "AccessTokenDatabase sqlite3 /x\n").chmod(0o000)
    said = place.tool("list", status=FILE, **({"user": httpd.CHILD_USER} if httpd.AS_ROOT else {})).err
    assert "private.conf cannot be read" in said and "run httoken as root" in said


# Variables for the drivers

@pytest.mark.parametrize("engine", ["pgsql"], indirect=True)
def test_a_service_file_that_envvars_names_is_found(place, ground, engine):
    database = engines.ENGINES[engine](ground, f"service{os.getpid()}")
    params = dict(word.split("=", 1) for word in tools.arguments_of(database).split()[1:])
    lines = "".join(f"{name}={value}\n" for name, value in params.items())
    service = place.write("services.conf", f"[tokens]\n{lines}")
    place.write("envvars", f"export PGSERVICEFILE={service}\n")
    place.write("apache2.conf", "AccessTokenDatabase pgsql service=tokens\n" + USE)
    place.tool("init")
    place.tool("list")
    place.tool("list", status=UNREACHABLE, environment={"PGSERVICEFILE": "/nonexistent"})


@pytest.mark.parametrize("engine", ["mysql"], indirect=True)
def test_a_folder_of_my_cnf_that_envvars_names_is_found(place, ground, engine):
    database = engines.ENGINES[engine](ground, f"group{os.getpid()}")
    names = {"sock": "socket", "pass": "password", "dbname": "database"}
    params = dict(word.split("=", 1) for word in tools.arguments_of(database).split(None, 1)[1].split(","))
    lines = "".join(f"{names.get(name, name)} = {value}\n" for name, value in params.items() if name in ("sock", "user", "pass"))
    place.write("home/my.cnf", f"[accesstoken]\n{lines}")
    place.write("envvars", f"export MYSQL_HOME={place.folder}/etc/home\n")
    place.write("apache2.conf", f'AccessTokenDatabase mysql "group=accesstoken,dbname={params["dbname"]}"\n' + USE)
    place.tool("init")
    place.tool("list")
