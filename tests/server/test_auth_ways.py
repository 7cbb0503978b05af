# SPDX-License-Identifier: Apache-2.0
"""AccessTokenAccept and AuthBasicProvider accesstoken: in which ways a location accepts a token."""

import base64

import pytest

import tokens
from client import PASSWORD

ALL = "bearer basic header:X-Api-Key header:X-Auth-Token header:Authorization"

PLACES = {
    # name: AuthType, further lines
    "bearer": "AuthType AccessToken",
    "basic": "AuthType AccessToken\n AccessTokenAccept basic",
    "field": "AuthType AccessToken\n AccessTokenAccept header:X-Api-Key",
    "plain": "AuthType AccessToken\n AccessTokenAccept header:Authorization",
    "all": f"AuthType AccessToken\n AccessTokenAccept {ALL}",
    "before": "AuthType Basic\n AuthBasicProvider accesstoken file\n AuthUserFile conf/users",
    "behind": "AuthType Basic\n AuthBasicProvider file accesstoken\n AuthUserFile conf/users",
    "alone": "AuthType Basic\n AuthBasicProvider accesstoken",
    "fields": f"AuthType Basic\n AuthBasicProvider file accesstoken\n AuthUserFile conf/users\n AccessTokenAccept {ALL}",
    "unlisted": "AuthType Basic\n AuthBasicProvider accesstoken file\n AuthUserFile conf/users\n"
                " AccessTokenAccept header:X-Api-Key",
    "chain": "AuthType AccessToken\n AccessTokenAccept basic bearer\n AuthBasicProvider file accesstoken\n"
             " AuthUserFile conf/users",
    "inherited": "AuthType AccessToken\n AccessTokenAccept basic\n AuthBasicProvider file\n AuthUserFile conf/users",
    "owner": "AuthType Basic\n AuthBasicProvider file accesstoken\n AuthUserFile conf/users\n AccessTokenBasicUser owner",
    "other": "AuthType Basic\n AuthBasicProvider file\n AuthUserFile conf/users",
}
TAKES_BASIC = {"basic", "all", "before", "behind", "alone", "fields", "unlisted", "chain", "inherited"}
TAKES_BEARER = {"bearer", "all", "before", "behind", "alone", "fields", "chain", "owner"}
TAKES_FIELD = {"field", "all", "fields", "unlisted"}
TAKES_PLAIN = {"plain", "all", "fields"}
TAKES_PASSWORDS = {"before", "behind", "fields", "unlisted", "chain", "owner", "other"}


def CONFIGURED(site):
    text = ""
    for name, lines in PLACES.items():
        text += (f'<Location /way/{name}>\n {lines}\n AuthName "API"\n Require valid-user\n</Location>\n'
                 f'<Location /way/{name}/only-tokens>\n Require accesstoken\n</Location>\n'
                 f'ScriptAlias /way/{name} "{site.server.root}/cgi-bin/env.sh"\n')
    return text


def basic(user, password):
    pair = user + b":" + password if isinstance(user, bytes) else f"{user}:{password}".encode()
    return "Basic " + base64.b64encode(pair).decode()


@pytest.fixture
def token(site):
    return site.manager("alice").token()


def ask(site, name, **fields):
    headers = {key.replace("_", "-"): value for key, value in fields.items()}
    return site.client.get(f"/way/{name}", headers=headers)


def challenges(answer):
    return answer.raw.headers.getlist("WWW-Authenticate")


def is_owner(answer, user="alice", kind="AccessToken"):
    lines = answer.text.splitlines()
    return (answer.status_code == 200 and f"REMOTE_USER={user}" in lines and f"AUTH_TYPE={kind}" in lines
            and any(line.startswith("ACCESSTOKEN_ID=") for line in lines) == (kind == "AccessToken"))


@pytest.mark.parametrize("name", PLACES)
def test_bearer_is_accepted_where_it_is_listed(site, token, name):
    answer = ask(site, name, Authorization="Bearer " + token)
    assert is_owner(answer) if name in TAKES_BEARER else answer.status_code == 401


USERS = {"owner": b"alice", "another": b"bob", "none": b"", "system": b"root", "latin-1": "jürgen".encode("latin-1"),
         "utf-8": "jürgen".encode(), "long": b"x" * 300}


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("name", PLACES)
def test_a_password_is_the_token_whatever_the_user_name(site, token, name, user):
    answer = ask(site, name, Authorization=basic(USERS[user], token.encode()))
    if name in TAKES_BASIC or (name == "owner" and user == "owner"):
        assert is_owner(answer)
    else:
        assert answer.status_code == 401


@pytest.mark.parametrize("password", ["", "x-oauth-basic", None], ids=["empty", "x-oauth-basic", "token"])
@pytest.mark.parametrize("name", PLACES)
def test_the_user_name_may_be_the_token(site, token, name, password):
    answer = ask(site, name, Authorization=basic(token, token if password is None else password))
    assert is_owner(answer) if name in TAKES_BASIC else answer.status_code == 401


@pytest.mark.parametrize("name", PLACES)
def test_a_token_as_user_name_with_another_password_is_refused_and_not_logged(site, token, name):
    assert ask(site, name, Authorization=basic(token, PASSWORD)).status_code == 401
    mistyped = token[:-1] + ("0" if token[-1] != "0" else "1")
    if name != "other":
        assert ask(site, name, Authorization=basic(mistyped, PASSWORD)).status_code == 401
        assert mistyped[8:40] not in site.server.log() + site.server.log("access_log")


@pytest.mark.parametrize("field", ["X-Api-Key", "x-api-key", "X_Api-Key"])
@pytest.mark.parametrize("name", PLACES)
def test_a_field_is_accepted_where_it_is_listed(site, token, name, field):
    answer = site.client.get(f"/way/{name}", headers={field: token})
    assert is_owner(answer) if name in TAKES_FIELD and "_" not in field else answer.status_code == 401


