# SPDX-License-Identifier: Apache-2.0
"""Certificates beside tokens: as the login of a manager, and at places that take both.

mod_ssl names a user before httpd asks any AuthType, and may write an Authorization field of its own.
"""

import subprocess

import pytest

import tokens
from client import Manager, curl
from logins import CurlClient, check_token_life
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
<Location /api/faked>
    Require accesstoken
    SSLOptions +FakeBasicAuth
</Location>
<Location /api/faked/off>
    SSLOptions -FakeBasicAuth
</Location>
<Location /named>
    Require ssl-verify-client
    AccessTokenManager own
</Location>
<Location /faked>
    SSLOptions +FakeBasicAuth
    AuthType Basic
    AuthName "certificates"
    AuthUserFile conf/subjects
    Require valid-user
    AccessTokenManager own
</Location>
"""
# mod_ssl's FakeBasicAuth sends the subject with this password, "password", encrypted by crypt().
SUBJECTS = "/CN=carol:xxj31ZMTZzkVA\n"


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
        place.server.write("conf/subjects", SUBJECTS)
        for name in ("token", "scope", "no-token", "faked", "faked/off"):
            place.server.write(f"htdocs/api/{name}/data.json", "{}")
        place.tls = place.server.add_port()
        yield place.start(host(place.tls, CONFIGURATION))


def of_carol(site):
    return ["--insecure", "--cert", site.server.path("conf/carol.crt"), "--key", site.server.path("conf/carol.key")]


def asked(site, name, token=None, certificate=True):
    arguments = [f"https://127.0.0.1:{site.tls}/api/{name}/data.json", *(of_carol(site) if certificate else ["--insecure"])]
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


@pytest.mark.parametrize("path, owner", [("/named", "carol"), ("/faked", "/CN=carol")])
def test_who_has_a_certificate_has_tokens(site, path, owner):
    """The owner is what SSLUserName says; FakeBasicAuth makes it the whole subject."""
    check_token_life(site, Manager(CurlClient(site.tls, *of_carol(site), scheme="https"), path), owner)


@pytest.mark.parametrize("path, status", [("/named", 403), ("/faked", 401)])
def test_without_a_certificate_there_is_no_manager(site, path, status):
    client = CurlClient(site.tls, "--insecure", scheme="https")
    assert client.status(path) == client.status(path, token=site.manager("alice").token()) == status


def test_fake_basic_auth_replaces_the_token(site):
    """docs/operations.md says so, and how to switch it off."""
    token = site.manager("alice").token()
    assert [asked(site, "faked", token, certificate) for certificate in (False, True)] == [200, 401]
    assert [asked(site, "faked/off", token, certificate) for certificate in (False, True)] == [200, 200]
