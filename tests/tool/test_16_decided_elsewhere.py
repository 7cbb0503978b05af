# SPDX-License-Identifier: Apache-2.0
"""What httpd reads in another way than it looks: httoken finds the same database, or asks."""

import pytest

import httpd
from place import API, USE, host, write
from tool import FILE, USAGE

DB = "AccessTokenDatabase sqlite3 ${{TOKENS_DB}}\n" + USE


def found(place, files):
    for name in ("tokens.db", "a.db", "b.db"):
        place.table(name, "carol")
    write(place, files)
    return place.chosen()[0]


# envvars, as a shell reads it

SCRIPTS = {
    "the last assignment holds": "export TOKENS_DB={b_path}\nexport TOKENS_DB={a_path}\n",
    "an assignment after export": "export TOKENS_DB\nTOKENS_DB={b_path}\nTOKENS_DB={a_path}\n",
    "several on a line": "TOKENS_DB={a_path}; export TOKENS_DB; export X=1 Y=2\n",
    "a semicolon behind it": "export TOKENS_DB={a_path};\n",
    "a comment behind it": "export TOKENS_DB={a_path} # the tokens\n",
    "quotes within": "export TOKENS_DB={state}/'a'\".db\"\n",
    "in quotes behind export": "export TOKENS_DB={b_path}\nexport \"TOKENS_DB={a_path}\"\n",
    "behind a bracket in quotes": "export X=$(echo ')' \")\")\nexport TOKENS_DB={a_path}\n",
    "by the first of two conditions": "if [ a = a ]; then TOKENS_DB={a_path}; elif [ a = a ]; then TOKENS_DB={b_path}; else TOKENS_DB=; fi\n"
                                      "export TOKENS_DB\n",
    "by a negated condition": "TOKENS_DB={b_path}\nif ! [ -z x ]; then TOKENS_DB={a_path}; fi; [ -z x ] || export TOKENS_DB\n",
    "a backslash": "export TOKENS_DB={state}/a\\.db\n",
    "a line that goes on": "export \\\n  TOKENS_DB={a_path}\n",
    "two in one export": "export X=1 TOKENS_DB={a_path}\n",
    "a long line before": "# " + 2000 * "x" + "\nexport TOKENS_DB={a_path}\n",
    "everything is exported": "set -a\nTOKENS_DB={a_path}\nset +a\n",
    "in a file that it reads": ". {etc}/more\n",
    "in a file that it reads, if that is there": "TOKENS_DB={b_path}\n[ -r {etc}/more ] && . {etc}/more\nexport TOKENS_DB\n",
    "in a file that is not there": "export TOKENS_DB={a_path}\nif [ -f {etc}/none ]; then . {etc}/none; TOKENS_DB={b_path}; fi\n",
    "by a condition that can be seen": "WHERE=a\nif [ \"$WHERE\" = b ]; then\n\texport TOKENS_DB={b_path}\nelse\n\texport TOKENS_DB={a_path}\nfi\n",
    "by the suffix of Debian's instances":
        'if [ "${{APACHE_CONFDIR##/etc/apache2-}}" != "${{APACHE_CONFDIR}}" ] ; then\n\tSUFFIX="-${{APACHE_CONFDIR##/etc/apache2-}}"\n'
        "else\n\tSUFFIX=\nfi\nexport TOKENS_DB={state}/a$SUFFIX.db\n",
    "by a condition that changes nothing": "export TOKENS_DB={a_path}\nif mountpoint -q /x; then TOKENS_DB={a_path}; fi\n",
    "not in a command's environment": "export TOKENS_DB={a_path}\nTOKENS_DB={b_path} true\n",
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_envvars_is_read_as_a_shell_reads_it(place, script):
    place.write("more", f"TOKENS_DB={place.folder}/state/a.db\nexport TOKENS_DB\n")
    assert found(place, {"envvars": SCRIPTS[script], "apache2.conf": DB}) == "state/a.db"


UNKNOWN = {
    "by a condition that is computed": "export TOKENS_DB={a_path}\nif [ \"$(hostname)\" = x ]; then\nexport TOKENS_DB={b_path}\nfi\n",
    "in one of two branches": "if mountpoint -q /x; then export TOKENS_DB={a_path}; else export TOKENS_DB={b_path}; fi\n",
    "in a case": "case $(hostname) in\na) export TOKENS_DB={a_path} ;;\n*) export TOKENS_DB={b_path} ;;\nesac\n",
    "by a command that succeeds or not": "export TOKENS_DB={a_path}\ngrep -q x /etc/y && TOKENS_DB={b_path}\n",
    "by a command after it was set": "export TOKENS_DB={a_path}\nexport TOKENS_DB=$(cat /etc/x)\n",
    "by a default": "export TOKENS_DB=${{ELSEWHERE:-{a_path}}}\n",
    "in a loop": "for x in {a_path} {b_path}; do export TOKENS_DB=$x; done\n",
    "in a file that cannot be known": "export TOKENS_DB={a_path}\n. $(ls /x)\n",
    "by eval": "export TOKENS_DB={a_path}\neval \"$(cat /x)\"\n",
    "after an end that may come": "export TOKENS_DB={a_path}\ngrep -q x /etc/y && return\nTOKENS_DB={b_path}\n",
    "more of it": "export TOKENS_DB={a_path}\nTOKENS_DB+=b\n",
    "in the files of a folder": "export TOKENS_DB={a_path}\n. {etc}/envvars.d/*\n",
    "behind lines for a command": "export TOKENS_DB={a_path}\nread TOKENS_DB <<X\n{b_path}\nX\n",
    "by what eval makes of another": "BASE={a_path}\neval $(cat /x)\nexport TOKENS_DB=$BASE\n",
    "exported under a condition": "TOKENS_DB={a_path}\ngrep -q x /etc/y && export TOKENS_DB\n",
    "all exported under a condition": "grep -q x /etc/y && set -a\nTOKENS_DB={a_path}\n",
    "not exported": "TOKENS_DB={a_path}\n",
    "unset": "export TOKENS_DB={a_path}\nunset TOKENS_DB\n",
    "unset, so that it is not exported any more": "export TOKENS_DB={b_path}\nunset TOKENS_DB\nTOKENS_DB={a_path}\n",
    "in a function": "f() {{\nexport TOKENS_DB={b_path}\n}}\n",
}


def asked(place, files, *parts):
    for name in ("tokens.db", "a.db", "b.db"):
        place.table(name, "carol")
    write(place, files)
    said = place.tool("delete", "--user", "carol", "--yes", status=USAGE).err
    assert [part for part in parts if part not in said] == [], said
    assert [place.users(place.file(name)) for name in ("tokens.db", "a.db", "b.db")] == [["carol"]] * 3


@pytest.mark.parametrize("script", UNKNOWN)
def test_what_a_shell_would_have_to_decide_is_a_question_back(place, script):
    asked(place, {"envvars": UNKNOWN[script], "apache2.conf": DB}, "a variable that is not known here", "-d")


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
def test_what_cannot_be_seen_is_a_question_back(place, why):
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
def test_a_folder_that_may_not_be_read_is_not_an_empty_one(place, how):
    place.write("apache2.conf", HIDDEN[how] + USE)
    place.write("private/tokens.conf", "AccessTokenDatabase sqlite3 /x\n")
    folder = place.folder / "etc/private"
    folder.chmod(0o000)
    try:
        said = place.tool("list", status=FILE, **as_other(place)).err
    finally:
        folder.chmod(0o755)
    assert "cannot be read" in said and "run httoken as root" in said


def test_a_configuration_that_may_not_be_seen_is_not_a_missing_one(place):
    place.write("apache2.conf", USE)
    folder = place.folder / "etc"
    other = as_other(place)
    folder.chmod(0o000)
    try:
        said = place.tool("list", status=FILE, **other).err
    finally:
        folder.chmod(0o755)
    assert "apache2.conf cannot be read" in said and "run httoken as root" in said
