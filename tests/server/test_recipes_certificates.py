# SPDX-License-Identifier: Apache-2.0
"""docs/recipes.md, "A client certificate and a token", for a program in Python: TLS 1.3 without later questions."""

import http.client
import ssl
import subprocess

import pytest

import document_blocks
import tokens
from typical_site import Site, host

DOCUMENT, HEADING = "docs/recipes.md", "A client certificate and a token"
TLS = """SSLEngine On
SSLCertificateFile conf/server.crt
SSLCertificateKeyFile conf/server.key
SSLCACertificateFile conf/client.crt
"""


@pytest.fixture(scope="module")
def site(mpm, engine):
    """The recipe, and the same with SSLVerifyClient in the location."""
    block = document_blocks.block(DOCUMENT, HEADING, "apache")
    later = block.replace("SSLVerifyClient optional\n", "").replace("<Location /api>\n", "<Location /api>\nSSLVerifyClient optional\n")
    with Site(mpm, engine, extra_modules=["socache_shmcb", *document_blocks.modules_named(block)]) as place:
        for name in ("server", "client"):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                            "-keyout", f"{name}.key", "-out", f"{name}.crt", "-subj", f"/CN={name}",
                            "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"],
                           cwd=place.server.path("conf"), check=True, capture_output=True)
        place.port, place.later = place.server.add_port(), place.server.add_port()
        yield place.start(host(place.port, TLS + block) + host(place.later, TLS + later))


def status(site, port, token, certificate=True):
    """What http.client gets, which answers no question after the handshake unless it is told to."""
    conf = site.server.path("conf")
    context = ssl.create_default_context(cafile=f"{conf}/server.crt")
    if certificate:
        context.load_cert_chain(f"{conf}/client.crt", f"{conf}/client.key")
    link = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=20)
    link.request("GET", "/api/data.json", headers={"Authorization": "Bearer " + token})
    answer = link.getresponse()
    assert link.sock is None or link.sock.version() == "TLSv1.3"
    link.close()
    return answer.status


def test_certificate_and_token_are_required(site):
    token = site.manager("alice").token()
    assert status(site, site.port, token) == 200
    assert status(site, site.port, token, certificate=False) == 403
    assert status(site, site.port, tokens.forge()) == 401


def test_in_the_location_the_certificate_is_asked_for_too_late(site):
    """What the recipe warns of."""
    assert status(site, site.later, site.manager("alice").token()) == 403
    assert "AH10158" in site.server.log()
