# SPDX-License-Identifier: Apache-2.0
"""Part "pairs": CPU time, throughput and latency of each contender compared with no authentication.

The machine's speed changes from second to second. So each measurement of a contender is paired with one of the
baseline right beside it, and only the difference of the two is used. Every round has newly started servers.
"""

import contextlib
from statistics import median

import contenders
import wrk
from bursts import Burst, Compared
from keepalive import Connection
from report import Table

NAME = "pairs"
KINDS = {"plain": 1, "pipelined": 16}  # requests at once
WORDS = {"plain": "one request at a time", "pipelined": "16 requests at once"}
BURSTS = {"plain": (5, 300), "pipelined": (8, 640)}  # pairs of a round, requests of a burst
WARMING_CONNECTIONS, WARMING_REQUESTS = 24, 10
CPU_NOTES = (
    "Median and middle half of the pairs' differences. User and system time of httpd's parent and child processes,",
    "without that of a database server.",
)
RATE_NOTES = ("Median of the rounds; [least .. most] of their ratios. wrk gives no latency for 16 requests at once.",)


def rounds(context):
    return context.options.rounds or (1 if context.quick else 5)


def warm(server, contender):
    """Makes the credential known to every process before anything is measured."""
    for _ in range(WARMING_CONNECTIONS):
        with Connection(server.port) as connection:
            connection.good(contender.credential(), WARMING_REQUESTS)


class Found:
    """The results of all rounds for one contender, for each kind of load."""

    def __init__(self):
        self.cpu = {kind: Compared() for kind in KINDS}
        self.slices = {kind: [] for kind in KINDS}

    def summary(self):
        return {kind: {"cpu_us": self.cpu[kind].summary(), **rates(self.slices[kind])} for kind in KINDS}


class Round:
    """One round: the baseline's server, and the contenders that are compared with it."""

    def __init__(self, context, stack, turn):
        self.context = context
        self.turn = turn
        self.baseline = contenders.NoAuthentication(context)
        self.server = stack.enter_context(self.baseline.server())
        self.server.start()
        self.credentials = context.credentials(self.baseline, [0])
        warm(self.server, self.baseline)

    def measure(self, contender, found):
        with contender.server() as server:
            server.start()
            warm(server, contender)
            credentials = self.context.credentials(contender, [0])
            for kind, depth in KINDS.items():
                times, requests = BURSTS[kind]
                found.cpu[kind].add(Burst(self.server, [None], requests, depth),
                                    Burst(server, [contender.credential()], requests, depth), times)
                if kind == "plain" or not self.context.quick or contender.key == contenders.Ours.key:
                    found.slices[kind].append(self._slices(server, credentials, depth))

    def _slices(self, server, credentials, depth):
        """Two consecutive slices, the contender first in every other round."""
        both = [(self.server, self.credentials), (server, credentials)]
        if self.turn % 2:
            return tuple(reversed([wrk.run(*one, depth=depth) for one in reversed(both)]))
        return tuple(wrk.run(*one, depth=depth) for one in both)


def measure(context):
    others = [contender for contender in context.contenders() if contender.key != contenders.BASELINE]
    found = {contender.key: Found() for contender in others}
    for turn in range(rounds(context)):
        with contextlib.ExitStack() as stack:
            beside = Round(context, stack, turn)
            for contender in others:
                context.say(f"pairs: round {turn + 1} of {rounds(context)}, {contender.title}")
                beside.measure(contender, found[contender.key])
    return {key: one.summary() for key, one in found.items()}


def rates(pairs):
    """Medians and ratios of the pairs of slices; empty if there are none."""
    if not pairs:
        return {}
    ratios = [with_.rate / without.rate for without, with_ in pairs]
    middle = {}
    for name in ("rate", "p50_us", "p99_us"):
        middle[name + "_none"] = median(getattr(without, name) for without, _ in pairs)
        middle[name] = median(getattr(with_, name) for _, with_ in pairs)
    return {**middle, "rate_ratio": median(ratios), "rate_ratio_range": [min(ratios), max(ratios)]}


def _between(pair, how):
    return f"[{pair[0]:{how}} .. {pair[1]:{how}}]"


def _cpu(results, kind):
    ours = results.get(contenders.Ours.key, {}).get(kind, {}).get("cpu_us", {}).get("more")
    table = Table(f"CPU µs per request (event, {WORDS[kind]})",
                  ("contender", "none", "above none", "middle half", "x hit"), CPU_NOTES)
    for key, result in results.items():
        found = result[kind]["cpu_us"]
        table.row(contenders.title(key), found["base"], found["more"], _between(found["middle_half"], ".1f"),
                  found["more"] / ours if ours and ours > 0 else None, formats=(".1f", ".1f", "", ".2f"))
    return table


def _rates(results, kind):
    table = Table(f"Throughput and latency (event, wrk with 16 connections, {WORDS[kind]})",
                  ("contender", "req/s none", "req/s", "of none", "of the rounds", "p50 µs none", "p50 µs",
                   "p99 µs none", "p99 µs"), RATE_NOTES)
    for key, result in results.items():
        if "rate" in result[kind]:
            found = result[kind]
            times = [found[name] if kind == "plain" else None
                     for name in ("p50_us_none", "p50_us", "p99_us_none", "p99_us")]
            table.row(contenders.title(key), found["rate_none"], found["rate"], found["rate_ratio"],
                      _between(found["rate_ratio_range"], ".2f"), *times,
                      formats=(",.0f", ",.0f", ".1%", "", ",.0f", ",.0f", ",.0f", ",.0f"))
    return table


def tables(results):
    return [_cpu(results, kind) for kind in KINDS] + [_rates(results, kind) for kind in KINDS]
