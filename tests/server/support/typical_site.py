# SPDX-License-Identifier: Apache-2.0
"""The typical server of these tests: managers, protected places, a CGI, a backend, a forward proxy.

Most test modules share one such server; what it lets in and where is all in `LOCATIONS`.
"""

import base64
import hashlib
import itertools
import re

import engines
from client import PASSWORD, Client, Manager
from echo_backend import Echo
from httpd import Server

CGI = """#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
env
"""

BASIC = """AuthType Basic
    AuthName "passwords"
    AuthBasicProvider file
    AuthUserFile conf/users"""

STATUS = """
<Location /server-status>
    SetHandler server-status
    Require all granted
</Location>
"""

LOCATIONS = """
<Location /tokens>
    {basic}
    Require valid-user
    AccessTokenManager own
</Location>
<Location /v4/apiAccessTokens>
    {basic}
    Require valid-user
    AccessTokenManager own
</Location>
<Location /all-tokens>
    {basic}
    Require user admin
    AccessTokenManager all
</Location>
<Location /open-tokens>
    Require all granted
    AccessTokenManager own
</Location>
<Location /open-all-tokens>
    Require all granted
    AccessTokenManager all
</Location>
<Location /limited>
    {basic}
    Require valid-user
    AccessTokenManager own
    AccessTokenMaxLifetime 1h
    AccessTokenDefaultLifetime 30d
</Location>
<Location /three>
    {basic}
    Require valid-user
    AccessTokenManager own
    AccessTokenMaxPerUser 3
</Location>
<Location /forever>
    {basic}
    Require valid-user
    AccessTokenManager own
    AccessTokenDefaultLifetime never
</Location>
<Location /short>
    {basic}
    Require valid-user
    AccessTokenManager own
    AccessTokenDefaultLifetime 2h
</Location>
<Location /by-token>
    AuthType AccessToken
    AuthName "by token"
    Require valid-user
    AccessTokenManager own
</Location>
<Location /by-token-issuing>
    AuthType AccessToken
    AuthName "by token"
    Require valid-user
    AccessTokenManager own
    AccessTokenIssueWithToken On
</Location>

<Location /api>
    AuthType AccessToken
    AuthName "api"
    Require valid-user
</Location>
<Location /api/admin>
    Require user admin
</Location>
<Location /api/admin-403>
    Require user admin
    AuthzSendForbiddenOnFailure On
</Location>
<Location /api/only-tokens>
    Require accesstoken
</Location>
<Location /passwords>
    {basic}
    Require valid-user
</Location>
<Location /passwords/only-tokens>
    Require accesstoken
</Location>
<Location /both>
    {basic}
    <If "%{{HTTP:Authorization}} =~ /^Bearer /i">
        AuthType AccessToken
    </If>
    Require valid-user
</Location>
<Location /both/only-tokens>
    Require accesstoken
</Location>
<Location /open>
    Require all granted
</Location>

ScriptAlias /api/cgi "{root}/cgi-bin/env.sh"
ScriptAlias /api/cgi-auth "{root}/cgi-bin/env.sh"
ScriptAlias /api/cgi-forwarded "{root}/cgi-bin/env.sh"
ScriptAlias /open/cgi "{root}/cgi-bin/env.sh"
<Location /api/cgi-auth>
    CGIPassAuth On
</Location>
<Location /api/cgi-forwarded>
    CGIPassAuth On
    AccessTokenForwardCredentials On
</Location>
ProxyPass /api/echo http://127.0.0.1:{echo}/echo
ProxyPass /api/forwarded http://127.0.0.1:{echo}/forwarded
ProxyPass /open/echo http://127.0.0.1:{echo}/open
ProxyPass /both/echo http://127.0.0.1:{echo}/both
<Location /api/echo>
    RequestHeader set X-Remote-User "expr=%{{REMOTE_USER}}"
    RequestHeader set X-Token-Id "%{{ACCESSTOKEN_ID}}e"
    RequestHeader set X-Token-Expires "expr=%{{reqenv:ACCESSTOKEN_EXPIRES}}"
</Location>
<Location /api/forwarded>
    AccessTokenForwardCredentials On
</Location>
"""

