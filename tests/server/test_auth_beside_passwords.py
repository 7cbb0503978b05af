# SPDX-License-Identifier: Apache-2.0
"""Passwords at a location that takes tokens as well are treated as by stock httpd, which is the yardstick here."""

import base64
import hashlib
import itertools

import pytest

from authorization_fields import basic
from client import PASSWORD
from echo_backend import fields
from typical_site import Site, password_file

LONG = "long_" + "a" * 71  # as long as a token, with its separator in the right place
FILE = "AuthUserFile conf/names"
# Lines of a location; {file} is "file" at the stock server, "accesstoken file" or "file accesstoken" at ours.
PLACES = {
    "plain": f"AuthBasicProvider {{file}}\n{FILE}\nRequire valid-user",
    "authoritative": f"AuthBasicProvider {{file}}\n{FILE}\nAuthBasicAuthoritative Off\nRequire valid-user",
    "fake": f"AuthBasicProvider {{file}}\n{FILE}\nAuthBasicFake service secret\nRequire valid-user",
    "set": f'AuthBasicProvider {{file}}\n{FILE}\nRequestHeader set Authorization "Bearer internal"\nRequire valid-user',
    "digest": "AuthBasicProvider {file}\nAuthUserFile conf/digests\nAuthBasicUseDigestAlgorithm MD5\nRequire valid-user",
    "alias": "AuthBasicProvider {file} second\nAuthUserFile conf/nobody\nRequire valid-user",
    "anonymous": "AuthBasicProvider {file} anon\nAuthUserFile conf/nobody\nAnonymous guest\nRequire valid-user",
    "cached": f"AuthBasicProvider socache {{file}}\nAuthnCacheProvideFor file\n{FILE}\nRequire valid-user",
    "bob": f"AuthBasicProvider {{file}}\n{FILE}\nRequire user bob",
    "bob-403": f"AuthBasicProvider {{file}}\n{FILE}\nRequire user bob\nAuthzSendForbiddenOnFailure On",
    "satisfy": f"AuthBasicProvider {{file}}\n{FILE}\nRequire valid-user\nOrder deny,allow\nDeny from all\nSatisfy Any",
    "open": f"AuthBasicProvider {{file}}\n{FILE}\nRequire all granted",
    "limit": f"AuthBasicProvider {{file}}\n{FILE}\n<LimitExcept POST>\nRequire valid-user\n</LimitExcept>",
    "no-file": "AuthBasicProvider {file}\nAuthUserFile conf/missing\nRequire valid-user",
    "expression": f"AuthType \"expr=%{{{{req:X-Type}}}}\"\nAuthBasicProvider {{file}}\n{FILE}\nRequire valid-user",
}
ORDERS = {"stock": "file", "first": "accesstoken file", "last": "file accesstoken"}
CREDENTIALS = {
    "nothing": None, "right": basic("alice", PASSWORD), "bob": basic("bob", PASSWORD), "wrong": basic("alice", "wrong"),
    "unknown": basic("nobody", PASSWORD), "nobody": basic("", PASSWORD), "no password": basic("alice", ""),
    "no colon": "Basic " + base64.b64encode(b"alice").decode(), "colons": basic("alice", PASSWORD + ":x"),
    "long": basic("carol", LONG), "guest": basic("guest", "me@example.org"), "x-oauth-basic": basic("alice", "x-oauth-basic"),
    "no padding": basic("alice", PASSWORD).rstrip("="), "padding": basic("alice", PASSWORD) + "==",
    "junk behind": basic("alice", PASSWORD) + "!junk", "blanks": basic("alice", PASSWORD).replace(" ", "    "),
    "upper case": basic("alice", PASSWORD).replace("Basic", "BASIC"), "NUL": basic("alice", PASSWORD + "\0x"),
    "scheme alone": "Basic", "no scheme": basic("alice", PASSWORD).split()[1], "another": "Negotiate YII=", "empty": "",
    "not base64": "Basic ::::", "latin-1": "Basic " + base64.b64encode("jürgen:x".encode("latin-1")).decode(),
    "very long": basic("a" * 3000, "b" * 2000),
}
USUAL = ("nothing", "right", "bob", "wrong", "unknown", "long", "guest", "another", "very long")


def configured(site):
    text = 'LogLevel info\n<AuthnProviderAlias file second>\nAuthUserFile conf/names\n</AuthnProviderAlias>\n'
    for place, lines in PLACES.items():
        for order, names in ORDERS.items():
            text += (f'ProxyPass /{order}/{place} http://127.0.0.1:{site.echo.port}/x\n<Location /{order}/{place}>\n'
                     f'AuthType Basic\nAuthName "API"\n{lines.format(file=names)}\n</Location>\n')
    digest = hashlib.md5(f"alice:API:{PASSWORD}".encode()).hexdigest()
    site.server.write("conf/digests", f"alice:API:{digest}\n")
    site.server.write("conf/nobody", "")
    sha1 = base64.b64encode(hashlib.sha1(LONG.encode()).digest()).decode()
    site.server.write("conf/names", password_file(["alice", "bob"]) + f"carol:{{SHA}}{sha1}\n")
    return text


@pytest.fixture(scope="module")
def site():
    with Site(extra_modules=["authn_anon", "authn_socache", "socache_shmcb"]) as place:
        yield place.start(configured(place))


def asked(site, order, place, value, method):
    """What the client and, where it is let in, the backend get to see."""
    headers = {"X-Type": "Basic"} | ({} if value is None else {"Authorization": value})
    answer = site.client.request(method, f"/{order}/{place}", headers=headers)
    challenge = answer.headers.get("WWW-Authenticate", "")
    sent = fields(answer, "Authorization") if answer.status_code == 200 else None
    return answer.status_code, challenge.startswith('Basic realm="API"'), sent


@pytest.mark.parametrize("place", PLACES)
def test_passwords_are_treated_as_by_stock_httpd(site, place):
    methods = ("GET", "POST") if place == "limit" else ("GET",)
    names = CREDENTIALS if place == "plain" else USUAL
    for name, method in itertools.product(names, methods):
        seen = {order: asked(site, order, place, CREDENTIALS[name], method) for order in ORDERS}
        assert seen["first"] == seen["last"] == seen["stock"], name
