# SPDX-License-Identifier: Apache-2.0
"""-c: which database a configuration of httpd names, and what httoken asks where it is ambiguous."""

import re
import shutil

import pytest

import httpd
import tokens
from tool import FILE, SCHEMA, USAGE, Tool

DEBIAN = "/etc/apache2"


class Conf:
    """A folder with configuration files, of which httoken reads the first."""

    def __init__(self, folder):
        self.folder = folder
        self.tool = Tool()

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'ServerRoot "{self.folder}"\n{text}' if name == "httpd.conf" else text)
        return path

    def chosen(self, text, *arguments, **more):
        """(path of the database, where it is named) of this configuration; the file does not exist."""
        self.write("httpd.conf", text)
        answer = self.tool("-c", self.folder / "httpd.conf", *arguments, "check", status=FILE, **more)
        where = re.search(r"named by (.*)", answer.out).group(1)
        return re.search(r"(?m)^WRONG file +(\S+):", answer.out).group(1), where.replace(f"{self.folder}/", "")

    def refused(self, text, *arguments, command=("list",), status=USAGE):
        self.write("httpd.conf", text)
        return self.tool("-c", self.folder / "httpd.conf", *arguments, *command, status=status).err


@pytest.fixture(name="conf")
def fixture_conf(tmp_path):
    return Conf(tmp_path)


@pytest.mark.parametrize("text, path, where", [
    ('AccessTokenDatabase sqlite3 /x/a.db\n', "/x/a.db", "httpd.conf:2"),
    ('  accesstokendatabase "sqlite3" "/x/a.db"\n', "/x/a.db", "httpd.conf:2"),
    ("AccessTokenDatabase \\\n  sqlite3 \\\n  /x/a.db\n", "/x/a.db", "httpd.conf:2"),
    ("# AccessTokenDatabase sqlite3 /no\nAccessTokenDatabase sqlite3 '/x/a.db'\r\n", "/x/a.db", "httpd.conf:3"),
    ("AccessTokenDatabase sqlite3 /x/1\nAccessTokenDatabase sqlite3 /x/2\n", "/x/2", "httpd.conf:3"),
    ("Define base /x\nDefine db ${base}/a.db\nAccessTokenDatabase sqlite3 ${db}\n", "/x/a.db", "httpd.conf:4"),
    ("Define db /x/a.db\nDefine DB /x/b.db\nUnDefine DB\nAccessTokenDatabase sqlite3 ${db}\n", "/x/a.db", "httpd.conf:5"),
    ("<VirtualHost *:80>\nAccessTokenDatabase sqlite3 /x/a.db\n</VirtualHost>\n<VirtualHost *:81>\n</VirtualHost>\n",
     "/x/a.db", "httpd.conf:3"),
    ("<VirtualHost *:80>\nAccessTokenDatabase sqlite3 /x/a\n</VirtualHost>\n<VirtualHost *:81>\n"
     "AccessTokenDatabase sqlite3 /x/a\n</VirtualHost>\n", "/x/a", "httpd.conf:6"),
    ("<IfModule accesstoken_module>\nAccessTokenDatabase sqlite3 /x/a\n</IfModule>\n", "/x/a", "httpd.conf:3"),
    ("<IfModule mod_accesstoken.c>\nAccessTokenDatabase sqlite3 /x/a\n</IfModule>\n", "/x/a", "httpd.conf:3"),
    ("<IfModule !mod_accesstoken.c>\nAccessTokenDatabase sqlite3 /x/a\n</IfModule>\nAccessTokenDatabase sqlite3 /x/b\n",
     "/x/b", "httpd.conf:5"),
    ("LoadModule ssl_module /m/mod_ssl.so\n<IfModule mod_ssl.c>\n<IfModule ssl_module>\n"
     "AccessTokenDatabase sqlite3 /x/a\n</IfModule>\n</IfModule>\n", "/x/a", "httpd.conf:5"),
    ("Define prod\n<IfDefine prod>\nAccessTokenDatabase sqlite3 /x/a\n</IfDefine>\n<IfDefine !prod>\n"
     "AccessTokenDatabase sqlite3 /x/b\n</IfDefine>\n", "/x/a", "httpd.conf:4"),
    ("<IfFile /nonexistent>\nAccessTokenDatabase sqlite3 /x/a\n</IfFile>\n<IfFile /etc/passwd>\n"
     "AccessTokenDatabase sqlite3 /x/b\n</IfFile>\n", "/x/b", "httpd.conf:6"),
    ("<Location /x>\nRequire all granted\n</Location>\nAccessTokenDatabase sqlite3 /x/a\n", "/x/a", "httpd.conf:5"),
])
def test_the_directive_is_understood_as_httpd_understands_it(conf, text, path, where):
    assert conf.chosen(text) == (path, where)


