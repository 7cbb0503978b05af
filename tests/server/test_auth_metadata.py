# SPDX-License-Identifier: Apache-2.0
"""AccessTokenMetadata: the Bearer challenge names the address of the resource's metadata (RFC 9728), which answers everybody."""

import json
import signal

import pytest

import outages
import tokens
from client import curl
from httpd import wait_until
from marks import TWO_MPMS, parametrize
from metadata import WELL_KNOWN, challenges_of, check_fields, discover, offered, read
from typical_site import Site, basic

PLACES = {
    # path: lines of its <Location>
    "/on": "AuthType AccessToken\nAuthName api\nRequire valid-user\nAccessTokenMetadata On",
    "/on/off": "AccessTokenMetadata Off",
    "/on/off/on": "AccessTokenMetadata On\nAuthName inner",
    "/on/basic": f"{basic()}\nAuthName api\nAuthBasicProvider accesstoken file",
    "/on/all-ways": "AccessTokenAccept bearer basic header:X-Api-Key",
    "/on/only-field": "AccessTokenAccept header:X-Api-Key",
    "/on/only-basic": "AccessTokenAccept basic",
    "/on/passwords": basic(),
    "/on/scoped": "Require accesstoken-scope read\nAccessTokenScopes read write repo:status",
    "/on/scoped/none": "AccessTokenScopes none",
    "/on/403": "Require user admin\nAuthzSendForbiddenOnFailure On",
    "/on/quoted": 'AuthName "my \\"best\\" API"',
    "/on/latin": "AuthName caf\udce9",
    "/on/post": "Require method GET\nRequire valid-user",
    "/on/open": "Require all granted",
    "/on/denied": "Require all denied",
    "/on/denied-otherwise": "Order allow,deny\nDeny from all",
    "/on/inside": "Require ip 192.0.2.1",
    "/on/inside-with-token": "<RequireAll>\nRequire ip 192.0.2.1\nRequire valid-user\n</RequireAll>",
    "/on/either": "Order deny,allow\nDeny from all\nAllow from 192.0.2.1\nSatisfy Any",
    "/on/document": "ErrorDocument 401 /open/data.json",
    "/unnamed": "AuthType AccessToken\nRequire valid-user\nAccessTokenMetadata On",
}
MORE = """Protocols h2c http/1.1
RemoteIPHeader X-Client
RemoteIPInternalProxy 127.0.0.1
<Directory "{htdocs}/folder">
    AuthType AccessToken
    AuthName folder
    Require valid-user
    AccessTokenMetadata On
    AllowOverride AuthConfig
    <Files "*.txt">
        AuthName texts
    </Files>
    <If "%{{REQUEST_URI}} =~ /secret/">
        AccessTokenMetadata Off
    </If>
</Directory>
CustomLog logs/fields_log "%{{Authorization}}i %r %>s"
"""
OFFERED = ["/on", "/on/", "/on/x", "/on/off/on", "/on/off/on/x", "/on/basic", "/on/all-ways", "/on/scoped", "/on/scoped/none",
           "/on/403", "/on/quoted", "/unnamed", "/on/document", "/folder/page.html", "/folder/notes.txt", "/folder/none", "/folder/",
           "/on/either"]
NOT_OFFERED = ["/on/off", "/on/off/x", "/on/only-field", "/on/only-basic", "/on/passwords", "/onx", "/api", "/passwords", "/open", "/",
               "/folder/secret.html", "/folder/deep/page.html", "/nothing"]


@pytest.fixture(scope="module")
def site(mpm, engine):
    with Site(mpm, engine, extra_modules=("remoteip", "http2")) as place:
        for name in ("page.html", "notes.txt", "secret.html", "deep/page.html"):
            place.server.write(f"htdocs/folder/{name}", "x")
        place.server.write("htdocs/folder/deep/.htaccess", "AccessTokenAccept basic\n")
        text = MORE.format(htdocs=place.server.path("htdocs"))
        text += "".join(f"<Location {path}>\n{lines}\n</Location>\n" for path, lines in PLACES.items())
        place.server.write("conf/places.conf", "")
        with open(place.server.path("conf/places.conf"), "wb") as file:
            file.write(text.encode(errors="surrogateescape"))
        yield place.start("Include conf/places.conf\n")


@pytest.mark.parametrize("path", OFFERED)
def test_a_client_finds_the_metadata_by_the_challenge(site, path):
    assert site.client.status(path) == 401
    found = discover(site.client, path)
    assert found["bearer_methods_supported"] == ["header"]
    assert set(found) <= {"resource", "bearer_methods_supported", "scopes_supported", "resource_name"}


