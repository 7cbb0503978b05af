# SPDX-License-Identifier: Apache-2.0
"""Requests that come at their own pace, whether or not the ones before were answered."""

import threading
import time

import faults


class PacedRequests:
    """Each on a connection of its own, with the site's unknown token: (when, status, seconds)."""

    def __init__(self, site, every, seconds):
        self.site, self.every, self.seconds = site, every, seconds
        self.seen, self.threads = [], []
        self.start = time.monotonic()

    def run(self):
        while (when := time.monotonic() - self.start) < self.seconds:
            self.threads.append(threading.Thread(target=self.one, args=(when,)))
            self.threads[-1].start()
            time.sleep(self.every)
        for thread in self.threads:
            thread.join()
        return sorted(self.seen)

    def one(self, when):
        self.seen.append((when, *faults.cold(self.site.server.port, self.site.unknown)))
