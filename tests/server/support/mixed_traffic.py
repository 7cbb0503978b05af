# SPDX-License-Identifier: Apache-2.0
"""Mixed traffic whose every answer is checked: good, expired, deleted, unknown and guessed tokens of two users,
while tokens are generated and deleted.

A request with a token is right or wrong by what was true when it was sent and when its answer came: a
token is `live` until its DELETE is sent, and `deleted` from its 204 on; in between both answers are right.
"""

import functools
import itertools
import random
import threading
import time

import requests

import engines
import tokens
from background_threads import BackgroundThreads
from client import Client, Manager
from fast_client import Wire, request

LIVE, GOING, DELETED, EXPIRED, UNKNOWN, GUESSED = "live", "going", "deleted", "expired", "unknown", "guessed"
SETTINGS = """AccessTokenLastUsedInterval 2s
LogLevel warn
MaxKeepAliveRequests 0
<Location /api>
    Header always set X-User "expr=%{REMOTE_USER}"
</Location>
"""
# On prefork each kept connection has a child, and there must be some for the manager.
SETTINGS_OF = {"event": SETTINGS, "worker": SETTINGS, "prefork": SETTINGS + "StartServers 12\nMinSpareServers 4\n"}
BATCH = 32
KEPT, CHURNED = 12, 40  # tokens of each user that stay, and that come and go


class Presented:
    """A token as it is presented, what becomes of it, and the bytes of its request."""

    def __init__(self, token, user, state):
        self.token, self.user, self.state = token, user, state
        self.bytes = request(token)

    def allows(self, before, answer, outages=False):
        """Whether this answer is right, where `before` was the state when it was asked for."""
        if answer.status == 503:
            return outages and b"WWW-Authenticate" not in answer.head
        if answer.status == 200:
            return before in (LIVE, GOING) and answer.user == self.user
        if answer.status != 401:
            return False
        expired = b"The access token expired" in answer.head
        return self.state != LIVE and expired == (before == EXPIRED)


class Traffic(BackgroundThreads):
    """`with Traffic(site) as traffic: …` runs it; then `traffic.check()`."""

    def __init__(self, site, workers=4, seed=1, batch=BATCH, outages=False):
        """`outages`: the database is away now and then, and whatever cannot be decided or done then is 503."""
        self.site, self.batch, self.outages = site, batch, outages
        self.answered, self.short, self.failures, self.unavailable = 0, 0, 0, 0
        self.moving = threading.Lock()  # who has it sees no row come or go
        self.by_state, self.wrong = {}, []
        self.made = self.deleted = 0
        self.lock = threading.Lock()
        work = [functools.partial(self.ask, random.Random(seed + number)) for number in range(workers)]
        super().__init__(*work, *[functools.partial(self.move, user) for user in ("alice", "bob")])
        self.kept, self.churned, self.refused = [], [], []
        self.prepare()

    # The cast

    def prepare(self):
        for user in ("alice", "bob"):
            owner = self.manager(user)
            self.kept += [Presented(owner.token(), user, LIVE) for _ in range(KEPT)]
            self.churned += [Presented(owner.token(), user, LIVE) for _ in range(CHURNED)]
            doomed = [Presented(owner.token(), user, DELETED) for _ in range(4)]
            for one in doomed:
                owner.delete(one.token)
            brief = [owner.generate(lifetime=1) for _ in range(4)]
            guessed = [Presented(tokens.forge(tokens.id_of(one.token)), user, GUESSED) for one in self.kept[-4:]]
            self.refused += doomed + guessed + [Presented(token, user, EXPIRED) for token, _ in brief]
            end = max(engines.from_iso(info["expiredAt"]) for _, info in brief)
        self.refused += [Presented(tokens.forge(), None, UNKNOWN) for _ in range(40)]
        time.sleep(max(0, (end - engines.now_ms()) / 1000) + 0.01)

    def manager(self, user):
        return Manager(Client(self.site.server.port), user=user)

    # Its play

    def wait_for(self, answers, patience=600):
        """Until so many requests are answered, or something was wrong."""
        end = time.monotonic() + patience
        while self.answered < answers and not self.wrong and time.monotonic() < end:
            time.sleep(0.05)

    def choose(self, dice):
        kind = dice.random()
        if kind < 0.4:
            return dice.choice(self.kept)
        return dice.choice(self.churned if kind < 0.75 else self.refused)

    def ask(self, dice):
        link = Wire(self.site.server.port)
        while not self.stop.is_set():
            batch = [self.choose(dice) for _ in range(self.batch)]
            before = [one.state for one in batch]
            answers = link.exchange([one.bytes for one in batch])
            wrong = [(one.token[:12], state, one.state, answer.status, answer.user)
                     for one, state, answer in zip(batch, before, answers) if not one.allows(state, answer, self.outages)]
            with self.lock:
                self.answered += len(answers)
                self.short += len(answers) < len(batch)
                self.wrong += wrong
                self.unavailable += sum(answer.status == 503 for answer in answers)
                for state, _ in zip(before, answers):
                    self.by_state[state] = self.by_state.get(state, 0) + 1
            if not answers:
                time.sleep(0.01)
        link.close()

    def move(self, user):
        """Deletes this user's tokens one after the other, and generates others in their places."""
        places = [number for number, one in enumerate(self.churned) if one.user == user]
        for place in itertools.cycle(places):
            if self.stop.is_set():
                return
            try:
                with self.moving:
                    self.replace(place, user)
            except requests.RequestException:
                self.failures += 1  # its connection ended with a child

    def replace(self, place, user):
        owner, one = self.manager(user), self.churned[place]
        one.state = GOING
        status = owner.call("DELETE", "/" + tokens.id_of(one.token)).status_code
        if status == 204:  # and not 404: then a child has died that should have answered a 204
            one.state = DELETED
            self.deleted += 1
        answer = owner.post({})
        if answer.status_code == 201:
            self.made += 1
            if one.state == DELETED:
                self.refused[place % 8] = one  # instead of one that was deleted, guessed or expired
            self.churned[place] = Presented(answer.json()["tokenValue"], user, LIVE)
        elif not (self.outages and answer.status_code == 503) and not self.wrong:
            self.wrong.append(("POST", user, status, answer.status_code, answer.text))
        owner.client.session.close()

    # What came of it

    def check(self, drops=False):
        """No wrong answer, every kind was asked; and without `drops` no call of the manager was lost."""
        assert not self.wrong, (len(self.wrong), self.wrong[:5])
        assert drops or self.failures == 0
        for state in (LIVE, DELETED, EXPIRED, UNKNOWN, GUESSED):
            assert self.by_state.get(state), self.by_state

    def living(self):
        return [one.token for one in [*self.kept, *self.churned] if one.state == LIVE]

    def __str__(self):
        return (f"{self.answered} answers {self.by_state}, {self.made} made, {self.deleted} deleted, "
                f"{self.unavailable} were 503, {self.short} batches cut short, "
                f"{self.failures} calls of the manager lost, {len(self.wrong)} wrong")
