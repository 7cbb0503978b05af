# SPDX-License-Identifier: Apache-2.0
"""A connection dies silently while all requests are answered from the cache: only the poll for deletions notices it."""

import time

import engines
import tokens
from httpd import wait_until
from marks import SERVERS, TWO_MPMS, each
from tcp_proxy import TcpProxy

HANGS = 5  # seconds, after which a background call is begun again on another connection


@each("engine, model", SERVERS, TWO_MPMS)
def test_a_deletion_on_another_server_takes_effect_seconds_later(new_site, model):
    site = new_site(mpm=model)
    pipe = TcpProxy(site.database)
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
