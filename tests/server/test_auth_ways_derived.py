# SPDX-License-Identifier: Apache-2.0
"""Requests that httpd derives from one location for another, where tokens may be sent in other ways."""

import pytest

import tokens
from authorization_fields import basic
from client import PASSWORD, check_problem
from httpd import wait_until
from typical_site import Site

PASSWORDS = "AuthType Basic\n AuthBasicProvider file accesstoken\n AuthUserFile conf/users"
PLACES = {
    "any": PASSWORDS,
    "owner": PASSWORDS + "\n AccessTokenBasicUser owner",
    "alone": "AuthType Basic\n AuthBasicProvider accesstoken",
    "field": "AuthType AccessToken\n AccessTokenAccept header:X-Api-Key",
    "plain": "AuthType AccessToken\n AccessTokenAccept header:Authorization",
    "bearer": "AuthType AccessToken",
    "all": "AuthType AccessToken\n AuthBasicProvider accesstoken file\n AuthUserFile conf/users\n"
           " AccessTokenAccept bearer basic header:X-Api-Key",
    "passwords": "AuthType Basic\n AuthUserFile conf/users",
}
# "/any/to/owner" is a folder of the first place, whose requests go on to the second one.
TO = '<Location /{one}/to/{other}>\n FallbackResource /{other}/env\n</Location>\n'
INCLUDED = '<!--#include virtual="/{other}/env" -->'
REFUSED = '<Location /{one}/refused/{other}>\n ErrorDocument 401 /{other}/env\n</Location>\n'
MANAGER = """
<Location /keys>
 AuthType Basic
 AuthName "keys"
 AuthBasicProvider file accesstoken
 AuthUserFile conf/users
 Require valid-user
 AccessTokenManager own
 RequestHeader set X-Looked "expr=-U '/plain/env'" "expr=-U '/plain/env' || true"
</Location>
"""
PARTS = 5
HTACCESS = """AuthType AccessToken
AuthName "by file"
AccessTokenAccept header:X-Private-Key
Require valid-user
"""


def configured(site):
    text = MANAGER + "LogLevel info\n"
    for one, lines in PLACES.items():
        text += f'<Location /{one}>\n {lines}\n AuthName "API"\n Require valid-user\n</Location>\n'
        text += f'ScriptAlias /{one}/env "{site.server.root}/cgi-bin/env.sh"\n'
        for other in PLACES:
            site.server.folder(f"htdocs/{one}/to/{other}")
            site.server.write(f"htdocs/{one}/with/{other}.shtml", INCLUDED.format(other=other))
            text += TO.format(one=one, other=other) + REFUSED.format(one=one, other=other)
    site.server.write("htdocs/listed/by-file/.htaccess", HTACCESS)
    site.server.write("htdocs/listed/by-file/part.html", "a part")
    parts = "".join(f'<!--#include virtual="/{place}/env" -->' for place in ("any", "all") * PARTS)
    site.server.write("htdocs/parts.shtml", parts)
    site.server.write("htdocs/page.shtml", '<!--#include virtual="/listed/by-file/part.html" --> of a page')
    return text + f"""
<Directory "{site.server.path('htdocs')}">
 Options +Includes +Indexes
 AllowOverride AuthConfig
 AddOutputFilter INCLUDES .shtml
</Directory>
LogFormat "%{{X-Private-Key}}i %r" keys
CustomLog logs/keys_log keys
"""


@pytest.fixture(scope="module")
def site():
    with Site(extra_modules=["autoindex"]) as place:
        yield place.start(configured(place))


@pytest.fixture(scope="module")
def token(site):
    return site.manager("alice").token()


@pytest.mark.parametrize("path", ["/owner/env", "/any/to/owner/x", "/owner/to/any/x"])
def test_the_rule_for_the_user_name_holds_for_a_derived_request(site, token, path):
    for user, status in (("alice", 200), ("bob", 401)):
        assert site.client.status(path, authorization=basic(user, token)) == status
    assert site.client.status("/any/to/any/x", authorization=basic("bob", token)) == 200


