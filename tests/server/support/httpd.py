# SPDX-License-Identifier: Apache-2.0
"""One real httpd in a folder of its own: made, started, stopped in every way, and searched at the end.

A server writes all that it writes below one temporary folder, listens on free ports of 127.0.0.1 and
logs at trace8. It works for root (its children are then www-data) and for anybody else.
"""

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import tokens

CHILD_USER, CHILD_GROUP = "www-data", "www-data"
AS_ROOT = os.geteuid() == 0
PATIENCE = 20
# A child of stock httpd 2.4.71 may crash if SIGTERM comes while a connection is being closed: it looks
# at the socket of a worker that has just given it back (8 of 400 stops, without this module).
CLOSING = 0.1
# Memory of a request goes back to malloc with it (MaxMemFree), which overwrites it: who still reads it, crashes.
OVERWRITTEN = {"MALLOC_PERTURB_": "165"}
CRASH = re.compile(r"AH0005[12]|Segmentation fault|AddressSanitizer|double free")

MODULES = (
    "mpm_{mpm} unixd authn_core authn_file authz_core authz_user authz_host auth_basic access_compat "
    "alias dir mime env setenvif headers log_config filter include rewrite proxy proxy_http "
    "reqtimeout {cgi}"
).split()

POOLS = {
    "event": "StartServers 2\nServerLimit 2\nThreadsPerChild 16\nMaxRequestWorkers 32\n"
             "MinSpareThreads 1\nMaxSpareThreads 32",
    "worker": "StartServers 2\nServerLimit 2\nThreadsPerChild 16\nMaxRequestWorkers 32\n"
              "MinSpareThreads 1\nMaxSpareThreads 32",
    "prefork": "StartServers 4\nMinSpareServers 2\nMaxSpareServers 12\nMaxRequestWorkers 24",
}


class StartFailed(Exception):
    """httpd would not start; says what it wrote."""


def binary():
    if os.path.exists("/usr/sbin/apache2"):
        return "/usr/sbin/apache2"
    return shutil.which("httpd") or os.path.join(_apxs("SBINDIR"), _apxs("PROGNAME"))


def _apxs(what):
    tool = shutil.which("apxs") or shutil.which("apxs2") or "apxs"
    return subprocess.run([tool, "-q", what], capture_output=True, text=True, check=True).stdout.strip()


def stock_modules():
    usual = "/usr/lib/apache2/modules"
    return usual if os.path.isdir(usual) else _apxs("LIBEXECDIR")


def module_path():
    path = os.environ.get("ACCESSTOKEN_MODULE", "")
    if not os.path.isabs(path) or not os.path.isfile(path):
        raise RuntimeError("set ACCESSTOKEN_MODULE to the absolute path of the built mod_accesstoken.so "
                           f"(it is '{path}')")
    return path


_given = set()  # ports that nobody may listen on yet


def free_port():
    """A port below those that the system gives to connections, which might take it before httpd does; never twice."""
    while True:
        port = random.randrange(15000, 32000)
        if port in _given:
            continue
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port


