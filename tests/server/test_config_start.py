# SPDX-License-Identifier: Apache-2.0
"""Starting: httpd comes up with or without a database, wrong directives are refused in a sentence, and
settings go from outer to inner sections and from server to virtual host.
"""

import os

import pytest

import tokens
from client import Client, Manager, check_unavailable
from engines import from_iso
from marks import MPMS
from typical_site import Site, basic, host

WRONG = [
    ("AccessTokenTable", '"access tokens"', "access tokens"),
    ("AccessTokenTable", "access-tokens", "access-tokens"),
    ("AccessTokenTable", "1tokens", "1tokens"),
    ("AccessTokenTable", '"t; DROP TABLE t"', "t; DROP TABLE t"),
    ("AccessTokenTable", "main.tokens", "main.tokens"),
    ("AccessTokenTable", "tök", "AccessTokenTable: 't"),
    ("AccessTokenCreateTable", "maybe", "maybe"),
    ("AccessTokenCreateTable", "1", "1"),
    ("AccessTokenDatabaseTimeout", "soon", "soon"),
    ("AccessTokenDatabaseTimeout", '"5 parsecs"', "5 parsecs"),
    ("AccessTokenDatabaseTimeout", "-1s", "-1s"),
    ("AccessTokenDatabaseTimeout", "1.5s", "1.5s"),
    ("AccessTokenDatabaseTimeout", "0", "0"),
    ("AccessTokenDatabaseTimeout", "5M2", "5M2"),
    ("AccessTokenDatabaseTimeout", "99999999999999999999s", "99999999999999999999s"),
    ("AccessTokenDatabaseConnections", "0", "0"),
    ("AccessTokenDatabaseConnections", "-4", "-4"),
    ("AccessTokenDatabaseConnections", "four", "four"),
    ("AccessTokenDatabaseConnections", "4x", "4x"),
    ("AccessTokenDatabaseConnections", "99999999999999999999", "99999999999999999999"),
    ("AccessTokenLastUsedInterval", "sometimes", "sometimes"),
    ("AccessTokenLastUsedInterval", "-1", "-1"),
    ("AccessTokenLastUsedInterval", "1w", "1w"),
    ("AccessTokenPurgeAfter", "soon", "soon"),
    ("AccessTokenPurgeAfter", "0", "0"),
    ("AccessTokenPurgeAfter", "-1", "-1"),
    ("AccessTokenPurgeAfter", "1y", "1y"),
    ("AccessTokenPurgeAfter", "Off", "Off"),
    ("AccessTokenPrefix", "a", "a"),
    ("AccessTokenPrefix", "1ab", "1ab"),
    ("AccessTokenPrefix", "_ab", "_ab"),
    ("AccessTokenPrefix", "a-b", "a-b"),
    ("AccessTokenPrefix", "äb", "AccessTokenPrefix: '"),
    ("AccessTokenPrefix", "p" * 32, "p" * 32),
]

WRONG_IN_LOCATION = [
    ("AccessTokenManager", "mine", "mine"),
    ("AccessTokenManager", "On", "On"),
    ("AccessTokenDefaultLifetime", "long", "long"),
    ("AccessTokenDefaultLifetime", "0", "0"),
    ("AccessTokenDefaultLifetime", "-1", "-1"),
    ("AccessTokenDefaultLifetime", '"12 d"', "12 d"),
    ("AccessTokenMaxLifetime", "forever", "forever"),
    ("AccessTokenMaxLifetime", "0", "0"),
    ("AccessTokenMaxLifetime", "1y", "1y"),
    ("AccessTokenMaxPerUser", "few", "few"),
    ("AccessTokenMaxPerUser", "-1", "-1"),
    ("AccessTokenMaxPerUser", "2.5", "2.5"),
    ("AccessTokenIssueWithToken", "perhaps", "perhaps"),
    ("AccessTokenForwardCredentials", "yes", "yes"),
    ("AccessTokenMetadata", "yes", "yes"),
]

RIGHT = [
    "AccessTokenTable my_tokens2", "AccessTokenTable _t", "AccessTokenCreateTable off",
    "AccessTokenDatabaseTimeout 2s", "AccessTokenDatabaseTimeout 5m", "AccessTokenDatabaseTimeout 2",
    "AccessTokenDatabaseConnections 1", "AccessTokenDatabaseConnections 64",
    "AccessTokenLastUsedInterval 0", "AccessTokenLastUsedInterval Off", "AccessTokenLastUsedInterval 1h",
    "AccessTokenPurgeAfter never", "AccessTokenPurgeAfter 90", "AccessTokenPurgeAfter 36500d", "AccessTokenPurgeAfter 1s",
    "AccessTokenPrefix ab", "AccessTokenPrefix My_Company_2", "AccessTokenPrefix " + "p" * 31,
]

