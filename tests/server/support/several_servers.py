# SPDX-License-Identifier: Apache-2.0
"""Several servers of one table: how long a deleted token is still let in, and load on all of them."""

import functools
import time

from background_threads import BackgroundThreads
from fast_client import Wire, at_once, wires

INTERVAL = 1.0  # AccessTokenRevocationInterval, unless a test says otherwise
BOUND = INTERVAL + 0.5 + 0.5  # the interval, what asking may be late, a round trip


def use_on(sites, token, status=200):
    """Six requests at once on each server, so that most of its processes are asked."""
    for site in sites:
        with wires(site.server.port, 6) as links:
            assert at_once(*[lambda link=link: link.status(token) for link in links]) == [status] * 6


def last_let_in(site, made, gone):
    """Seconds after which the last request that was let in began, for each token; watched longer than allowed."""
    last = {token: gone for token in made}
    with wires(site.server.port, 4) as links:
        while time.monotonic() - gone < BOUND + 0.5:
            for link in links:
                for token in made:
                    began = time.monotonic()
                    if link.status(token) == 200:
                        last[token] = began
            time.sleep(0.01)
    return [last[token] - gone for token in made]


def check_gone(sites, made, gone):
    """These tokens, deleted at that monotonic time, are refused everywhere within the bound and from then on."""
    late = at_once(*[lambda site=site: last_let_in(site, made, gone) for site in sites])
    assert max(map(max, late)) <= BOUND, late
    for token in made:
        use_on(sites, token, 401)


class Load(BackgroundThreads):
    """`with Load(sites, tokens) as load: …` asks every server all the time; each answer must be the right one.

    A server that is away for a moment owes no answer, but one that answers owes the right one.
    """

    def __init__(self, sites, kept):
        self.sites = sites
        self.cast = [(token, 200) for token in kept]
        self.wrong, self.answered = [], [0] * len(sites)
        super().__init__(*[functools.partial(self.ask, number) for number in range(len(sites))])

    def refuse(self, made):
        """From now on these must be refused."""
        self.cast = self.cast + [(token, 401) for token in made]

    def ask(self, number):
        link = Wire(self.sites[number].server.port)
        while not self.stop.is_set():
            for token, right in self.cast:
                try:
                    status = link.status(token)
                except ConnectionError:
                    continue
                self.answered[number] += 1
                if status != right:
                    self.wrong.append((number, token[:12], right, status))
            time.sleep(0.003)
        link.close()

    def check(self):
        assert not self.wrong, (len(self.wrong), self.wrong[:5])
        assert min(self.answered) > 50, self.answered
