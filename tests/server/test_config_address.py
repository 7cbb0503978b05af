# SPDX-License-Identifier: Apache-2.0
"""AccessTokenAddress: which URLs configtest takes, and which one the page of a manager has."""

import html
import re

import pytest

from typical_site import Site, basic, host

ADDRESS = "AccessTokenAddress"
HTML = {"Accept": "text/html"}

WRONG = [
    ("ftp://www.example.com/", "does not begin with http:// or https://"),
    ("www.example.com", "does not begin with http:// or https://"),
    ("/api/report", "does not begin with http:// or https://"),
    ("https:/www.example.com", "does not begin with http:// or https://"),
    ("javascript:alert(1)//", "does not begin with http:// or https://"),
    ("On", "does not begin with http:// or https://"),
    ("https://", "names no host"),
    ("https:///api", "names no host"),
    ("https://:8443/api", "names no host"),
    ("https://[::1/api", "names no host"),
    ("https://www.example.com:port/", "has a port that is not a number from 1 to 65535"),
    ("https://www.example.com:0/", "has a port that is not a number from 1 to 65535"),
    ("https://www.example.com:65536/", "has a port that is not a number from 1 to 65535"),
    ("https://www.example.com:4294967739/", "has a port that is not a number from 1 to 65535"),
    ("https://www.example.com:-1/", "has a port that is not a number from 1 to 65535"),
    ("https://www.example.com/#part", "contains a fragment (#)"),
    ('"https://www.example.com/a b"', "contains a blank or an apostrophe"),
    ('"https://www.example.com/it\'s"', "contains a blank or an apostrophe"),
    ("'https://www.example.com/\"'", "contains a character that is not one of a URL"),
    ("https://www.example.com/`id`", "contains a character that is not one of a URL"),
    ("https://www.example.com/<b>", "contains a character that is not one of a URL"),
    ("https://www.example.com/%{REMOTE_USER}", "contains a character that is not one of a URL"),
    ("https://www.example.com/100%", "contains a character that is not one of a URL"),
    ("https://www.exämple.com/", "contains a character that is not one of a URL"),
    ("https://www.example.com/a\\b", "contains a character that is not one of a URL"),
]

RIGHT = [
    "https://www.example.com", "https://www.example.com/", "http://127.0.0.1:8080/api", "HTTPS://WWW.EXAMPLE.COM/",
    "https://[2001:db8::1]:8443/api", "https://www.example.com:65535", "https://www.example.com/a%20b?x=1&y=$z;(~a!*+,)@",
    "none", "NONE",
]

NESTED = """
<Location />
    AccessTokenAddress https://outer.example.com/?a=1&b=2
</Location>
<Location /tokens>
    {basic}
    Require valid-user
    AccessTokenManager own
</Location>
<Location /tokens/inner>
    AccessTokenManager own
    AccessTokenAddress https://inner.example.com/
</Location>
<Location /tokens/inner/none>
    AccessTokenManager own
    AccessTokenAddress none
</Location>
"""


@pytest.fixture(scope="module")
def place():
    with Site("event") as site:
        host_port = site.server.add_port()
        site.start(NESTED.format(basic=basic()) + host(host_port, "<Location />\nAccessTokenAddress https://host.example.com/\n"
                                                                  "</Location>"), locations=False)
        site.host_port = host_port
        yield site


def in_location(text):
    return f"<Location /x>\n{text}\n</Location>\n"


@pytest.mark.parametrize("value, reason", WRONG)
def test_a_wrong_url_is_refused_with_a_sentence_that_says_why(place, value, reason):
    status, said = place.server.check_configuration(in_location(f"{ADDRESS} {value}"))
    assert status != 0, f"accepted: {value}"
    assert f"{ADDRESS}: '" in said and f"' {reason}" in said
    assert "write an address such as https://www.example.com/api/report, or none" in said


@pytest.mark.parametrize("value", ["https://alice:secret@www.example.com/", "https://alice@www.example.com", "https://:secret@[::1]/?x"])
def test_a_password_in_the_url_is_refused_and_not_repeated(place, value):
    status, said = place.server.check_configuration(in_location(f"{ADDRESS} {value}"))
    assert status != 0 and f"{ADDRESS}: the URL contains a user name or a password" in said
    assert "secret" not in said and "alice" not in said


@pytest.mark.parametrize("value", RIGHT)
def test_a_right_url_is_accepted(place, value):
    status, said = place.server.check_configuration(in_location(f"{ADDRESS} {value}"))
    assert status == 0, said


@pytest.mark.parametrize("text", [f"{ADDRESS} none\n", in_location(ADDRESS), in_location(f'{ADDRESS} ""'), in_location(f"{ADDRESS} none none"),
                                  in_location(f"<Limit GET>\n{ADDRESS} none\n</Limit>")])
def test_it_takes_one_argument_in_a_section(place, text):
    status, said = place.server.check_configuration(text)
    assert status != 0 and ADDRESS in said


def addresses(client, *paths):
    pages = [client.get(path, user="alice", headers=HTML).text for path in paths]
    return [html.unescape(re.search(r'data-address="([^"]*)"', page).group(1)) for page in pages]


def test_inner_sections_inherit_and_override_also_with_none(place):
    assert addresses(place.client, "/tokens", "/tokens/inner", "/tokens/inner/none") == [
        "https://outer.example.com/?a=1&b=2", "https://inner.example.com/", ""]


def test_a_virtual_host_overrides_what_the_server_says(place):
    client = type(place.client)(place.host_port)
    assert addresses(client, "/tokens", "/tokens/inner") == ["https://host.example.com/"] * 2