def wait_until(condition, patience=PATIENCE, pause=0.05):
    """The first true value that the condition returns; the last false one after the patience."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(pause)


class Server:
    """See the module. `configuration` is what comes after the frame that every server has."""

    def __init__(self, mpm="event", with_module=True, extra_modules=()):
        self.mpm = mpm
        self.root = tempfile.mkdtemp(prefix="accesstoken-test-")
        os.chmod(self.root, 0o755)
        self.port = free_port()
        self.with_module = with_module
        self.extra_modules = tuple(extra_modules)
        self.configuration = ""
        self.ports = []
        self.databases = []
        self.cleanups = []
        self.process = None
        self.generations = 0
        self.environment = {**os.environ, **OVERWRITTEN}  # httpd's
        for name in ("conf", "logs", "htdocs", "cgi-bin"):
            self.folder(name)
        self.folder("run", for_children=True)
        self.write("conf/mime.types", "")

    # Files

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def folder(self, *parts, for_children=False):
        path = self.path(*parts)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, 0o755)
        if for_children and AS_ROOT:
            shutil.chown(path, CHILD_USER, CHILD_GROUP)
        return path

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        self.folder(os.path.dirname(name))
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def add_port(self):
        port = free_port()
        self.ports.append(port)
        return port

    def log(self, name="error_log"):
        try:
            with open(self.path("logs", name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    # Configuration

    def frame(self):
        cgi = "cgi" if self.mpm == "prefork" else "cgid"
        lines = [f'ServerRoot "{self.root}"', "ServerName 127.0.0.1", "PidFile run/httpd.pid",
                 "DefaultRuntimeDir run", "TypesConfig conf/mime.types"]
        lines += [f"Listen 127.0.0.1:{port}" for port in [self.port, *self.ports]]
        for name in [word.format(mpm=self.mpm, cgi=cgi) for word in MODULES] + list(self.extra_modules):
            file = f"{stock_modules()}/mod_{name}.so"
            if os.path.exists(file):  # else it is built in
                lines.append(f'LoadModule {name}_module "{file}"')
        if self.with_module:
            lines.append(f'LoadModule accesstoken_module "{module_path()}"')
        if AS_ROOT:
            lines += [f"User {CHILD_USER}", f"Group {CHILD_GROUP}"]
        if cgi == "cgid":
            lines.append(f'ScriptSock "{self.path("run", "cgid.sock")}"')
        lines += [POOLS[self.mpm], "GracefulShutdownTimeout 5", "MaxMemFree 1", "Timeout 20", "KeepAliveTimeout 5",
                  "LogLevel trace8", "ErrorLog logs/error_log",
                  'LogFormat "%P %h %u %{ACCESSTOKEN_ID}e %>s \\"%r\\"" tokens', "CustomLog logs/access_log tokens",
                  'DocumentRoot "htdocs"', "AddType application/json .json", "AddType text/html .html",
                  "<Directory />", "  AllowOverride None", "</Directory>"]
        return "\n".join(lines) + "\n"

    def configure(self, text):
        self.configuration = text
        self.write("conf/httpd.conf", self.frame() + text)

    def check_configuration(self, text):
        """Runs httpd -t on this configuration: exit status and what it said."""
        self.configure(text)
        done = subprocess.run(self.command("-t"), capture_output=True, text=True, timeout=PATIENCE, check=False)
        return done.returncode, done.stderr + done.stdout

    def command(self, *arguments):
        return [binary(), "-d", self.root, "-f", self.path("conf/httpd.conf"), *arguments]

    # Life

    def start(self, configuration=None):
        if configuration is not None:
            self.configure(configuration)
        self.generations = self.resumed() + 1
        with open(self.path("logs/console"), "ab") as console:
            self.process = subprocess.Popen(self.command("-DFOREGROUND"), stdout=console, stderr=console,
                                            stdin=subprocess.DEVNULL, start_new_session=True, env=self.environment)
        if not wait_until(lambda: self.listening() or self.process.poll() is not None):
            self.kill()
            raise StartFailed("httpd does not listen\n" + self.what_it_wrote())
        if self.process.poll() is not None:
            self.process = None
            raise StartFailed("httpd ended at once\n" + self.what_it_wrote())
        return self

    def listening(self):
        """Whether the parent that we started has written its pid and the port answers."""
        try:
            with open(self.path("run", "httpd.pid"), encoding="ascii") as file:
                if file.read().strip() != str(self.process.pid):
                    return False
        except FileNotFoundError:
            return False
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def what_it_wrote(self):
        return self.log("console")[-4000:] + self.log()[-4000:]

    def running(self):
        return self.process is not None and self.process.poll() is None

    def send(self, number):
        self.process.send_signal(number)

    def ended(self, patience=PATIENCE):
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            return False
        self.process = None
        return True

    def stop(self, how=signal.SIGTERM):
        """SIGTERM stops, SIGWINCH stops gracefully; True when httpd was gone in time."""
        if self.process is None:
            return True
        if self.running():
            if how == signal.SIGTERM and self.mpm != "prefork":
                time.sleep(CLOSING)
            self.send(how)
        if self.ended():
            return True
        self.kill()
        return False

    def kill(self):
        """The last resort: the parent and all that it started, by the process group that we made."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.process = None

    def again(self, how):
        """A graceful (SIGUSR1) or hard (SIGHUP) restart, waited for until the new generation listens."""
        before = max(self.resumed(), self.generations)  # the line of the one before may still be to come
        self.send(how)
        assert wait_until(lambda: self.resumed() > before), self.what_it_wrote()
        self.generations = before + 1
        assert wait_until(self.listening)

    def resumed(self):
        """How many generations have begun, by the log."""
        return self.log().count("resuming normal operations")

    def restart(self):
        """A complete stop and a new start."""
        assert self.stop()
        return self.start()

    def children(self):
        """Process ids of all that the parent has started and that have not ended."""
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    state, parent = file.read().rpartition(")")[2].split()[:2]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(parent) == self.process.pid and state not in "ZX":
                found.append(int(name))
        return sorted(found)

    def serving_children(self):
        """Process ids of the children that answered the latest requests, from the access log."""
        lines = self.log("access_log").splitlines()[-40:]
        return sorted({int(line.split()[0]) for line in lines if line.split()[0].isdigit()})

    # The end

    def leaks(self):
        """(file, secret) for every secret in a log of this server or in a file of its databases."""
        files = [self.path("logs", name) for name in os.listdir(self.path("logs"))]
        for database in self.databases:
            files += database.files()
        found = []
        for name in files:
            try:
                with open(name, "rb") as file:
                    data = file.read()
            except FileNotFoundError:  # a database took its own file away in between
                continue
            found += [(os.path.basename(name), line_of(data, secret)) for secret in tokens.found_in(data)]
        return found

    def crashes(self):
        return [line for line in (self.log() + self.log("console")).splitlines() if CRASH.search(line)]

    def close(self, expected_kills=False):
        """Stops, checks what must be true of every server, and takes everything away."""
        try:
            in_time = self.stop()
            crashes = [] if expected_kills else self.crashes()
            leaks = self.leaks()
        finally:
            self.kill()
            for cleanup in self.cleanups:
                cleanup()
            shutil.rmtree(self.root, ignore_errors=True)
        assert in_time, "httpd did not stop in time"
        assert not crashes, crashes
        assert not leaks, f"a secret was written: {leaks[:5]}"


def line_of(data, secret):
    """The line around a secret, with the secret taken out of it."""
    start = data.find(secret.encode())
    begin, end = data.rfind(b"\n", 0, start) + 1, data.find(b"\n", start)
    line = data[begin:end if end > 0 else start + 100][:400]
    return line.replace(secret.encode(), b"<SECRET>").decode(errors="replace")