def credentials(token):
    bad = tokens.forge()
    return [{}, {"X-Api-Key": token}, {"X-Api-Key": token, "Authorization": basic("bob", PASSWORD)},
            {"X-Api-Key": bad, "Authorization": basic("alice", PASSWORD)}, {"X-Api-Key": token, "Authorization": "Bearer x"},
            *({"Authorization": value} for value in
              (f"Bearer {token}", f"Bearer {bad}", token, basic("alice", token), basic("bob", token), basic(token),
               basic("alice", PASSWORD), basic("bob", PASSWORD), basic("alice", "wrong"), basic("alice", bad)))]


def result(answer):
    """The status, and who the CGI program says it is, if it ran."""
    variables = dict(line.split("=", 1) for line in answer.text.splitlines() if "=" in line)
    return answer.status_code, variables.get("REMOTE_USER"), variables.get("AUTH_TYPE")


@pytest.mark.parametrize("one", PLACES)
def test_each_place_judges_what_is_derived_for_it_as_if_the_client_had_asked(site, token, one):
    for headers in credentials(token):
        direct = {place: result(site.client.get(f"/{place}/env", headers=headers)) for place in PLACES}
        for other in PLACES:
            expected = direct[other] if direct[one][0] == 200 else direct[one]
            seen = result(site.client.get(f"/{one}/to/{other}/x", headers=headers))
            # For FallbackResource httpd keeps the user of the first place.
            assert seen[0] == expected[0] and (len(headers) > 1 or seen == expected), (other, headers)
            page = result(site.client.get(f"/{one}/with/{other}.shtml", headers=headers))
            included = direct[other][1:] if direct[other][0] == 200 else (None, None)
            assert page == ((200, *included) if direct[one][0] == 200 else direct[one]), (other, headers)


def test_a_page_of_parts_of_two_places_counts_one_use_for_each(site, token):
    """However often httpd goes from one to the other."""
    before = site.figures()
    answer = site.client.get("/parts.shtml", authorization=basic("alice", token))
    assert answer.text.count("REMOTE_USER=alice") == 2 * PARTS
    after = site.figures()
    assert sum(after[name] - before[name] for name in ("Hits", "ColdHits")) == 2


def test_a_password_that_one_place_does_not_know_may_be_known_to_its_error_document(site):
    answer = site.client.get("/alone/refused/any", authorization=basic("alice", PASSWORD))
    assert (answer.status_code, "REMOTE_USER=alice" in answer.text.splitlines()) == (401, True)
    answer = site.client.get("/alone/refused/any", authorization=basic("alice", "wrong"))
    assert (answer.status_code, "REMOTE_USER" in answer.text) == (401, False)


def test_a_token_generates_no_token_whatever_httpd_looked_up_for_the_manager(site, token):
    headers = {"Content-Type": "application/json"}
    credentials = {"authorization": basic("alice", token), "headers": headers, "data": "{}"}
    check_problem(site.client.request("POST", "/keys", **credentials), 403)
    credentials["authorization"] = basic("alice", PASSWORD)
    answer = site.client.request("POST", "/keys", **credentials)
    assert answer.status_code == 201
    tokens.remember(answer.json()["tokenValue"])


@pytest.mark.parametrize("path, part", [("/page.shtml", "a part of a page"), ("/listed/", 'href="by-file/"')])
def test_a_field_that_only_a_sub_request_accepted_is_in_no_log_and_makes_the_answer_private(site, token, path, part):
    """The name of the field is in the memory of the sub-request, which may be gone by then."""
    for number in range(4):
        answer = site.client.get(f"{path}?{number}", headers={"X-Private-Key": token})
        assert (answer.status_code, part in answer.text) == (200, True), answer.text
        assert answer.headers["Cache-Control"] == "private"
        assert wait_until(lambda: f"- GET {path}?{number} " in site.server.log("keys_log")), site.server.log("keys_log")
    answer = site.client.get(path)
    assert (part in answer.text, answer.headers.get("Cache-Control")) == (False, None)
