# SPDX-License-Identifier: Apache-2.0
"""docs/recipes.md, "fail2ban": its filter on real lines of the error log, read by a real fail2ban-regex."""

import base64
import re
import shutil
import subprocess

import pytest

import document_blocks
import tokens
from client import PASSWORD, curl
from httpd import wait_until
from typical_site import Site

DOCUMENT, HEADING = "docs/recipes.md", "fail2ban"


@pytest.fixture(scope="module")
def logged(mpm, engine):
    """HTTP/1.1 and HTTP/2, at the log level of the recipe; a proxy that is trusted to name the client."""
    with Site(mpm, engine, extra_modules=("http2", "remoteip")) as place:
        level = document_blocks.block(DOCUMENT, HEADING, "apache")
        yield place.start("Protocols h2c http/1.1\nRemoteIPHeader X-Client\nRemoteIPInternalProxy 127.0.0.1\n" + PLACES + level)


# Every way to send a token: without passwords, with passwords of Basic, and with passwords beside AuthType AccessToken.
PLACES = """
<Location /api>
    AccessTokenAccept bearer basic header:X-Api-Key
</Location>
<Location /passwords>
    AuthBasicProvider accesstoken file
    AccessTokenAccept bearer header:X-Api-Key
</Location>
<Location /both/echo>
    AuthType AccessToken
    AuthBasicProvider file
    AccessTokenAccept bearer basic header:X-Api-Key
</Location>
"""


@pytest.fixture
def found(logged, tmp_path):
    """Addresses that the recipe's filter, or another one, finds in what the log has gained since the test began."""
    own = tmp_path / "accesstoken.conf"
    own.write_text(document_blocks.block(DOCUMENT, HEADING, "ini"))
    start = len(logged.server.log())

    def run(filter_file=own):
        part = tmp_path / "part.log"
        part.write_text(logged.server.log()[start:])
        done = subprocess.run(["fail2ban-regex", "--print-all-matched", "-v", str(part), str(filter_file)],
                              capture_output=True, text=True, check=True)
        return re.findall(r"^\|\s{4,}(\S+)  \w{3} \w{3} ", done.stdout, re.MULTILINE)

    return run


def wrong_secret(logged):
    return tokens.forge(tokens.id_of(logged.manager("alice").token()))


@pytest.mark.parametrize("how", ["--http1.1", "--http2-prior-knowledge"])
def test_the_filter_finds_wrong_tokens(logged, found, how):
    for token in (tokens.forge(), wrong_secret(logged), "junk", tokens.forge()[:-1]):
        status, _ = curl(how, "-H", f"Authorization: Bearer {token}", "-H", "X-Client: 192.0.2.7",
                         logged.client.base + "/api/data.json")
        assert status == 401
    assert wait_until(lambda: found() == ["192.0.2.7"] * 4, 5), logged.server.log()[-2000:]


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def mistyped():
    token = tokens.forge()
    return token[:-1] + ("0" if token[-1] != "0" else "1")


@pytest.mark.parametrize("path", ["/api/data.json", "/passwords/data.json", "/both/echo"])
def test_the_filter_finds_wrong_tokens_in_each_way(logged, found, path):
    guesses = [tokens.forge(), wrong_secret(logged)]
    sent = [fields for token in guesses for fields in (basic("git", token), basic(token, ""), {"X-Api-Key": token})]
    sent += [basic(mistyped(), ""), {"X-Api-Key": mistyped()}]
    for fields in sent:
        assert logged.client.status(path, headers={**fields, "X-Client": "192.0.2.7"}) == 401
    assert wait_until(lambda: found() == ["192.0.2.7"] * len(sent), 5), logged.server.log()[-2000:]


PASSWORDS = [basic("alice", mistyped()), basic("alice", "wrong"), basic("nobody", PASSWORD)]


