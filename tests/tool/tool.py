# SPDX-License-Identifier: Apache-2.0
"""httoken as a user calls it: in a pipe, or on a terminal of any width."""

import fcntl
import json
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path

import httpd
import tokens

PATIENCE = 30
DONE, ABSENT, USAGE, UNREACHABLE, REFUSED, SCHEMA, FILE, INTERRUPTED = range(8)


def build_folder():
    if "ACCESSTOKEN_BUILD" in os.environ:
        return Path(os.environ["ACCESSTOKEN_BUILD"])
    return Path(os.environ.get("ACCESSTOKEN_MODULE", "/nonexistent")).parent.parent


def program():
    path = build_folder() / "httoken"
    if not os.access(path, os.X_OK):
        raise RuntimeError(f"set ACCESSTOKEN_BUILD to a finished build folder ({path} is none)")
    return str(path)


def arguments_of(database):
    """The argument of -d for a database."""
    driver, params = database.directive().split(None, 2)[1:]
    return f"{driver} {params.strip(chr(34))}"


class Answer:
    """The result of one call."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    @property
    def lines(self):
        return self.out.splitlines()

    @property
    def rows(self):
        return [line.split("\t") for line in self.lines]

    @property
    def json(self):
        return json.loads(self.out)


class Tool:
    """httoken with its environment; a call gives an Answer, and fails if the status is another."""

    def __init__(self, database=None, ground=None):
        self.database = database
        self.ground = ground
        self.environment = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm"}
        self.environment.pop("HTTOKEN_DATABASE", None)
        self.environment.pop("NO_COLOR", None)
        if database is not None:
            self.environment["HTTOKEN_DATABASE"] = arguments_of(database)

    @property
    def program(self):
        return program()

    def start(self, *arguments, environment=None, **more):
        return subprocess.Popen([program(), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env={**self.environment, **(environment or {})}, **more)

    def __call__(self, *arguments, status=DONE, typed="", environment=None, secret_out=False, **more):
        data = typed if isinstance(typed, bytes) else typed.encode()
        process = self.start(*arguments, environment=environment, stdin=subprocess.PIPE, **more)
        out, err = process.communicate(data, timeout=PATIENCE)
        assert not tokens.found_in(err), "a secret on standard error"
        assert secret_out or not tokens.found_in(out), "a secret on standard output"
        answer = Answer(process.returncode, out.decode(), err.decode())
        assert answer.status == status, (arguments, answer.status, answer.out[-2000:], answer.err[-2000:])
        return answer

    def generate(self, user, *arguments):
        """A new token's text."""
        answer = self("generate", user, *arguments, secret_out=True)
        assert tokens.SYNTAX.fullmatch(answer.out.rstrip("\n")), answer.out
        return tokens.remember(answer.out.rstrip("\n"))

    def empty_file(self):
        """Create an empty file, which SQLite reads as an empty database, as the web server's user would."""
        if self.database.driver == "sqlite3":
            with open(self.database.path, "xb"):
                pass
            if httpd.AS_ROOT:
                shutil.chown(self.database.path, httpd.CHILD_USER)

    def list(self, *arguments):
        """The tokens of the list in JSON."""
        return self("list", "--format", "json", *arguments).json["data"]

    def ids(self, *arguments):
        return [token["tokenId"] for token in self.list(*arguments)]

    def terminal(self, *arguments, columns=80, **more):
        return Terminal(self, arguments, columns, **more)


class Terminal:
    """httoken on a terminal: its output, without the name of the database, and a keyboard."""

    def __init__(self, tool, arguments, columns=80, environment=None, shell=None):
        self.text = ""
        self.main, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        command = ["sh", "-c", shell] if shell else [program(), "--quiet", *arguments]
        self.process = subprocess.Popen(command, stdin=other, stdout=other, stderr=other,
                                        env={**tool.environment, **(environment or {})}, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(other)

    def read(self, until=None):
        """Read up to this text, or to the end."""
        end = time.monotonic() + PATIENCE
        while until is None or until not in self.text:
            assert time.monotonic() < end, self.text
            ready = select.select([self.main], [], [], 1)[0]
            try:
                piece = os.read(self.main, 65536) if ready else b"-"
            except OSError:  # all processes have left the terminal
                piece = b""
            if not piece:
                assert until is None, self.text
                break
            self.text += piece.decode(errors="replace").replace("\r\n", "\n") if ready else ""
        return self.text

    def type(self, text):
        os.write(self.main, text.encode())

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def end(self, status=DONE):
        """Read the rest. Returns all output."""
        self.read()
        got = self.process.wait(PATIENCE)
        os.close(self.main)
        assert not tokens.found_in(self.text.encode()), "a secret on the terminal"
        assert got == status, (got, self.text)
        return self.text
