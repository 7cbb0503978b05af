# SPDX-License-Identifier: Apache-2.0
"""The CPU time of a request, measured by short bursts of requests that alternate between two loads.

A burst takes some hundredths of a second, so other work of the machine affects both loads alike. The
median of many differences is stable where figures of whole seconds are not.
"""

import dataclasses
from statistics import median, quantiles

from cputime import CpuTime
from keepalive import Connection, request


class Burst:
    """One load: a server and the credentials that its requests use in turn, several requests at once."""

    def __init__(self, server, credentials, requests, depth):
        self.pids = server.processes()
        self.port = server.port
        self.requests, self.depth = requests, depth
        texts = [request(credential) for credential in credentials]
        texts *= -(-depth // len(texts))
        whole = len(texts) // depth * depth
        self.batches = [b"".join(texts[at:at + depth]) for at in range(0, whole, depth)]
        self.at = 0

    def cpu_us(self):
        """Sends one burst over a connection of its own; CPU microseconds of the server for each request."""
        with Connection(self.port) as connection:
            size = connection.answer_size(self.batches[self.at][:self._first()])
            cpu = CpuTime(self.pids)
            for _ in range(self.requests // self.depth):
                connection.exchange(self.batches[self.at], size * self.depth)
                self.at = (self.at + 1) % len(self.batches)
            return cpu.seconds() * 1e6 / (self.requests // self.depth * self.depth)

    def _first(self):
        return self.batches[self.at].index(b"\r\n\r\n") + 4


@dataclasses.dataclass
class Compared:
    """CPU time of the first load, and the additional time of the second one, pair by pair."""

    base: list = dataclasses.field(default_factory=list)
    more: list = dataclasses.field(default_factory=list)

    def add(self, first, second, times):
        """Measures this many more pairs, each of four bursts: first, second, second, first."""
        for _ in range(times):
            before, one, two, after = first.cpu_us(), second.cpu_us(), second.cpu_us(), first.cpu_us()
            self.base.append((before + after) / 2)
            self.more.append((one + two - before - after) / 2)

    def summary(self):
        low, _, high = quantiles(self.more, n=4) if len(self.more) > 1 else self.more * 3
        return {"base": median(self.base), "more": median(self.more), "middle_half": [low, high],
                "pairs": len(self.more)}