ONE_HOST = """
<VirtualHost 127.0.0.1:{port}>
    {content}
</VirtualHost>
"""

PROXY = """
<VirtualHost 127.0.0.1:{port}>
    ProxyRequests On
    <Proxy "*">
        AuthType AccessToken
        AuthName "proxy"
        Require valid-user
    </Proxy>
    <Location /api>
        AuthType AccessToken
        AuthName "api"
        Require valid-user
    </Location>
</VirtualHost>
"""

PLACES = ("api", "api/admin", "api/admin-403", "api/only-tokens", "passwords", "passwords/only-tokens",
          "both", "both/only-tokens", "open")
NUMBERED = 600


def password_file(names):
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
    return "".join(f"{name}:{{SHA}}{digest}\n" for name in names)


def user_names():
    return ["alice", "bob", "carol", "admin"] + [f"user{number}" for number in range(NUMBERED)]


class Site:
    """A server with a database, users, some files, a CGI and a backend; started by start()."""

    def __init__(self, mpm="event", engine="sqlite3", extra_modules=(), beside=None, status=True,
                 on=None):
        """`beside`: another site, whose database this one shares. `status`: with mod_status.

        `on`: the database server, where it is not the one that all tests share.
        """
        self.with_status = status
        self.server = Server(mpm, extra_modules=[*extra_modules, *(["status"] if status else [])])
        self.mpm = mpm
        self.engine = beside.engine if beside else engine
        try:
            self.database = beside.database if beside else self.add_database("main", **({"on": on} if on else {}))
        except BaseException:
            self.server.close()
            raise
        self.echo = Echo()
        self.server.cleanups.append(self.echo.close)
        self.client = Client(self.server.port)
        self.expected_kills = False
        self._fresh = itertools.count()
        self.server.write("conf/users", password_file(user_names()))
        self.server.write("cgi-bin/env.sh", CGI, mode=0o755)
        for place in PLACES:
            self.server.write(f"htdocs/{place}/data.json", '{"answer": 42}\n')

    def add_database(self, name, **options):
        database = engines.ENGINES[self.engine](self.server, name, **options)
        self.server.databases.append(database)
        return database

    def locations(self):
        text = LOCATIONS.format(basic=BASIC, root=self.server.root, echo=self.echo.port)
        return text + (STATUS if self.with_status else "")

    def with_forward_proxy(self):
        port = self.server.add_port()
        self.proxy = Client(port)
        return PROXY.format(port=port)

    def start(self, configuration="", locations=True):
        """Starts with the typical locations (or without) and this configuration behind them."""
        text = self.database.directive() + "\n" + (self.locations() if locations else "")
        self.server.start(text + configuration)
        return self

    def fresh_user(self):
        """A user whom no test has used on this server."""
        return f"user{next(self._fresh)}"

    def manager(self, user=None, path="/tokens"):
        return Manager(self.client, path, user=user or self.fresh_user())

    def everybody(self):
        return Manager(self.client, "/all-tokens", user="admin")

    def let_in(self, token, path="/api/data.json"):
        return self.client.status(path, token=token)

    def figures(self, table="access_tokens"):
        """What mod_status tells of a table, by name; numbers where they are."""
        lines = re.findall(rf"(?m)^AccessToken\[{table}\](\w+): (.*)$", self.client.get("/server-status?auto").text)
        return {name: int(value) if value.isdigit() else value for name, value in lines}

    def close(self):
        self.server.close(self.expected_kills)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def basic(indent="    "):
    """The lines that protect a section by passwords, for configurations of a test's own."""
    return BASIC.replace("\n    ", "\n" + indent)


def host(port, content):
    return ONE_HOST.format(port=port, content=content)
