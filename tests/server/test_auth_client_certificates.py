# SPDX-License-Identifier: Apache-2.0
"""Certificates beside tokens: as the login of a manager, and at places that take both.

mod_ssl names a user before httpd asks any AuthType, and may write an Authorization field of its own.
"""

import subprocess

import pytest

import tokens
from client import Manager, curl
from httpd import stock_modules
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
    SSLOptions +FakeBasicAuth
    Require accesstoken
</Location>
<Location /api/both>
    SSLOptions +FakeBasicAuth
    AuthType Basic
    AuthBasicProvider accesstoken file
    AuthUserFile conf/subjects
    Require valid-user
</Location>
<Location /api/chain>
    AccessTokenAccept bearer basic
    AuthBasicProvider accesstoken file
    AuthUserFile conf/subjects
    Require accesstoken
    Require user /CN=carol
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
MODULES = ("ssl", "socache_shmcb")
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


LATE = "".join(f"LoadModule {name}_module {stock_modules()}/mod_{name}.so\n" for name in MODULES)


@pytest.fixture(scope="module", params=["before", "behind"])
def site(request):
    """mod_ssl loaded before this module or, as with a2enmod, behind it: httpd then asks them in that order."""
    with Site(extra_modules=MODULES if request.param == "before" else ()) as place:
        write_certificates(place.server)
        place.server.write("conf/subjects", SUBJECTS)
        for name in ("token", "scope", "no-token", "faked", "both", "chain"):
            place.server.write(f"htdocs/api/{name}/data.json", "{}")
        place.tls = place.server.add_port()
        yield place.start((LATE if request.param == "behind" else "") + host(place.tls, CONFIGURATION))


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


@pytest.mark.parametrize("name, alone", [("faked", 401), ("both", 200)])
def test_a_token_counts_more_than_what_fake_basic_auth_writes(site, name, alone):
    token = site.manager("alice").token()
    assert [asked(site, name, token, certificate) for certificate in (False, True)] == [200, 200]
    assert [asked(site, name, None, certificate) for certificate in (False, True)] == [401, alone]
    assert asked(site, name, tokens.forge()) == 401
    names = [line.split()[2] for line in site.server.log("access_log").splitlines() if f"/api/{name}/" in line]
    assert names[-5:-1] == ["alice", "alice", "-", "/CN=carol" if alone == 200 else "-"]


@pytest.mark.parametrize("name", ["both", "chain"])
@pytest.mark.parametrize("certificate", [True, False])
def test_a_subject_cannot_be_sent_in_place_of_a_user_name(site, name, certificate):
    """Its password is known to all: mod_ssl writes it itself."""
    arguments = of_carol(site) if certificate else ["--insecure"]
    sent = ["--user", "/CN=carol:password", f"https://127.0.0.1:{site.tls}/api/{name}/data.json"]
    assert curl(*arguments, *sent)[0] in (401, 403)
