# SPDX-License-Identifier: Apache-2.0
"""A wall clock for one httpd that a test can set; the tests, the database and the monotonic clock keep the real one."""

import os
import struct
import subprocess


class Clock:
    """The wall clock of one httpd, in seconds from the real one; see shifted_clock.c."""

    def __init__(self, server):
        library = server.path("shifted_clock.so")
        source = os.path.join(os.path.dirname(__file__), "shifted_clock.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source], check=True)
        self.path = server.write("clock", "\0" * 8)
        server.environment = {**server.environment, "LD_PRELOAD": library, "SHIFTED_CLOCK": self.path}

    def set(self, seconds):
        with open(self.path, "r+b") as file:
            file.write(struct.pack("q", seconds))
