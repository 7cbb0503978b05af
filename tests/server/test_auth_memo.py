# SPDX-License-Identifier: Apache-2.0
"""Many requests of one connection: what the module keeps of the last one never decides about the next."""

import base64
import http.client

import pytest

import tokens
from client import PASSWORD
from typical_site import basic

WAYS = ("bearer", "basic", "plain")


def CONFIGURED(site):
    other = site.server.add_port()
    site.other = other
    return f"""
<Location /memo>
    AuthType AccessToken
    AuthName "memo"
    AccessTokenAccept bearer basic header:Authorization header:X-Api-Key
    Require valid-user
</Location>
<Location /memo/bearer>
    AccessTokenAccept bearer
</Location>
<Location /memo/owner>
    AccessTokenBasicUser owner
</Location>
<Location /memo/mixed>
    {basic()}
    AuthBasicProvider file accesstoken
    Require valid-user
</Location>
<VirtualHost 127.0.0.1:{site.server.port}>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost 127.0.0.1:{site.server.port}>
    ServerName other.test
    AccessTokenTable other_tokens
</VirtualHost>
"""


class Connection:
    """One connection that is kept; a request must not open another."""

    def __init__(self, site):
        self.link = http.client.HTTPConnection("127.0.0.1", site.server.port, timeout=30)
        self.link.connect()
        self.local = self.link.sock.getsockname()

    def get(self, value, path="/memo/x", field="Authorization", host=None, closes=False):
        self.link.putrequest("GET", path, skip_host=host is not None)
        if host:
            self.link.putheader("Host", host)
        if value is not None:
            self.link.putheader(field, value)
        self.link.endheaders()
        answer = self.link.getresponse()
        answer.read()
        assert closes or self.link.sock and self.link.sock.getsockname() == self.local, "the connection was not kept"
        return answer.status

    def settle(self, value, times=3, **more):
        """The module keeps nothing of a connection's first request."""
        for _ in range(times):
            assert self.get(value, **more) == 404


def credentials(way, token, user="alice"):
    return {"bearer": "Bearer " + token, "plain": token,
            "basic": "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()}[way]


@pytest.fixture
def connection(site):
    made = Connection(site)
    yield made
    made.link.close()


@pytest.fixture
def alice(site):
    return site.manager("alice")


@pytest.mark.parametrize("way", WAYS)
def test_a_token_that_differs_in_one_character_is_refused(connection, alice, way):
    token = alice.token()
    connection.settle(credentials(way, token))
    for place in range(6, len(token), 3):
        changed = token[:place] + ("0" if token[place] != "0" else "1") + token[place + 1:]
        assert connection.get(credentials(way, changed)) == 401
    sealed = tokens.sealed(token[:-7] + ("0" if token[-7] != "0" else "1"))
    assert connection.get(credentials(way, sealed)) == 401
    for other in (token[:-1], token + "0"):
        assert connection.get(credentials(way, other)) == 401
    connection.settle(credentials(way, token), 1)


@pytest.mark.parametrize("way", WAYS)
def test_a_deleted_token_is_refused_on_its_connection(connection, alice, way):
    token = alice.token()
    connection.settle(credentials(way, token))
    alice.delete(token)
    assert connection.get(credentials(way, token)) == 401
    other = alice.token()
    connection.settle(credentials(way, other))
    assert connection.get(credentials(way, token)) == 401


def test_each_request_is_that_of_its_own_token(site, connection, alice):
    mine, others = alice.token(), site.manager("bob").token()
    for _ in range(4):
        for way in WAYS:
            connection.settle(credentials(way, mine), 2)
            connection.settle(credentials(way, others), 1)
    assert connection.get(None) == 401
    connection.settle(mine, 2, field="X-Api-Key")
    assert connection.get(f"Bearer {mine} {mine}", closes=True) == 400


@pytest.mark.parametrize("way", WAYS)
def test_a_way_that_another_location_accepts_is_not_accepted_here(connection, alice, way):
    value = credentials(way, alice.token())
    connection.settle(value)
    assert connection.get(value, "/memo/bearer/x") == (404 if way == "bearer" else 401)
    connection.settle(value)


def test_the_user_name_is_compared_where_that_is_wanted(connection, alice):
    token = alice.token()
    connection.settle(credentials("basic", token, "bob"))
    assert connection.get(credentials("basic", token, "bob"), "/memo/owner/x") == 401
    connection.settle(credentials("basic", token, "alice"))
    connection.settle(credentials("basic", token, "alice"), path="/memo/owner/x")


def test_a_virtual_host_with_another_table_knows_nothing_of_it(connection, alice):
    value = credentials("bearer", alice.token())
    connection.settle(value)
    assert connection.get(value, host="other.test") == 401
    connection.settle(value)


def test_passwords_and_tokens_take_turns(connection, alice):
    token = alice.token()
    for _ in range(3):
        connection.settle(credentials("basic", token), path="/memo/mixed/x")
        connection.settle(credentials("basic", PASSWORD), path="/memo/mixed/x")
        assert connection.get(credentials("basic", "wrong"), "/memo/mixed/x") == 401


def test_credentials_that_are_too_long_to_be_kept_are_accepted(connection, alice):
    token = alice.token()
    connection.settle(credentials("basic", token, "x" * 250))
    connection.settle(credentials("basic", token, "x" * 3000))
    connection.settle("Bearer" + " " * 600 + token)
    connection.settle(credentials("basic", token, "alice"))