@pytest.mark.parametrize("path", NOT_OFFERED)
def test_elsewhere_none_are_offered_and_none_are_there(site, path):
    assert offered(site.client.get(path)) is None
    answer = site.client.get(WELL_KNOWN + path)
    assert answer.status_code == 404 and "resource" not in answer.text and "Access-Control-Allow-Origin" not in answer.headers


def test_the_challenge_is_what_it_was_with_one_more_parameter(site):
    address = f"{site.client.base}{WELL_KNOWN}/on"
    assert challenges_of(site.client.get("/on")) == [f'Bearer realm="api", resource_metadata="{address}"']
    assert challenges_of(site.client.get("/on/basic")) == [
        'Basic realm="api", charset="UTF-8"', f'Bearer realm="api", resource_metadata="{address}/basic"']


def test_after_a_refused_token_it_is_offered_too(site):
    owner = site.manager()
    expired = owner.token()
    site.database.change(tokens.id_of(expired), expires_at=1000)
    for token in ("junk", tokens.forge(), expired):
        (challenge,) = challenges_of(site.client.get("/on", token=token))
        assert 'error="invalid_token"' in challenge
        assert discover(site.client, "/on", token=token)
    answer = site.client.get("/on/403", token=owner.token())
    assert answer.status_code == 403 and offered(answer) is None and challenges_of(answer) == []


def test_a_403_for_a_missing_scope_offers_it(site):
    limited = site.database, site.manager().token()
    site.database.change(tokens.id_of(limited[1]), scopes=b"write")
    answer = site.client.get("/on/scoped", token=limited[1])
    assert answer.status_code == 403 and 'error="insufficient_scope", scope="read", resource_metadata="' in challenges_of(answer)[0]
    assert discover(site.client, "/on/scoped", token=limited[1])["scopes_supported"] == ["read", "write", "repo:status"]


def test_a_400_does_not_offer_it(site):
    answer = site.client.get("/on", authorization="Bearer a b")
    assert answer.status_code == 400
    assert challenges_of(answer) == ['Bearer realm="api", error="invalid_request"']


@pytest.mark.parametrize("path, members", [
    ("/on", {"resource_name": "api"}), ("/unnamed", {}), ("/on/off/on", {"resource_name": "inner"}), ("/on/latin", {}),
    ("/on/quoted", {"resource_name": 'my "best" API'}), ("/folder/notes.txt", {"resource_name": "texts"}),
    ("/on/scoped", {"resource_name": "api", "scopes_supported": ["read", "write", "repo:status"]}),
    ("/on/scoped/none", {"resource_name": "api"})])
def test_the_metadata_say_what_the_configuration_says(site, path, members):
    expected = {"resource": site.client.base + path, "bearer_methods_supported": ["header"], **members}
    assert read(site.client.get(WELL_KNOWN + path)) == expected


@pytest.mark.parametrize("sent, named", [
    ("/on?", "/on?"), ("/on?page=2&x=%22", "/on?page=2&x=%22"), ("/on/a%20b", "/on/a%20b"), ("/on/%7Eme/~me", "/on/%7Eme/~me"),
    ("/on//double", "/on//double"), ("/on/a;b=c,d'(e)*!$&+@:", "/on/a;b=c,d'(e)*!$&+@:"), ("/on/x?/.well-known/a?b", "/on/x?/.well-known/a?b"),
    ("/on/[a]{b}|^`", "/on/[a]{b}|^`"), ('/on/"x"', "/on/%22x%22"), ("/on/a\\b", "/on/a%5Cb"), ("/on/<b>", "/on/%3Cb%3E"),
    ('/on?x="y\\', "/on?x=%22y%5C"), ("/on/\u00fc", "/on/%C3%BC"), ("/on/x/../y", "/on/x/../y"), ("//on", "//on"),
    ("http://HOST/on/x", "/on/x"), ("http://HOST/on?x=http://other", "/on?x=http://other")])
def test_the_resource_is_the_url_as_the_client_has_sent_it(site, sent, named):
    """What no URL may contain is percent-encoded; RFC 9728, 3.3, wants the rest to be identical."""
    own = site.client.base.removeprefix("http://")
    answer = site.client.raw_get(sent.replace("HOST", own))
    assert (answer.status, offered(answer)) == (401, site.client.base + WELL_KNOWN + named)
    metadata = site.client.raw_get(WELL_KNOWN + named)
    assert metadata.status == 200 and json.loads(metadata.body)["resource"] == site.client.base + named


def test_with_http2_it_is_the_same(site):
    for path in ("/on/a%20b?c=d", "/on/basic"):
        _, text = curl("--http2-prior-knowledge", site.client.base + path)
        address = f"{site.client.base}{WELL_KNOWN}{path}"
        assert f'resource_metadata="{address}"' in text
        status, text = curl("--http2-prior-knowledge", address)
        assert status == 200 and f'"resource":"{site.client.base}{path}"' in text


