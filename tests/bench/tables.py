# SPDX-License-Identifier: Apache-2.0
"""Tables of tokens for the module: the module creates them, the benchmark fills them, and many servers share them."""

import httpd
import engines
import tokens
from benchserver import BenchServer
from keepalive import status_of

ROWS = ("token_id", "token_hash", "user_name", "description", "created_at", "expires_at")
YEAR_MS = 365 * 24 * 3600 * 1000


def forge(count):
    """This many new token texts."""
    return [tokens.forge() for _ in range(count)]


def row_of(token, number, now):
    return (tokens.id_of(token), tokens.hash_of(token), f"user{number % 1000}", "bench", now, now + YEAR_MS)


class Table:
    """A table in a database of its own. A server creates it; it is then stopped, and its folder is kept."""

    def __init__(self, engine, texts):
        self.server = BenchServer(with_module=True)
        try:
            self.database = engines.ENGINES[engine](self.server, "bench")
            self._fill(texts)
        except BaseException:
            self.server.close()
            raise

    def _fill(self, texts):
        self.server.start(self.directive() + """
<Location /api>
    AuthType AccessToken
    AuthName "bench"
    Require valid-user
</Location>
""")
        stranger = "Bearer " + tokens.forge()
        if not httpd.wait_until(lambda: status_of(self.server.port, stranger) == 401):
            raise RuntimeError("the module does not create the table:\n" + self.server.what_it_wrote())
        now = engines.now_ms()
        rows = [row_of(token, number, now) for number, token in enumerate(texts)]
        self.database.insert(*ROWS, rows=rows)
        if self.database.driver == "pgsql":
            self.database.run("ANALYZE access_tokens")
        self.server.stop()

    def directive(self):
        return self.database.directive()

    def close(self):
        self.server.close()
