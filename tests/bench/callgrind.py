# SPDX-License-Identifier: Apache-2.0
"""Counts a server's instructions with callgrind: one process on prefork, an exact number of requests.

Subtracting a run with few requests from a run with many removes what a server does once (starting,
the first request of a connection, ending).
"""

import collections
import os
import re
import subprocess

import httpd
from keepalive import Connection

THREAD = re.compile(r"^thread: (\d+)", re.MULTILINE)
TOTAL = re.compile(r"^(?:summary|totals): (\d+)", re.MULTILINE)
LINE = re.compile(r"^\s*([\d,]+) \(\s*[\d.]+%\)\s+(.+)$", re.MULTILINE)
FUNCTION = re.compile(r"^(?:(?P<file>.*?):)?(?P<name>.+?)(?: \[(?P<object>[^\]]*)\])?$")


class Counted:
    """The files that callgrind wrote to a folder in a run with this many requests."""

    def __init__(self, folder, requests):
        self.requests = requests
        self.folder = folder
        self.files = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]

    def by_thread(self):
        """Instructions of the thread that serves requests, and of all others together."""
        own = others = 0
        for path in self.files:
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read()
            total = TOTAL.findall(text)
            thread = THREAD.search(text)
            if thread is None or not total:
                continue  # callgrind writes one empty file beside those of the threads
            if int(thread.group(1)) == 1:
                own += int(total[-1])
            else:
                others += int(total[-1])
        if own == 0:
            raise RuntimeError(f"callgrind counted nothing in {self.files}")
        return own, others

    def by_function(self, inclusive):
        """Instructions of each (function, file, object), over all threads."""
        counts = collections.Counter()
        for path in self.files:
            done = subprocess.run(["callgrind_annotate", f"--inclusive={'yes' if inclusive else 'no'}",
                                   "--threshold=100", "--auto=no", path], capture_output=True, text=True, check=False)
            for number, words in LINE.findall(done.stdout):
                match = FUNCTION.match(words.strip())
                if match and match["name"] != "PROGRAM TOTALS":
                    place = [os.path.basename(match[part] or "") for part in ("file", "object")]
                    counts[match["name"], *place] += int(number.replace(",", ""))
        return _named_once(counts)


def _named_once(counts):
    """Removes the second entry, without an object, of a function that is called from within its object."""
    whole = {name for name, _, binary in counts if binary}
    return collections.Counter({key: number for key, number in counts.items() if key[2] or key[0] not in whole})


def count(contender, requests):
    """Runs a contender's server under callgrind for this many requests on one connection."""
    folder = os.path.join(contender.context.folder, f"callgrind-{contender.key}-{requests}")
    os.mkdir(folder)
    if httpd.AS_ROOT:
        os.chmod(folder, 0o777)  # the children's user writes to it
    wrapper = ["valgrind", "--tool=callgrind", "--separate-threads=yes", "--vgdb=no", "-q",
               f"--callgrind-out-file={folder}/out"]
    with contender.server("prefork", wrapper) as server:
        server.start()
        with Connection(server.port) as connection:
            connection.good(contender.credential(), requests)
        if not server.stop():
            raise RuntimeError("httpd did not stop under callgrind: " + server.what_it_wrote())
    return Counted(folder, requests)
