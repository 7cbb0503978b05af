# SPDX-License-Identifier: Apache-2.0
"""What the tests of docs/clients.md, "Version control and WebDAV", share: one program uses one token at one place."""

import time

import client_table
import engines
import tokens
from httpd import wait_until
from programs import Home
from repositories import PLACES

SECTION = "Version control and WebDAV"
ROWS = {row["client"]: row for row in client_table.rows(SECTION)}
MIXED = ("token-first", "file-first")


def program_of(client):
    return client.split()[0].strip(",")


def cells(*programs):
    """(client, way, place): each cell of these programs at both kinds of places, the orders of providers in turn."""
    found = [(client, way) for client, way, works in client_table.cells(SECTION) if program_of(client) in programs and works == "yes"]
    return [(*cell, place) for number, cell in enumerate(found) for place in ("tokens-only", MIXED[(number + 1) % 2])]


def clients(*programs):
    """(client, way): each row of these programs once, with its last way."""
    return list({client: way for client, way, _ in cells(*programs)}.items())


class Use:
    """One token at one place, and the user's home; `name` is the user name for programs that want one.

    At the place that takes tokens only this name is not the owner's, as only the token counts.
    """

    def __init__(self, site, folder, place, kind, client, way):
        self.site, self.place, self.kind, self.way = site, place, kind, way
        self.row = ROWS[client]
        self.home = Home(folder)
        self.owner = site.fresh_user()
        self.name = "ci" if place == "tokens-only" else self.owner
        self.manager = site.manager(self.owner)
        self.token = self.manager.token()
        self.repository = site.repositories.new(kind)
        self.userinfo = self.suffix = ""

    def server(self, userinfo=""):
        return f"http://{userinfo}127.0.0.1:{self.site.repositories.recorder.port}"

    def address(self, repository=None):
        return f"{self.server(self.userinfo)}/{self.place}/{self.kind}/{repository or self.repository}"

    def requests(self):
        return self.site.repositories.recorder.below(f"/{self.place}/{self.kind}/{self.repository}{self.suffix}")

    def hooks_saw(self):
        return self.site.repositories.pushed(self.kind, self.repository)

    def expire(self):
        """Before the first use: no server has cached the row."""
        self.site.database.change(tokens.id_of(self.token), expires_at=engines.now_ms() - 1)

    def delete(self):
        self.manager.delete(self.token)


ENDS = (Use.expire, Use.delete)
EXPECTED_NAMES = {"as configured": lambda use: use.name, "the token": lambda use: use.token, "empty": lambda use: ""}


def check_sent(use, system_name=None):
    """The columns "sends it" and "user name" of the row, and that the token went the way of the cell."""
    row, way, requests = use.row, use.way, use.requests()
    assert requests
    first = "at once" if requests[0].has_credentials() else "after a 401"
    assert first == row["sends it"], [(request.method, request.path, request.has_credentials()) for request in requests]
    basic = [request.basic() for request in requests if request.basic()]
    if way == "basic":
        expected = system_name if row["user name"] == "the system's" else EXPECTED_NAMES[row["user name"]](use)
        assert {name for name, _ in basic} == {expected}
        assert {password for _, password in basic} <= {use.token, ""}
    else:
        field, value = {"bearer": ("authorization", "Bearer "), "header": ("x-api-key", "")}[way]
        assert not basic
        assert {request.fields[field] for request in requests if request.has_credentials()} == {value + use.token}


def check_known(use):
    """The server knows whose token it is: in its log, and in the token's last use."""
    path = f"/{use.place}/{use.kind}/{use.repository}{use.suffix}"
    wanted = f" 127.0.0.1 {use.owner} {tokens.id_of(use.token)} 20"
    assert wait_until(lambda: [line for line in use.site.server.log("access_log").splitlines() if wanted in line and path in line])
    used = engines.from_iso(use.manager.info(use.token)["lastUsed"])
    assert time.time() * 1000 - 60_000 < used < time.time() * 1000 + 1000


def check_failed_login(use, end, look):
    """The token ends in this way; the program, which looks at what it has cloned, reports a failed login."""
    end(use)
    status, output = look(use)
    assert status != 0 and use.row["of a refused token it says"] in output, output
