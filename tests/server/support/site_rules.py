# SPDX-License-Identifier: Apache-2.0
"""Rules of a site that answer requests, and rules that only map them, for what the module answers itself.

Each rule has a virtual host of its own. The rules name the path /tokens; at() names another one instead.
"""

from client import Client
from typical_site import host

ELSEWHERE = "https://www.example.com"
MODULES = ("vhost_alias", "userdir", "speling", "negotiation", "lua")

# Rules that answer, the status that they answer with, and where they send the client.
ANSWERS = {
    "Redirect": (f"Redirect permanent / {ELSEWHERE}/", 301),
    "Redirect of the manager": (f"Redirect /tokens {ELSEWHERE}/tokens", 302),
    "Redirect with a status": ("Redirect 410 /tokens", 410),
    "RedirectMatch": (f"RedirectMatch 307 ^/(.*)$ {ELSEWHERE}/$1", 307),
    "RedirectMatch with a status": ("RedirectMatch 404 ^/tokens", 404),
    "Redirect of a Location": (f"<Location />\nRedirect permanent {ELSEWHERE}/\n</Location>", 301),
    "Redirect in an expression": (f"<If \"%{{HTTPS}} != 'on'\">\nRedirect permanent {ELSEWHERE}/\n</If>", 301),
    "Redirect beside Alias": (f'Alias / "HTDOCS/open/"\nRedirect permanent / {ELSEWHERE}/', 301),
    "Redirect behind ProxyPass": (f"ProxyPass / http://127.0.0.1:ECHO/\nRedirect permanent / {ELSEWHERE}/", 301),
    "Redirect behind an early ProxyPass":
        (f"ProxyPass / http://127.0.0.1:ECHO/ mapping=servlet\nRedirect permanent / {ELSEWHERE}/", 301),
    "Redirect behind [P]": (f"RewriteEngine On\nRewriteRule ^/(.*) http://127.0.0.1:ECHO/$1 [P]\n"
                            f"Redirect permanent / {ELSEWHERE}/", 301),
    "Redirect behind [PT]": (f"RewriteEngine On\nRewriteRule ^/tokens(.*) /renamed$1 [PT]\n"
                             f"Redirect permanent /renamed {ELSEWHERE}/", 301),
    "RewriteRule to https": ("RewriteEngine On\nRewriteCond %{HTTPS} off\n"
                             f"RewriteRule ^ {ELSEWHERE}%{{REQUEST_URI}} [R=301,L]", 301),
    "RewriteRule of an address": (f"RewriteEngine On\nRewriteRule ^/(.*) {ELSEWHERE}/$1", 302),
    "RewriteRule with a status": ("RewriteEngine On\nRewriteRule ^/tokens - [R=503]", 503),
    "RewriteRule [F]": ("RewriteEngine On\nRewriteCond %{REMOTE_ADDR} !^10\\.\nRewriteRule ^(/tokens|/api) - [F]", 403),
    "RewriteRule [G]": ("RewriteEngine On\nRewriteRule ^/tokens - [G]", 410),
    "another module's hook": ("LuaHookTranslateName ROOT/hooks.lua refuse", 410),
    "another module's early hook": ("LuaHookTranslateName ROOT/hooks.lua refuse early", 410),
}

# Rules of a section for which httpd asks after authentication, as at any other location.
ANSWERS_TO_USERS = {
    "Redirect in a Location": (f"<Location />\nRedirect permanent /tokens {ELSEWHERE}/\n</Location>", 301),
    "RedirectMatch in a Location": ("<Location /tokens>\nRedirectMatch 410 ^\n</Location>", 410),
    "RewriteRule in the Location": (f"<Location /tokens>\nOptions FollowSymLinks\nRewriteEngine On\n"
                                    f"RewriteRule ^ {ELSEWHERE}/ [R=301]\n</Location>", 301),
    "RewriteRule in an outer Location": (f"<Location />\nOptions FollowSymLinks\nRewriteEngine On\n"
                                         f"RewriteRule ^ {ELSEWHERE}%{{REQUEST_URI}} [R=301]\n</Location>", 301),
    "RewriteRule [F] in the Location": ("<Location /tokens>\nOptions FollowSymLinks\nRewriteEngine On\n"
                                        "RewriteRule ^ - [F]\n</Location>", 403),
    "RewriteRule [G] in a LocationMatch": ("<LocationMatch ^/tokens>\nOptions FollowSymLinks\nRewriteEngine On\n"
                                           "RewriteRule .* - [G]\n</LocationMatch>", 410),
    "RewriteRule in an expression": ("<If \"%{REQUEST_URI} =~ m#^/tokens#\">\nOptions FollowSymLinks\n"
                                     "RewriteEngine On\nRewriteRule ^ - [R=404]\n</If>", 404),
}

