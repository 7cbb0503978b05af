# SPDX-License-Identifier: Apache-2.0
"""The CPU time of a server's processes, user and system, from /proc.

If every thread lived through the whole period, the scheduler's own figures in nanoseconds are used;
otherwise the process's utime and stime, which count in ticks but include threads that have ended.
"""

import os

TICK = os.sysconf("SC_CLK_TCK")


def _ticks(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def _threads(pid):
    times = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            times[int(task)] = int(file.read().split()[0]) / 1e9
    return times


class CpuTime:
    """The CPU time that these processes take from now on."""

    def __init__(self, pids):
        self.pids = list(pids)
        self.before = {pid: (_ticks(pid), self._exact(pid)) for pid in self.pids}

    @staticmethod
    def _exact(pid):
        try:
            return _threads(pid)
        except OSError:
            return None

    def seconds(self):
        return sum(self._of(pid, *self.before[pid]) for pid in self.pids)

    def _of(self, pid, ticks, threads):
        now = self._exact(pid)
        if threads is None or now is None or not set(threads) <= set(now):
            return _ticks(pid) - ticks
        return sum(time - threads.get(task, 0) for task, time in now.items())
