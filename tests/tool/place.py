# SPDX-License-Identifier: Apache-2.0
"""A server's configuration in a folder of its own, and a build of httoken for it."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

import tool as tools
from tool import USAGE, Tool

TOP = Path(__file__).resolve().parents[2]
USE = '<Location /tokens>\nAccessTokenManager own\n</Location>\n'
API = '<Location /api>\nAuthType AccessToken\n</Location>\n'


@pytest.fixture(scope="session")
def built():
    """A build of httoken for a server whose configuration lies in a folder of the tests."""
    with tempfile.TemporaryDirectory(prefix="accesstoken-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for name in ("etc", "state", "build"):
            (folder / name).mkdir()
        paths = [f"--with-serverconf={folder}/etc/apache2.conf", f"--with-statedir={folder}/state",
                 f"--with-modsdir={folder}/etc/mods-available"]
        subprocess.run([TOP / "configure", *paths], cwd=folder / "build", check=True, capture_output=True)
        subprocess.run(["make", "-j2", "CFLAGS=-O0", "httoken"], cwd=folder / "build", check=True, capture_output=True)
        yield folder


class Place:
    """The server's configuration, its default database, and httoken as an administrator calls it."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        self.default = folder / "state/tokens.db"
        for name in ("etc", "state"):
            shutil.rmtree(folder / name)
            (folder / name).mkdir()
        monkeypatch.setattr(tools, "program", lambda: str(folder / "build/httoken"))
        self.tool = Tool()
        self.write("apache2.conf", "")

    def write(self, name, text):
        path = self.folder / "etc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'ServerRoot "{self.folder}/etc"\n{text}' if name == "apache2.conf" else text)
        return path

    def file(self, name):
        return f"sqlite3 {self.folder}/state/{name}"

    def table(self, name, *users):
        """Create a SQLite file with a table, and a token of each of these users."""
        self.tool("-d", self.file(name), "init")
        for user in users:
            self.tool("-d", self.file(name), "generate", user, secret_out=True)

    def users(self, database):
        return sorted(row[1] for row in self.tool("-d", database, "list").rows)

    def chosen(self, *arguments, **more):
        """The database that httoken names without -d, and the place that names it."""
        said = self.tool(*arguments, "list", **more).err
        assert said.startswith("Database: ")
        database, rest = said[len("Database: "):].split(", table ")
        return database.replace(f"{self.folder}/", ""), rest.split("named by ")[1].replace(f"{self.folder}/etc/", "")[:-2]


@pytest.fixture
def place(built, monkeypatch):
    return Place(built, monkeypatch)


def host(address, text):
    return f"<VirtualHost {address}>\n{text}</VirtualHost>\n"


def write(place, files):
    for name, text in files.items():
        place.write(name, text.format(a=place.file("a.db"), b=place.file("b.db"), state=f"{place.folder}/state",
                                      a_path=f"{place.folder}/state/a.db", b_path=f"{place.folder}/state/b.db",
                                      etc=f"{place.folder}/etc"))


def found(place, files):
    """The database that httoken names with this configuration."""
    for name in ("tokens.db", "a.db", "b.db"):
        place.table(name, "carol")
    write(place, files)
    return place.chosen()[0]


def asked(place, files, *parts):
    """httoken asks back with these words, and deletes nothing in any of three databases."""
    for name in ("tokens.db", "a.db", "b.db"):
        place.table(name, "carol")
    write(place, files)
    said = place.tool("delete", "--user", "carol", "--yes", status=USAGE).err
    assert [part for part in parts if part not in said] == [], said
    assert [place.users(place.file(name)) for name in ("tokens.db", "a.db", "b.db")] == [["carol"]] * 3
