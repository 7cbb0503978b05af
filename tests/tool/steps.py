# SPDX-License-Identifier: Apache-2.0
"""What several files of tests do with httoken: rows, checks, and calls beside a running server."""

import re
import uuid

import engines
import tokens
from tool import DONE, Tool

DAY = 86_400_000
MEMBERS = ["tokenId", "description", "status", "createdAt", "expiredAt", "lastUsed", "user"]


def put(tool, user="alice", age=0, expires=None, used=None, deleted=None, description=""):
    """A row as the module writes it, with times in days from now; its id."""
    now = engines.now_ms()
    token_id = str(uuid.uuid4())
    moment = [None if days is None else int(now + days * DAY) for days in (-age, expires, used, deleted)]
    tool.database.insert(*engines.COLUMNS, rows=[(token_id, "0" * 64, user, description, *moment)])
    return token_id


def checked(tool, status=DONE):
    """(word, subject) -> what check says."""
    answer = tool("check", status=status)
    lines = [re.fullmatch(r"(ok|note|WRONG) +(\w+) +(.*)", line).groups() for line in answer.lines]
    return {(word, subject): says for word, subject, says in lines}


def wrong(tool, status):
    """Subjects of the lines that say that something is wrong."""
    return [subject for word, subject in checked(tool, status) if word == "WRONG"]


def with_server(site):
    """httoken with the server's own configuration, as its administrator calls it."""
    call = Tool(site.database)
    del call.environment["HTTOKEN_DATABASE"]
    configuration = site.server.path("conf/httpd.conf")

    def run(*arguments, **more):
        return call("-c", configuration, *arguments, **more)
    return run


def generated(run, *arguments):
    return tokens.remember(run("generate", *arguments, secret_out=True).out[:-1])
