# SPDX-License-Identifier: Apache-2.0
"""/server-status?openmetrics: the figures as OpenMetrics, alone, and to those who may see mod_status's page."""

import math
import re
import signal

import pytest

import document_blocks
import outages
import tokens
from client import Client
from httpd import stock_modules, wait_until
from marks import ALL_MPMS
from openmetrics import CONTENT_TYPE, PREFIX, Exposition, scrape
from typical_site import basic, host

PAGE = "/server-status?openmetrics"
ROW = re.compile(r"^\| `(\w+)` \| `(\w+)(?:\{(\w+)=\"(\w+)\"\})?` \|", re.MULTILINE)
UNITS = {"RevocationAgeMilliseconds": 1000}  # of a figure in one of OpenMetrics
OTHERWISE = {"LookupMicroseconds", "RevocationAgeMilliseconds", "Breaker"}
PROTECTED = """
<Location /guarded-status>
    SetHandler server-status
    {basic}
    Require user admin
</Location>
<Location /refused-status>
    SetHandler server-status
    Require all denied
</Location>
<Location /token-status>
    SetHandler server-status
    AuthType AccessToken
    AuthName "status"
    Require valid-user
</Location>
"""


def CONFIGURED(_):
    return PROTECTED.format(basic=basic())


def documented():
    """{figure: (sample, labels)} of the manual."""
    text = document_blocks.section("docs/manual.md", "Watch it: mod_status")
    return {figure: (sample, {label: value} if label else {}) for figure, sample, label, value in ROW.findall(text)}


def busy(site):
    """Lets good and bad tokens leave their marks."""
    owner = site.manager()
    good, deleted = owner.token(), owner.token()
    owner.delete(deleted)
    for token in (good, good, good, deleted, "junk", tokens.forge(), tokens.forge(tokens.id_of(good))):
        site.let_in(token)


def test_the_answer_is_openmetrics_and_nothing_else(site):
    answer = site.client.get(PAGE)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == CONTENT_TYPE
    assert answer.text.endswith("\n# EOF\n") and answer.text.count("# EOF") == 1
    assert all(line.startswith(("# ", PREFIX)) for line in answer.text.splitlines())


def test_each_family_says_what_it_is(site):
    families = scrape(site.client).families
    assert len(families) == len({family.name for family in families}) > 10
    for family in families:
        assert family.name.startswith(PREFIX) and family.type in ("counter", "gauge", "summary")
        assert len(family.documentation) > 10 and family.documentation.endswith(".") and family.samples
        assert family.unit == ("seconds" if family.name.endswith("_seconds") else "")


def test_the_manual_names_all_figures_and_all_samples(site):
    named = documented()
    assert set(named) == set(site.figures())
    samples = [(sample, {"table": "access_tokens", **labels}) for sample, labels in named.values()]
    found = [(one.name[len(PREFIX):], one.labels) for one in scrape(site.client).samples]
    assert sorted(samples, key=str) == sorted(found, key=str)


def test_the_values_are_those_of_the_page_for_programs(site):
    busy(site)

    def agree():
        before, page, after = site.figures(), scrape(site.client), site.figures()
        return before == after | {name: before[name] for name in OTHERWISE} and (after, page)

    figures, page = wait_until(agree, 5)
    for figure, (sample, labels) in documented().items():
        if figure not in OTHERWISE:
            assert page.value(sample, **labels) == figures[figure], figure
    assert figures["Hits"] >= 2 and figures["RefusedWrongSecret"] >= 1
    mean = page.value("lookup_duration_seconds_sum") / page.value("lookup_duration_seconds_count") * 1e6
    assert mean > 0 and math.floor(round(mean, 3)) == figures["LookupMicroseconds"]
    assert page.value("breaker_open") == 0


def test_the_age_of_the_last_poll_is_in_seconds_and_nan_before_the_first(new_site):
    site = new_site().start("LogLevel info\n")
    assert math.isnan(scrape(site.client).value("revocation_age_seconds"))
    assert site.let_in(site.manager().token()) == 200
    assert wait_until(lambda: not math.isnan(scrape(site.client).value("revocation_age_seconds")), 5)
    assert 0 <= scrape(site.client).value("revocation_age_seconds") < 60  # and no milliseconds


def test_no_secret_and_no_name_is_in_the_exposition(site):
    owner = site.manager()
    made = [owner.token() for _ in range(3)]
    for token in made:
        assert site.let_in(token) == 200
    text = scrape(site.client).text
    for token in made:
        assert not [word for word in (tokens.secret_of(token), tokens.id_of(token), tokens.hash_of(token)) if word in text]
    assert owner.credentials["user"] not in text and site.database.path not in text


@pytest.mark.parametrize("query", ["openmetrics", "openmetrics=", "openmetrics=1", "auto&openmetrics", "openmetrics&auto",
                                   "refresh=5&openmetrics", "notable&openmetrics="])
def test_it_is_asked_for_with_a_parameter(site, query):
    answer = site.client.get("/server-status?" + query)
    assert "Refresh" not in answer.headers and Exposition(answer.text).samples


