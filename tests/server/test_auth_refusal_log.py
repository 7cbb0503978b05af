# SPDX-License-Identifier: Apache-2.0
"""What the logs say of a request that was refused: why, in one line, and nothing of its credentials."""

import itertools
import re

import pytest

import authorization_fields
import tokens
from client import Manager
from httpd import wait_until
from typical_site import Site

# Places of other types, at which a user name is written to the log.
OTHER_TYPES = """
<Location /digest>
    AuthType Digest
    AuthName "passwords"
    AuthUserFile conf/digests
    Require valid-user
</Location>
<Location /nobody>
    AuthType Basic
    AuthName "passwords"
    AuthBasicProvider anon
    Anonymous anonymous
    Require valid-user
</Location>
<Location /takes>
    AuthType Basic
    AuthName "passwords and tokens"
    AuthBasicProvider accesstoken file
    AuthUserFile conf/users
    AccessTokenAccept bearer header:X-Api-Key
    Require valid-user
</Location>
<Location /chain>
    AuthType AccessToken
    AuthName "passwords and tokens"
    AuthBasicProvider file accesstoken
    AuthUserFile conf/users
    AccessTokenAccept basic header:X-Api-Key
    Require valid-user
</Location>
<Location /field>
    AuthType AccessToken
    AuthName "tokens in a field"
    AccessTokenAccept header:X-Api-Key
    Require valid-user
</Location>
LogFormat "%u %U%q" names
CustomLog logs/names_log names
<Location /api>
    ErrorDocument 401 /open/data.json
    SetEnvIf Authorization "(.*)" HTTP_AUTHORIZATION=$1
</Location>
CustomLog logs/fields_log "%{HTTP_AUTHORIZATION}e %<{HTTP_AUTHORIZATION}e %{REDIRECT_HTTP_AUTHORIZATION}e %{Authorization}i %<{Authorization}i %r" "expr=%{THE_REQUEST} =~ m#^GET /api#"
"""
TAKING = ("/takes", "/chain")
PLACES = ("/passwords/data.json", "/both/data.json", "/tokens", "/nobody/x", "/digest/x")

REASONS = {
    "two words": "more than one word follows the scheme Bearer",
    "two fields": "the request has more than one Authorization field",
    "the second of two fields": "the request has more than one Authorization field",
    "the scheme token": "the credentials are not of the scheme Bearer",
    "no scheme": "the credentials are not of the scheme Bearer",
    "a colon after the scheme": "a colon follows the scheme Bearer",
    "quotes": "its syntax or check is wrong",
    "a parameter": "the credentials are not of the scheme Bearer",
    "password": "the credentials are not of the scheme Bearer",
    "user name": "the credentials are not of the scheme Bearer",
    "user name of digest": "the credentials are not of the scheme Bearer",
}


@pytest.fixture(scope="module")
def site():
    with Site(extra_modules=["auth_digest", "authn_anon"]) as place:
        place.server.write("conf/digests", "")
        yield place.start(OTHER_TYPES)


@pytest.fixture(scope="module")
def token(site):
    return site.manager("alice").token()


def added(site, call):
    """What this call returned, and the lines that it added to the error log."""
    before = len(site.server.log())
    answer = call()
    return answer, site.server.log()[before:].splitlines()


marks = itertools.count()


def logged(site, name, path, **more):
    """What a request was answered, and its line in an access log, which httpd writes after the answer."""
    mark = f"{path}?{next(marks)}."
    answer = site.client.get(mark, **more)
    return answer, wait_until(lambda: [line for line in site.server.log(name).splitlines() if mark in line])[0]


def refusals(lines):
    return re.findall(r"accesstoken:info\].* token refused: (.*)", "\n".join(lines))


@pytest.mark.parametrize("way", REASONS)
def test_a_refusal_has_one_line_that_says_why(site, token, way):
    answer, lines = added(site, lambda: site.client.get("/api/data.json", authorization=authorization_fields.WAYS[way](token)))
    assert answer.status_code in (400, 401)
    assert refusals(lines) == [REASONS[way]]
    assert not authorization_fields.found_in("\n".join(lines), token)


def test_a_scheme_alone_has_a_line_as_well(site):
    answer, lines = added(site, lambda: site.client.get("/api/data.json", authorization="Bearer"))
    assert (answer.status_code, refusals(lines)) == (400, ["no token follows the scheme Bearer"])


@pytest.mark.parametrize("place, value", [
    ("/field/x", authorization_fields.basic("alice", "x")), ("/field/x", "Bearer x"), ("/field/x", "Bearer: x"), ("/field/x", "x"),
    ("/chain/x", "Bearer x"), ("/chain/x", "Negotiate YII=")])
def test_where_bearer_is_not_accepted_the_line_does_not_ask_for_it(site, place, value):
    answer, lines = added(site, lambda: site.client.get(place, authorization=value))
    assert (answer.status_code, refusals(lines)) == (401, ["the scheme of the credentials is not accepted here"])


def test_two_fields_on_the_wire_have_a_line(site, token):
    fields = [f"Authorization: Bearer {token}", f"Authorization: {authorization_fields.basic('alice', 'x')}"]
    answer, lines = added(site, lambda: site.client.raw_get("/api/data.json", *fields))
    assert (answer.status, refusals(lines)) == (400, [REASONS["two fields"]])


