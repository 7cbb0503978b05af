# SPDX-License-Identifier: Apache-2.0
"""Certificates beside tokens: as the login of a manager, and at places that take both.

mod_ssl names a user before httpd asks any AuthType, and may write an Authorization field of its own.
"""

import subprocess

import pytest

import document_blocks
import tokens
from client import Manager, curl
from httpd import stock_modules, wait_until
from logins import CurlClient, check_token_life
from typical_site import Site, host

CONFIGURATION = """SSLEngine On
SSLCertificateFile conf/server.crt
SSLCertificateKeyFile conf/server.key
SSLCACertificateFile conf/server.crt
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
        for name in ("api/token", "api/scope", "api/no-token", "api/faked", "api/both", "api/chain", "app"):
            place.server.write(f"htdocs/{name}/data.json", "{}")
        place.tls = place.server.add_port()
        block = document_blocks.block("docs/logins.md", "Client certificates", "apache",
                                      fitted={"<Location /tokens>": "<Location /named>"})
        yield place.start((LATE if request.param == "behind" else "") + host(place.tls, CONFIGURATION + block))


def of_carol(site):
    return ["--insecure", "--cert", site.server.path("conf/carol.crt"), "--key", site.server.path("conf/carol.key")]


def asked(site, path, token=None, certificate=True):
    arguments = [f"https://127.0.0.1:{site.tls}{path}/data.json", *(of_carol(site) if certificate else ["--insecure"])]
    if token:
        arguments += ["--header", f"Authorization: Bearer {token}"]
    return curl(*arguments)[0]


def users(site, path):
    """Whom the access log names for each request of a path."""
    return [line.split()[2] for line in site.server.log("access_log").splitlines() if f"GET {path}" in line]


def asked_as(site, path, *requests):
    """The statuses of these requests, and whom the access log names for each."""
    before = len(users(site, path))
    statuses = [asked(site, path, *one) for one in requests]
    assert wait_until(lambda: len(users(site, path)) == before + len(requests))
    return list(zip(statuses, users(site, path)[before:]))


@pytest.mark.parametrize("certificate", [True, False])
@pytest.mark.parametrize("name", ["token", "scope"])
def test_a_token_is_asked_for_also_with_a_certificate(site, name, certificate):
    good = site.manager("alice").token()
    assert asked(site, "/api/" + name, good, certificate) == 200
    assert asked(site, "/api/" + name, None, certificate) == 401
    assert asked(site, "/api/" + name, tokens.forge(), certificate) == 401


def test_a_request_with_a_certificate_is_not_authenticated_by_its_token(site):
    token = site.manager("alice").token()
    assert asked(site, "/api/no-token") == asked(site, "/api/no-token", token) == 200
    assert asked(site, "/api/no-token", token, certificate=False) == 401


def test_one_place_takes_a_certificate_or_a_token(site):
    token = site.manager("alice").token()
    seen = asked_as(site, "/app", (token, False), (None, True), (token, True), (None, False), (tokens.forge(), False))
    assert seen == [(200, "alice"), (200, "carol"), (200, "carol"), (401, "-"), (401, "-")]


@pytest.mark.parametrize("path, owner", [("/named", "carol"), ("/faked", "/CN=carol")])
def test_who_has_a_certificate_has_tokens(site, path, owner):
    """The owner is what SSLUserName says; FakeBasicAuth makes it the whole subject."""
    check_token_life(site, Manager(CurlClient(site.tls, *of_carol(site), scheme="https"), path), owner)


@pytest.mark.parametrize("path, status", [("/named", 403), ("/faked", 401)])
def test_without_a_certificate_there_is_no_manager(site, path, status):
    client = CurlClient(site.tls, "--insecure", scheme="https")
    assert client.status(path) == client.status(path, token=site.manager("alice").token()) == status


@pytest.mark.parametrize("name, alone", [("faked", (401, "-")), ("both", (200, "/CN=carol"))])
def test_a_token_counts_more_than_what_fake_basic_auth_writes(site, name, alone):
    token = site.manager("alice").token()
    seen = asked_as(site, f"/api/{name}", (token, False), (token, True), (None, False), (None, True), (tokens.forge(), True))
    assert seen == [(200, "alice"), (200, "alice"), (401, "-"), alone, (401, "-")]


@pytest.mark.parametrize("name", ["both", "chain"])
@pytest.mark.parametrize("certificate", [True, False])
def test_a_subject_cannot_be_sent_in_place_of_a_user_name(site, name, certificate):
    """Its password is known to all: mod_ssl writes it itself."""
    arguments = of_carol(site) if certificate else ["--insecure"]
    sent = ["--user", "/CN=carol:password", f"https://127.0.0.1:{site.tls}/api/{name}/data.json"]
    assert curl(*arguments, *sent)[0] in (401, 403)
