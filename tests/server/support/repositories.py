# SPDX-License-Identifier: Apache-2.0
"""Repositories of Git, Subversion and Mercurial, and folders for WebDAV, behind the configuration that docs/clients.md prints.

All of them are at three places: one takes tokens only, two take passwords as well and differ in the order of providers.
"""

import itertools
import os
import shutil
import subprocess
import sys

import document_blocks
import lfs_server
from httpd import AS_ROOT, CHILD_GROUP, CHILD_USER
from recorder import Recorder

DOCUMENT = "docs/clients.md"
HEADINGS = {"git": "Git", "svn": "Subversion", "hg": "Mercurial", "dav": "WebDAV"}
MODULES = ("dav", "dav_fs", "dav_svn", "authz_svn")
ACCEPT = "AccessTokenAccept bearer basic header:X-Api-Key"

PASSWORDS_TOO = f"""AuthType Basic
    AuthBasicProvider {{}}
    AuthUserFile conf/users
    {ACCEPT}"""
PLACES = {
    "tokens-only": f"AuthType AccessToken\n    {ACCEPT}",
    "token-first": PASSWORDS_TOO.format("accesstoken file"),
    "file-first": PASSWORDS_TOO.format("file accesstoken"),
}
PROTECTION = "AuthType AccessToken\n    AccessTokenAccept bearer basic"  # as the document prints it

# As on Debian, no folder is open by itself: the locations of the document must be enough.
ONCE = """
<Directory />
    Require all denied
</Directory>
DavLockDB srv/locks/dav
SetEnv LFS_STORE {root}/srv/lfs
"""
LFS = """
ScriptAliasMatch "^/{place}/git/[^/]+/info/lfs/" "{root}/cgi-bin/lfs.cgi"
"""


class Repositories:
    """What stands behind a site; `site.repositories` once configured() has been called."""

    def __init__(self, site):
        self.server = site.server
        self.recorder = Recorder(site.server.port)
        site.server.cleanups.append(self.recorder.close)
        self.numbers = itertools.count(1)
        for name in (*HEADINGS, "templates", "locks", "lfs"):
            self.server.folder("srv", name, for_children=True)
        self.make_templates()

    def make_templates(self):
        """Each repository is a copy of one of these."""
        templates = self.server.path("srv/templates")
        for command in (["git", "init", "-q", "--bare", "-b", "main", "--template=", f"{templates}/git"],
                        ["svnadmin", "create", f"{templates}/svn"], ["hg", "init", f"{templates}/hg"]):
            subprocess.run(command, check=True, timeout=30, env={**os.environ, "HGRCPATH": ""})
        self.server.write("srv/templates/git/hooks/post-receive", "#!/bin/sh\nenv >> pushed\n", mode=0o755)
        self.server.write("srv/templates/hg/.hg/hgrc",
                          "[web]\npush_ssl = false\nallow-push = *\n[hooks]\nchangegroup = env >> pushed\n")
        os.mkdir(f"{templates}/dav")

    def new(self, kind):
        """The name of a new repository or folder, which belongs to httpd's user."""
        name = f"{kind}{next(self.numbers):03d}"
        path = self.path(kind, name)
        shutil.copytree(self.server.path("srv/templates", kind), path)
        give_to_httpd(path)
        return name

    def make_folder(self, kind, name):
        os.mkdir(self.path(kind, name))
        give_to_httpd(self.path(kind, name))

    def holds(self, kind, name):
        return os.path.exists(self.path(kind, name))

    def path(self, kind, name):
        return self.server.path("srv", kind, name)

    def pushed(self, kind, name):
        """The environment that the server's hook saw, as text."""
        with open(os.path.join(self.path(kind, name), "pushed"), encoding="utf-8") as file:
            return file.read()

    def configuration(self):
        root = self.server.root
        lines = [ONCE.format(root=root)]
        for place, protection in PLACES.items():
            lines.append(LFS.format(place=place, root=root))
            for kind, heading in HEADINGS.items():
                words = {f"/{kind}>": f"/{place}/{kind}>", f"/srv/{kind}": f"{root}/srv/{kind}", PROTECTION: protection}
                more = {"/etc/apache2/svn-access": f"{root}/conf/svn-access"} if kind == "svn" else {"Alias /": f"Alias /{place}/"}
                lines.append(document_blocks.block(DOCUMENT, heading, "apache", fitted={**words, **more}))
        return "\n".join(lines)

    def write_programs(self):
        hgweb = document_blocks.block(DOCUMENT, "Mercurial", "python", fitted={"/srv/hg": self.server.path("srv/hg")})
        self.server.write("srv/hg/hgweb.cgi", hgweb, mode=0o755)
        self.server.write("srv/hg/hgweb.config", document_blocks.block(
            DOCUMENT, "Mercurial", "ini", fitted={"/srv/hg": self.server.path("srv/hg")}))
        with open(lfs_server.__file__, encoding="utf-8") as file:
            self.server.write("cgi-bin/lfs.cgi", f"#!{sys.executable}\n{file.read()}", mode=0o755)
        self.server.write("conf/svn-access", "[/]\n* = rw\n")


def give_to_httpd(path):
    if AS_ROOT:
        for folder, folders, files in os.walk(path):
            for entry in ("", *folders, *files):
                shutil.chown(os.path.join(folder, entry), CHILD_USER, CHILD_GROUP)


def configured(site, more=""):
    """For CONFIGURED of a test module."""
    site.server.extra_modules += MODULES
    site.repositories = Repositories(site)
    site.repositories.write_programs()
    return site.repositories.configuration() + more
