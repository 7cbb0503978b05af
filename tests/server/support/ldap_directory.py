# SPDX-License-Identifier: Apache-2.0
"""An LDAP directory: a real slapd with a few people, in a folder of a test's server."""

import os
import shutil
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

"""

PERSON = """dn: uid={name},ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: {name}
cn: {name}
sn: {name}
userPassword: {password}

"""


class LdapDirectory:
    """slapd on a free port; it ends with the server whose folder it is in."""

    def __init__(self, server, *names):
        self.folder = server.folder("ldap")
        self.port = httpd.free_port()
        os.makedirs(os.path.join(self.folder, "data"))
        self.conf = self._write("slapd.conf", CONFIGURATION.format(folder=self.folder))
        people = self._write("people.ldif", PEOPLE + "".join(PERSON.format(name=name, password=PASSWORD) for name in names))
        slapd = shutil.which("slapd") or "/usr/sbin/slapd"
        subprocess.run([slapd, "-Tadd", "-f", self.conf, "-l", people], check=True, capture_output=True)
        self.process = subprocess.Popen([slapd, "-f", self.conf, "-h", f"ldap://127.0.0.1:{self.port}/", "-d", "0"])
        server.cleanups.append(self.close)
        assert httpd.wait_until(lambda: os.path.exists(os.path.join(self.folder, "slapd.pid")))

    def _write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def close(self):
        self.process.terminate()
        self.process.wait(httpd.PATIENCE)
