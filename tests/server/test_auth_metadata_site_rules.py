# SPDX-License-Identifier: Apache-2.0
"""Metadata among the site's rules: answers of the site hold, what only maps does not hide it, and fields of the site do not spoil it."""

import json
import re
import subprocess

import pytest

from client import Client, curl
from metadata import WELL_KNOWN, challenges_of, check_fields, discover, offered
from site_rules import ANSWERS, ANSWERS_TO_USERS, ELSEWHERE, MAPPINGS, MODULES, at, hosts
from typical_site import Site, host

RESOURCE = "/api/data.json"
ON = "<Location /api>\nAccessTokenMetadata On\n</Location>\n"
# The server rewrites each address to one that needs no token.
NOT_PROTECTED = {"RewriteRule [PT]"}
HEADERS = {
    "set": 'Header set Access-Control-Allow-Origin "https://app.example.com"',
    "always set": 'Header always set Access-Control-Allow-Origin "https://app.example.com"',
    "both": 'Header set Access-Control-Allow-Origin "https://a.example"\nHeader always add Access-Control-Allow-Origin "https://b.example"',
    "unset": "Header always unset Access-Control-Allow-Origin\nHeader unset Access-Control-Allow-Origin\nHeader unset X-Content-Type-Options",
    "in a Location": '<Location />\nHeader always set Access-Control-Allow-Origin "https://app.example.com"\n'
                     'Header always set X-Content-Type-Options nosniff\n</Location>',
}


def prefixed(word, rules):
    return {f"{word}: {name}": rule for name, rule in rules.items()}


ANSWERED = {**at(WELL_KNOWN, ANSWERS), **at(WELL_KNOWN, ANSWERS_TO_USERS)}
MAPPED = {**prefixed("address", at(WELL_KNOWN, MAPPINGS)), **prefixed("resource", at("/api", MAPPINGS))}
FIELDS = prefixed("Header", HEADERS)


@pytest.fixture(scope="module")
def rules(mpm, engine):
    """A client for each rule, by its name."""
    texts = {**MAPPED, **FIELDS, **{name: text for name, (text, _) in ANSWERED.items()}}
    with Site(mpm, engine, extra_modules=MODULES) as place:
        yield place.start(ON + hosts(place, texts))


@pytest.mark.parametrize("rule", ANSWERED)
def test_an_answer_of_the_site_stands(rules, rule):
    client, status = rules.clients[rule], ANSWERED[rule][1]
    for method in ("GET", "HEAD", "OPTIONS", "POST"):
        answer = client.request(method, WELL_KNOWN + RESOURCE)
        assert answer.status_code == status and "bearer_methods" not in answer.text, method
        if status in (301, 302, 307):
            assert answer.headers["Location"].startswith(ELSEWHERE)


@pytest.mark.parametrize("rule", MAPPED)
def test_a_mapping_of_the_site_does_not_hide_it(rules, rule):
    client, seen = rules.clients[rule], len(rules.echo.seen)
    if any(rule.endswith(": " + name) for name in NOT_PROTECTED):
        assert offered(client.get(RESOURCE)) is None
        assert "bearer_methods" not in client.get(WELL_KNOWN + RESOURCE).text
        return
    assert discover(client, RESOURCE)["resource_name"] == "api"
    assert client.request("POST", WELL_KNOWN + RESOURCE).status_code == 405
    assert len(rules.echo.seen) == seen


@pytest.mark.parametrize("rule", FIELDS)
def test_fields_for_the_whole_site_do_not_spoil_it(rules, rule):
    client = rules.clients[rule]
    assert discover(client, RESOURCE)
    for method in ("HEAD", "OPTIONS", "PUT"):
        check_fields(client.request(method, WELL_KNOWN + RESOURCE))


# Several hosts, names and ports

HOSTS = """
<VirtualHost 127.0.0.1:{port}>
    ServerName www.example.com
</VirtualHost>
<VirtualHost 127.0.0.1:{port}>
    ServerName off.example.com
    <Location /api>
        AccessTokenMetadata Off
    </Location>
</VirtualHost>
<VirtualHost 127.0.0.1:{port}>
    ServerName https://canonical.example.com
    ServerAlias alias.example.com
    UseCanonicalName On
</VirtualHost>
<VirtualHost 127.0.0.1:{port}>
    ServerName https://tls.example.com
    <Location /api>
        AuthName "behind TLS"
        AccessTokenScopes read
    </Location>
</VirtualHost>
<VirtualHost 127.0.0.1:{port}>
    ServerName canonical-port.example.com:8443
    UseCanonicalName On
</VirtualHost>
<VirtualHost 127.0.0.1:{proxy}>
    ProxyPreserveHost On
    ProxyPass / http://127.0.0.1:{port}/
</VirtualHost>
<VirtualHost 127.0.0.1:{unsafe}>
    HttpProtocolOptions Unsafe
</VirtualHost>
"""


@pytest.fixture(scope="module")
def named(mpm, engine):
    with Site(mpm, engine) as place:
        place.named, place.proxy, place.unsafe = (place.server.add_port() for _ in range(3))
        yield place.start(ON + HOSTS.format(port=place.named, proxy=place.proxy, unsafe=place.unsafe))


