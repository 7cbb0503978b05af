# SPDX-License-Identifier: Apache-2.0
"""A Kerberos realm: a real KDC with a few people and the key of a web server, in a folder of a test's server."""

import os
import shutil
import subprocess

import httpd
from client import PASSWORD

REALM, HOST = "EXAMPLE.TEST", "www.example.test"
KRB5 = """[libdefaults]
    default_realm = {realm}
    dns_lookup_realm = false
    dns_lookup_kdc = false
    dns_canonicalize_hostname = false
    rdns = false
    udp_preference_limit = 1
[realms]
    {realm} = {{
        kdc = 127.0.0.1:{port}
    }}
[domain_realm]
    .example.test = {realm}
"""
KDC = """[kdcdefaults]
    kdc_listen = ""
    kdc_tcp_listen = 127.0.0.1:{port}
[realms]
    {realm} = {{
        database_name = {folder}/principal
        key_stash_file = {folder}/stash
        acl_file = {folder}/acl
        supported_enctypes = aes256-cts-hmac-sha1-96:normal
    }}
[logging]
    kdc = FILE:{folder}/log
"""


class Realm:
    """krb5kdc on a free port; it ends with the server whose folder it is in. `environment` is what programs need."""

    def __init__(self, server, *names):
        self.folder = server.folder("kerberos")
        words = {"realm": REALM, "port": httpd.free_port(), "folder": self.folder}
        self.environment = {"KRB5_CONFIG": server.write("kerberos/krb5.conf", KRB5.format(**words)),
                            "KRB5_KDC_PROFILE": server.write("kerberos/kdc.conf", KDC.format(**words)),
                            "KRB5CCNAME": f"FILE:{self.folder}/nobody", "KRB5RCACHENAME": "none:"}
        self.keytab = os.path.join(self.folder, "keytab")
        self._run("kdb5_util", "create", "-s", "-P", "master key", "-r", REALM)
        lines = [f'addprinc -pw "{PASSWORD}" {name}' for name in names]
        lines += [f"addprinc -randkey HTTP/{HOST}", f"ktadd -k {self.keytab} HTTP/{HOST}"]
        self._run("kadmin.local", input="\n".join(lines) + "\n")
        if httpd.AS_ROOT:
            shutil.chown(self.keytab, httpd.CHILD_USER)
        server.environment.update(self.environment)
        self.process = subprocess.Popen([_program("krb5kdc"), "-n"], env={**os.environ, **self.environment})
        server.cleanups.append(self.close)
        assert httpd.wait_until(lambda: "commencing operation" in self._log())

    def _log(self):
        path = os.path.join(self.folder, "log")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8") as file:
            return file.read()

    def _run(self, program, *arguments, **more):
        return subprocess.run([_program(program), *arguments], env={**os.environ, **self.environment, **more.pop("env", {})},
                              text=True, capture_output=True, check=True, **more)

    def ticket(self, name):
        """Signs somebody in: the environment in which programs have the ticket."""
        cache = {"KRB5CCNAME": f"FILE:{self.folder}/tickets-of-{name}"}
        self._run("kinit", name, input=PASSWORD + "\n", env=cache)
        return {**self.environment, **cache}

    def close(self):
        self.process.terminate()
        self.process.wait(httpd.PATIENCE)


def _program(name):
    """Debian has the KDC's programs where an ordinary user's PATH does not lead."""
    return shutil.which(name) or "/usr/sbin/" + name