RIGHT_IN_LOCATION = [
    "AccessTokenManager own", "AccessTokenManager ALL", "AccessTokenManager Off",
    "AccessTokenDefaultLifetime 365d", "AccessTokenDefaultLifetime 2h", "AccessTokenDefaultLifetime 30s",
    "AccessTokenDefaultLifetime 5m", "AccessTokenDefaultLifetime 30", "AccessTokenDefaultLifetime never",
    "AccessTokenMaxLifetime unlimited", "AccessTokenMaxLifetime 90d", "AccessTokenMaxPerUser unlimited",
    "AccessTokenMaxPerUser 100", "AccessTokenIssueWithToken on", "AccessTokenForwardCredentials On",
    "AccessTokenMetadata on", "AccessTokenMetadata Off", "Require accesstoken",
]

SERVER_DIRECTIVES = [
    "AccessTokenTable t", "AccessTokenCreateTable On", "AccessTokenDatabaseTimeout 2s",
    "AccessTokenDatabaseConnections 4", "AccessTokenLastUsedInterval 60s", "AccessTokenPrefix httok", "AccessTokenPurgeAfter 90d",
    "AccessTokenDatabase sqlite3 /nowhere/t.db",
]


@pytest.fixture(scope="module")
def checker(engine):
    """Runs httpd -t, again and again, in one folder."""
    with Site("event", engine) as place:
        yield lambda text: place.server.check_configuration(place.database.directive() + "\n" + text)


def refused(checker, text, *words):
    status, said = checker(text)
    assert status != 0, f"accepted: {text}"
    for word in words:
        assert word in said, said
    return said


@pytest.mark.parametrize("mpm", MPMS, indirect=True, scope="module")
def test_httpd_starts_and_serves_without_a_database(new_site):
    site = new_site()
    missing = site.server.path("nowhere", "tokens.db")
    site.start(f'AccessTokenDatabase sqlite3 "{missing}"')
    assert site.client.status("/open/data.json") == 200
    assert site.client.status("/api/data.json") == 401
    check_unavailable(site.client.get("/api/data.json", token=tokens.forge()))
    assert not os.path.exists(missing)


def test_no_database_file_is_made_by_the_start_alone(new_site):
    site = new_site().start()
    assert site.client.status("/open/data.json") == 200
    assert os.listdir(site.database.folder) == []


def test_the_file_is_made_by_the_servers_own_user_on_first_use(new_site):
    site = new_site().start()
    site.manager().generate()
    folder = os.stat(site.database.folder)
    assert os.stat(site.database.path).st_uid == folder.st_uid
    assert site.database.has_table()


@pytest.mark.parametrize("directive, value, shown", WRONG)
def test_a_wrong_value_is_refused_with_a_sentence_that_names_it(checker, directive, value, shown):
    refused(checker, f"{directive} {value}\n", directive, shown)


@pytest.mark.parametrize("directive, value, shown", WRONG_IN_LOCATION)
def test_a_wrong_value_in_a_location_is_refused_with_a_sentence_that_names_it(checker, directive, value, shown):
    refused(checker, f"<Location /x>\n{directive} {value}\n</Location>\n", directive, shown)


@pytest.mark.parametrize("line", RIGHT)
def test_a_right_value_is_accepted(checker, line):
    status, said = checker(line + "\n")
    assert status == 0, said


@pytest.mark.parametrize("line", RIGHT_IN_LOCATION)
def test_a_right_value_in_a_location_is_accepted(checker, line):
    status, said = checker(f"<Location /x>\n{line}\n</Location>\n")
    assert status == 0, said


@pytest.mark.parametrize("driver, said", [("odbc", "write sqlite3, pgsql or mysql"), ("oracle", "write sqlite3, pgsql or mysql"),
                                          ("postgres", "did you mean pgsql?"), ("mariadb", "did you mean mysql?"),
                                          ("sqlite2", "did you mean sqlite3?")])
def test_a_driver_that_cannot_be_used_is_refused_by_name(new_site, driver, said):
    status, output = new_site().server.check_configuration(f'AccessTokenDatabase {driver} "host=127.0.0.1"\n')
    assert status != 0 and f"AccessTokenDatabase: '{driver}' is no driver that can be used here; {said}" in output
    assert "libaprutil1" not in output


@pytest.mark.parametrize("text", ["AccessTokenDatabase", "AccessTokenDatabase sqlite3",
                                  "AccessTokenDatabase sqlite3 a b", 'AccessTokenDatabase "" x',
                                  'AccessTokenDatabase sqlite3 ""', 'AccessTokenDatabase sqlite3 ":memory:"'])
def test_the_database_needs_a_driver_and_its_parameters(checker, text):
    refused(checker, text + "\n", "AccessTokenDatabase")


