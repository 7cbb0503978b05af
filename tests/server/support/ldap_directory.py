# SPDX-License-Identifier: Apache-2.0
"""An LDAP directory: a real slapd with a few people, in a folder of a test's server."""

import os
import shutil
import socket
import subprocess

import httpd
from client import PASSWORD

BASE = "ou=people,dc=example,dc=com"

CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
database mdb
maxsize 10485760
suffix "dc=example,dc=com"
rootdn "cn=admin,dc=example,dc=com"
directory {folder}/data
"""

PEOPLE = """dn: dc=example,dc=com
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=example,dc=com
objectClass: organizationalUnit
ou: groups

"""

PERSON = """dn: uid={name},ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: {name}
cn: {name}
sn: {name}
userPassword: {password}

"""

GROUP = """dn: cn={name},ou=groups,dc=example,dc=com
objectClass: groupOfNames
cn: {name}
{members}

"""

MEMBER = "member: uid={name},ou=people,dc=example,dc=com"

LEAVE = """dn: cn={group},ou=groups,dc=example,dc=com
changetype: modify
delete: member
{member}
"""


class LdapDirectory:
    """slapd on a free port; it ends with the server whose folder it is in."""

    def __init__(self, server, *names, groups=None):
        self.folder = server.folder("ldap")
        self.port = httpd.free_port()
        os.makedirs(os.path.join(self.folder, "data"))
        self.conf = self._write("slapd.conf", CONFIGURATION.format(folder=self.folder))
        entries = PEOPLE + "".join(PERSON.format(name=name, password=PASSWORD) for name in names)
        for group, members in (groups or {}).items():
            entries += GROUP.format(name=group, members="\n".join(MEMBER.format(name=name) for name in members))
        self._change("add", self._write("people.ldif", entries))
        self.start()
        server.cleanups.append(self.stop)

    def start(self):
        self.process = subprocess.Popen([_program("slapd"), "-f", self.conf, "-h", f"ldap://127.0.0.1:{self.port}/", "-d", "0"])
        assert httpd.wait_until(self._listens)

    def _listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self.process.terminate()
        self.process.wait(httpd.PATIENCE)

    def leave(self, group, name):
        """Takes a person out of a group."""
        self._change("modify", self._write("leave.ldif", LEAVE.format(group=group, member=MEMBER.format(name=name))))

    def _change(self, kind, file):
        """By slapd's own tool, which writes beside a running slapd, too."""
        subprocess.run([_program("slap" + kind), "-f", self.conf, "-l", file], check=True, capture_output=True)

    def _write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


def _program(name):
    """Debian has these programs where an ordinary user's PATH does not lead."""
    return shutil.which(name) or "/usr/sbin/" + name
