# SPDX-License-Identifier: Apache-2.0
"""The everyday jobs of package managers, configured as docs/clients.md prints it.

`JOBS[client, way](home)` does one: it fetches the sample package, or uploads it, and says whether that was done.
"""

import base64
import functools
import os
import shutil
import subprocess

import document_blocks
import oci_image
from package_repositories import NAME, VERSION, wheel

DOCUMENT = "docs/clients.md"
PATIENCE = 60
# Debian's programs, and npm and node wherever they are.
PATHS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", os.path.dirname(shutil.which("npm") or "/usr/bin/npm")]

JOBS = {}


def job(client, way, **options):
    """Registers a function, with these arguments, as the job of a client that sends its token in this way."""
    def register(function):
        JOBS[client, way] = functools.partial(function, **options)
        return function
    return register


class Home:
    """A home directory of its own, with a place to fetch from and what to sign in with."""

    def __init__(self, path, place, token, credentials=None, below=""):
        """`credentials`: name and password for Basic, by default alice and the token. `below`: a path of the place."""
        self.path = str(path)
        self.place, self.token = place, token
        self.address = place.address + below
        self.credentials = credentials or ("alice", token)
        self.said = ""

    def words(self):
        """What stands in the document, and what it is here."""
        name, password = self.credentials
        pair = base64.b64encode(f"{name}:{password}".encode()).decode()
        return {"https://": "http://", "packages.example.com": self.address.partition("//")[2],
                "YWxpY2U6aHR0b2tf…": pair, "alice": name, "httok_…": password}

    def block(self, heading, language, number=0):
        """A block of the document with our address and credentials."""
        text = document_blocks.block(DOCUMENT, heading, language, number)
        assert "packages.example.com" in text or "httok_…" in text or "YWxpY2U6aHR0b2tf…" in text, text
        for old, new in self.words().items():
            text = text.replace(old, new)
        return text

    def write(self, name, text):
        path = self.at(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o600)

    def page(self, name, heading, language, number=0):
        """Writes a block of the document into a file."""
        self.write(name, self.block(heading, language, number))

    def at(self, *parts):
        return os.path.join(self.path, *parts)

    def has(self, *parts):
        return os.path.exists(self.at(*parts))

    def run(self, *command, within="", **environment):
        """Runs a program that knows nothing but this home; its words are kept; True if it says that all went well."""
        folder = self.at(within)
        os.makedirs(folder, exist_ok=True)
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False,
                              stdin=subprocess.DEVNULL, errors="replace",
                              env={"HOME": self.path, "PATH": ":".join(PATHS), "LANG": "C.UTF-8", **environment})
        self.said += done.stdout + done.stderr
        return done.returncode == 0


# Python

PIP = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore", "PIP_NO_INPUT": "1"}


@job("pip", "basic")
def pip(home, *options):
    if not options:
        home.page(".config/pip/pip.conf", "pip and twine", "ini")
    home.run("/usr/bin/python3", "-m", "pip", "install", "--target", home.at("target"), *options, NAME, **PIP)
    return home.has("target", f"{NAME}.py")


@job("twine", "basic")
def twine(home):
    home.page(".pypirc", "pip and twine", "ini", 1)
    name, data = wheel()
    with open(home.at(name), "wb") as file:
        file.write(data)
    return home.run("twine", "upload", "--non-interactive", "--disable-progress-bar", "--repository", "internal", home.at(name))


# npm

@job("npm", "bearer")
def npm_bearer(home):
    home.page(".npmrc", "npm", "ini")
    return npm(home)


@job("npm", "basic")
def npm_basic(home):
    home.write(".npmrc", home.block("npm", "ini").partition("\n")[0] + "\n" + home.block("npm", "ini", 1))
    return npm(home)


def npm(home, **environment):
    home.write("project/package.json", '{"name": "project", "version": "1.0.0"}')
    home.run("npm", "install", "--no-audit", "--no-fund", NAME, within="project", NPM_CONFIG_UPDATE_NOTIFIER="false",
             **{"NPM_CONFIG_FETCH_RETRY_MINTIMEOUT": "1000", **environment})  # else it waits ten seconds before it tries again
    return home.has("project/node_modules", NAME, "index.js")


# Maven

POM = f"""<project>
  <modelVersion>4.0.0</modelVersion>
  <parent><groupId>com.example</groupId><artifactId>parent</artifactId><version>{VERSION}</version></parent>
  <artifactId>project</artifactId>
  <packaging>pom</packaging>
  <build><extensions><extension>
    <groupId>com.example</groupId><artifactId>{NAME}</artifactId><version>{VERSION}</version>
  </extension></extensions></build>
</project>
"""


