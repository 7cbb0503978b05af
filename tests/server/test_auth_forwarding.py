# SPDX-License-Identifier: Apache-2.0
"""What a backend finds in a field for tokens: never one of ours, always what the configuration put there."""

import pytest

import authorization_fields
import tokens
from echo_backend import fields
from typical_site import Site

# How a token is sent: the lines of a place, the field's name, and the request's.
SENT = {
    "bearer": ("AuthType AccessToken", "Authorization", lambda token: f"Bearer {token}"),
    "basic": ("AuthType Basic\nAuthBasicProvider file accesstoken\nAuthUserFile conf/users", "Authorization",
              lambda token: authorization_fields.basic("x", token)),
    "user": ("AuthType AccessToken\nAccessTokenAccept basic", "Authorization", authorization_fields.basic),
    "field": ("AuthType AccessToken\nAccessTokenAccept header:X-Api-Key", "X-Api-Key", lambda token: token),
    "plain": ("AuthType AccessToken\nAccessTokenAccept header:Authorization", "Authorization", lambda token: token),
}

# Places under AuthType AccessToken where httpd lets a GET from here in without asking for a token.
UNASKED = {
    "an-address": "<RequireAny>\nRequire ip 127.0.0.1\nRequire valid-user\n</RequireAny>",
    "a-method": "<RequireAny>\nRequire method GET\nRequire valid-user\n</RequireAny>",
    "all-granted": "Require all granted",
    "limit-except": "<LimitExcept GET>\nRequire valid-user\n</LimitExcept>",
    "limit": "<Limit POST>\nRequire valid-user\n</Limit>",
    "satisfy-any": "Require valid-user\nOrder deny,allow\nDeny from all\nAllow from 127.0.0.1\nSatisfy Any",
}
UNASKED_PLACE = """
ProxyPass /{name} http://127.0.0.1:{echo}/{name}
<Location /{name}>
    AuthType AccessToken
    AuthName "{name}"
    {requirements}
</Location>
"""

# What an administrator writes to sign in at a backend, and what the backend gets for it.
SERVICE = "Basic c2VydmljZTpzZWNyZXQ="
SIGNED_IN = {
    "set": (f'RequestHeader set Authorization "{SERVICE}"', SERVICE),
    "set-bearer": ('RequestHeader set Authorization "Bearer internal"', "Bearer internal"),
    "set-if": (f'RequestHeader set Authorization "{SERVICE}" "expr=-n reqenv(\'ACCESSTOKEN_ID\') || true"', SERVICE),
    "append": (f'RequestHeader append Authorization "{SERVICE}"', SERVICE),
    "add": (f'RequestHeader add Authorization "{SERVICE}"', SERVICE),
    "merge": (f'RequestHeader merge Authorization "{SERVICE}"', SERVICE),
    "fake": ("AuthBasicFake service secret", SERVICE),
    "set-not": (f'RequestHeader set Authorization "{SERVICE}" "expr=false"', None),
    "unset": ("RequestHeader unset Authorization", None),
    "copied": ('RequestHeader set Authorization "expr=%{HTTP:Authorization}"', None),
    "edited": ("RequestHeader edit Authorization ^Bearer Token", None),
}
SIGNED_IN_PLACE = """
ProxyPass /{place}/{sent}/{name} http://127.0.0.1:{echo}/{name}
<Location /{place}/{sent}/{name}>
    {accepted}
    AuthName "{name}"
    {requirement}
    {directive}
</Location>
"""
PLACES = {"asked": "Require valid-user", "unasked": "Require all granted"}