def ask(port, name, path=RESOURCE, version="1.1"):
    field = f"Host: {name}\r\n" if name else ""
    return Client(port).raw(f"GET {path} HTTP/{version}\r\n{field}Connection: close\r\n\r\n".encode())


@pytest.mark.parametrize("name, origin", [
    ("www.example.com", "http://www.example.com"), ("WWW.Example.COM", "http://www.example.com"),
    ("www.example.com:80", "http://www.example.com"), ("www.example.com:8080", "http://www.example.com:8080"),
    ("127.0.0.1", "http://127.0.0.1"), ("[::1]:81", "http://[::1]:81"), ("nobody.example.net", "http://nobody.example.net"),
    ("canonical.example.com:8080", "https://canonical.example.com"), ("alias.example.com", "https://canonical.example.com"),
    ("tls.example.com", "https://tls.example.com"), ("tls.example.com:443", "https://tls.example.com"),
    ("tls.example.com:8443", "https://tls.example.com:8443"),
    ("canonical-port.example.com", "http://canonical-port.example.com:8443")])
def test_the_origin_is_the_clients_or_the_canonical_one(named, name, origin):
    answer = ask(named.named, name)
    assert (answer.status, offered(answer)) == (401, origin + WELL_KNOWN + RESOURCE)
    metadata = ask(named.named, name, WELL_KNOWN + RESOURCE)
    assert (metadata.status, json.loads(metadata.body)["resource"]) == (200, origin + RESOURCE)


def test_without_a_host_field_it_is_the_servers_own(named):
    answer = ask(named.named, None, version="1.0")
    assert offered(answer) == "http://www.example.com" + WELL_KNOWN + RESOURCE


def test_each_virtual_host_has_settings_of_its_own(named):
    found = json.loads(ask(named.named, "tls.example.com", WELL_KNOWN + RESOURCE).body)
    assert (found["resource_name"], found["scopes_supported"]) == ("behind TLS", ["read"])
    assert "scopes_supported" not in json.loads(ask(named.named, "www.example.com", WELL_KNOWN + RESOURCE).body)
    assert offered(ask(named.named, "off.example.com")) is None
    assert ask(named.named, "off.example.com", WELL_KNOWN + RESOURCE).status == 404


def test_behind_a_proxy_that_preserves_the_host_it_is_the_proxys(named):
    assert discover(Client(named.proxy), RESOURCE)["resource_name"] == "api"


@pytest.mark.parametrize("name", ['a"b', 'a", realm="other', "a\\b", "a b", "a<b>", "a\tb", "a%22b", "a\u00fcb", "a@b", "a?b", "a#b", ",", "'"])
def test_no_host_breaks_the_challenge_or_the_json(named, name):
    """Also where httpd is told to take what HTTP forbids."""
    for port in (named.named, named.unsafe):
        answer = ask(port, name)
        assert answer.status in (400, 401)
        if answer.status == 401:
            (challenge,) = challenges_of(answer)
            realm, address = re.fullmatch(r'Bearer realm="(\w+)", resource_metadata="([^"\\ <>]*)"', challenge).groups()
            assert realm == "api" and address.isascii() and address.endswith(WELL_KNOWN + RESOURCE)
        metadata = ask(port, name, WELL_KNOWN + RESOURCE)
        assert metadata.status == 400 or json.loads(metadata.body)["resource"].endswith(RESOURCE)


def test_a_forward_proxy_offers_none(new_site):
    site = new_site()
    port = site.server.add_port()
    site.start(f"""<VirtualHost 127.0.0.1:{port}>
        ProxyRequests On
        <Proxy "*">
            AuthType AccessToken
            AuthName "proxy"
            Require valid-user
            AccessTokenMetadata On
        </Proxy>
    </VirtualHost>
    """)
    answer = Client(port).raw_get(f"{site.client.base}/open/data.json")
    assert (answer.status, answer.msg.get_all("Proxy-Authenticate")) == (407, ['Bearer realm="proxy"'])
    assert Client(port).raw_get(f"{site.client.base}{WELL_KNOWN}/open/data.json").status == 407


def test_over_tls_it_is_https(new_site):
    site = new_site(extra_modules=["ssl", "socache_shmcb"])
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.crt",
                    "-subj", "/CN=localhost"], cwd=site.server.path("conf"), check=True, capture_output=True)
    port = site.server.add_port()
    tls = "SSLEngine On\nSSLCertificateFile conf/server.crt\nSSLCertificateKeyFile conf/server.key\nProtocols h2 http/1.1\n"
    site.start(ON + host(port, tls))
    own = f"https://127.0.0.1:{port}"
    for version in ("--http1.1", "--http2"):
        _, text = curl("--insecure", version, own + RESOURCE)
        assert f'resource_metadata="{own}{WELL_KNOWN}{RESOURCE}"' in text
        status, text = curl("--insecure", version, own + WELL_KNOWN + RESOURCE)
        assert status == 200 and f'"resource":"{own}{RESOURCE}"' in text
