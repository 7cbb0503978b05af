# SPDX-License-Identifier: Apache-2.0
"""In whatever section, a token is asked for and lets in exactly where a password of the same user does at stock httpd."""

import itertools

import pytest

import tokens
from authorization_fields import basic
from client import PASSWORD
from typical_site import Site

STOCK = "AuthType Basic\nAuthBasicProvider file\nAuthUserFile conf/users"
# The lines that protect a place, and the field in which a token is sent.
WAYS = {
    "first": ("AuthType Basic\nAuthBasicProvider accesstoken file\nAuthUserFile conf/users",
              lambda token: {"Authorization": basic("x", token)}),
    "alone": ("AuthType Basic\nAuthBasicProvider accesstoken", lambda token: {"Authorization": basic(token)}),
    "listed": ("AuthType AccessToken\nAccessTokenAccept basic bearer", lambda token: {"Authorization": basic("x", token)}),
    "bearer": ("AuthType Basic\nAuthBasicProvider accesstoken", lambda token: {"Authorization": f"Bearer {token}"}),
    "field": ("AuthType AccessToken\nAccessTokenAccept header:X-Api-Key", lambda token: {"X-Api-Key": token}),
    "plain": ("AuthType AccessToken\nAccessTokenAccept header:Authorization", lambda token: {"Authorization": token}),
}
SECTIONS = {
    "valid user": "{auth}\nRequire valid-user",
    "any, address": "{auth}\n<RequireAny>\nRequire ip 127.0.0.1\nRequire valid-user\n</RequireAny>",
    "any, no address": "{auth}\n<RequireAny>\nRequire ip 10.0.0.1\nRequire valid-user\n</RequireAny>",
    "all, no address": "{auth}\n<RequireAll>\nRequire ip 10.0.0.1\nRequire valid-user\n</RequireAll>",
    "none": "{auth}\n<RequireAll>\nRequire valid-user\n<RequireNone>\nRequire user alice\n</RequireNone>\n</RequireAll>",
    "limit": "{auth}\n<Limit POST>\nRequire valid-user\n</Limit>",
    "limit except": "{auth}\n<LimitExcept GET>\nRequire valid-user\n</LimitExcept>",
    "satisfy any": "{auth}\nRequire valid-user\nOrder deny,allow\nDeny from all\nAllow from 10.0.0.1\nSatisfy Any",
    "satisfy all": "{auth}\nRequire valid-user\nOrder deny,allow\nDeny from all\nAllow from 127.0.0.1\nSatisfy All",
    "granted": "{auth}\nRequire all granted",
    "denied": "{auth}\nRequire all denied",
    "group": "{auth}\nAuthGroupFile conf/groups\nRequire group some",
    "expression": "{auth}\nRequire expr %{{REMOTE_USER}} == 'alice'",
    "method": "{auth}\n<RequireAny>\nRequire method GET\nRequire valid-user\n</RequireAny>",
    "if": "{auth}\nRequire all granted\n<If \"%{{QUERY_STRING}} == 'q'\">\nAuthMerging Off\nRequire valid-user\n</If>",
    "type by if": "Require all granted\n<If \"%{{QUERY_STRING}} == 'q'\">\n{auth}\nRequire valid-user\n</If>",
}


@pytest.fixture(scope="module")
def site():
    with Site(extra_modules=["authz_groupfile"]) as place:
        place.server.write("conf/groups", "some: alice\n")
        for (way, auth), section in itertools.product({"stock": STOCK, **{way: WAYS[way][0] for way in WAYS}}.items(), SECTIONS):
            folder = f"htdocs/{way}/{section.replace(' ', '-')}"
            place.server.write(f"{folder}/x.html", "x")
            place.server.write(f"{folder}/.htaccess", SECTIONS[section].format(auth=f'{auth}\nAuthName "API"'))
        yield place.start(f'LogLevel info\n<Directory "{place.server.path("htdocs")}">\n'
                          'AllowOverride AuthConfig Limit FileInfo\n</Directory>\n')


@pytest.fixture(scope="module")
def made(site):
    return {"alice": site.manager("alice").token(), "bob": site.manager("bob").token(), "bad": tokens.forge()}


@pytest.mark.parametrize("section", SECTIONS)
def test_a_token_lets_in_where_a_password_does(site, made, section):
    for method, query, user in itertools.product(("GET", "POST"), ("", "?q"), (None, *made)):
        path = f"/{section.replace(' ', '-')}/x.html{query}"
        sent = {"Authorization": basic(user, "x" if user == "bad" else PASSWORD)} if user else {}
        stock = site.client.request(method, "/stock" + path, headers=sent).status_code
        for way, (_, field) in WAYS.items():
            sent = field(made[user]) if user else {}
            assert site.client.request(method, f"/{way}{path}", headers=sent).status_code == stock, (way, method, query, user)
