# SPDX-License-Identifier: Apache-2.0
"""What all measurements of one run share; it is created when first needed and removed at the end."""

import contextlib
import os
import shutil
import sys
import tempfile
import time

import contenders
import httpd
from benchserver import BenchServer
from issuer import Issuer
from tables import Table, forge

FEW = 1000


class Context:
    """See the module; `options` are those of the command line."""

    def __init__(self, options):
        self.options = options
        self.quick = options.quick
        self.stack = contextlib.ExitStack()
        self.folder = tempfile.mkdtemp(prefix="accesstoken-bench-")
        self.stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        os.chmod(self.folder, 0o755)
        if httpd.AS_ROOT:
            shutil.chown(self.folder, httpd.CHILD_USER, httpd.CHILD_GROUP)
        self.began = time.monotonic()
        self._tokens = []
        self._tables = {}
        self._issuer = None
        self._knows_cache_size = None

    def say(self, words):
        """Reports progress on standard error."""
        print(f"[{time.monotonic() - self.began:4.0f} s] {words}", file=sys.stderr, flush=True)

    def contenders(self):
        """The selected contenders; the baseline is always included, and first."""
        wanted = self.options.contenders
        return [kind(self) for kind in contenders.ALL
                if not wanted or kind.key in wanted or kind.key == contenders.BASELINE]

    def tokens(self, count):
        """The first `count` tokens of a list that grows as needed."""
        if len(self._tokens) < count:
            self._tokens += forge(max(count, FEW) - len(self._tokens))
        return self._tokens[:count] if count < len(self._tokens) else self._tokens

    def table(self, engine="sqlite3", count=FEW):
        """A table with this many live tokens."""
        if (engine, count) not in self._tables:
            self.say(f"a table of {count} tokens in {engine}")
            table = Table(engine, self.tokens(count)[:count])
            self.stack.callback(table.close)
            self._tables[engine, count] = table
        return self._tables[engine, count]

    @property
    def issuer(self):
        if self._issuer is None:
            self._issuer = Issuer(self.folder)
            self.stack.callback(self._issuer.close)
        return self._issuer

    @property
    def knows_cache_size(self):
        """Whether the build has a cache, which it has if it knows the directive."""
        if self._knows_cache_size is None:
            with BenchServer(with_module=True) as server:
                status, _ = server.check_configuration("AccessTokenCacheSize 0\n")
            self._knows_cache_size = status == 0
        return self._knows_cache_size

    def credentials(self, contender, numbers):
        """Writes a file for wrk with one of these credentials on each line."""
        handle, path = tempfile.mkstemp(prefix="credentials-", dir=self.folder, text=True)
        with os.fdopen(handle, "w") as file:
            for number in numbers:
                file.write((contender.credential(number) or "") + "\n")
        return path

    def close(self):
        self.stack.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
