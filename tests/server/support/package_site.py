# SPDX-License-Identifier: Apache-2.0
"""Hosts with repositories of packages, one for each kind of place of docs/clients.md, and a registry of images behind them.

`CONFIGURED = package_site.configured` of a test module gives its site `places`: by name, each with an address of its own.
"""

import collections
import os
import subprocess

import document_blocks
import package_repositories
from httpd import free_port, wait_until

DOCUMENT, SECTION = "docs/clients.md", "Package managers"
TOKENS_ONLY, MIXED, OTHER_ORDER, BEARER_ONLY = "tokens-only", "mixed", "other-order", "bearer-only"
ELSEWHERE = "elsewhere"  # has what has moved from TOKENS_ONLY

STORE = """#!/bin/sh
cat >/dev/null
printf 'Content-Type: text/plain\\r\\n\\r\\nstored for %s\\n' "$REMOTE_USER"
"""

HOST = """
<VirtualHost 127.0.0.1:{port}>
    DocumentRoot "{folder}"
    CustomLog "logs/{name}" "%u %{{ACCESSTOKEN_ID}}e %{{carried}}e %>s %m %U"
    SetEnvIf Authorization . carried=credentials
    SetEnvIf X-Api-Key . carried=credentials
    AliasMatch "^/npm/([a-z]+)$" "{folder}/npm/$1.json"
    ScriptAlias /upload/ "{store}/"
    ScriptAlias /gems/api/v1/gems "{store}"
    {protection}
    <LocationMatch "^/moved/(?<rest>.*)$">
        Redirect 302 "http://localhost:{elsewhere}/%{{env:MATCH_REST}}"
    </LocationMatch>
    {registry}
</VirtualHost>
"""

# A stranger's host: it does not know that X-Api-Key may be a token, and at trace4 it would log the field.
OPEN = "LogLevel info\n<Location />\n    Require all granted\n</Location>"


Seen = collections.namedtuple("Seen", "user token_id carried status request")


class Place:
    """One host: its address, and what its log says since mark()."""

    def __init__(self, site, name):
        self.site, self.name = site, name
        self.port = site.server.add_port()
        self.folder = site.server.folder("places", TOKENS_ONLY if name == ELSEWHERE else name)
        self.host = f"127.0.0.1:{self.port}"
        self.address = f"http://{self.host}"
        self.seen = 0

    def mark(self):
        self.seen = len(self.site.server.log(self.name))

    def requests(self):
        """Of each request since mark(): user, token id, whether it carried credentials, status, method and path."""
        lines = self.site.server.log(self.name)[self.seen:].splitlines()
        return [Seen(user, token_id, carried == "credentials", int(status), request)
                for user, token_id, carried, status, request in (line.split(" ", 4) for line in lines)]


def configured(site):
    """What stands behind the typical configuration; makes the files and starts the registry as well."""
    server = site.server
    site.places = {name: Place(site, name) for name in (TOKENS_ONLY, MIXED, OTHER_ORDER, BEARER_ONLY, ELSEWHERE)}
    store = server.write("cgi-bin/store.sh", STORE, mode=0o755)
    registry = start_registry(server)
    text = "AccessTokenDatabaseTimeout 1s\n"
    for place in site.places.values():
        if place.name not in (BEARER_ONLY, ELSEWHERE):
            package_repositories.make(place.folder, place.address)
        text += HOST.format(port=place.port, folder=place.folder, name=place.name, store=store, registry=registry,
                            protection=protection(server, place.name), elsewhere=site.places[ELSEWHERE].port)
    return text


def protection(server, name):
    if name == ELSEWHERE:
        return OPEN
    tokens_only, mixed = (document_blocks.block(DOCUMENT, SECTION, "apache", number) for number in (0, 1))
    if name == TOKENS_ONLY:
        return tokens_only
    if name == BEARER_ONLY:
        return "".join(line for line in tokens_only.splitlines(True) if "AccessTokenAccept" not in line)
    mixed = document_blocks.fit(mixed, {"/etc/apache2/users.htpasswd": server.path("conf", "users")})
    return document_blocks.fit(mixed, {"accesstoken file": "file accesstoken"}) if name == OTHER_ORDER else mixed


def start_registry(server):
    """Debian's docker-registry; returns the lines of the document that put it behind a host."""
    port = free_port()
    settings = server.write("registry.yml", f"""version: 0.1
log: {{level: debug}}
storage: {{filesystem: {{rootdirectory: {server.path("images")}}}}}
http: {{addr: "127.0.0.1:{port}", secret: registry}}
""")
    with open(server.path("logs", "registry"), "wb") as log:
        process = subprocess.Popen(["docker-registry", "serve", settings], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                   env={"PATH": os.defpath, "OTEL_TRACES_EXPORTER": "none"})
    server.cleanups.append(lambda: (process.terminate(), process.wait()))
    assert wait_until(lambda: "listening on" in server.log("registry") or process.poll() is not None)
    assert process.poll() is None, server.log("registry")
    return document_blocks.block(DOCUMENT, "skopeo", "apache", fitted={"127.0.0.1:5000": f"127.0.0.1:{port}"})
