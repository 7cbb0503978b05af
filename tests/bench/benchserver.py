# SPDX-License-Identifier: Apache-2.0
"""The httpd that is measured: the tests' server, with the same basic configuration for every contender.

It has a fixed number of processes and threads, keeps connections open for ever, logs only warnings,
and loads the common modules and those that the contender names.
"""

import os
import shutil

import httpd

COMMON = "mpm_{mpm} unixd authn_core authz_core authz_user mime".split()
THREADS = 32
POOLS = {
    "event": f"StartServers 2\nServerLimit 2\nThreadLimit {THREADS}\nThreadsPerChild {THREADS}\n"
             f"MaxRequestWorkers {2 * THREADS}\nMinSpareThreads 1\nMaxSpareThreads {2 * THREADS}",
    "prefork": "StartServers 2\nServerLimit 2\nMaxRequestWorkers 2\nMinSpareServers 1\nMaxSpareServers 2",
}
BODY = b'{"answer": 42}\n'
PATH = "/api/data.json"
OLD = 1_700_000_000


class BenchServer(httpd.Server):
    """See the module. httpd runs under the command `wrapper`, if given, and is then one process (-X)."""

    def __init__(self, modules=(), mpm="event", with_module=False, wrapper=()):
        super().__init__(mpm, with_module, modules)
        self.wrapper = list(wrapper)
        data = self.write("htdocs" + PATH, BODY.decode())
        os.utime(data, (OLD, OLD))  # a file younger than a second gets a weak ETag, and answers differ

    def frame(self):
        lines = [f'ServerRoot "{self.root}"', "ServerName 127.0.0.1", "PidFile run/httpd.pid",
                 "DefaultRuntimeDir run", "TypesConfig conf/mime.types", f"Listen 127.0.0.1:{self.port}"]
        for name in [word.format(mpm=self.mpm) for word in COMMON] + list(self.extra_modules):
            file = f"{httpd.stock_modules()}/mod_{name}.so"
            if os.path.exists(file):  # else it is built in
                lines.append(f'LoadModule {name}_module "{file}"')
        if self.with_module:
            lines.append(f'LoadModule accesstoken_module "{httpd.module_path()}"')
        if httpd.AS_ROOT:
            lines += [f"User {httpd.CHILD_USER}", f"Group {httpd.CHILD_GROUP}"]
        lines += [POOLS[self.mpm], "Timeout 60", "KeepAlive On", "KeepAliveTimeout 60",
                  "MaxKeepAliveRequests 0", "LogLevel warn", "ErrorLog logs/error_log",
                  'DocumentRoot "htdocs"', "AddType application/json .json",
                  "<Directory />", "  AllowOverride None", "</Directory>"]
        return "\n".join(lines) + "\n"

    def command(self, *arguments):
        if not self.wrapper or arguments == ("-t",):
            return super().command(*arguments)
        return [*self.wrapper, httpd.binary(), "-d", self.root, "-f", self.path("conf/httpd.conf"), "-X"]

    def processes(self):
        """Process ids of the parent and its children."""
        return [self.process.pid] + children_of(self.process.pid)

    def close(self, expected_kills=False):
        """Stops the server and removes its folder, without the tests' checks of a server."""
        del expected_kills
        try:
            self.stop()
        finally:
            self.kill()
            shutil.rmtree(self.root, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def children_of(parent):
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:  # the process has ended
            continue
        if int(fields[1]) == parent:
            found.append(int(name))
    return found