MAPPINGS = {
    "ProxyPass": "ProxyPass / http://127.0.0.1:ECHO/",
    "ProxyPass of the manager": "ProxyPass /tokens http://127.0.0.1:ECHO/tokens",
    "ProxyPass mapping=servlet": "ProxyPass / http://127.0.0.1:ECHO/ mapping=servlet",
    "ProxyPass mapping=encoded": "ProxyPass / http://127.0.0.1:ECHO/ mapping=encoded",
    "ProxyPass nocanon": "ProxyPass / http://127.0.0.1:ECHO/ nocanon",
    "ProxyPassMatch": "ProxyPassMatch ^/(.*)$ http://127.0.0.1:ECHO/$1",
    "ProxyPass in a Location": "<Location />\nProxyPass http://127.0.0.1:ECHO/\n</Location>",
    "ProxyPass in the Location": "<Location /tokens>\nProxyPass http://127.0.0.1:ECHO/\n</Location>",
    "RewriteRule [P]": "RewriteEngine On\nRewriteRule ^/(.*) http://127.0.0.1:ECHO/$1 [P]",
    "RewriteRule to a file": "RewriteEngine On\nRewriteRule ^ HTDOCS/open/data.json",
    "RewriteRule without a slash": "RewriteEngine On\nRewriteRule ^ open/data.json",
    "RewriteRule [END]": "RewriteEngine On\nRewriteRule ^ /open/data.json?x=y [END]",
    "RewriteRule [PT]": "RewriteEngine On\nRewriteRule ^/(.*) /open/data.json?$1 [PT,E=SEEN:$1,CO=seen:yes:-]",
    "RewriteRule [H] [T]": "RewriteEngine On\nRewriteRule ^ /open/data.json [H=cgi-script,T=text/plain]",
    "RewriteRule in a Location": "<Location />\nOptions FollowSymLinks\nRewriteEngine On\n"
                                 "RewriteRule ^ /open/data.json\n</Location>",
    "RewriteRule that sets a variable": "RewriteEngine On\nRewriteRule .* - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]\n"
                                        "<Location />\nRequestHeader set X-Seen yes\n</Location>",
    "RewriteRule that sets a variable in a Location":
        "<Location />\nOptions FollowSymLinks\nRewriteEngine On\nRewriteRule .* - [E=A:%{REMOTE_USER}]\n</Location>",
    "RewriteRule that ends rules in the Location":
        "<Location /tokens>\nOptions FollowSymLinks\nRewriteEngine On\nRewriteRule ^ - [END]\n</Location>",
    "RewriteRule to a neighbour in the Location":
        "<Location /tokens>\nOptions FollowSymLinks\nRewriteEngine On\nRewriteRule ^ data.json\n</Location>",
    "RewriteRule of the query in the Location":
        "<Location /tokens>\nOptions FollowSymLinks\nRewriteEngine On\nRewriteRule ^ %{REQUEST_FILENAME} [QSA]\n</Location>",
    "RewriteCond that looks ahead": "RewriteEngine On\nRewriteCond %{LA-U:REMOTE_USER} !=alice\nRewriteRule ^ - [E=B:1]",
    "RewriteCond of files": "RewriteEngine On\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteCond %{REQUEST_URI} !-U\n"
                            "RewriteRule ^ /open/data.json",
    "RewriteRule [P] in a Location": "<Location />\nOptions FollowSymLinks\nRewriteEngine On\n"
                                     "RewriteRule ^ http://127.0.0.1:ECHO/ [P]\n</Location>",
    "Alias": 'Alias /tokens "HTDOCS/open"',
    "Alias in a Location": '<Location /tokens>\nAlias "HTDOCS/open"\n</Location>',
    "ScriptAlias": 'ScriptAlias /tokens "ROOT/cgi-bin/env.sh"',
    "FallbackResource": "FallbackResource /open/data.json",
    "VirtualDocumentRoot": 'VirtualDocumentRoot "HTDOCS/open"',
    "UserDir": 'UserDir "HTDOCS/open"',
    "type-map": "<Location />\nSetHandler type-map\nForceType text/plain\n</Location>",
    "CheckSpelling and MultiViews": "CheckSpelling On\n<Location />\nOptions +MultiViews\n</Location>",
    "AddHandler and AddEncoding": "AddHandler cgi-script .json .js\nAddEncoding x-gzip .json .js\nAddOutputFilter INCLUDES .json",
    "another module's mapping": "LuaHookTranslateName ROOT/hooks.lua map",
    "another module's early mapping": "LuaHookTranslateName ROOT/hooks.lua map early",
}

HOOKS = """
require 'apache2'
function refuse(r)
    return 410
end
function map(r)
    r.filename = r.document_root .. "/open/data.json"
    return apache2.OK
end
"""


def at(path, rules):
    """The same rules for another path; each is a text, or a text and what follows from it."""
    return {name: rule.replace("/tokens", path) if isinstance(rule, str) else (rule[0].replace("/tokens", path), *rule[1:])
            for name, rule in rules.items()}


def hosts(place, texts):
    """A virtual host for each rule; `place.clients` has a client of each, by the rule's name."""
    place.server.write("hooks.lua", HOOKS)
    place.clients = {name: Client(place.server.add_port()) for name in texts}
    text = "".join(host(place.clients[name].port, rule) for name, rule in texts.items())
    for word, value in (("HTDOCS", place.server.path("htdocs")), ("ROOT", place.server.root), ("ECHO", place.echo.port)):
        text = text.replace(word, str(value))
    return text
