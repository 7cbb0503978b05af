# SPDX-License-Identifier: Apache-2.0
"""/server-status shows the figures of the cache, for people and for programs, and no secret and no name."""

import html.parser
import re
import time

import pytest

import outages
import tokens
from httpd import wait_until
from typical_site import host

FIGURES = {"Hits", "StaleHits", "ColdHits", "Lookups", "SharedLookups", "RefusedMalformed", "RefusedUnknown",
           "RefusedWrongSecret", "RefusedDeleted", "RefusedExpired", "RefusedBroken", "RefusedWrongUser", "RefusedScope", "Undecided",
           "LastUsedWritten", "Displaced", "LastUsedLost", "Evicted", "Purged", "LookupMicroseconds", "Entries", "Room", "LastUsedPending",
           "RevocationAgeMilliseconds", "Breaker"}


def moved(site, before):
    """What has changed since, without what always does."""
    after = site.figures()
    return {name: after[name] - before[name] for name in FIGURES - {"Breaker", "RevocationAgeMilliseconds", "LookupMicroseconds"}
            if after[name] != before[name]}


@pytest.fixture
def watched(site):
    """The typical server, its owner, and its figures when the test begins and nothing is pending."""
    site.owner = site.manager()
    site.owner.token()
    return site


def test_programs_find_every_figure(site):
    site.let_in(site.manager().token())
    assert set(site.figures()) == FIGURES
    assert wait_until(lambda: site.figures()["RevocationAgeMilliseconds"] != "never", 3)
    lines = re.findall(r"(?m)^AccessToken.*$", site.client.get("/server-status?auto").text)
    assert all(re.fullmatch(r"AccessToken\[access_tokens\][A-Z]\w+: (\d+|never|open|closed)", line) for line in lines)


class Table(html.parser.HTMLParser):
    """The rows of the section's table."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("th", "td"):
            self.rows[-1].append(data)


def test_people_find_every_figure_in_words(site):
    page = site.client.get("/server-status").text
    section = re.search(r"<h2>Access tokens in access_tokens</h2>\s*(<table.*?</table>)", page, re.S).group(1)
    rows = Table(section).rows
    assert len(rows) == len(FIGURES)
    assert all(len(row) == 2 and len(row[0]) > 8 for row in rows)
    assert {"requests accepted from the cache", "lookups in the table", "rows in the cache"} <= {row[0] for row in rows}


def test_a_lookup_and_hits_are_counted_apart(watched):
    token = watched.owner.token()
    before = watched.figures()
    for _ in range(6):
        assert watched.let_in(token) == 200
    change = moved(watched, before)
    written = change.pop("LastUsedWritten", 0) + change.pop("LastUsedPending", 0)
    assert change == {"ColdHits": 1, "Lookups": 1, "Hits": 5, "Entries": 1} and written in (0, 1)


@pytest.mark.parametrize("kind, figure, lookups", [
    ("junk", "RefusedMalformed", 0), ("unknown", "RefusedUnknown", 1), ("guessed", "RefusedWrongSecret", 1),
    ("deleted", "RefusedDeleted", 1), ("expired", "RefusedExpired", 1), ("broken", "RefusedBroken", 1)])
def test_refusals_are_counted_by_kind(watched, kind, figure, lookups):
    token = watched.owner.token()
    if kind == "deleted":
        watched.owner.delete(token)
    if kind == "expired":
        watched.database.change(tokens.id_of(token), expires_at=1000)
    if kind == "broken":
        watched.database.change(tokens.id_of(token), user_name="")
    shown = {"junk": "mat_junk", "unknown": tokens.forge(), "guessed": tokens.forge(tokens.id_of(token))}.get(kind, token)
    time.sleep(0.05)
    before = watched.figures()
    assert watched.let_in(shown) == 401
    change = moved(watched, before)
    for name in ("LastUsedWritten", "LastUsedPending", "Entries"):
        change.pop(name, None)
    assert change == {figure: 1, **({"Lookups": 1} if lookups else {})}


def test_entries_come_with_lookups_and_go_with_deletions(watched):
    token = watched.owner.token()
    before = watched.figures()["Entries"]
    assert watched.let_in(token) == 200
    assert watched.figures()["Entries"] == before + 1
    watched.owner.delete(token)
    assert watched.figures()["Entries"] == before


def test_no_secret_and_no_name_is_in_the_figures(watched):
    made = [watched.owner.token() for _ in range(3)]
    for token in made:
        watched.let_in(token)
    for path in ("/server-status?auto", "/server-status"):
        text = watched.client.get(path).text
        section = text[text.index("AccessToken[" if "auto" in path else "<h2>Access tokens"):]
        section = section[:section.index("</table>")] if "auto" not in path else section
        for token in made:
            assert tokens.secret_of(token) not in text
            assert tokens.id_of(token) not in section and tokens.hash_of(token) not in section
        assert watched.owner.credentials["user"] not in section and watched.database.path not in section


@pytest.mark.parametrize("mpm", ["event", "prefork"], indirect=True, scope="module")
def test_last_uses_are_pending_until_they_are_written(new_site):
    site = new_site().start("LogLevel info\n")
    first, *made = [site.manager("alice").token() for _ in range(6)]
    assert site.let_in(first) == 200
    assert wait_until(lambda: site.figures()["LastUsedWritten"] == 1, 5)
    for token in made:
        assert site.let_in(token) == 200
    figures = site.figures()
    assert (figures["LastUsedPending"], figures["LastUsedWritten"]) == (5, 1)


def test_an_outage_shows(new_site):
    site = new_site(engine="pgsql")
    site.start("ServerLimit 1\nStartServers 1\nMaxRequestWorkers 16\nLogLevel info\nAccessTokenDatabaseTimeout 1s\n")
    token, cold = site.manager("alice").token(), site.manager("alice").token()
    assert site.let_in(token) == 200
    assert wait_until(lambda: site.figures()["RevocationAgeMilliseconds"] != "never", 3)
    assert site.figures()["Breaker"] == "closed"
    with outages.frozen(site.database):
        assert site.let_in(cold) == 503
        assert site.figures()["Breaker"] == "open"
        assert wait_until(lambda: site.let_in(token) == 200 and site.figures()["StaleHits"] > 0, 5)
        figures = site.figures()
        assert figures["Undecided"] >= 1 and figures["RevocationAgeMilliseconds"] > 1000
    assert wait_until(lambda: site.let_in(cold) == 200 and site.figures()["Breaker"] == "closed", 15)


def test_each_table_has_its_section_and_hosts_that_share_one_have_one(new_site):
    site = new_site()
    ports = [site.server.add_port() for _ in range(2)]
    site.start("LogLevel info\n" + host(ports[0], "AccessTokenTable others") + host(ports[1], "AccessTokenPrefix abc"))
    text = site.client.get("/server-status?auto").text
    assert re.findall(r"(?m)^AccessToken\[(\w+)\]Hits: ", text) == ["access_tokens", "others"]


def test_httpd_works_without_mod_status(new_site):
    site = new_site(status=False).start("LogLevel info\n")
    token = site.manager("alice").token()
    assert [site.let_in(token) for _ in range(3)] == [200] * 3
    assert site.client.status("/server-status") == 404
