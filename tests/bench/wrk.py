# SPDX-License-Identifier: Apache-2.0
"""One slice of load by wrk on one server, with the server's CPU time for it."""

import dataclasses
import json
import os
import subprocess

from benchserver import PATH
from cputime import CpuTime

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "load.lua")
MARK = "RESULT "
_running = set()


@dataclasses.dataclass
class Slice:
    """The results of a slice."""

    requests: int
    seconds: float
    cpu_us: float  # of the server, for each request
    p50_us: float
    p99_us: float

    @property
    def rate(self):
        return self.requests / self.seconds


def run(server, credentials, seconds=1, depth=1, connections=16, first=0):
    """Runs wrk for whole seconds with the credentials of this file; every answer must be a good one."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", SCRIPT,
               f"http://127.0.0.1:{server.port}{PATH}", "--", credentials, str(depth), str(first)]
    cpu = CpuTime(server.processes())
    status, said = _finished(command, seconds + 60)
    took = cpu.seconds()
    lines = [line for line in said.splitlines() if line.startswith(MARK)]
    if status or not lines:
        raise RuntimeError(f"wrk ended with {status}: {said}")
    result = json.loads(lines[0][len(MARK):])
    if result["refused"] or result["broken"] or not result["requests"]:
        raise RuntimeError(f"wrk got bad answers: {result}\n{server.what_it_wrote()[-2000:]}")
    return Slice(result["requests"], result["seconds"], took * 1e6 / result["requests"],
                 result["p50_us"], result["p99_us"])


def _finished(command, patience):
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        _running.add(process)
        try:
            said, _ = process.communicate(timeout=patience)
        except BaseException:
            process.kill()
            raise
        finally:
            _running.discard(process)
        return process.returncode, said


def end_all():
    """Ends the wrk processes that other threads have started."""
    for process in list(_running):
        process.terminate()
