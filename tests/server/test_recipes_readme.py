# SPDX-License-Identifier: Apache-2.0
"""README.md to the letter: its packages, its user, its configuration, its session over https; and the way back."""

import json
import re
import shlex
import subprocess

import pytest

import document_blocks
import tokens
from client import PASSWORD, curl
from httpd import Server, wait_until
from typical_site import Site, host

INSTALL, SESSION = "On a server that you have", "A session"
TLS = """SSLEngine On
SSLCertificateFile conf/server.crt
SSLCertificateKeyFile conf/server.key
{block}"""


def commands(heading):
    """The shell lines of a section, with what is continued."""
    lines = "\n".join(document_blocks.blocks_of(document_blocks.section("README.md", heading), "")).replace("\\\n", " ")
    return lines.splitlines()


def command(heading, word):
    return next(line for line in commands(heading) if word in line)


def test_one_line_installs_what_a_build_and_a_server_need():
    named = set(command(INSTALL, "apt install").split()) - {"sudo", "apt", "install"}
    asked = ". script/common.sh; echo ${build_packages[*]} ${server_packages[*]}"
    needed = subprocess.run(["bash", "-c", asked], cwd=document_blocks.TOP, capture_output=True, text=True, check=True).stdout.split()
    assert len(needed) > 10 and set(needed) <= named | {"apache2-bin"} and "apache2" in named


@pytest.fixture(scope="module")
def built():
    """The README's block in a virtual host with TLS and in one without, its user and its file."""
    block = document_blocks.block("README.md", INSTALL, "apache", fitted={"/etc/apache2/users.htpasswd": "conf/readme-users"})
    with Site(extra_modules=("socache_shmcb", "ssl")) as place:
        server = place.server
        conf = server.path("conf")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out",
                        "server.crt", "-subj", "/CN=127.0.0.1", "-days", "2"], cwd=conf, check=True, capture_output=True)
        words = shlex.split(command(INSTALL, "htpasswd").replace("/etc/apache2/users.htpasswd", f"{conf}/readme-users"))
        subprocess.run([*words[1:2], "-i", *words[2:]], input=PASSWORD, text=True, check=True, capture_output=True)
        line = command(INSTALL, "/api/report").replace("sudo ", "").replace("/var/www/html", server.path("htdocs"))
        subprocess.run(["sh", "-c", line], check=True, capture_output=True)
        place.tls, place.plain = server.add_port(), server.add_port()
        yield place.start(host(place.tls, TLS.format(block=block)) + host(place.plain, block), locations=False)


def test_the_session_goes_as_printed(built):
    """Each `$ curl` line, against this server; what it answers is what stands behind its #, or below it."""
    base, token, token_id, seen = f"https://127.0.0.1:{built.tls}", "", "", []
    for line in commands(SESSION):
        if not line.startswith("$ "):
            continue
        words = shlex.split(line[2:], comments=True)
        words = [word.replace("https://www.example.com", base).replace("alice", "alice:" + PASSWORD) for word in words]
        words = [re.sub(r"Bearer \w+_…", f"Bearer {token}", word) for word in words]
        words = [re.sub(r"/tokens/[0-9a-f-]{36}", f"/tokens/{token_id}", word) for word in words]
        status, text = curl("-k", *words[1:])
        body = text.partition("\r\n\r\n")[2]
        seen.append((status, body.strip()))
        if status == 201:
            token, token_id = json.loads(body)["tokenValue"], json.loads(body)["tokenInfo"]["tokenId"]
            tokens.remember(token)
            assert json.loads(body)["tokenInfo"]["description"] == "nightly export"
    assert [status for status, _ in seen] == [201, 200, 200, 204, 401]
    printed = re.search(r"/api/report +# (.*)", document_blocks.section("README.md", SESSION)).group(1)
    assert seen[1][1] == printed
    assert json.loads(seen[2][1])["data"][0]["lastUsed"]


def test_nothing_of_it_answers_over_plain_http(built):
    base = f"http://127.0.0.1:{built.plain}"
    field = "Authorization: Bearer " + tokens.forge()
    for arguments in (["-u", "alice:" + PASSWORD, base + "/tokens"], ["-H", field, base + "/api/report"],
                      ["-u", "alice:" + PASSWORD, "--json", "{}", base + "/tokens"]):
        assert curl(*arguments)[0] == 403


def test_the_users_password_is_kept_as_bcrypt(built):
    assert re.match(r"alice:\$2y\$", built.server.log("../conf/readme-users"))


# The way back: docs/operations.md, "Remove it"

@pytest.fixture
def without_module():
    place = Server(with_module=False)
    place.write("htdocs/api/report", "secret\n")
    yield place
    place.close()


API = '<Location /api>\nAuthType AccessToken\nAuthName "API"\nRequire valid-user\n</Location>\n'


def test_without_the_module_httpd_does_not_start_with_the_readmes_lines(without_module):
    block = document_blocks.block("README.md", INSTALL, "apache").replace("SSLRequireSSL", "")
    status, words = without_module.check_configuration(block)
    assert status != 0 and "Invalid command 'AccessTokenManager'" in words
    assert "Invalid command 'AccessTokenManager'" in document_blocks.section("docs/operations.md", "Remove it")


def test_without_the_module_a_location_of_tokens_is_not_open_but_one_in_ifmodule_is(without_module):
    without_module.start(API)
    address = f"http://127.0.0.1:{without_module.port}/api/report"
    assert curl(address)[0] == 500
    without_module.stop()
    without_module.start("<IfModule accesstoken_module>\n" + API + "</IfModule>\n")
    assert curl(address)[0] == 200


# The access log of docs/manual.md

def test_the_access_log_of_the_manual_names_the_token_at_the_end(new_site):
    site = new_site()
    lines = document_blocks.block("docs/manual.md", "Which token was it: the access log", "apache",
                          fitted={"${APACHE_LOG_DIR}/access.log": "logs/of_the_manual"})
    site.start(lines)
    token = site.manager("alice").token()
    for credentials in ({"token": token}, {}):
        site.client.get("/api/data.json", headers={"Referer": "http://r/", "User-Agent": "agent"}, **credentials)
    assert wait_until(lambda: site.server.log("of_the_manual").count("GET /api") == 2)
    let_in, refused = [line for line in site.server.log("of_the_manual").splitlines() if "GET /api" in line]
    pattern = r'127\.0\.0\.1 - {} \[[^]]+\] "GET /api/data\.json HTTP/1\.1" {} \d+ "http://r/" "agent" {}'
    assert re.fullmatch(pattern.format("alice", 200, tokens.id_of(token)), let_in)
    assert re.fullmatch(pattern.format("-", 401, "-"), refused)