@pytest.mark.parametrize("query", ["", "auto", "openmetrics2", "xopenmetrics", "x=openmetrics", "OpenMetrics", "auto=openmetrics"])
def test_other_parameters_are_mod_statuss(site, query):
    answer = site.client.get("/server-status?" + query)
    assert answer.status_code == 200 and "AccessToken" in answer.text.replace("Access tokens", "AccessToken")
    assert answer.headers["Content-Type"].startswith("text/plain" if query.startswith("auto") else "text/html")


def test_below_the_location_it_is_as_mod_status(site):
    assert site.client.status("/server-status/") == 200
    assert scrape(site.client, "/server-status/?openmetrics").samples


def test_head_has_the_fields_and_no_body(site):
    answer = site.client.request("HEAD", PAGE)
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, b"", CONTENT_TYPE)


@pytest.mark.parametrize("method", ["OPTIONS", "POST", "PUT", "DELETE", "PATCH", "PROPFIND"])
def test_other_methods_are_answered_as_by_mod_status(site, method):
    ours, theirs = (site.client.request(method, path) for path in (PAGE, "/server-status"))
    assert PREFIX not in ours.text
    assert (ours.status_code, ours.headers.get("Allow")) == (theirs.status_code, theirs.headers.get("Allow"))


def test_who_may_not_see_the_page_does_not_see_the_figures(site):
    assert site.client.status("/refused-status?openmetrics") == 403
    assert site.client.status("/guarded-status?openmetrics") == 401
    assert site.client.status("/guarded-status?openmetrics", user="alice") == 401
    assert scrape(site.client, "/guarded-status?openmetrics", user="admin").samples
    assert site.client.status("/token-status?openmetrics") == 401
    assert scrape(site.client, "/token-status?openmetrics", token=site.manager().token()).samples


def test_where_mod_status_has_no_page_there_are_no_figures(site):
    assert PREFIX not in site.client.get("/open/data.json?openmetrics").text
    assert site.client.status("/status?openmetrics") == 404


def test_without_mod_status_there_are_none(new_site):
    site = new_site(status=False).start("LogLevel info\n<Location /server-status>\nSetHandler server-status\n</Location>\n")
    answer = site.client.get(PAGE)
    assert answer.status_code == 404 and PREFIX not in answer.text


def test_the_order_of_the_modules_does_not_matter(new_site):
    """LoadModule of mod_status after this module, as a2enmod has it; the tests' own order is the other one."""
    site = new_site(status=False)
    late = f'LoadModule status_module "{stock_modules()}/mod_status.so"\n'
    site.start(late + "LogLevel info\n<Location /server-status>\nSetHandler server-status\n</Location>\n")
    assert scrape(site.client).samples


def test_an_outage_shows(new_site):
    site = new_site(engine="pgsql")
    site.start("ServerLimit 1\nStartServers 1\nMaxRequestWorkers 16\nLogLevel info\nAccessTokenDatabaseTimeout 1s\n")
    cold = site.manager("alice").token()
    assert scrape(site.client).value("breaker_open") == 0
    with outages.frozen(site.database):
        assert site.let_in(cold) == 503
        page = scrape(site.client)
        assert page.value("breaker_open") == 1 and page.value("undecided_total") >= 1


def test_each_table_has_samples_of_its_own(new_site):
    site = new_site()
    ports = [site.server.add_port() for _ in range(4)]
    other = site.add_database("other")
    here = "<Location /api>\nAuthType AccessToken\nRequire valid-user\n</Location>\n"
    site.start("LogLevel info\n" + host(ports[0], "AccessTokenTable others\n" + here) + host(ports[1], "AccessTokenPrefix abc\n" + here)
               + host(ports[2], other.directive() + "\n" + here)
               + host(ports[3], other.directive() + "\nAccessTokenTable others\n" + here))
    for number, port in enumerate(ports):
        for _ in range(number + 1):
            assert Client(port).status("/api/data.json", token=tokens.forge()) == 401
    page = scrape(site.client)
    assert {name for sample in page.samples for name in sample.labels} == {"table", "database", "source", "reason"}
    unknown = {(labels["table"], labels.get("database")): value for name, labels, value, *_ in page.samples
               if name == PREFIX + "refused_total" and labels["reason"] == "unknown"}
    assert unknown == {("others", None): 1, ("access_tokens", None): 2, ("access_tokens", "2"): 3, ("others", "2"): 4}


@ALL_MPMS
def test_the_figures_are_those_of_all_processes_also_after_restarts(new_site):
    site = new_site().start("LogLevel info\n")
    token = site.manager("alice").token()
    assert [Client(site.server.port).status("/api/data.json", token=token) for _ in range(40)] == [200] * 40
    assert len(site.server.serving_children()) > 1
    for how in (None, signal.SIGUSR1, signal.SIGHUP):
        if how:
            site.server.again(how)
        page = scrape(site.client)
        assert page.value("accepted_total", source="cache") + page.value("accepted_total", source="table") == 40