def test_a_first_request_without_credentials_is_nothing_to_tell_at_info(site):
    answer, lines = added(site, lambda: site.client.get("/api/data.json"))
    assert (answer.status_code, refusals(lines)) == (401, [])


@pytest.mark.parametrize("way", [way for way in authorization_fields.WAYS if way.startswith("user name")])
@pytest.mark.parametrize("place", PLACES)
def test_a_token_as_a_user_name_is_in_no_log(site, token, place, way):
    value = authorization_fields.WAYS[way](token)
    (answer, line), lines = added(site, lambda: logged(site, "names_log", place, authorization=value))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].split()[0] == ("Digest" if place == "/digest/x" else "Basic")
    assert not authorization_fields.found_in("\n".join(lines), token)
    assert line.split()[0] == "-"


@pytest.mark.parametrize("way", ["no scheme", "the scheme token", "bearer"])
@pytest.mark.parametrize("place", PLACES)
def test_a_token_as_the_scheme_is_in_no_log(site, token, place, way):
    answer, lines = added(site, lambda: site.client.get(place, authorization=authorization_fields.WAYS[way](token)))
    assert answer.status_code == (200 if (place, way) == ("/both/data.json", "bearer") else 401)
    assert not authorization_fields.found_in("\n".join(lines), token)


def test_a_token_that_was_sent_as_a_user_name_is_named_as_the_reason_in_the_log(site, token):
    _, lines = added(site, lambda: site.client.get("/tokens", authorization=authorization_fields.basic(token, "x-oauth-basic")))
    assert refusals(lines) == ["it was sent as a user name or scheme"]
    assert not [line for line in lines if "AH01618" in line]


MISTAKES = {
    "none": lambda token: token,
    "another last character": lambda token: token[:-1] + ("0" if token[-1] != "0" else "1"),
    "no last character": lambda token: token[:-1],
    "no first character": lambda token: token[1:],
    "one character more": lambda token: token + "0",
    "one character less": lambda token: token[:20] + token[21:],
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("place", TAKING)
def test_a_token_with_a_typing_error_is_in_no_log_of_a_place_that_takes_tokens(site, token, place, mistake):
    text = MISTAKES[mistake](token)
    for way in [way for way in authorization_fields.WAYS if way.startswith("user name")]:
        sent = {"authorization": authorization_fields.WAYS[way](text)}
        (answer, line), lines = added(site, lambda sent=sent: logged(site, "names_log", place, **sent))
        assert answer.status_code in ((401, 404) if mistake == "none" else (401,)), way
        assert line.split()[0] == ("alice" if answer.status_code == 404 else "-"), way
        assert not [line for line in lines if token[20:60] in line or token[21:60] in line], way
    answer, lines = added(site, lambda: site.client.get(place, headers={"X-Api-Key": text}))
    assert answer.status_code == (404 if mistake == "none" else 401)
    assert not [line for line in lines if token[21:60] in line]


@pytest.mark.parametrize("place", TAKING)
def test_a_password_that_contains_a_token_is_left_to_the_other_providers(site, token, place):
    for user in ("alice", "nobody"):
        for password in (token + " ", token + "\r", "x" + token + "."):
            value = authorization_fields.basic(user, password)
            answer, lines = added(site, lambda value=value: site.client.get(place, authorization=value))
            assert (answer.status_code, refusals(lines)) == (401, []), (user, password)


def test_users_with_passwords_and_their_names_are_as_they_were(site):
    answer, line = logged(site, "names_log", "/passwords/data.json", user="alice")
    assert (answer.status_code, line.split()[0]) == (200, "alice")
    answer, lines = added(site, lambda: site.client.get("/passwords/data.json", authorization=authorization_fields.basic("nobody", "x")))
    assert answer.status_code == 401 and "AH01618: user nobody not found" in "\n".join(lines)
    assert refusals(lines) == []


def test_a_password_that_is_a_token_is_left_to_the_providers(site, token):
    """As a password it is not written to a log, and a provider may know it."""
    answer, lines = added(site, lambda: site.client.get("/passwords/data.json", authorization=authorization_fields.basic("alice", token)))
    assert answer.status_code == 401 and "AH01617" in "\n".join(lines)
    assert refusals(lines) == [] and not authorization_fields.found_in("\n".join(lines), token)


@pytest.mark.parametrize("way", authorization_fields.WAYS)
def test_the_access_log_has_no_token_of_a_place_that_takes_tokens(site, token, way):
    for text in (token, tokens.forge()):
        _, line = logged(site, "fields_log", "/api/data.json", authorization=authorization_fields.WAYS[way](text))
        assert not authorization_fields.found_in(line, text)


def test_without_a_name_the_realm_is_the_servers_own(new_site):
    place = new_site()
    place.server.write("htdocs/unnamed/x", "x")
    place.start("UseCanonicalName Off\n<Location /unnamed>\n    AuthType AccessToken\n    Require valid-user\n</Location>\n")
    answer = place.client.get("/unnamed/x", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="127.0.0.1"')
    token = Manager(place.client, user="alice").token()
    assert place.client.status("/unnamed/x", token=token) == 200
