# SPDX-License-Identifier: Apache-2.0
"""A user's programs: run in a home folder of their own, without a terminal, and without proxies."""

import os
import subprocess

PATIENCE = 60
# What these programs would read of the machine on which the tests run.
FOREIGN = ("GIT_", "SSH_", "HG", "SVN_", "RCLONE_", "XDG_", "LFS_", "http_proxy", "https_proxy", "all_proxy",
           "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "EMAIL", "NETRC")


class Home:
    """A home folder, the variables of the environment, and the programs that are run with both."""

    def __init__(self, folder):
        self.folder = str(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        self.environment.update(HOME=self.folder, LC_ALL="C.UTF-8", NO_PROXY="127.0.0.1", no_proxy="127.0.0.1",
                                GIT_CONFIG_NOSYSTEM="1", GIT_TERMINAL_PROMPT="0", HGPLAIN="1",
                                HGRCPATH=self.path(".hgrc"),
                                GIT_AUTHOR_NAME="A", GIT_AUTHOR_EMAIL="a@example.com", GIT_COMMITTER_NAME="A",
                                GIT_COMMITTER_EMAIL="a@example.com", RCLONE_CONFIG=self.path("rclone.conf"))

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text, mode=0o600):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def attempt(self, *command, folder="", given=""):
        """(exit status, all that the program wrote); `given` is its standard input."""
        done = subprocess.run(command, cwd=self.path(folder), env=self.environment, input=given, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE,
                              encoding="utf-8", errors="replace", start_new_session=True)
        return done.returncode, done.stdout

    def run(self, *command, **more):
        """What the program wrote; it must end with 0."""
        status, output = self.attempt(*command, **more)
        assert status == 0, (command[0], status, output)
        return output
