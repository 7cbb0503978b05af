# SPDX-License-Identifier: Apache-2.0
"""Threads that do something all the time while a `with` lasts."""

import threading


class BackgroundThreads:
    """`with BackgroundThreads(work, …): …` runs each in a thread of its own; each ends when `self.stop` is set."""

    def __init__(self, *work):
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=one) for one in work]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()
