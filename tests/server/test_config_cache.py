# SPDX-License-Identifier: Apache-2.0
"""The cache's directives: their values, their defaults, and how sections inherit and override them."""

import re
import signal
import time

import pytest

import engines
import outages
import tokens
from client import Client
from httpd import wait_until
from marks import ALL_MPMS
from typical_site import Site, host

WRONG = [(name, value) for name, values in (
    ("AccessTokenCacheSize", ["big", "-1", "1t", "8mb", "63k", "65535", "1", "65g", "9" * 20,
                              "0x10", "8 m", "1.5m", "k", "8m8"]),
    ("AccessTokenCacheTTL", ["soon", "-1", "0", "0s", "1w", "1.5m", "5 m", "9" * 20 + "s", "never", "Off"]),
    ("AccessTokenRevocationInterval", ["often", "-1s", "0", "0s", "500ms", "1.5s", "Off"]),
    ("AccessTokenStaleIfError", ["always", "-1", "1w", "60 s", "Off", "never"])) for value in values]

RIGHT = ["AccessTokenCacheSize 0", "AccessTokenCacheSize 64k", "AccessTokenCacheSize 65536", "AccessTokenCacheSize 8M",
         "AccessTokenCacheSize 64g", "AccessTokenCacheTTL 1s", "AccessTokenCacheTTL 5", "AccessTokenCacheTTL 1d",
         "AccessTokenRevocationInterval 1", "AccessTokenRevocationInterval 1m", "AccessTokenStaleIfError 0",
         "AccessTokenStaleIfError 60", "AccessTokenStaleIfError 1h"]

EACH = ["AccessTokenCacheSize 8m", "AccessTokenCacheTTL 5m", "AccessTokenRevocationInterval 1s", "AccessTokenStaleIfError 60s"]


@pytest.fixture(scope="module")
def checker(engine):
    """Runs httpd -t, again and again, in one folder."""
    with Site("event", engine) as place:
        yield lambda text: place.server.check_configuration(place.database.directive() + "\n" + text)


@pytest.mark.parametrize("name, value", WRONG)
def test_a_wrong_value_is_refused_with_a_sentence_that_names_it_and_what_is_right(checker, name, value):
    status, said = checker(f'{name} "{value}"\n')
    assert status != 0, "accepted"
    assert re.search(rf"{name}: '{re.escape(value)}' is .*; write ", said), said


@pytest.mark.parametrize("line", RIGHT)
def test_a_right_value_is_accepted(checker, line):
    status, said = checker(line + "\n")
    assert status == 0, said


@pytest.mark.parametrize("line", EACH)
def test_each_is_the_servers_or_a_virtual_hosts(checker, line):
    assert checker(f"<VirtualHost *:1>\n{line}\n</VirtualHost>\n")[0] == 0
    for opening, closing in (("<Location /x>", "</Location>"), ('<Directory "/srv">', "</Directory>")):
        status, said = checker(f"{opening}\n{line}\n{closing}\n")
        assert status != 0 and line.split()[0] in said


@pytest.mark.parametrize("line", EACH)
def test_each_takes_one_value(checker, line):
    for text in (line.split()[0], line + " 2"):
        status, said = checker(text + "\n")
        assert status != 0 and line.split()[0] in said


# How they merge

OUTER = """AccessTokenCacheSize 64k
AccessTokenCacheTTL 1s
AccessTokenRevocationInterval 30s
AccessTokenStaleIfError 0
AccessTokenTable outer
LogLevel info
"""
SAYS_DEFAULTS = "AccessTokenTable said\n" + "\n".join(EACH) + "\n"
INHERITS = "AccessTokenTable inherited\n"
TABLES = ("said", "inherited")


@pytest.fixture(scope="module")
def hosts(engine):
    """A virtual host that inherits all, and one that says the defaults, each with a table and a token in use."""
    with Site("event", engine) as place:
        place.hosts = {table: Client(place.server.add_port()) for table in TABLES}
        text = host(place.hosts["said"].port, SAYS_DEFAULTS) + host(place.hosts["inherited"].port, INHERITS)
        place.server.start(place.database.directive() + "\n" + OUTER + place.locations() + text)
        yield place


def a_token(place, table):
    """A token of this table, written by hand, that has been let in once."""
    token, now = tokens.forge(), engines.now_ms()
    place.hosts[table].status("/api/data.json", token=tokens.forge())  # makes the table
    place.database.run(f"INSERT INTO {table} (token_id, token_hash, user_name, description, created_at) VALUES (?,?,?,?,?)",
                       tokens.id_of(token), tokens.hash_of(token), "alice", "", now)
    assert place.hosts[table].status("/api/data.json", token=token) == 200
    return token


def let_in(place, made):
    return {table: place.hosts[table].status("/api/data.json", token=made[table]) for table in TABLES}


def test_sizes_are_inherited_and_overridden_by_naming_the_default(hosts):
    assert hosts.figures("inherited")["Room"] < 200
    assert hosts.figures("said")["Room"] > 10_000


def test_the_ttl_is_inherited_and_overridden_by_naming_the_default(hosts):
    made = {table: a_token(hosts, table) for table in TABLES}
    for table in TABLES:
        hosts.database.run(f"UPDATE {table} SET expires_at = 1000 WHERE token_id = ?", tokens.id_of(made[table]))
    time.sleep(1)
    assert let_in(hosts, made) == {"said": 200, "inherited": 401}


