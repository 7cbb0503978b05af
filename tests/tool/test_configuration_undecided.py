# SPDX-License-Identifier: Apache-2.0
"""Configurations that httpd reads differently than they look: httoken finds the same database, or asks."""

import pytest

import httpd
from place import API, USE, asked, found, host
from tool import FILE

# Conditions, variables and includes

FOUND = {
    "IfFile is relative to the server root":
        {"here.conf": "", "apache2.conf": "<IfFile here.conf>\nAccessTokenDatabase {a}\n</IfFile>\n" + USE},
    "a default by IfDefine": {"apache2.conf": "<IfDefine !DB>\nDefine DB {a_path}\n</IfDefine>\nAccessTokenDatabase sqlite3 ${{DB}}\n" + USE},
    "hidden files of an included folder": {"conf-x/.tokens.conf": "AccessTokenDatabase {a}\n", "apache2.conf": "Include conf-x\n" + USE},
    "the main server, whose port each host has":
        {"apache2.conf": "Listen 443\n" + USE + host("*:443", "AccessTokenDatabase {a}\n")},
    "a section that httpd skips has no hosts":
        {"apache2.conf": "<IfFile /nonexistent>\n" + host("*:80", USE) + "</IfFile>\n" + host("*:443", "AccessTokenDatabase {a}\n" + USE)},
}


@pytest.mark.parametrize("why", FOUND)
def test_the_database_of_the_server_is_found(place, why):
    assert found(place, FOUND[why]) == "state/a.db"


ASKS = {
    "a variable that a condition may change":
        {"apache2.conf": "Define DB {a_path}\n<IfDefine PROD>\nDefine DB {b_path}\n</IfDefine>\nAccessTokenDatabase sqlite3 ${{DB}}\n" + USE},
    "a variable that a version decides":
        {"apache2.conf": "<IfVersion >= 2.4.70>\nDefine DB {a_path}\n</IfVersion>\nAccessTokenDatabase sqlite3 ${{DB}}\n" + USE},
    "a definition that the environment does not make":
        {"envvars": "export LIVE=1\n", "apache2.conf": "<IfDefine LIVE>\nAccessTokenDatabase {a}\n</IfDefine>\n" + USE},
    "an include by an unknown variable":
        {"x/tokens.conf": "AccessTokenDatabase {a}\n", "apache2.conf": "IncludeOptional ${{SITE}}/*.conf\n" + USE},
    "an include by a macro's argument":
        {"tokens-live.conf": "AccessTokenDatabase {a}\n",
         "apache2.conf": "<Macro tokens $where>\nInclude tokens-$where.conf\n</Macro>\nUse tokens live\n" + USE},
    "a redirect under a condition":
        {"apache2.conf": host("*:80", '<If "%{{HTTPS}} != \'on\'">\nRedirect permanent / https://x/\n</If>\n' + USE)
         + host("*:443", "AccessTokenDatabase {a}\n" + USE)},
    "a redirect in a location":
        {"apache2.conf": USE + host("*:80", "<Location /old>\nRedirect permanent / https://x/\n</Location>\n")
         + host("*:443", "AccessTokenDatabase {a}\n")},
    "a redirect behind a proxied path":
        {"apache2.conf": USE + host("*:80", "ProxyPass /tokens http://b/\nRedirect permanent / https://x/\n")
         + host("*:443", "AccessTokenDatabase {a}\n")},
    "the main server at a port that no host has":
        {"apache2.conf": "Listen 80\nListen 443 https\n" + USE + host("_default_:443", "AccessTokenDatabase {a}\n")},
    "the main server at an address that no host has":
        {"apache2.conf": "Listen 80\n" + USE + host("127.0.0.1:80", "AccessTokenDatabase {a}\n")},
    "a host without a line":
        {"apache2.conf": USE + host("*:443", "AccessTokenDatabase {a}\n") + host("*:80", "")},
    "an AuthType that a variable decides":
        {"apache2.conf": host("*:80", "<Location /api>\nAuthType ${{AUTH}}\n</Location>\n")
         + host("*:443", "AccessTokenDatabase {a}\n" + API)},
    "an AuthType that a macro's argument decides":
        {"apache2.conf": "<Macro api $how>\nAuthType $how\n</Macro>\n" + host("*:80", "Use api AccessToken\n")
         + host("*:443", "AccessTokenDatabase {a}\n" + API)},
}


@pytest.mark.parametrize("why", ASKS)
def test_httoken_asks_where_it_cannot_know_the_database(place, why):
    asked(place, ASKS[why], "-d")


def test_httpd_reads_the_hidden_files_of_a_folder_too():
    server = httpd.Server()
    try:
        server.write("conf/more/.hidden.conf", "AccessTokenDatabase nonsense\n")
        status, said = server.check_configuration("Include conf/more\n")
        assert status != 0 and ".hidden.conf" in said
    finally:
        server.close()


# Rights

def as_other(place):
    place.folder.joinpath("etc/apache2.conf").chmod(0o644)
    return {"user": httpd.CHILD_USER} if httpd.AS_ROOT else {}


HIDDEN = {"a pattern": "IncludeOptional private/*.conf\n", "a file": "IncludeOptional private/tokens.conf\n",
          "a folder": "IncludeOptional private\n", "folders of a pattern": "IncludeOptional pri*/tokens.conf\n"}


@pytest.mark.parametrize("how", HIDDEN)
def test_a_folder_that_may_not_be_read_does_not_count_as_empty(place, how):
    place.write("apache2.conf", HIDDEN[how] + USE)
    place.write("private/tokens.conf", "AccessTokenDatabase sqlite3 /x\n")
    folder = place.folder / "etc/private"
    folder.chmod(0o000)
    try:
        said = place.tool("list", status=FILE, **as_other(place)).err
    finally:
        folder.chmod(0o755)
    assert "cannot be read" in said and "run httoken as root" in said


def test_a_configuration_that_may_not_be_read_does_not_count_as_missing(place):
    place.write("apache2.conf", USE)
    folder = place.folder / "etc"
    other = as_other(place)
    folder.chmod(0o000)
    try:
        said = place.tool("list", status=FILE, **other).err
    finally:
        folder.chmod(0o755)
    assert "apache2.conf cannot be read" in said and "run httoken as root" in said
