# SPDX-License-Identifier: Apache-2.0
"""Figures as OpenMetrics, read by the parser of Prometheus's own Python library."""

from prometheus_client.openmetrics.parser import text_string_to_metric_families

PREFIX = "accesstoken_"
CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Exposition:
    """What a page says; ValueError if it is not OpenMetrics."""

    def __init__(self, text):
        self.text = text
        self.families = list(text_string_to_metric_families(text))
        self.samples = [sample for family in self.families for sample in family.samples]

    def value(self, name, **labels):
        """The one sample of this name (without the prefix) and of exactly these labels beside `table`."""
        labels.setdefault("table", "access_tokens")
        (sample,) = [one for one in self.samples if one.name == PREFIX + name and one.labels == labels]
        return sample.value


def scrape(client, path="/server-status?openmetrics", **more):
    answer = client.get(path, **more)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == CONTENT_TYPE
    return Exposition(answer.text)
