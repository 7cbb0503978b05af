# SPDX-License-Identifier: Apache-2.0
"""docs/recipes.md, "ModSecurity", with Debian's configuration of it and the OWASP rules."""

import base64
import re

import pytest

import document_blocks
import tokens
from client import Client, Manager, check_unavailable
from httpd import wait_until
from typical_site import Site, host

DOCUMENT, HEADING = "docs/recipes.md", "ModSecurity"
# As the packages leave it: modsecurity.conf is the file that Debian recommends, with the paths of a test.
RECOMMENDED = "/etc/modsecurity/modsecurity.conf-recommended"
PATHS = {"SecAuditLog /var/log/apache2/modsec_audit.log": "SecAuditLog logs/audit.log", "SecTmpDir /tmp/": "SecTmpDir run",
         "SecDataDir /tmp/": "SecDataDir run", "SecUnicodeMapFile unicode.mapping": "SecUnicodeMapFile /etc/modsecurity/unicode.mapping"}
DEBIAN = """
Include conf/modsecurity.conf
Include /usr/share/modsecurity-crs/owasp-crs.load
<Location /api>
    AccessTokenAccept bearer basic header:X-Api-Key
</Location>
"""
# Against the recipe's advice, so that the engine alone decides whether a new token is in the audit log.
JSON_TOO = 'SecAuditLogRelevantStatus "^(?:201|5|4(?!04))"\nSecResponseBodyMimeType application/json\n'
# What browsers send; the rules warn of a Host that is a number.
BROWSER = {"Host": "www.example.com", "User-Agent": "Mozilla/5.0", "Accept": "*/*"}
COMMANDS = ["curl in cron", "wget from build01", "python script; nightly", "reads /etc/passwd"]


class Rules:
    """A host of its own, and a second one whose table cannot be asked, with one audit log."""

    def __init__(self, site, name, engine, recipe=""):
        self.site, self.audit = site, f"audit-{name}.log"
        ports = [site.server.add_port() for _ in range(2)]
        self.client, self.away = (Client(port) for port in ports)
        self.manager = Manager(self.client, user=name)
        text = f"SecRuleEngine {engine}\nSecAuditLog logs/{self.audit}\n{JSON_TOO}{recipe}"
        nowhere = f'AccessTokenDatabase sqlite3 "{site.server.path("nowhere", "t.db")}"\n'
        self.hosts = host(ports[0], text) + host(ports[1], nowhere + text)

    def post(self, description):
        return self.manager.post({"description": description}, headers=BROWSER)

    def token(self):
        answer = self.post("plain")
        assert answer.status_code == 201, answer.text
        return answer.json()["tokenValue"]

    def audited(self, name):
        """The values of this field in the audit log."""
        words = self.site.server.log(self.audit)
        return re.findall(rf"(?mi)^{name}: (.*?)\r?$", words)


@pytest.fixture(scope="module")
def site(mpm, engine):
    recipe = document_blocks.block(DOCUMENT, HEADING, "apache")
    with Site(mpm, engine, extra_modules=reversed(document_blocks.modules_named(recipe))) as place:
        with open(RECOMMENDED, encoding="utf-8") as file:
            place.server.write("conf/modsecurity.conf", document_blocks.fit(file.read(), PATHS))
        place.cured = Rules(place, "alice", "On", recipe)
        place.detecting = Rules(place, "bob", "DetectionOnly", recipe)
        place.bare = Rules(place, "carol", "On")
        rule = re.search(r"`(SecRuleRemoveById \d+)`", document_blocks.section(DOCUMENT, HEADING)).group(1)
        place.narrow = Rules(place, "user1", "On", f"<Location /tokens>\n{rule}\n</Location>\n")
        yield place.start(DEBIAN + "".join(rules.hosts for rules in (place.cured, place.detecting, place.bare, place.narrow)))


def basic(token):
    return "Basic " + base64.b64encode(f"git:{token}".encode()).decode()


def test_the_manager_works_with_any_description(site):
    for description in ["plain", *COMMANDS, "Bob's laptop", "日本語の説明"]:
        answer = site.cured.post(description)
        assert answer.status_code == 201 and answer.json()["tokenInfo"]["description"] == description
        token = answer.json()["tokenValue"]
        assert site.cured.client.get("/api/data.json", token=token, headers=BROWSER).status_code == 200
        assert site.cured.manager.call("DELETE", "/" + tokens.id_of(token), headers=BROWSER).status_code == 204
    page = site.cured.manager.call("GET", headers={**BROWSER, "Accept": "text/html"})
    assert page.status_code == 200 and "page.js" in page.text


def test_the_rules_hold_elsewhere(site):
    assert site.cured.client.get("/open/data.json?x=/etc/passwd", headers=BROWSER).status_code == 403
    assert site.cured.client.request("DELETE", "/open/data.json", headers=BROWSER).status_code == 403
    assert site.cured.client.get("/open/data.json", headers=BROWSER).status_code == 200


@pytest.mark.parametrize("name", ["cured", "detecting"])
def test_the_audit_log_has_no_token(site, name):
    """The search of all logs when the server stops says the same."""
    rules = getattr(site, name)
    token = rules.token()
    assert token not in site.server.log(rules.audit)
    sent = [{"Authorization": "Bearer " + token}, {"Authorization": basic(token)}, {"X-Api-Key": token}]
    for fields in sent:
        assert rules.client.get("/api/admin/data.json", headers={**BROWSER, **fields}).status_code == 401
        check_unavailable(rules.away.get("/api/data.json", headers={**BROWSER, **fields}))
        rules.client.get("/api/data.json", headers=fields)  # a Host that is a number, of which a rule warns
    assert wait_until(lambda: len(rules.audited("X-Api-Key")) >= 2 and len(rules.audited("Authorization")) >= 4)
    assert set("".join(rules.audited("Authorization") + rules.audited("X-Api-Key"))) == {"*"}


def test_one_rule_less_allows_delete_and_nothing_else(site):
    token = tokens.exposed(site.narrow.token())
    assert site.narrow.post("curl in cron").status_code == 403
    assert site.narrow.manager.call("DELETE", "/" + tokens.id_of(token), headers=BROWSER).status_code == 204


# What the recipe warns of

def test_without_the_recipe_the_manager_is_refused(site):
    token = tokens.exposed(site.bare.token())
    assert site.bare.manager.call("DELETE", "/" + tokens.id_of(token), headers=BROWSER).status_code == 403
    assert [site.bare.post(description).status_code for description in COMMANDS] == [403] * len(COMMANDS)
    assert '[id "911100"]' in site.server.log()


def test_without_the_recipe_the_audit_log_has_good_tokens(site):
    token = tokens.exposed(site.bare.token())
    field = {**BROWSER, "Authorization": "Bearer " + token}
    assert site.bare.client.get("/api/data.json", headers=field).status_code == 200
    assert site.bare.client.get("/api/admin/data.json", headers=field).status_code == 401
    check_unavailable(site.bare.away.get("/api/data.json", headers=field))
    assert wait_until(lambda: site.bare.audited("Authorization").count("Bearer " + token) == 2)
    assert f'{{"tokenValue":"{token}"' in site.server.log(site.bare.audit)