COPIES = """
<Location /copies/{sent}>
    {accepted}
    AuthName "copies"
    <RequireAny>
        Require expr "%{{QUERY_STRING}} == 'unasked'"
        Require valid-user
    </RequireAny>
    CGIPassAuth On
    SetEnvIf {field} "(.*)" HTTP_AUTHORIZATION=$1
    SetEnvIf {field} "^[^ ]+ +(.*)" ITS_LAST_PART=$1
    SetEnvIf {field} "(.+)" AMONG_OTHERS="<$1>"
    SetEnvIfExpr "%{{HTTP:Authorization}} =~ /^Basic (.+)/ && unbase64('$1') =~ /(.+)/" DECODED=$1
    RewriteEngine On
    RewriteRule ^ - [E=REWRITTEN:%{{HTTP:{field}}}]
    ErrorDocument 410 /copies/{sent}/env
</Location>
ScriptAlias /copies/{sent}/env "{root}/cgi-bin/env.sh"
Redirect gone /copies/{sent}/error
Alias /copies/{sent}/act "{root}/htdocs/open/data.json"
Action by-script-{sent} /copies/{sent}/env
<Location /copies/{sent}/act>
    SetHandler by-script-{sent}
</Location>
"""

REFUSALS = """
<Location /refused/{sent}>
    {accepted}
    AuthName "refused"
    Require valid-user
    ErrorDocument 400 /refusals
    ErrorDocument 401 /refusals
</Location>
"""

FORWARDED = """
ProxyPass /forwarded/{name} http://127.0.0.1:{echo}/{name}
<Location /forwarded/{name}>
    AuthType AccessToken
    AuthName "{name}"
    {lines}
    AccessTokenForwardCredentials On
</Location>
"""

# A place without an AuthType in front of one of ours, and the other way round.
FRONT = """
ProxyPass /behind http://127.0.0.1:{echo}/behind
<Location /front>
    SetHandler front
    Action front /behind virtual
</Location>
<Location /behind>
    AuthType AccessToken
    AuthName "behind"
    Require all granted
</Location>
ProxyPass /after http://127.0.0.1:{echo}/after
<Location /before>
    AuthType AccessToken
    AuthName "before"
    Require all granted
    SetHandler before
    Action before /after virtual
</Location>
"""


def configured(site):
    echo = site.echo.port
    # At trace4 and above these write what an expression or a variable holds.
    text = f"LogLevel headers:trace3 rewrite:trace3\nProxyPass /refusals http://127.0.0.1:{echo}/refusals\n"
    text += "".join(UNASKED_PLACE.format(name=name, echo=echo, requirements=lines) for name, lines in UNASKED.items())
    for sent, (accepted, field, _) in SENT.items():
        for place, requirement in PLACES.items():
            text += "".join(SIGNED_IN_PLACE.format(place=place, name=name, echo=echo, requirement=requirement, sent=sent,
                                                   accepted=accepted, directive=directive.replace("Authorization", field))
                            for name, (directive, _) in SIGNED_IN.items())
        text += COPIES.format(root=site.server.root, sent=sent, accepted=accepted, field=field)
        text += REFUSALS.format(sent=sent, accepted=accepted)
    text += "".join(FORWARDED.format(name=name, echo=echo, lines=lines) for name, lines in PLACES.items())
    text += FORWARDED.format(name="set", echo=echo, lines=f"{PLACES['asked']}\n{SIGNED_IN['set'][0]}")
    return text + FRONT.format(echo=echo)


@pytest.fixture(scope="module")
def site():
    with Site(extra_modules=["actions"]) as place:
        yield place.start(configured(place))


@pytest.fixture(scope="module")
def token(site):
    return site.manager("alice").token()


@pytest.mark.parametrize("way", authorization_fields.WAYS)
@pytest.mark.parametrize("place", UNASKED)
def test_a_token_that_was_not_needed_does_not_reach_the_backend(site, token, place, way):
    answer = site.client.get(f"/{place}/x", authorization=authorization_fields.WAYS[way](token))
    assert answer.status_code == 200
    assert fields(answer, "Authorization") == []
    assert not authorization_fields.found_in(answer.text, token)


@pytest.mark.parametrize("other", authorization_fields.OTHERS)
@pytest.mark.parametrize("place", UNASKED)
def test_other_credentials_reach_the_backend_where_no_token_was_needed(site, place, other):
    value = authorization_fields.OTHERS[other]
    assert fields(site.client.get(f"/{place}/x", authorization=value), "Authorization") == [value]


