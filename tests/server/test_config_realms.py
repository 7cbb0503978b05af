# SPDX-License-Identifier: Apache-2.0
"""At start: one warning where two virtual hosts make tokens in one table for users of different realms, else none."""

import re
import signal

import pytest

from typical_site import host

MANAGER = """
<Location {path}>
    AuthType {type}
    {name}
    AuthUserFile conf/users
    Require valid-user
    AccessTokenManager {mode}
</Location>
"""

WARNING = re.compile(r"the managers at (\S+) \((.*?)\) and (\S+) \((.*?)\) generate tokens in one table, (\w+),")


def manager(name='AuthName "people"', path="/t", kind="Basic", mode="own"):
    return MANAGER.format(path=path, type=kind, name=name, mode=mode)


OTHERS = 'AuthName "others"'
WITHOUT = manager("", kind="openid-connect")
BOTH = manager() + manager('AuthName "administrators"', "/all", mode="all")

# What two virtual hosts and the server itself say.
DIFFERENT = {
    "two realms": (manager(), manager(OTHERS), ""),
    "two paths": (manager(), manager(OTHERS, "/other"), ""),
    "within a condition": (manager(), manager(f"<IfModule !none>\n{OTHERS}\n</IfModule>"), ""),
    "no realm at one": (manager(), WITHOUT, ""),
    "another realm than the server's": (manager(OTHERS), "", manager()),
    "one table by name": ("AccessTokenTable x\n" + manager(), "AccessTokenTable x\n" + manager(OTHERS), ""),
    "none in common": (BOTH, manager(OTHERS), ""),
    "one that is not known before": (manager("") + manager(), manager(OTHERS), ""),
}

SAME = {
    "two ports of one site": (manager(), manager(), ""),
    "quoted or not": (manager(), manager("AuthName people"), ""),
    "users and administrators": (BOTH, "", ""),
    "administrators at one port only": (BOTH, manager(), ""),
    "inherited from the server": ("", "", BOTH),
    "no realm at both": (WITHOUT, WITHOUT, ""),
    "realm of an outer section": ('<Location />\nAuthName "people"\n</Location>\n' + manager(""), manager(), ""),
    "realm of an expression": (manager('AuthName "%{HTTP_HOST}"'), manager(), ""),
    "two tables": ("AccessTokenTable x\n" + manager(), manager(OTHERS), ""),
    "two databases": (f'AccessTokenDatabase sqlite3 run/other.db\n{manager()}', manager(OTHERS), ""),
    "switched off": (manager(), manager(OTHERS, mode="Off"), ""),
}


def warnings(new_site, one, two, whole):
    site = new_site()
    ports = [site.server.add_port() for _ in range(2)]
    site.start(whole + host(ports[0], one) + host(ports[1], two), locations=False)
    return site, WARNING.findall(site.server.log() + site.server.log("console"))


@pytest.mark.parametrize("case", DIFFERENT)
def test_managers_of_different_realms_in_one_table_are_named_at_start(new_site, case):
    site, found = warnings(new_site, *DIFFERENT[case])
    assert len(found) == 1
    places = {found[0][0], found[0][2]}
    assert len(places) == 2
    with open(site.server.path("conf/httpd.conf"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    assert {lines[int(place.rpartition(":")[2]) - 1].split()[0] for place in places} == {"AccessTokenManager"}
    assert {found[0][1], found[0][3]} <= {'AuthName "people"', 'AuthName "others"', 'AuthName "administrators"', "no AuthName"}
    assert found[0][4] == ("x" if case == "one table by name" else "access_tokens")


@pytest.mark.parametrize("case", SAME)
def test_managers_of_the_same_users_raise_no_alarm(new_site, case):
    assert warnings(new_site, *SAME[case])[1] == []


def test_the_warning_comes_once_for_many_virtual_hosts_and_again_with_a_restart(new_site):
    site = new_site()
    ports = [site.server.add_port() for _ in range(4)]
    site.start("".join(host(port, manager(f'AuthName "realm {port}"')) for port in ports), locations=False)
    assert len(WARNING.findall(site.server.log() + site.server.log("console"))) == 1
    site.server.again(signal.SIGUSR1)
    assert len(WARNING.findall(site.server.log() + site.server.log("console"))) == 2