@pytest.mark.parametrize("line", SERVER_DIRECTIVES)
def test_a_directive_of_the_server_is_refused_in_a_section(checker, line):
    refused(checker, f"<Location /x>\n{line}\n</Location>\n", line.split()[0])


@pytest.mark.parametrize("line", SERVER_DIRECTIVES)
def test_a_directive_of_the_server_may_stand_in_a_virtual_host(checker, line):
    status, said = checker(f"<VirtualHost *:1>\n{line}\n</VirtualHost>\n")
    assert status == 0, said


@pytest.mark.parametrize("opening", [
    '<Directory "/srv">', '<DirectoryMatch "^/srv">', '<LocationMatch "^/t">', '<Location ~ "^/t">', "<Location /t/*>",
    "<Location /t?>", "<Location /t[ab]>", "<Location /t/>", '<Files "t">', '<Proxy "*">', "<If true>"])
def test_the_manager_is_refused_anywhere_but_in_a_location_with_a_plain_path(checker, opening):
    closing = "</" + opening[1:].split()[0] + ">"
    refused(checker, f"{opening}\nAccessTokenManager own\n{closing}\n", "AccessTokenManager")


@pytest.mark.parametrize("opening", ['<Location "~" "/t">', "<Location '~' ^/t>", "<Location //t>", "<Location /a//t>",
                                     "<Location /a/../t>", "<Location /./t>", "<Location /t/.>", "<Location /t/..>",
                                     "<Location /a%20b>", "<Location /%74>"])
def test_the_manager_is_refused_in_a_location_that_no_request_reaches(checker, opening):
    refused(checker, f"{opening}\nAccessTokenManager own\n</Location>\n", "AccessTokenManager: 'own' is not allowed", "<Location")


@pytest.mark.parametrize("path", ["/", "/.well-known/tokens", "/a..b/t.", "/100%", '"/a b"', "/a;b=c", "/~alice/t", "/tökens"])
def test_the_manager_may_stand_in_a_location_with_odd_characters(checker, path):
    status, said = checker(f"<Location {path}>\nAccessTokenManager own\n</Location>\n")
    assert status == 0, said


@pytest.mark.parametrize("line", RIGHT_IN_LOCATION[1:-1] + ["AccessTokenScopes read", "AccessTokenAddress none"])
@pytest.mark.parametrize("limit", ["Limit GET", "LimitExcept GET HEAD"])
def test_a_directive_of_a_section_does_not_pretend_to_hold_for_some_methods(checker, line, limit):
    closing = limit.split()[0]
    refused(checker, f"<Location /x>\n<{limit}>\n{line}\n</{closing}>\n</Location>\n", line.split()[0], f"<{closing}>")


def test_requirements_may_hold_for_some_methods(checker):
    status, said = checker("<Location /x>\n<Limit GET>\nRequire accesstoken\nRequire accesstoken-scope read\n</Limit>\n</Location>\n")
    assert status == 0, said


@pytest.mark.parametrize("line", ['Require accesstoken-scope "%{reqenv:SCOPE}"', "Require accesstoken-scope read %{HTTP:X-Scope}",
                                  "Require not accesstoken-scope x-%{REMOTE_USER}", "AccessTokenScopes read %{REMOTE_USER}"])
def test_an_expression_is_not_taken_for_a_scope(checker, line):
    refused(checker, f"<Location /x>\n<RequireAll>\nRequire accesstoken\n{line}\n</RequireAll>\n</Location>\n"
            if line.startswith("Require") else f"<Location /x>\n{line}\n</Location>\n", "%{", "plain words")


def test_the_manager_is_not_switched_off_by_an_expression(checker):
    refused(checker, "<Location /t>\nAccessTokenManager own\n<If true>\nAccessTokenManager Off\n</If>\n</Location>\n",
            "AccessTokenManager")


def test_the_manager_is_refused_outside_of_sections(checker):
    refused(checker, "AccessTokenManager own\n", "AccessTokenManager")


def test_the_manager_may_stand_in_a_location_of_a_virtual_host(checker):
    status, said = checker("<VirtualHost *:1>\n<Location /t>\nAccessTokenManager own\n</Location>\n</VirtualHost>\n")
    assert status == 0, said


HTACCESS = """
<Directory "htdocs/ac">
    AllowOverride AuthConfig
</Directory>
<Directory "htdocs/rest">
    AllowOverride FileInfo Limit Options Indexes
</Directory>
"""


@pytest.fixture(scope="module")
def htaccess(engine):
    """A server whose folders /ac and /rest have .htaccess files, read at each request."""
    with Site("event", engine) as place:
        place.start(HTACCESS.replace("htdocs", place.server.path("htdocs")))

        def status_with(folder, line):
            place.server.write(f"htdocs/{folder}/.htaccess", line + "\n")
            place.server.write(f"htdocs/{folder}/page.html", "page")
            return place.client.status(f"/{folder}/page.html")

        yield status_with