@pytest.mark.parametrize("place", [*UNASKED][1:])
def test_a_token_is_asked_for_where_the_place_needs_one(site, token, place):
    if place not in ("all-granted", "satisfy-any"):
        assert site.client.request("POST", f"/{place}/x").status_code == 401
        answer = site.client.request("POST", f"/{place}/x", token=token)
        assert (answer.status_code, fields(answer, "Authorization")) == (200, [])


def headers(sent, token):
    _, field, value = SENT[sent]
    return {field: value(token)}


@pytest.mark.parametrize("how", SIGNED_IN)
@pytest.mark.parametrize("sent", SENT)
@pytest.mark.parametrize("place", PLACES)
def test_the_backend_gets_what_the_configuration_put_there_and_no_token(site, token, place, sent, how):
    answer = site.client.get(f"/{place}/{sent}/{how}/x", headers=headers(sent, token))
    assert answer.status_code == 200
    expected = SIGNED_IN[how][1]
    field = "Authorization" if how == "fake" else SENT[sent][1]
    assert fields(answer, field) == ([expected] if expected else [])
    assert not authorization_fields.found_in(answer.text, token)


@pytest.mark.parametrize("place", PLACES)
def test_a_token_is_forwarded_where_the_configuration_says_so(site, token, place):
    assert fields(site.client.get(f"/forwarded/{place}/x", token=token), "Authorization") == [f"Bearer {token}"]


def test_what_the_configuration_sets_comes_before_a_token_that_is_forwarded(site, token):
    assert fields(site.client.get("/forwarded/set/x", token=token), "Authorization") == [SERVICE]


@pytest.mark.parametrize("query", ["", "?unasked"])
@pytest.mark.parametrize("path", ["env", "error", "act"])
@pytest.mark.parametrize("sent", SENT)
def test_no_variable_of_an_application_holds_the_token(site, token, sent, path, query):
    answer = site.client.get(f"/copies/{sent}/{path}{query}", headers=headers(sent, token))
    assert f"SCRIPT_NAME=/copies/{sent}/env" in answer.text
    assert not authorization_fields.found_in(answer.text, token)
    assert "Bearer" not in answer.text and "Basic" not in answer.text


@pytest.mark.parametrize("way", authorization_fields.WAYS)
def test_no_variable_holds_a_token_that_was_not_needed(site, token, way):
    answer = site.client.get("/copies/bearer/env?unasked", authorization=authorization_fields.WAYS[way](token))
    assert "SCRIPT_NAME=/copies/bearer/env" in answer.text
    assert not authorization_fields.found_in(answer.text, token)


@pytest.mark.parametrize("other", authorization_fields.OTHERS)
def test_variables_with_other_credentials_are_left_alone(site, other):
    answer = site.client.get("/copies/bearer/env?unasked", authorization=authorization_fields.OTHERS[other])
    for name in ("HTTP_AUTHORIZATION", "REWRITTEN"):
        assert f"{name}={authorization_fields.OTHERS[other]}\n" in answer.text


@pytest.mark.parametrize("sent", SENT)
@pytest.mark.parametrize("way", [*authorization_fields.WAYS, "in the field", "in two fields"])
def test_an_error_document_of_a_backend_does_not_show_it_the_token(site, token, way, sent):
    for text in (token, tokens.forge()):
        more = headers(sent, text) if "field" in way else {}
        if way not in ("in the field", "in two fields"):
            more["Authorization"] = authorization_fields.WAYS[way](text)
        elif way == "in two fields":
            more.setdefault("Authorization", f"Bearer {text}")
        answer = site.client.get(f"/refused/{sent}/x", headers=more)
        assert "refusals" in answer.text or answer.status_code == 404  # of the place itself: the token was good
        assert not authorization_fields.found_in(answer.text, text)


@pytest.mark.parametrize("path", ["/front", "/before"])
def test_a_token_goes_to_no_backend_through_a_place_of_another_kind(site, token, path):
    answer = site.client.get(path, token=token)
    assert answer.status_code == 200
    assert fields(answer, "Authorization") == []