def test_a_relative_path_begins_at_the_server_root(conf):
    assert conf.chosen("AccessTokenDatabase sqlite3 db/tokens.db\n")[0] == f"{conf.folder}/db/tokens.db"


def test_includes_are_followed_by_pattern_and_folder_relative_to_the_server_root(conf):
    conf.write("mods-enabled/z.conf", "Include more/*.inc\n")
    conf.write("mods-enabled/a.conf", "Define where /x\n")
    conf.write("more/one.inc", "Include sites\n")
    conf.write("sites/deep/host.conf", "AccessTokenDatabase sqlite3 ${where}/a.db\n")
    text = "IncludeOptional mods-enabled/*.conf\nIncludeOptional nothing/*.conf\nIncludeOptional none.conf\n"
    assert conf.chosen(text) == ("/x/a.db", "sites/deep/host.conf:1")


def test_an_include_inside_a_virtual_host_belongs_to_it(conf):
    conf.write("inner.conf", "AccessTokenDatabase sqlite3 /x/a\n")
    text = ("AccessTokenDatabase sqlite3 /x/b\n<VirtualHost *:80>\nInclude inner.conf\n</VirtualHost>\n")
    assert "more than one AccessTokenDatabase" in conf.refused(text)


@pytest.mark.parametrize("text, parts", [
    ("<VirtualHost *:80>\nAccessTokenDatabase sqlite3 /x/a\n</VirtualHost>\n<VirtualHost b:81>\n"
     "AccessTokenDatabase sqlite3 /x/b\n</VirtualHost>\n",
     ["more than one AccessTokenDatabase", "-d", "httpd.conf:3, in VirtualHost *:80", "httpd.conf:6, in VirtualHost b:81"]),
    ("AccessTokenDatabase sqlite3 /x/a\nAccessTokenTable one\n<VirtualHost *:80>\nAccessTokenTable two\n</VirtualHost>\n",
     ["more than one AccessTokenTable", "-t", "httpd.conf:3", "httpd.conf:5"]),
    ("<IfModule mod_unknown.c>\nAccessTokenDatabase sqlite3 /x/a\n</IfModule>\n",
     ["httpd.conf:3", "<IfModule mod_unknown.c>", "cannot be seen here", "-d"]),
    ("<IfDefine SECRET>\nAccessTokenDatabase sqlite3 /x/a\n</IfDefine>\n", ["<IfDefine SECRET>"]),
    ("<IfVersion >= 2.4.60>\nAccessTokenDatabase sqlite3 /x/a\n</IfVersion>\n", ["<IfVersion >= 2.4.60>"]),
    ("<Macro db>\nAccessTokenDatabase sqlite3 /x/a\n</Macro>\n", ["<Macro db>"]),
    ("AccessTokenDatabase sqlite3 ${UNSAID_DB}\n", ["a variable that is not known here"]),
    ("AccessTokenDatabase Sqlite /x\n", ["httpd.conf:2", "must be an apr_dbd driver"]),
    ("AccessTokenTable 'a b'\n", ["httpd.conf:2", "it is no table name"]),
])
def test_an_ambiguous_configuration_is_refused_with_the_option_to_use(conf, text, parts):
    said = conf.refused(text)
    assert [part for part in parts if part not in said] == [], said


def test_an_option_overrides_an_ambiguous_configuration(conf):
    text = ("<VirtualHost *:80>\nAccessTokenDatabase sqlite3 /x/a\n</VirtualHost>\n<VirtualHost *:81>\n"
            "AccessTokenDatabase sqlite3 /x/b\n</VirtualHost>\n")
    assert conf.chosen(text, "-d", "sqlite3 /x/c") == ("/x/c", "-d")
    assert conf.chosen(text, environment={"HTTOKEN_DATABASE": "sqlite3 /x/d"}) == ("/x/d", "HTTOKEN_DATABASE")


def test_variables_of_the_environment_and_of_envvars_are_known(conf):
    conf.write("envvars", "unset HOME\nSUFFIX=\nexport APACHE_DB=/x/env$SUFFIX.db\nexport APACHE_X=$(date)\n")
    assert conf.chosen("AccessTokenDatabase sqlite3 ${APACHE_DB}\n")[0] == "/x/env.db"
    assert conf.chosen("AccessTokenDatabase sqlite3 ${APACHE_DB}\n",
                       environment={"APACHE_DB": "/x/other.db"})[0] == "/x/other.db"


