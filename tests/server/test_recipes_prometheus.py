# SPDX-License-Identifier: Apache-2.0
"""docs/recipes.md, "Prometheus": its configuration and its alerts in a real Prometheus."""

import pytest

import document_blocks
import outages
from httpd import wait_until
from prometheus import Prometheus, promtool
from typical_site import Site

DOCUMENT, HEADING = "docs/recipes.md", "Prometheus"
# One sample a minute. 20 requests a minute need a lookup.
CASES = """
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {{series: 'accesstoken_undecided_total{{table="t", instance="i"}}', values: '{undecided}'}}
      - {{series: 'accesstoken_cache_evicted_total{{table="t", instance="i"}}', values: '{evicted}'}}
      - {{series: 'accesstoken_accepted_total{{table="t", source="cache", instance="i"}}', values: '0+{hits}x20'}}
      - {{series: 'accesstoken_accepted_total{{table="t", source="table", instance="i"}}', values: '0+20x20'}}
    alert_rule_test:
      - {{alertname: AccessTokensUndecided, eval_time: 8m, exp_alerts: [{first}]}}
      - {{alertname: AccessTokenCacheTooSmall, eval_time: 20m, exp_alerts: [{second}]}}
"""
ALERT = "{exp_labels: {table: t, instance: i}}"


def recipe(language, number=0, **more):
    return document_blocks.block(DOCUMENT, HEADING, language, number, **more)


@pytest.fixture(scope="module")
def shown(mpm, engine):
    """With the recipe, and a proxy that is trusted to name the client."""
    modules = document_blocks.modules_named(document_blocks.section(DOCUMENT, HEADING))
    with Site(mpm, engine, status=False, extra_modules=[*modules, "remoteip"]) as site:
        yield site.start("LogLevel info\nRemoteIPHeader X-Client\nRemoteIPInternalProxy 127.0.0.1\n" + recipe("apache"))


@pytest.fixture(scope="module")
def prometheus(shown):
    with Prometheus(recipe("yaml", fitted={"www.example.com:80": f"127.0.0.1:{shown.server.port}"}), recipe("yaml", 1)) as running:
        assert wait_until(lambda: running.query("up") and running.query("accesstoken_accepted_total")), running.targets()
        yield running


def test_its_configuration_and_rules_are_sound(prometheus):
    status, words = promtool("check", "config", prometheus.file)
    assert status == 0 and "2 rules found" in words, words


def test_it_reads_the_figures(shown, prometheus):
    (target,) = prometheus.targets()
    assert (target["health"], target["lastError"]) == ("up", "")
    assert target["scrapeUrl"] == f"http://127.0.0.1:{shown.server.port}/server-status?openmetrics="
    token = shown.manager().token()
    assert [shown.let_in(token) for _ in range(5)] == [200] * 5
    expected = {"cache": shown.figures()["Hits"], "table": shown.figures()["ColdHits"]}

    def accepted():
        return {labels["source"]: value for labels, value in prometheus.query("accesstoken_accepted_total")
                if labels["table"] == "access_tokens" and labels["job"] == "accesstoken"}

    assert wait_until(lambda: accepted() == expected, 5), accepted()
    described = prometheus.client.get("/api/v1/metadata").json()["data"]["accesstoken_lookup_duration_seconds"]
    assert described == [{"type": "summary", "help": "Lookups in the table.", "unit": "seconds"}]


def test_it_alerts_when_requests_get_503(shown, prometheus):
    alerts = 'ALERTS{alertname="AccessTokensUndecided", alertstate="firing"}'
    assert prometheus.query(alerts) == []
    cold = shown.manager().token()
    with outages.locked_for_all(shown.database):
        assert shown.let_in(cold) == 503
    ((labels, _),) = wait_until(lambda: prometheus.query(alerts), 10)
    assert labels["table"] == "access_tokens" and shown.let_in(cold) == 200


@pytest.mark.parametrize("undecided, evicted, hits, first, second", [
    ("0x20", "0+5x20", 10, "", ALERT), ("0x4 1x16", "0+5x20", 300, ALERT, ""), ("0x20", "7x20", 10, "", "")])
def test_its_alerts_are_for_what_they_say(tmp_path, undecided, evicted, hits, first, second):
    (tmp_path / "rules.yml").write_text(recipe("yaml", 1))
    (tmp_path / "cases.yml").write_text(CASES.format(undecided=undecided, evicted=evicted, hits=hits, first=first, second=second))
    status, words = promtool("test", "rules", str(tmp_path / "cases.yml"))
    assert status == 0, words


@pytest.mark.parametrize("address, status", [("127.0.0.1", 200), ("192.0.2.10", 200), ("192.0.2.11", 403)])
def test_its_location_is_for_prometheus_alone(shown, address, status):
    assert shown.client.status("/server-status?openmetrics", headers={"X-Client": address}) == status
