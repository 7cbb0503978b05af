# SPDX-License-Identifier: Apache-2.0
"""Places that require a scope: who is let in, and what the others are told."""

import pytest

import tokens
from marks import ALL_ENGINES, ALL_MPMS
from scopes_site import asked, configured, lacking, limited
from typical_site import basic

CONFIGURED = configured
MANAGER = "/scoped-tokens"


@ALL_ENGINES
def test_a_token_without_scopes_has_no_such_member(site, manager):
    token = limited(manager)
    assert "scopes" not in manager.info(token)
    for name in ("read", "either", "both", "write-or-get"):
        assert asked(site, token, name)[0] == 200


@ALL_ENGINES
def test_one_of_the_required_scopes_is_enough(site, manager):
    read, write, status = (limited(manager, word) for word in ("read", "write", "repo:status"))
    for _ in range(2):  # from the table, then from memory
        assert asked(site, read, "read") == (200, None)
        assert asked(site, write, "read") == (403, lacking("read"))
        assert asked(site, read, "either") == asked(site, write, "either") == (200, None)
        assert asked(site, status, "either") == (403, lacking("read write"))
        assert asked(site, read, "both") == (403, lacking("write"))
        assert asked(site, write, "both") == (403, lacking("read"))
    assert asked(site, limited(manager, "read", "write"), "both") == (200, None)


@ALL_MPMS
def test_a_lacking_scope_is_403_and_any_other_lack_what_it_always_was(site, manager):
    read, write = limited(manager, "read"), limited(manager, "write")
    assert asked(site, read, "user") == (401, 'Bearer realm="scoped"')
    assert asked(site, write, "user") == (401, 'Bearer realm="scoped"')
    assert asked(site, read, "not") == (200, None)
    assert asked(site, write, "not") == (401, 'Bearer realm="scoped"')
    assert asked(site, read, "forbidden") == (403, lacking("admin"))
    assert asked(site, tokens.forge(tokens.id_of(read)), "read")[0] == 401
    assert asked(site, None, "read") == (401, 'Bearer realm="scoped"')


@ALL_MPMS
def test_a_scope_in_one_of_several_alternatives(site, manager):
    read, write = limited(manager, "read"), limited(manager, "write")
    assert asked(site, read, "write-or-get") == (200, None)
    assert asked(site, read, "write-or-get", "POST") == (403, lacking("write"))
    assert asked(site, write, "write-or-get", "GET") == (200, None)
    assert asked(site, limited(manager, "repo:status"), "write-or-get") == (403, lacking("read"))


@ALL_MPMS
@pytest.mark.parametrize("name", ["not-and-user", "none-and-user", "any-and-user"])
def test_where_another_token_would_not_help_the_answer_is_the_usual_one(site, manager, name):
    for words in (["read"], ["write"], []):
        assert asked(site, limited(manager, *words), name) == (401, 'Bearer realm="scoped"')


@pytest.mark.parametrize("name", ["not-and-write", "none-and-write"])
def test_of_a_scope_that_is_refused_and_one_that_is_required_the_latter_is_lacking(site, manager, name):
    assert asked(site, limited(manager, "read"), name) == (403, lacking("write"))
    assert asked(site, limited(manager, "write"), name) == (200, None)
    assert asked(site, limited(manager, "write", "repo:status"), name) == (401, 'Bearer realm="scoped"')


def test_not_twice_is_required(site, manager):
    assert asked(site, limited(manager, "read"), "not-in-none") == (403, lacking("write"))
    assert asked(site, limited(manager, "write"), "not-in-none") == (200, None)


def test_scopes_under_another_name_are_required_as_well(site, manager):
    read, write = limited(manager, "read"), limited(manager, "write")
    assert asked(site, write, "alias") == asked(site, limited(manager), "alias") == (200, None)
    assert asked(site, read, "alias") == (403, lacking("write"))
    assert asked(site, read, "not-alias") == (200, None)
    assert asked(site, write, "not-alias")[0] == 401


def test_an_error_document_keeps_status_and_challenge(site, manager):
    answer = site.client.get("/scoped/page/data.json", token=limited(manager, "read"))
    assert (answer.status_code, answer.text) == (403, "That takes another token.\n")
    assert answer.headers["WWW-Authenticate"] == lacking("admin")