@pytest.mark.parametrize("text, sentence", [
    ("Include nowhere.conf\n", "includes {}/nowhere.conf, which does not exist"),
    ("Include conf/*.conf\n", "which does not exist"),
    ("Include httpd.conf\n", "is included by itself"),
])
def test_a_file_that_cannot_be_read_is_named(conf, text, sentence):
    assert sentence.format(conf.folder) in conf.refused(text, status=FILE)


def test_a_configuration_that_does_not_exist_is_reported(conf):
    assert "/nowhere cannot be read" in conf.tool("-c", "/nowhere", "list", status=FILE).err
    assert "is a folder" in conf.tool("-c", str(conf.folder), "list", status=FILE).err


def test_prefix_and_table_come_from_the_configuration(conf, bare):
    text = bare.database.directive() + "\nAccessTokenTable api_tokens\nAccessTokenPrefix acme\n"
    path = conf.write("httpd.conf", text)
    conf.tool("-c", path, "init")
    token = tokens.remember(conf.tool("-c", path, "generate", "alice", secret_out=True).out[:-1])
    assert token.startswith("acme_")
    assert len(bare("-t", "api_tokens", "list").lines) == 1
    bare("list", status=SCHEMA)


def test_two_prefixes_matter_only_for_generate(conf, tool):
    text = tool.database.directive() + ("\nAccessTokenPrefix one\n<VirtualHost *:80>\nAccessTokenPrefix two\n"
                                        "</VirtualHost>\n")
    path = conf.write("httpd.conf", text)
    conf.tool("-c", path, "list")
    assert "--prefix" in conf.tool("-c", path, "generate", "alice", status=USAGE).err
    conf.tool("-c", path, "generate", "alice", "--prefix", "two", secret_out=True)


@pytest.fixture(name="debian")
def fixture_debian(conf):
    """Debian's whole configuration in a folder of its own, with the module's packaged files enabled."""
    shutil.copytree(DEBIAN, conf.folder / "etc", symlinks=True)
    main = conf.folder / "etc/apache2.conf"
    main.write_text(f'ServerRoot "{conf.folder}/etc"\n' + main.read_text())
    enabled = conf.folder / "etc/mods-enabled/accesstoken.conf"
    return main, enabled


def test_debians_own_configuration_is_read_to_its_end(conf, debian):
    main, enabled = debian
    enabled.write_text("<IfModule mod_accesstoken.c>\nAccessTokenDatabase sqlite3 /x/a.db\n</IfModule>\n")
    answer = conf.tool("-c", main, "check", status=FILE)
    assert "/x/a.db" in answer.out and f"named by {enabled}:2" in answer.out
    user = re.search(r"APACHE_RUN_USER=(\S+)", (conf.folder / "etc/envvars").read_text()).group(1)
    enabled.write_text("AccessTokenDatabase sqlite3 /etc/hostname\n")
    assert f"the web server's user {user} may not" in conf.tool("-c", main, "check", status=FILE).out


def test_httpd_accepts_the_same_configuration(conf):
    """The sample of this test is a configuration that httpd itself accepts."""
    server = httpd.Server()
    try:
        server.write("conf/more/db.conf", "Define FOLDER run\n<IfModule mod_accesstoken.c>\n"
                                          "AccessTokenDatabase sqlite3 ${FOLDER}/tokens.db\n</IfModule>\n")
        status, said = server.check_configuration("IncludeOptional conf/more/*.conf\n")
        assert status == 0, said
        answer = conf.tool("-c", server.path("conf/httpd.conf"), "check", status=FILE)
        assert server.path("run", "tokens.db") in answer.out
    finally:
        server.close()


def test_the_parameters_of_a_directive_and_of_the_option_are_the_same(tool, conf):
    path = conf.write("httpd.conf", tool.database.directive() + "\n")
    token = tool.generate("alice")
    assert conf.tool("-c", path, "list").out == tool("list").out
    assert conf.tool("find", typed=token, environment={
        "HTTOKEN_DATABASE": tool.database.directive().split(None, 1)[1]}).out  # with its quotes


def test_a_long_configuration_is_read(conf):
    lines = "".join(f"<Location /x{n}>\n    Require all granted\n</Location>\n" for n in range(20000))
    assert conf.chosen(lines + "AccessTokenDatabase sqlite3 /x/a\n")[0] == "/x/a"