@pytest.mark.parametrize("line", SERVER_DIRECTIVES + [
    "AccessTokenManager own", "AccessTokenManager Off", "AccessTokenDefaultLifetime 1d", "AccessTokenMaxLifetime 1d",
    "AccessTokenMaxPerUser 1", "AccessTokenIssueWithToken On", "AccessTokenAddress none", "AccessTokenMetadata On"])
def test_htaccess_may_not_use_a_directive_of_the_admin(htaccess, line):
    assert htaccess("ac", "# nothing") == 200
    assert htaccess("ac", line) == 500


def test_htaccess_may_forward_credentials_where_authconfig_is_allowed(htaccess):
    assert htaccess("ac", "AccessTokenForwardCredentials On") == 200
    assert htaccess("rest", "AccessTokenForwardCredentials On") == 500


INHERIT = """
AccessTokenPrefix outer
AccessTokenTable outer_tokens
AccessTokenCreateTable Off
AccessTokenLastUsedInterval Off
<Location /outer>
    {basic}
    Require valid-user
    AccessTokenManager own
    AccessTokenDefaultLifetime 1h
    AccessTokenMaxLifetime 2h
    AccessTokenMaxPerUser 1
</Location>
<Location /outer/inherits>
    AccessTokenManager own
</Location>
<Location /outer/defaults>
    AccessTokenManager own
    AccessTokenDefaultLifetime 365d
    AccessTokenMaxLifetime unlimited
    AccessTokenMaxPerUser unlimited
</Location>
<Location /outer/off>
    AccessTokenManager Off
</Location>
<Location /outer/bearer>
    AuthType AccessToken
    AccessTokenManager own
    AccessTokenIssueWithToken On
    AccessTokenMaxPerUser unlimited
</Location>
<Location /outer/bearer/off>
    AccessTokenManager own
    AccessTokenIssueWithToken Off
</Location>
"""

SAYS_DEFAULTS = """AccessTokenPrefix httok
    AccessTokenTable access_tokens
    AccessTokenCreateTable On
    AccessTokenLastUsedInterval 60s"""


@pytest.fixture(scope="module")
def nested(engine):
    with Site("event", engine) as place:
        place.said = Client(place.server.add_port())
        place.silent = Client(place.server.add_port())
        place.server.write("htdocs/outer/off/data.json", "{}")
        silent = "AccessTokenCreateTable On\nAccessTokenLastUsedInterval 0"
        place.start(INHERIT.format(basic=basic()) + host(place.said.port, SAYS_DEFAULTS + place.locations())
                    + host(place.silent.port, silent + place.locations()), locations=False)
        yield place


def at(place, path, user="alice", client=None):
    return Manager(client or place.silent, path, user=user)


def lifetime_of(info):
    if info["expiredAt"] is None:
        return None
    return (from_iso(info["expiredAt"]) - from_iso(info["createdAt"])) / 1000


def test_a_virtual_host_inherits_what_the_server_says(nested):
    token = at(nested, "/tokens").token()
    assert token.startswith("outer_")
    assert nested.database.row(tokens.id_of(token), "outer_tokens")


def test_a_virtual_host_overrides_also_by_naming_the_default(nested):
    token = at(nested, "/tokens", client=nested.said).token()
    assert token.startswith("httok_")
    assert nested.database.row(tokens.id_of(token), "access_tokens")
    assert nested.said.status("/api/data.json", token=token) == 200
    assert nested.silent.status("/api/data.json", token=token) == 401


def test_inner_sections_inherit_and_override_also_by_naming_the_default(nested):
    here = nested.client
    at(nested, "/tokens", user="bob").token()
    for path in ("/outer", "/outer/inherits"):
        user = "user" + str(len(path))
        manager = at(nested, path, user=user, client=here)
        assert lifetime_of(manager.generate()[1]) == 3600
        assert manager.post({}).status_code == 403
    strict = at(nested, "/outer/inherits", user="user51", client=here)
    assert strict.post({"lifetimeSeconds": 7201}).status_code == 400
    assert strict.post({"lifetimeSeconds": -1}).status_code == 400
    free = at(nested, "/outer/defaults", user="user50", client=here)
    assert lifetime_of(free.generate()[1]) == 365 * 86400
    assert lifetime_of(free.generate(lifetime=-1)[1]) is None


def test_manager_off_gives_an_inner_location_back_to_the_server(nested):
    assert nested.client.get("/outer/off/data.json", user="alice").text == "{}"


def test_issue_with_token_off_overrides_an_outer_on(nested):
    token = at(nested, "/outer/defaults", user="user60", client=nested.client).token()
    assert Manager(nested.client, "/outer/bearer", token=token).post({}).status_code == 201
    assert Manager(nested.client, "/outer/bearer/off", token=token).post({}).status_code == 403