@pytest.mark.parametrize("name", PLACES)
def test_authorization_without_a_scheme_is_accepted_where_it_is_listed(site, token, name):
    answer = ask(site, name, Authorization=token)
    assert is_owner(answer) if name in TAKES_PLAIN else answer.status_code == 401


@pytest.mark.parametrize("name", PLACES)
def test_passwords_are_left_to_the_other_providers(site, name):
    answer = site.client.get(f"/way/{name}", user="alice")
    assert is_owner(answer, kind="Basic") if name in TAKES_PASSWORDS else answer.status_code == 401
    assert ask(site, name, Authorization=basic("alice", "wrong")).status_code == 401
    assert ask(site, name, Authorization=basic("nobody", PASSWORD)).status_code == 401


@pytest.mark.parametrize("name", sorted(TAKES_PASSWORDS - {"other"}))
def test_require_accesstoken_tells_passwords_from_tokens(site, token, name):
    place = name + "/only-tokens"
    assert is_owner(ask(site, place, Authorization=basic("alice", token)))
    assert site.client.status(f"/way/{place}", user="alice") == 401


BASIC = 'Basic realm="API", charset="UTF-8"'
BEARER = 'Bearer realm="API"'
OWN = 'AccessToken realm="API", header="X-Api-Key"'
OFFERED = {"bearer": [BEARER], "basic": [BASIC], "inherited": [BASIC], "field": [OWN],
           "plain": ['AccessToken realm="API", header="Authorization"'], "unlisted": [BASIC], "other": ['Basic realm="API"']}


@pytest.mark.parametrize("sent", ["nothing", "password", "user alone", "another scheme"])
@pytest.mark.parametrize("name", PLACES)
def test_a_401_offers_each_accepted_scheme_in_a_field_of_its_own_basic_first(site, name, sent):
    value = {"nothing": None, "password": basic("alice", "wrong"), "user alone": basic("alice", ""),
             "another scheme": "Negotiate YII="}[sent]
    answer = ask(site, name, **({"Authorization": value} if value else {}))
    assert answer.status_code == 401
    offered = OFFERED.get(name, [BASIC, BEARER])
    assert [one.split(", error=")[0] for one in challenges(answer)] == offered


@pytest.mark.parametrize("way", ["bearer", "field"])
@pytest.mark.parametrize("name", PLACES)
def test_a_401_after_bearer_or_a_field_offers_no_basic(site, name, way):
    unknown = tokens.forge()
    answer = ask(site, name, **({"Authorization": "Bearer " + unknown} if way == "bearer" else {"X-Api-Key": unknown}))
    assert answer.status_code == 401
    if name in (TAKES_BEARER if way == "bearer" else TAKES_FIELD):
        scheme = OWN if name in ("field", "unlisted") else BEARER
        assert challenges(answer) == [scheme + ', error="invalid_token", '
                                               'error_description="The access token is invalid"']
    elif way == "bearer" and name != "other":
        own = {"basic": 'AccessToken realm="API"', "inherited": 'AccessToken realm="API"', "unlisted": OWN}
        assert challenges(answer) == [own[name]] if name in own else OFFERED[name]
    else:
        assert challenges(answer) == OFFERED.get(name, [BASIC, BEARER])


@pytest.mark.parametrize("name", sorted(TAKES_FIELD))
def test_two_tokens_in_one_request_are_refused(site, token, name):
    refused = [{"X-Api-Key": token, "Authorization": "Bearer " + token},
               {"X-Api-Key": token, "Authorization": "Bearer foreign"},
               {"X-Api-Key": token, "Authorization": basic("alice", token)},
               {"X-Api-Key": f"{token}, {token}"}, {"X-Api-Key": f"{token} {token}"}]
    if name != "field" and name != "unlisted":
        refused.append({"X-Api-Key": token, "X-Auth-Token": token})
    for headers in refused:
        answer = site.client.get(f"/way/{name}", headers=headers)
        assert (answer.status_code, 'error="invalid_request"' in challenges(answer)[0]) == (400, True), headers


@pytest.mark.parametrize("name", sorted(TAKES_FIELD))
def test_another_scheme_beside_a_field_is_no_second_token(site, token, name):
    assert is_owner(ask(site, name, X_Api_Key=token, Authorization=basic("app", "secret")))
    assert is_owner(ask(site, name, X_Api_Key=token, Authorization="Negotiate YII="))


@pytest.mark.parametrize("name", sorted(TAKES_FIELD))
def test_an_empty_field_counts_as_none(site, name):
    assert site.client.raw_get(f"/way/{name}", "X-Api-Key:").status == 401
    if name in TAKES_PASSWORDS:
        assert ask(site, name, X_Api_Key="", Authorization=basic("alice", PASSWORD)).status_code == 200


def test_a_wrong_user_name_is_counted_and_is_the_reason_in_the_log(site, token):
    before = site.figures()["RefusedWrongUser"]
    assert ask(site, "owner", Authorization=basic("bob", token)).status_code == 401
    assert site.figures()["RefusedWrongUser"] == before + 1
    assert f"token {tokens.id_of(token)} refused: the user name is not its owner's" in site.server.log()


def test_a_challenge_names_a_field_only_where_one_is_accepted(site, token):
    for name, where in (("basic", ""), ("field", ', header="X-Api-Key"')):
        answer = site.client.raw_get(f"/way/{name}", f"Authorization: {basic('alice', token)}", "Authorization: Basic eA==",
                                     f"X-Api-Key: {token}, {token}")
        assert answer.status == 400
        assert answer.getheader("WWW-Authenticate") == f'AccessToken realm="API"{where}, error="invalid_request"'