def test_a_wrong_password_is_found_by_debians_filter_or_by_this_one(logged, found):
    for fields in PASSWORDS:
        for path, address in (("/passwords/data.json", "192.0.2.7"), ("/both/echo", "192.0.2.8")):
            assert logged.client.status(path, headers={**fields, "X-Client": address}) == 401
    assert wait_until(lambda: found() == ["192.0.2.8"] * len(PASSWORDS), 5), logged.server.log()[-2000:]
    assert found("/etc/fail2ban/filter.d/apache-auth.conf") == ["192.0.2.7"] * len(PASSWORDS)


def test_the_filter_finds_nobody_who_sends_no_credentials_first(logged, found):
    for path in ("/api/data.json", "/passwords/data.json", "/both/echo"):
        assert curl("--anyauth", "-u", "git:" + logged.manager("alice").token(), logged.client.base + path)[1].count(" 200 OK") == 1
    assert found() == []


def test_the_filter_finds_the_address_where_no_proxy_names_another(logged, found):
    assert logged.client.status("/api/data.json", token=tokens.forge()) == 401
    assert found() == ["127.0.0.1"]


@pytest.mark.parametrize("how", ["--http1.1", "--http2-prior-knowledge"])
def test_the_filter_finds_addresses_of_ipv6(logged, found, how):
    curl(how, "-H", f"Authorization: Bearer {tokens.forge()}", "-H", "X-Client: 2001:db8::17",
         logged.client.base + "/api/data.json")
    assert found() == ["2001:db8::17"]


def test_the_filter_leaves_forgotten_scripts_alone(logged, found):
    """Expired and deleted tokens, a token that lacks a right, and requests that are let in."""
    manager = logged.manager("alice")
    deleted, expired, good = manager.token(), manager.token(lifetime=1), manager.token()
    manager.delete(deleted)
    assert wait_until(lambda: logged.client.status("/api/data.json", token=expired) == 401)
    assert logged.client.status("/api/data.json", token=deleted) == 401
    assert logged.client.status("/api/admin/data.json", token=good) == 401
    assert logged.client.status("/api/data.json", token=good) == 200
    assert "refused: deleted" in logged.server.log() and "refused: expired" in logged.server.log()
    assert found() == []


FORGED = "[accesstoken:info] [pid 1:tid 1] [client 198.51.100.9:1] token refused: unknown"


@pytest.mark.parametrize("fields", [{"User-Agent": FORGED}, {"Referer": FORGED}, {"Authorization": "Basic " + FORGED}])
def test_a_client_cannot_have_another_client_banned(logged, found, fields):
    """Lines that other modules write contain what the client sent."""
    path = "/api/" + FORGED.replace(" ", "%20").replace("[", "%5B").replace("]", "%5D")
    logged.client.status(path, headers={**fields, "X-Client": "192.0.2.7"})
    logged.client.status("/nowhere/" + path, headers={**fields, "X-Client": "192.0.2.7"})
    assert "198.51.100.9" not in found()


def test_the_jail_is_one_that_fail2ban_takes(logged, tmp_path):
    shutil.copytree("/etc/fail2ban", tmp_path / "etc", ignore=shutil.ignore_patterns("defaults-debian.conf"))
    filter_text, jail = document_blocks.blocks_of(document_blocks.section(DOCUMENT, HEADING), "ini")
    (tmp_path / "etc/filter.d/accesstoken.conf").write_text(filter_text)
    (tmp_path / "etc/jail.d/accesstoken.conf").write_text(
        document_blocks.fit(jail, {"/var/log/apache2/error.log": logged.server.path("logs/error_log")}))
    done = subprocess.run(["fail2ban-client", "-c", str(tmp_path / "etc"), "-d"], capture_output=True, text=True, check=True)
    assert "['start', 'accesstoken']" in done.stdout, done.stdout + done.stderr
    assert "['set', 'accesstoken', 'addfailregex'" in done.stdout
    assert "['set', 'accesstoken', 'maxretry', 20]" in done.stdout


def test_at_debians_log_level_there_is_no_line_to_find(new_site):
    site = new_site()
    site.start("LogLevel warn\n")
    assert site.client.status("/api/data.json", token=tokens.forge()) == 401
    assert "refused" not in site.server.log()