def test_a_long_address_is_not_offered_but_answers(site):
    room = 1000 - len(site.client.base + WELL_KNOWN + "/on?")
    for length, is_offered in ((room, True), (room + 1, False), (6000, False)):
        path = "/on?" + "x" * length
        answer = site.client.get(path)
        assert answer.status_code == 401 and (offered(answer) is not None) == is_offered
        assert read(site.client.get(WELL_KNOWN + path))["resource"] == site.client.base + path


# The address itself

def test_head_options_and_other_methods(site):
    address = WELL_KNOWN + "/on"
    body = site.client.get(address).content
    head = site.client.request("HEAD", address)
    assert (head.status_code, head.content, head.headers["Content-Length"]) == (200, b"", str(len(body)))
    options = site.client.request("OPTIONS", address)
    assert (options.status_code, options.content, options.headers["Allow"]) == (204, b"", "GET, HEAD, OPTIONS")
    for answer in (head, options):
        check_fields(answer)
    for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "FROB"):
        answer = site.client.request(method, address)
        assert answer.status_code == 405 and answer.headers["Allow"] == "GET, HEAD, OPTIONS"
        assert answer.json()["detail"] == "Only GET, HEAD, OPTIONS are allowed here."
        check_fields(answer)


def test_a_page_of_another_origin_may_read_it_also_with_fields_of_its_own(site):
    asked = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "GET",
             "Access-Control-Request-Headers": "mcp-protocol-version"}
    answer = site.client.request("OPTIONS", WELL_KNOWN + "/on", headers=asked)
    assert answer.status_code == 204
    check_fields(answer)
    assert answer.headers["Access-Control-Allow-Headers"] == "*"
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]
    read(site.client.get(WELL_KNOWN + "/on", headers={"Origin": "https://app.example.com"}))
    assert "Access-Control-Allow-Origin" not in site.client.get("/on", headers={"Origin": "https://app.example.com"}).headers


def test_credentials_make_no_difference_and_are_not_looked_at(site):
    plain = site.client.get(WELL_KNOWN + "/on").content
    before = site.figures()
    good = site.manager().token()
    for sent in ({"token": good}, {"token": "junk"}, {"token": tokens.forge()}, {"user": "alice"}, {"authorization": "Basic eDp5"},
                 {"headers": {"X-Api-Key": good}}):
        for path in ("/on", "/on/open"):
            assert read(site.client.get(WELL_KNOWN + path, **sent))
        assert site.client.get(WELL_KNOWN + "/on", **sent).content == plain
    after = site.figures()
    for name in ("Hits", "ColdHits", "Lookups", "RefusedMalformed", "RefusedUnknown"):
        assert after[name] == before[name]


def test_looking_for_metadata_leaves_no_line_in_the_log(site):
    start = len(site.server.log())
    for path in ("/on", "/on/off", "/on/basic", "/folder/page.html", "/on/open", "/on/passwords"):
        site.client.get(WELL_KNOWN + path)
    assert "token refused" not in site.server.log()[start:]


@pytest.mark.parametrize("address", ["/.well-known", "/.well-known/oauth-protected-resourceful/on", "/.well-known/oauth-protected-resource.on",
                                     "/.well-known/OAuth-Protected-Resource/on", "/.well-known/openid-configuration/on",
                                     "/.well-known/%6Fauth-protected-resource/on", "/x/../.well-known/oauth-protected-resource/on",
                                     "/.well-known/oauth-protected-resource/../../on/open"])
def test_other_addresses_are_the_sites(site, address):
    answer = site.client.raw_get(address)
    assert answer.status in (400, 404) and b"bearer_methods" not in answer.body


@pytest.mark.parametrize("path, is_ours", [("/on", True), ("/on/off", False), ("/open", False)])
def test_where_there_are_none_the_site_may_answer(new_site, path, is_ours):
    site = new_site()
    site.server.write(f"htdocs{WELL_KNOWN}/file", "the application's")
    places = "".join(f"<Location {place}>\n{PLACES[place]}\n</Location>\n" for place in ("/on", "/on/off"))
    site.start(f'{places}Alias {WELL_KNOWN} "{site.server.path("htdocs")}{WELL_KNOWN}/file"\n')
    answer = site.client.get(WELL_KNOWN + path)
    assert answer.status_code == (200 if is_ours else 404)
    assert site.client.get(WELL_KNOWN).text == "the application's"


# Who may reach the resource

@pytest.mark.parametrize("path, outside, inside", [
    ("/on/denied", None, None), ("/on/denied-otherwise", None, None), ("/on/inside", None, 404),
    ("/on/inside-with-token", None, 401), ("/on/either", 401, 404), ("/on/open", 404, 404), ("/on/post", 404, 404)])
