# SPDX-License-Identifier: Apache-2.0
"""openapi.json is valid, and true: what it describes is what the server answers, and the other way round."""

import json
import re
import subprocess
import uuid

import jsonschema
import pytest

from browser import NODE_MODULES
from client import Manager
from page import HTML, assets_of
from seed import table_away

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "PURGE")
NOT_THERE = (404, 405)
FORMATS = jsonschema.FormatChecker(formats=("uuid",))
CROSS_SITE = {"Sec-Fetch-Site": "cross-site"}
JSON = {"Content-Type": "application/json"}


@FORMATS.checks("date-time")
def is_time(text):
    return not isinstance(text, str) or bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text))


class Description:
    """openapi.json as a judge of answers; `seen` is what it has judged."""

    def __init__(self, document):
        self.document = document
        self.resolver = jsonschema.RefResolver.from_schema(document)
        self.seen = set()

    def resolved(self, thing):
        while "$ref" in thing:
            thing = self.resolver.resolve(thing["$ref"])[1]
        return thing

    def validate(self, value, schema):
        jsonschema.Draft202012Validator(schema, resolver=self.resolver, format_checker=FORMATS).validate(value)

    def takes(self, wish):
        """May this be the body of a POST?"""
        try:
            self.validate(wish, self.document["paths"]["/"]["post"]["requestBody"]["content"]["application/json"]["schema"])
        except jsonschema.ValidationError:
            return False
        return True

    def is_described(self, path, method):
        return method.lower() in self.document["paths"].get(path, {})

    def judge(self, path, method, answer):
        """Fails unless the description has this very answer."""
        responses = self.document["paths"][path][method.lower()]["responses"]
        status = str(answer.status_code)
        assert status in responses or "default" in responses, f"{method} {path} {status} is not described"
        response = self.resolved(responses.get(status) or responses["default"])
        for name, field in response.get("headers", {}).items():
            assert name in answer.headers or not field.get("required"), f"{method} {path} {status} lacks {name}"
            if name in answer.headers and field["schema"]["type"] == "integer":
                assert answer.headers[name].isdigit()
        self.judge_body(answer, response.get("content"))
        self.seen.add((path, method, status))

    def judge_body(self, answer, content):
        if content is None:
            assert not answer.content
            return
        kind = answer.headers["Content-Type"].split(";")[0]
        media = content.get(kind, content.get("*/*"))
        assert media is not None, f"{kind} is not described"
        if "schema" in media:
            self.validate(answer.json() if kind.endswith("json") else answer.text, media["schema"])


