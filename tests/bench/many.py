# SPDX-License-Identifier: Apache-2.0
"""Part "many": many live tokens in turn compared with one token, for the module and others that cache answers.

The other modules are measured with one token, with as many as their cache holds by default, and with twice as
many. Every contender gets the tokens in the same order again and again, which is the worst case for a full cache.
"""

from statistics import median

import contenders
import wrk
from bursts import Burst, Compared
from pairs import warm
from report import Table

NAME = "many"
DEPTH = 16
FILLING = 45  # seconds at most to use every token once
NOTES = (
    "Slices of one token and of many alternate on the same server; medians. CPU by short bursts, as in pairs.",
    "asked: introspections at the issuer for each request. The issuer here is a small program on this machine;",
    "a real one is further away.",
)


class OursLarge(contenders.Ours):
    """The module with a cache for all of the tokens, where the build has one."""

    cache_size = "128m"

    def table(self):
        return self.context.table(self.engine, largest(self.context))


def largest(context):
    return 10_000 if context.quick else 100_000


def plan(context):
    """The contenders, each with its numbers of live tokens."""
    wanted = context.options.contenders
    compared = [(OursLarge, [1000, largest(context)]),
                 (contenders.OpenidcOpaque, [contenders.OpenidcOpaque.capacity, 2 * contenders.OpenidcOpaque.capacity]),
                 (contenders.Oauth2Opaque, [contenders.Oauth2Opaque.capacity, 2 * contenders.Oauth2Opaque.capacity])]
    return [(kind(context), numbers) for kind, numbers in compared if not wanted or kind.key in wanted]


class Cycle:
    """Uses a number of tokens in turn; each slice continues where the last one ended."""

    def __init__(self, context, contender, server, numbers):
        self.server = server
        self.number = len(numbers)
        self.values = [contender.credential(one) for one in numbers]
        self.credentials = context.credentials(contender, numbers)
        self.at = 0

    def slice(self, seconds):
        result = wrk.run(self.server, self.credentials, seconds, DEPTH, first=self.at)
        self.at = (self.at + result.requests) % self.number
        return result

    def fill(self):
        """Uses each token at least once, if there is enough time; the number of tokens that were used."""
        used, spent = 0, 0
        while used < self.number and spent < FILLING:
            result = self.slice(2)
            used, spent = used + result.requests, spent + result.seconds
        return min(used, self.number)


def compared_cpu(context, one, many, slow):
    """CPU time of requests with one token and with many; few bursts where each request asks the issuer."""
    compared = Compared()
    requests = 160 if slow else 800
    compared.add(Burst(one.server, one.values, requests, DEPTH), Burst(many.server, many.values, requests, DEPTH),
                 3 if slow else 6 if context.quick else 16)
    return compared.summary()


def of(context, contender, server, number):
    """Compares this number of tokens of one contender with one token."""
    one, many = [Cycle(context, contender, server, numbers) for numbers in ([0] * number, range(number))]
    filled = many.fill()
    asks = isinstance(contender, contenders.Opaque)
    asked = used = 0
    pairs = []
    for _ in range(1 if context.quick else 3):
        single = one.slice(1)
        before = context.issuer.asked() if asks else 0
        pairs.append((single, many.slice(1 if context.quick else 2)))
        asked += context.issuer.asked() - before if asks else 0
        used += pairs[-1][1].requests
    return {
        "live": number, "filled": filled,
        "rate_one": median(single.rate for single, _ in pairs), "rate": median(more.rate for _, more in pairs),
        "rate_ratio": median(more.rate / single.rate for single, more in pairs),
        "cpu_us": compared_cpu(context, one, many, slow=asked > used / 10),
        "asked": asked / used if asks else None,
    }


def measure(context):
    results = {}
    for contender, numbers in plan(context):
        with contender.server() as server:
            server.start()
            warm(server, contender)
            results[contender.key] = []
            for number in numbers:
                context.say(f"many: {contender.title}, {number} live tokens")
                results[contender.key].append(of(context, contender, server, number))
    return results


def tables(results):
    table = Table(f"Many live tokens compared with one (event, {DEPTH} requests at once)",
                  ("contender", "live", "req/s one", "req/s many", "many of one", "CPU µs one", "more with many",
                   "x", "asked"), NOTES)
    for key, rows in results.items():
        for row in rows:
            cpu = row["cpu_us"]
            table.row(contenders.title(key), row["live"], row["rate_one"], row["rate"], row["rate_ratio"],
                      cpu["base"], cpu["more"], 1 + cpu["more"] / cpu["base"], row["asked"],
                      formats=(",d", ",.0f", ",.0f", ".1%", ".1f", ".1f", ".2f", ".3f"))
    return [table]
