# SPDX-License-Identifier: Apache-2.0
"""A connection dies without a word while all requests are answered from the cache: nobody asks the table for anything."""

import time

import engines
import tokens
from httpd import wait_until
from marks import SERVERS, TWO_MPMS, each
from pipe import Pipe

HANGS = 5  # seconds, after which a background call is begun again on another connection


@each("engine, model", SERVERS, TWO_MPMS)
def test_what_was_deleted_elsewhere_is_refused_seconds_later(new_site, model):
    site = new_site(mpm=model)
    pipe = Pipe(site.database)
    site.server.cleanups.append(pipe.close)
    site.start(pipe.directive())
    token = site.manager("alice").token()

    def use_until(condition, patience):
        return wait_until(lambda: condition(site.let_in(token)), patience, 0.2)

    assert not use_until(lambda status: status != 200, 12)  # until one worker is left in each process
    pipe.silent = True
    assert not use_until(lambda status: status != 200, 2)
    pipe.silent = False
    site.database.change(tokens.id_of(token), deleted_at=engines.now_ms())
    began = time.monotonic()
    assert use_until(lambda status: status == 401, 30)
    assert time.monotonic() - began <= HANGS + 3
