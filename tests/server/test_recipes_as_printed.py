# SPDX-License-Identifier: Apache-2.0
"""Every configuration block of the documents is one that httpd takes as it is printed, and every link leads somewhere.

The blocks go into a virtual host of a server that has the modules that Debian enables, this one, and
those of the `a2enmod` lines of the same section.
"""

import os
import re
import subprocess

import pytest

import document_blocks
from httpd import PATIENCE, Server, module_path, stock_modules

DOCUMENTS = ["README.md", *sorted(f"docs/{name}" for name in os.listdir(os.path.join(document_blocks.TOP, "docs"))
                                  if name.endswith(".md"))]
ENABLED = ("access_compat alias auth_basic authn_core authn_file authz_core authz_host authz_user autoindex deflate dir env "
           "filter mime mpm_event negotiation reqtimeout setenvif status unixd log_config").split()


def sections():
    """(document, heading) of all sections with configuration."""
    found = []
    for name in DOCUMENTS:
        for heading in document_blocks.headings(name):
            if document_blocks.blocks_of(document_blocks.section(name, heading), "apache"):
                found.append((name, heading))
    return found


@pytest.fixture(scope="module")
def server():
    place = Server()
    place.environment["APACHE_LOG_DIR"] = place.path("logs")
    yield place
    place.close()


def configtest(server, modules, block):
    lines = [f'ServerRoot "{server.root}"', "ServerName 127.0.0.1", f"Listen 127.0.0.1:{server.port}",
             "TypesConfig conf/mime.types"]
    for name in modules:
        file = f"{stock_modules()}/mod_{name}.so"
        lines += [f'LoadModule {name}_module "{file}"'] if os.path.exists(file) else []
    lines += [f'LoadModule accesstoken_module "{module_path()}"', f"<VirtualHost *:{server.port}>", block, "</VirtualHost>"]
    server.write("conf/httpd.conf", "\n".join(lines) + "\n")
    done = subprocess.run(server.command("-t"), capture_output=True, text=True, timeout=PATIENCE, check=False,
                          env=server.environment)
    return done.returncode, done.stderr + done.stdout


@pytest.mark.parametrize("name, heading", sections())
def test_httpd_takes_the_blocks_of(server, name, heading):
    text = document_blocks.section(name, heading)
    modules = ENABLED + document_blocks.modules_named(text)
    for block in document_blocks.blocks_of(text, "apache"):
        status, words = configtest(server, modules, block)
        assert status == 0, f"{words}\n{block}\nDoes its section name the modules in a line 'a2enmod …'?"


def anchors(name):
    """Of the headings, as web pages of repositories make them."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in document_blocks.headings(name)}


@pytest.mark.parametrize("name", ["SECURITY.md", "CONTRIBUTING.md", *DOCUMENTS])
def test_every_link_leads_somewhere(name):
    for target in re.findall(r"\]\(([^)\s]+)\)", document_blocks.document(name)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = os.path.normpath(os.path.join(os.path.dirname(name), path)) if path else name
        assert os.path.exists(os.path.join(document_blocks.TOP, file)), target
        assert not anchor or anchor in anchors(file), target


def test_a_block_that_httpd_does_not_take_is_found(server):
    assert configtest(server, ENABLED, "ProxyPass / http://127.0.0.1:9/")[0] != 0
    assert configtest(server, ENABLED, "AccessTokenScopes read")[0] != 0
