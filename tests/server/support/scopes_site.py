# SPDX-License-Identifier: Apache-2.0
"""A server whose places ask for scopes in every way that Require knows, and short words for asking it."""

from client import Client
from typical_site import basic

PLACES = """
<AuthzProviderAlias accesstoken-scope writers "write">
</AuthzProviderAlias>
<Location /scoped-tokens>
    {basic}
    Require valid-user
    AccessTokenManager own
    AccessTokenScopes read write repo:status
</Location>
<Location /scoped-tokens-all>
    {basic}
    Require user admin
    AccessTokenManager all
</Location>
<Location /scoped-by-token>
    AuthType AccessToken
    AuthName "by token"
    Require valid-user
    AccessTokenManager own
    AccessTokenIssueWithToken On
    AccessTokenScopes read write admin
</Location>
<Location /scoped>
    AuthType AccessToken
    AuthName "scoped"
</Location>
<Location /scoped/read>
    Require accesstoken-scope read
</Location>
<Location /scoped/either>
    Require accesstoken-scope read write
</Location>
<Location /scoped/both>
    <RequireAll>
        Require accesstoken-scope read
        Require accesstoken-scope write
    </RequireAll>
</Location>
<Location /scoped/write-or-get>
    <RequireAny>
        Require accesstoken-scope write
        <RequireAll>
            Require method GET
            Require accesstoken-scope read
        </RequireAll>
    </RequireAny>
</Location>
<Location /scoped/user>
    <RequireAll>
        Require accesstoken-scope read
        Require user nobody-else
    </RequireAll>
</Location>
<Location /scoped/not-and-user>
    <RequireAll>
        Require not accesstoken-scope admin
        Require user nobody-else
    </RequireAll>
</Location>
<Location /scoped/none-and-user>
    <RequireAll>
        Require user nobody-else
        <RequireNone>
            Require accesstoken-scope admin
        </RequireNone>
    </RequireAll>
</Location>
<Location /scoped/not-and-write>
    <RequireAll>
        Require not accesstoken-scope repo:status
        Require accesstoken-scope write
    </RequireAll>
</Location>
<Location /scoped/none-and-write>
    <RequireAll>
        <RequireNone>
            Require accesstoken-scope repo:status
        </RequireNone>
        Require accesstoken-scope write
    </RequireAll>
</Location>
<Location /scoped/not-in-none>
    <RequireAll>
        Require valid-user
        <RequireNone>
            <RequireAll>
                Require valid-user
                Require not accesstoken-scope write
            </RequireAll>
        </RequireNone>
    </RequireAll>
</Location>
<Location /scoped/any-and-user>
    <RequireAll>
        <RequireAny>
            Require accesstoken-scope write
            Require valid-user
        </RequireAny>
        Require user nobody-else
    </RequireAll>
</Location>
<Location /scoped/not>
    <RequireAll>
        Require valid-user
        Require not accesstoken-scope write
    </RequireAll>
</Location>
<Location /scoped/alias>
    Require writers
</Location>
<Location /scoped/not-alias>
    <RequireAll>
        Require valid-user
        Require not writers
    </RequireAll>
</Location>
<Location /scoped/forbidden>
    Require accesstoken-scope admin
    AuthzSendForbiddenOnFailure On
</Location>
<Location /scoped/page>
    Require accesstoken-scope admin
    ErrorDocument 403 /open/sorry.txt
</Location>
<Location /scoped/nobody>
    Require user nobody-else
    ErrorDocument 401 /scoped/either-way/data.json
</Location>
<Location /scoped/either-way>
    <RequireAny>
        Require accesstoken-scope admin
        Require valid-user
    </RequireAny>
</Location>
<Location /scoped/index>
    Require accesstoken-scope read
    DirectoryIndex data.json
</Location>
<Location /scoped/gone>
    Require valid-user
    ErrorDocument 404 /scoped/cgi
</Location>
<Location /scoped/passwords>
    {basic}
    Require accesstoken-scope read
</Location>
<Location /scoped-long>
    {basic}
    Require valid-user
    AccessTokenManager own
    AccessTokenScopes {words}
</Location>
<Location /scoped-page>
    AuthType AccessToken
    AuthName "scoped"
    Require valid-user
    Options +Includes
    AddOutputFilter INCLUDES .shtml
</Location>
<VirtualHost 127.0.0.1:{port}>
    ProxyRequests On
    <Proxy "*">
        AuthType AccessToken
        AuthName "proxy"
        Require accesstoken-scope read
    </Proxy>
</VirtualHost>
ScriptAlias /scoped/cgi "{root}/cgi-bin/env.sh"
<Location /scoped/cgi>
    Require valid-user
</Location>
"""
NAMES = ("read", "either", "both", "write-or-get", "user", "not", "forbidden", "page", "passwords", "not-and-user", "none-and-user",
         "not-and-write", "any-and-user", "index", "not-in-none", "none-and-write", "alias", "not-alias", "either-way")


def lacking(scope):
    return f'Bearer realm="scoped", error="insufficient_scope", scope="{scope}"'


def configured(place):
    """The configuration behind the typical one, with the files that it shows; place.proxy asks its forward proxy."""
    for name in NAMES:
        place.server.write(f"htdocs/scoped/{name}/data.json", "{}\n")
    place.server.write("htdocs/open/sorry.txt", "That takes another token.\n")
    place.server.write("htdocs/scoped-page/data.shtml", '<!--#include virtual="/scoped/read/data.json" -->')
    lengths = range(100, 130)
    words = " ".join([letter * length for letter in "xy" for length in lengths] + ["z"])
    port = place.server.add_port()
    place.proxy = Client(port)
    return PLACES.format(basic=basic(), root=place.server.root, words=words, port=port)


def limited(manager, *scopes):
    """A new token with these scopes, or without limits."""
    answer = manager.post({"scopes": list(scopes)} if scopes else {})
    assert answer.status_code == 201, answer.text
    return answer.json()["tokenValue"]


def asked(site, token, name, method="GET"):
    """Status and challenge of the place of that name."""
    answer = site.client.request(method, f"/scoped/{name}/data.json", token=token)
    return answer.status_code, answer.headers.get("WWW-Authenticate")