def test_an_error_document_that_looks_at_scopes_keeps_the_challenge(site, manager):
    for token in (limited(manager, "read"), limited(manager)):
        answer = site.client.get("/scoped/nobody/data.json", token=token)
        assert (answer.status_code, answer.json()) == (401, {})
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="scoped"'


def test_a_password_is_no_token_with_scopes(site):
    answer = site.client.get("/scoped/passwords/data.json", user="alice")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="passwords"')


def test_scopes_limit_only_where_one_is_required(site, manager):
    assert site.let_in(limited(manager, "read")) == 200


@ALL_ENGINES
def test_programs_get_the_scopes_in_a_variable(site, manager):
    def told(token):
        return [line for line in site.client.get("/scoped/cgi", token=token).text.splitlines() if "SCOPES" in line]

    token = limited(manager, "read", "repo:status")
    assert told(token) == told(token) == ["ACCESSTOKEN_SCOPES=read repo:status"]
    assert told(limited(manager)) == []
    answer = site.client.get("/scoped/cgi", token=limited(manager), headers={"Accesstoken-Scopes": "admin"})
    assert "\nACCESSTOKEN_SCOPES=" not in answer.text


def test_programs_behind_a_redirect_get_the_scopes_in_a_variable(site, manager):
    answer = site.client.get("/scoped/gone/nothing", token=limited(manager, "read"))
    assert answer.status_code == 404
    assert "ACCESSTOKEN_SCOPES=read" in answer.text.splitlines()


def test_internal_redirects_and_subrequests_are_judged_by_the_same_scopes(site, manager):
    for word, status in (("read", 200), ("write", 403)):
        token = limited(manager, word)
        assert site.client.get("/scoped/index/", token=token).status_code == status
        shown = site.client.get("/scoped-page/data.shtml", token=token)
        assert (shown.status_code, "{}" in shown.text) == (200, status == 200)


def test_an_htaccess_may_ask_for_a_scope(new_site):
    place = new_site()
    place.server.write("htdocs/theirs/data.json", "{}\n")
    place.server.write("htdocs/theirs/.htaccess", "AuthType AccessToken\nAuthName theirs\nRequire accesstoken-scope read\n")
    place.start(f"""
<Location /scoped-tokens>
    {basic()}
    Require valid-user
    AccessTokenManager own
    AccessTokenScopes read write
</Location>
<Directory "{place.server.path("htdocs")}">
    AllowOverride AuthConfig
</Directory>
""")
    owner = place.manager(path="/scoped-tokens")
    assert place.client.status("/theirs/data.json", token=limited(owner, "read")) == 200
    refused = place.client.get("/theirs/data.json", token=limited(owner, "write"))
    assert refused.status_code == 403
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="theirs", error="insufficient_scope", scope="read"'


def test_a_forward_proxy_asks_for_scopes_in_its_own_fields(site, manager):
    target = f"http://127.0.0.1:{site.server.port}/open/data.json"

    def through(token):
        return site.proxy.raw_get(target, f"Proxy-Authorization: Bearer {token}")

    assert through(limited(manager, "read")).status == 200
    refused = through(limited(manager, "write"))
    assert refused.status == 403 and not refused.headers["WWW-Authenticate"]
    assert refused.headers["Proxy-Authenticate"] == 'Bearer realm="proxy", error="insufficient_scope", scope="read"'


def test_the_refusal_is_counted_and_logged_with_the_id(site, manager):
    token = limited(manager, "write")
    before = site.figures()
    asked(site, token, "read")
    after = site.figures()
    assert after["RefusedScope"] == before["RefusedScope"] + 1
    assert after["ColdHits"] == before["ColdHits"] + 1
    assert f"token {tokens.id_of(token)} refused: it has none of the scopes: read" in site.server.log()


@pytest.mark.parametrize("name, words", [("read", ["write"]), ("both", ["read"]), ("not", ["write"])])
def test_httpd_writes_its_line_about_a_refusal_once(site, manager, name, words):
    token = limited(manager, *words)
    before = site.server.log().count("AH01631")
    assert asked(site, token, name)[0] in (401, 403)
    assert site.server.log().count("AH01631") == before + 1