@pytest.fixture(scope="module")
def described(own_site):
    answer = Manager(own_site.client, user="alice").call("GET", "/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    return Description(answer.json())


def test_a_public_validator_calls_it_openapi_3_1(described):
    done = subprocess.run(["node", str(NODE_MODULES.parent / "openapi.mjs")], input=json.dumps(described.document),
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert described.document["openapi"].startswith("3.1.")


def everything(site):
    """(path as described, method, answer) of what the server can be made to answer."""
    client, user = site.client, site.fresh_user()
    mine, nobody, locked_out = Manager(client, user=user), Manager(client, "/open-tokens"), Manager(client)
    three, everybody = Manager(client, "/three", user=user), Manager(client, "/all-tokens", user="admin")
    scoped, issuing = Manager(client, "/scopes", user=user), Manager(client, "/by-token-issuing")
    text, info = mine.generate(lifetime=60, description="one")
    mine.generate(lifetime=-1)
    name = "/" + info["tokenId"]
    asset = "/" + assets_of(site)[0]
    root, one, itself, file = "/", "/{tokenId}", "/openapi.json", "/assets/{version}/{file}"
    assert site.let_in(text) == 200
    for query in ("", "/", "?limit=1", "?status=active", "?limit=0", "?status=old", "?cursor=x", "?user=x"):
        yield root, "GET", mine.call("GET", query)
    yield root, "GET", mine.call("GET", headers=HTML)
    yield root, "GET", everybody.call("GET", "?user=" + user)
    yield root, "GET", nobody.call("GET")
    yield from posts(mine, three, nobody)
    yield from with_scopes(scoped, everybody, issuing)
    for method in ("GET", "HEAD", "OPTIONS"):
        yield one, method, mine.call(method, name)
    yield one, "GET", everybody.call("GET", name)
    yield one, "GET", mine.call("GET", "/" + str(uuid.uuid4()))
    yield one, "GET", nobody.call("GET", name)
    for path, where in ((root, ""), (itself, itself), (file, asset)):
        for method in ("GET", "HEAD", "OPTIONS"):
            yield path, method, mine.call(method, where)
        yield path, "GET", nobody.call("GET", where)
    yield file, "GET", mine.call("GET", "/assets/1/none.js")
    for path, where in ((root, ""), (one, name), (itself, itself), (file, asset)):
        for method in described_methods(path):
            yield path, method, locked_out.call(method, where)
    with table_away(site):
        yield root, "GET", mine.call("GET")
        yield root, "POST", mine.post({})
        yield one, "GET", mine.call("GET", name)
        yield one, "DELETE", mine.call("DELETE", name)
    yield one, "DELETE", mine.call("DELETE", name, headers=CROSS_SITE)
    yield one, "DELETE", mine.call("DELETE", name)
    yield one, "DELETE", mine.call("DELETE", name)


def described_methods(path):
    extra = {"/": ("POST",), "/{tokenId}": ("DELETE",)}.get(path, ())
    return ("GET", "OPTIONS", *extra)


def posts(mine, three, nobody):
    """Every kind of answer to POST but 401 and 503."""
    for wish in ({}, {"lifetimeSeconds": 1}, {"name": "old"}, {"lifetimeSeconds": -1, "description": "ü" * 255}):
        yield "/", "POST", mine.post(wish)
    for wish in ("{", "[]", '{"lifetimeSeconds":1,"lifetimeSeconds":2}', {"lifetimeSeconds": 0}, {"lifetimeSeconds": "1"},
                 {"description": "x" * 256}, {"lifetime": 1}, {"lifetimeSeconds": 1.5}, {"description": 7}):
        answer = mine.post(wish)
        assert answer.status_code == 400, wish
        yield "/", "POST", answer
    for _ in range(2):
        yield "/", "POST", three.post({})
    yield "/", "POST", nobody.post({})
    yield "/", "POST", mine.post({}, headers=CROSS_SITE)
    yield "/", "POST", mine.post(" " * 17000)
    yield "/", "POST", mine.post({}, headers={"Content-Type": "text/plain"})


def with_scopes(scoped, everybody, issuing):
    """What a token that is limited to scopes changes in the answers."""
    made = scoped.post({"scopes": ["read", "write"]})
    yield "/", "POST", made
    name = "/" + made.json()["tokenInfo"]["tokenId"]
    for answer in (scoped.call("GET", name), everybody.call("GET", name)):
        assert answer.json()["scopes"] == ["read", "write"]
        yield "/{tokenId}", "GET", answer
    scoped.generate(description="not limited")
    answer = scoped.call("GET", "?limit=2")
    assert [token.get("scopes") for token in answer.json()["data"]] == [None, ["read", "write"]]
    yield "/", "GET", answer
    for wish, pointer in (({"scopes": []}, "#/scopes"), ({"scopes": ["admin"]}, "#/scopes"), ({"scopes": ["read", 1]}, "#/scopes/1")):
        answer = scoped.post(wish)
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
        yield "/", "POST", answer
    answer = issuing.post({}, token=made.json()["tokenValue"])
    assert answer.status_code == 403
    yield "/", "POST", answer


def test_what_the_server_answers_is_described(own_site, described):
    for path, method, answer in everything(own_site):
        described.judge(path, method, answer)
    promised = {(path, method.upper(), status) for path, item in described.document["paths"].items()
                for method, operation in item.items() if method != "parameters"
                for status in operation["responses"] if status != "default"}
    assert promised - described.seen == set(), "described, but never answered"


def test_what_can_be_sent_is_described(own_site, described):
    """The server takes a body if and only if its schema does."""
    mine = own_site.manager()
    wishes = [{}, {"lifetimeSeconds": 1}, {"lifetimeSeconds": -1}, {"lifetimeSeconds": 0}, {"lifetimeSeconds": -2},
              {"lifetimeSeconds": 1.5}, {"lifetimeSeconds": "1"}, {"lifetimeSeconds": None}, {"lifetimeSeconds": True},
              {"description": ""}, {"description": "ü" * 255}, {"description": "\U0001f600" * 255}, {"description": "x" * 256},
              {"description": None}, {"description": 1}, {"name": "x"}, {"name": "x" * 256}, {"name": 1}, {"tokenId": "x"}, [], "x", 1,
              None, {"description": "\t"}, {"name": "\x7f"}, {"description": "\x80"}, {"description": "\u2028"}]
    for wish in wishes:
        assert (mine.post(json.dumps(wish)).status_code == 201) == described.takes(wish), wish


SCOPES = (["read"], ["read", "write"], ["read", "read"], [], [""], ["read", ""], ["read write"], [1], [None], [["read"]], "read",
          None, {"0": "read"}, 1)


@pytest.mark.parametrize("scopes", SCOPES)
def test_lists_of_scopes_that_can_be_sent_are_described(own_site, described, scopes):
    wish = {"scopes": scopes}
    taken = own_site.manager(path="/scopes").post(wish).status_code == 201
    assert described.takes(wish) == taken
    assert own_site.manager(path="/tokens").post(wish).status_code == 400, "a location that has none takes none"


def test_the_pattern_of_a_scope_is_the_servers(own_site, described):
    """The server names a word by its place in the list if it is none, and else says that it is not offered."""
    scoped = own_site.manager(path="/scopes")
    for character in [*map(chr, range(0x20, 0x81)), "\t", "\u00fc", "\u2028", "\U0001f600"]:
        wish = {"scopes": ["x" + character + "y"]}
        (error,) = scoped.post(wish).json()["errors"]
        assert described.takes(wish) == (error["pointer"] == "#/scopes"), character


def test_the_parameters_are_those_that_the_server_knows(own_site, described):
    everybody = Manager(own_site.client, "/all-tokens", user="admin")
    parameters = {one["name"]: one["schema"] for one in described.document["paths"]["/"]["get"]["parameters"]}
    assert set(parameters) == {"limit", "cursor", "status", "user"}
    limit = parameters["limit"]
    for number, status in ((limit["minimum"] - 1, 400), (limit["minimum"], 200), (limit["maximum"], 200), (limit["maximum"] + 1, 400)):
        assert everybody.call("GET", f"?limit={number}").status_code == status
    for word in parameters["status"]["enum"]:
        assert everybody.call("GET", f"?status={word}").status_code == 200
    assert everybody.call("GET", "?status=deleted").status_code == 400


def test_whatever_is_answered_at_all_is_described(own_site, described):
    mine = own_site.manager()
    _, info = mine.generate()
    asset = "/" + assets_of(own_site)[0]
    places = {"": "/", "/": "/", "/openapi.json": "/openapi.json", asset: "/assets/{version}/{file}",
              "/" + str(uuid.uuid4()): "/{tokenId}", "/" + info["tokenId"]: "/{tokenId}"}
    others = ("/assets", "/assets/", "/assets/x", "/index.html", "/openapi.yaml", "/status", f"/{info['tokenId']}/more", "/a/b")
    for where in (*places, *others):
        for method in METHODS:
            if method == "OPTIONS" and where in others:
                continue  # says what could be asked for, as HTTP wants
            answer = mine.call(method, where)
            if answer.status_code not in NOT_THERE:
                path = places.get(where)
                assert path and described.is_described(path, method), (method, where, answer.status_code)


def test_other_methods_are_405_with_allow(own_site, described):
    mine = own_site.manager()
    for where, path in (("", "/"), ("/" + str(uuid.uuid4()), "/{tokenId}"), ("/openapi.json", "/openapi.json")):
        answer = mine.call("PUT", where)
        assert answer.status_code == 405
        allowed = {method.strip().lower() for method in answer.headers["Allow"].split(",")}
        assert allowed == set(described.document["paths"][path]) - {"parameters"}
        described.validate(answer.json(), {"$ref": "#/components/schemas/Problem"})
