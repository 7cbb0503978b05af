# SPDX-License-Identifier: Apache-2.0
"""Places that take a certificate and a token: mod_ssl names a user before httpd asks any AuthType."""

import subprocess

import pytest

import tokens
from client import curl
from typical_site import Site, host

CONFIGURATION = """SSLEngine On
SSLCertificateFile conf/server.crt
SSLCertificateKeyFile conf/server.key
SSLCACertificateFile conf/server.crt
SSLVerifyClient optional
SSLUserName SSL_CLIENT_S_DN_CN
<Location /api>
    AuthType AccessToken
    AuthName "api"
</Location>
<Location /api/token>
    Require accesstoken
</Location>
<Location /api/scope>
    Require accesstoken-scope read
</Location>
<Location /api/no-token>
    <RequireAll>
        Require valid-user
        Require not accesstoken
    </RequireAll>
</Location>
"""


def write_certificates(server):
    """The server's own certificate is also the authority that signs the user's."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=server.path("conf"), check=True, capture_output=True)

    key = ("-newkey", "rsa:2048", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "server.key", "-out", "server.crt", "-subj", "/CN=localhost")
    openssl("req", *key, "-keyout", "carol.key", "-out", "carol.csr", "-subj", "/CN=carol")
    openssl("x509", "-req", "-in", "carol.csr", "-CA", "server.crt", "-CAkey", "server.key", "-CAcreateserial",
            "-out", "carol.crt")


@pytest.fixture(scope="module")
def site():
    with Site(extra_modules=["ssl", "socache_shmcb"]) as place:
        write_certificates(place.server)
        for name in ("token", "scope", "no-token"):
            place.server.write(f"htdocs/api/{name}/data.json", "{}")
        place.tls = place.server.add_port()
        yield place.start(host(place.tls, CONFIGURATION))


def asked(site, name, token=None, certificate=True):
    arguments = ["--insecure", f"https://127.0.0.1:{site.tls}/api/{name}/data.json"]
    if certificate:
        arguments += ["--cert", site.server.path("conf/carol.crt"), "--key", site.server.path("conf/carol.key")]
    if token:
        arguments += ["--header", f"Authorization: Bearer {token}"]
    return curl(*arguments)[0]


@pytest.mark.parametrize("certificate", [True, False])
@pytest.mark.parametrize("name", ["token", "scope"])
def test_a_token_is_asked_for_also_with_a_certificate(site, name, certificate):
    good = site.manager("alice").token()
    assert asked(site, name, good, certificate) == 200
    assert asked(site, name, None, certificate) == 401
    assert asked(site, name, tokens.forge(), certificate) == 401


def test_a_request_with_a_certificate_is_not_authenticated_by_its_token(site):
    token = site.manager("alice").token()
    assert asked(site, "no-token") == asked(site, "no-token", token) == 200
    assert asked(site, "no-token", token, certificate=False) == 401