def test_the_interval_is_inherited_and_overridden_by_naming_the_default(hosts):
    """A row that was changed is read again after a TTL of 1 s where the interval is long; so the figure is the configured one's."""
    token = a_token(hosts, "said")
    hosts.database.run("UPDATE said SET deleted_at = ? WHERE token_id = ?", engines.now_ms(), tokens.id_of(token))
    time.sleep(2)
    assert hosts.hosts["said"].status("/api/data.json", token=token) == 401
    a_token(hosts, "inherited")
    assert wait_until(lambda: hosts.figures("said")["RevocationAgeMilliseconds"] < 1500, 2)
    assert hosts.figures("inherited")["RevocationAgeMilliseconds"] == "never" or \
        hosts.figures("inherited")["RevocationAgeMilliseconds"] >= 1500


def test_stale_if_error_is_inherited_and_overridden_by_naming_the_default(new_site):
    site = new_site()
    site.start("AccessTokenStaleIfError 0\nLogLevel info\n")
    token = site.manager("alice").token()
    site.server.stop()
    said = Client(site.server.add_port())
    site.start("AccessTokenStaleIfError 0\nAccessTokenCreateTable Off\nLogLevel info\n"
               + host(said.port, "AccessTokenStaleIfError 60s"))
    assert [client.status("/api/data.json", token=token) for client in (site.client, said)] == [200, 200]
    with outages.renamed(site.database):
        assert wait_until(lambda: site.let_in(token) == 503, 2)
        assert said.status("/api/data.json", token=token) == 200


def test_the_defaults_are_those_of_the_manual(new_site):
    site = new_site().start("LogLevel info\n")
    token = site.manager("alice").token()
    assert [site.let_in(token) for _ in range(3)] == [200] * 3
    silent = site.figures()
    site.server.stop()
    site.start("\n".join(EACH) + "\nLogLevel info\n")
    assert [site.let_in(token) for _ in range(3)] == [200] * 3
    said = site.figures()
    assert (silent["Room"], silent["Hits"]) == (said["Room"], said["Hits"]) and silent["Room"] > 10_000
    assert wait_until(lambda: site.figures()["RevocationAgeMilliseconds"] != "never", 3)


# The size

def test_another_size_at_a_graceful_restart_is_a_notice_and_waits_for_a_start(new_site):
    site = new_site().start("AccessTokenCacheSize 1m\nLogLevel info\n")
    token = site.manager("alice").token()
    assert site.let_in(token) == 200
    room = site.figures()["Room"]
    text = site.server.configuration
    site.server.configure(text.replace("AccessTokenCacheSize 1m", "AccessTokenCacheSize 4m"))
    for _ in range(2):
        site.server.again(signal.SIGUSR1)
    notices = re.findall(r"(?m)^.*:notice\].*AccessTokenCacheSize: a new size.*$", site.server.log())
    assert len(notices) == 1 and "1048576 bytes" in notices[0]
    assert site.figures()["Room"] == room and site.let_in(token) == 200
    site.server.restart()
    assert site.let_in(token) == 200 and site.figures()["Room"] > 3 * room


@pytest.mark.parametrize("change", [("8m", "0"), ("0", "8m")], ids=["off", "on"])
def test_the_cache_is_switched_off_and_on_by_a_graceful_restart(new_site, change):
    before, after = change
    site = new_site().start(f"AccessTokenCacheSize {before}\nLogLevel info\n")
    token = site.manager("alice").token()
    assert [site.let_in(token) for _ in range(4)] == [200] * 4
    text = site.server.configuration
    site.server.configure(text.replace(f"AccessTokenCacheSize {before}", f"AccessTokenCacheSize {after}"))
    site.server.again(signal.SIGUSR1)
    lookups = wait_until(lambda: looked_up(site, token) == (0 if before == "0" else 4), 5)
    assert lookups
    site.manager("alice").delete(token)
    assert [site.let_in(token) for _ in range(4)] == [401] * 4


def looked_up(site, token):
    """Lookups for four requests."""
    before = site.figures()["Lookups"]
    assert [site.let_in(token) for _ in range(4)] == [200] * 4
    return site.figures()["Lookups"] - before


@ALL_MPMS
def test_without_a_cache_everything_works(new_site):
    site = new_site().start("AccessTokenCacheSize 0\nLogLevel info\n")
    owner = site.manager("alice")
    token, brief = owner.token(), owner.token(lifetime=1)
    assert [site.let_in(token) for _ in range(4)] == [200] * 4
    assert owner.info(token)["lastUsed"]
    site.database.change(tokens.id_of(token), user_name="bob")
    assert site.client.get("/api/cgi", token=token).text.count("REMOTE_USER=bob\n") == 1
    assert site.figures()["Hits"] == 0 and site.figures()["Lookups"] >= 5
    site.manager("bob").delete(token)
    assert site.let_in(token) == 401
    assert wait_until(lambda: site.let_in(brief) == 401, 3)
    assert site.let_in(tokens.forge()) == 401
    with outages.locked_for_all(site.database):
        assert site.let_in(token) == 503
    assert wait_until(lambda: site.let_in(token) == 401, 10)