def test_metadata_are_for_clients_that_reach_the_resource(site, path, outside, inside):
    """A status of the resource: with 401 and with 404 (there is no such file) the client gets through; None: it is refused."""
    for address, status in (("192.0.2.7", outside), ("192.0.2.1", inside)):
        fields = {"X-Client": address}
        answer = site.client.get(path, headers=fields)
        assert answer.status_code == (status or 403)
        metadata = site.client.get(WELL_KNOWN + path, headers=fields)
        assert metadata.status_code == (200 if status else 404)


def test_a_resource_that_needs_a_token_for_some_methods_has_metadata(site):
    answer = site.client.request("POST", "/on/post")
    assert answer.status_code == 401 and offered(answer) == f"{site.client.base}{WELL_KNOWN}/on/post"
    assert read(site.client.get(WELL_KNOWN + "/on/post"))["resource"] == site.client.base + "/on/post"


def test_a_503_offers_nothing_and_metadata_need_no_database(new_site):
    site = new_site(engine="pgsql")
    site.start("LogLevel info\nAccessTokenDatabaseTimeout 1s\n<Location /api>\nAccessTokenMetadata On\n</Location>\n")
    cold = site.manager("alice").token()
    with outages.frozen(site.database):
        answer = site.client.get("/api/data.json", token=cold)
        assert answer.status_code == 503 and challenges_of(answer) == []
        assert discover(site.client, "/api/data.json")


# A server that is protected as a whole

WHOLE = """
<Location />
    {protection}
    Require valid-user
    {more}
</Location>
<Location /app>
    AuthType AccessToken
    AuthName "app"
    AccessTokenMetadata On
</Location>
CustomLog logs/fields_log "%{{Authorization}}i %r %>s"
"""


@pytest.mark.parametrize("protection", [basic(), 'AuthType AccessToken\nAuthName "all"', 'AuthType AccessToken\nAuthName "all"\nAccessTokenMetadata On'],
                         ids=["by passwords", "by tokens", "by tokens with metadata"])
def test_metadata_are_public_where_the_whole_server_is_not(new_site, protection):
    site = new_site().start(WHOLE.format(protection=protection, more=""), locations=False)
    assert discover(site.client, "/app/x")["resource_name"] == "app"
    assert site.client.status("/.well-known/other") == 401
    assert read(site.client.get(WELL_KNOWN + "/app/x", token=tokens.forge()))  # the log is searched for it
    if "Metadata" in protection:
        for path in ("/", "/?x=y", "/.well-known/other", WELL_KNOWN + "/app"):
            assert discover(site.client, path) if path != WELL_KNOWN + "/app" else True
        assert site.client.get("/").headers["WWW-Authenticate"].endswith(f'{WELL_KNOWN}"')
        assert read(site.client.get(WELL_KNOWN + "/"))["resource"] == site.client.base + "/"
    else:
        assert site.client.status(WELL_KNOWN) == site.client.status(WELL_KNOWN + "/other") == 401


@pytest.mark.parametrize("rule", ["Require all denied", "<RequireAll>\nRequire all denied\nRequire valid-user\n</RequireAll>",
                                  "Order allow,deny\nDeny from all"])
def test_who_may_not_reach_the_address_at_all_does_not(new_site, rule):
    site = new_site().start(WHOLE.format(protection=basic(), more="") + f"<Location /.well-known>\n{rule}\n</Location>\n", locations=False)
    answer = site.client.get(WELL_KNOWN + "/app")
    assert answer.status_code == 403 and "bearer_methods" not in answer.text


def test_a_manager_of_the_whole_server_does_not_hide_it(new_site):
    site = new_site().start(WHOLE.format(protection=basic(), more="AccessTokenManager own") + "<Location /app>\nAccessTokenManager Off\n</Location>\n",
                            locations=False)
    assert site.client.get("/", user="alice").json() == {"data": []}
    address = offered(site.client.get("/app"))
    assert site.client.get(address.removeprefix(site.client.base)).json()["resource"] == site.client.base + "/app"




@parametrize("mpm", TWO_MPMS)
def test_a_restart_switches_it_on_and_off(new_site):
    site = new_site().start("LogLevel info\n")
    on = "<Location /api>\nAccessTokenMetadata On\n</Location>\n"
    without = site.server.configuration
    for how in (signal.SIGUSR1, signal.SIGHUP):
        assert discover(site.client, "/api") is None and site.client.status(WELL_KNOWN + "/api") == 404
        site.server.configure(without + on)
        site.server.again(how)
        assert wait_until(lambda: offered(site.client.get("/api", headers={"Connection": "close"})))
        assert discover(site.client, "/api")
        site.server.configure(without)
        site.server.again(how)
        assert wait_until(lambda: not offered(site.client.get("/api", headers={"Connection": "close"})))