@job("maven", "basic")
@job("maven", "bearer", server=1)
@job("maven", "header", server=2)
def maven(home, server=None):
    settings = home.block("Maven", "xml")
    if server is not None:
        start, end = settings.index("<server>"), settings.index("</server>") + len("</server>")
        settings = settings[:start] + home.block("Maven", "xml", server).strip() + settings[end:]
    home.write("settings.xml", settings)
    home.write("project/pom.xml", POM)
    home.run("mvn", "--batch-mode", "--settings", home.at("settings.xml"), "validate", within="project",
             MAVEN_OPTS=f"-Duser.home={home.path} -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto")
    return home.has(".m2/repository/com/example", NAME, VERSION, f"{NAME}-{VERSION}.jar")


# apt

@job("apt", "basic")
def apt(home):
    # For http the machine has to be named with its scheme.
    text = home.block("apt", "").replace(f"machine {home.place.host}", f"machine {home.place.address}")
    home.write("etc/apt/auth.conf.d/packages.conf", text)
    home.write("etc/apt/sources.list", f"deb [trusted=yes] {home.address}/debian ./\n")
    for folder in ("etc/apt/preferences.d", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "target"):
        os.makedirs(home.at(folder), exist_ok=True)
    home.write("var/lib/dpkg/status", "")
    own = ["-o", f"Dir={home.path}", "-o", f"Dir::State::status={home.at('var/lib/dpkg/status')}", "-o", "APT::Sandbox::User=root"]
    home.run("apt-get", *own, "update")
    home.run("apt-get", *own, "download", NAME, within="target")
    return home.has("target", f"{NAME}_{VERSION}_all.deb")


# cargo

@job("cargo", "bearer", credentials=1)
@job("cargo", "basic", credentials=2)
@job("cargo", "header", credentials=3)
def cargo(home, credentials):
    home.page(".cargo/config.toml", "cargo", "toml")
    home.page(".cargo/credentials.toml", "cargo", "toml", credentials)
    home.write("project/Cargo.toml", f'[package]\nname = "project"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\n'
                                     f'{NAME} = {{ version = "1", registry = "internal" }}\n')
    home.write("project/src/lib.rs", "")
    return home.run("cargo", "fetch", within="project")


# skopeo

@job("skopeo", "basic")
def skopeo(home):
    if not home.has("image"):
        oci_image.make(home.at("image"))
    home.write("token", home.credentials[1])
    return home.run("sh", "-ec", skopeo_here(home.block("skopeo", "sh")), REGISTRY_AUTH_FILE=home.at("auth.json"))


def skopeo_here(script):
    """The commands as a machine needs them that has no policy about images, and a registry without TLS."""
    return (script.replace("skopeo login", "skopeo login --tls-verify=false")
            .replace("skopeo copy", "skopeo copy --insecure-policy --src-tls-verify=false --dest-tls-verify=false"))


@job("skopeo", "bearer")
def skopeo_bearer(home):
    oci_image.make(home.at("image"))
    return home.run("sh", "-ec", skopeo_here(home.block("skopeo", "sh", 1)))


# composer

@job("composer", "basic", auth=1)
@job("composer", "bearer", auth=2)
@job("composer", "header", auth=None, project=3)
def composer(home, auth, project=0):
    home.write("composer/config.json", '{"config": {"secure-http": false}}')
    home.page("project/composer.json", "composer", "json", project)
    if auth is not None:
        home.page("composer/auth.json", "composer", "json", auth)
    home.run("composer", "--no-interaction", "install", within="project", COMPOSER_HOME=home.at("composer"),
             COMPOSER_ALLOW_SUPERUSER="1")
    return home.has("project/vendor/example", NAME, f"{NAME}.php")


# Ruby

@job("gem install", "basic")
def gem_install(home):
    home.page(".gemrc", "gem and bundler", "yaml")
    return home.run("gem", "install", "--no-document", "--install-dir", home.at("target"), NAME)


@job("gem push", "bearer", credentials=1)
@job("gem push", "header", credentials=2)
def gem_push(home, credentials):
    home.page(".gem/credentials", "gem and bundler", "yaml", credentials)
    shutil.copy(os.path.join(home.place.folder, "gems/gems", f"{NAME}-{VERSION}.gem"), home.path)
    return home.run("sh", "-ec", home.block("gem and bundler", "sh")) and "stored for alice" in home.said


@job("bundler", "basic")
def bundler(home):
    home.run("sh", "-ec", home.block("gem and bundler", "sh", 1))
    home.write("project/Gemfile", f'source "{home.address}/gems/"\ngem "{NAME}"\n')
    home.run("bundle", "install", within="project", BUNDLE_PATH=home.at("target"), BUNDLE_SILENCE_ROOT_WARNING="1")
    return home.has("project/Gemfile.lock")
