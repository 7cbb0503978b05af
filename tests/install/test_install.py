# SPDX-License-Identifier: Apache-2.0
"""
What an administrator gets: the installed files, a2enmod and a2dismod, a configuration that httpd
accepts, a module that exports one symbol, sources that two compilers accept, and a tarball that
builds. ACCESSTOKEN_BUILD names a finished build folder; nothing outside of temporary folders and
that one is written to.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ["ACCESSTOKEN_BUILD"]).resolve()
CONFDIR = Path("/etc/apache2")
STRICT = "-O2 -Wall -Wextra -Wno-missing-field-initializers -Werror"


def run(*command, cwd=BUILD, **environment):
    """Runs a command that has to succeed; returns what it printed."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout[-8000:]}"
    return done.stdout


def module_directory():
    return run("apxs", "-q", "LIBEXECDIR").strip()


def files_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def below(folder, absolute):
    """The place below a DESTDIR of what will be installed at an absolute path."""
    return folder / str(absolute).lstrip("/")


def install(folder):
    run("make", "install", f"DESTDIR={folder}")
    return folder


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return install(tmp_path_factory.mktemp("installed"))


class Apache:
    """A copy of Debian's configuration folder, with the module's files put into it."""

    def __init__(self, folder, installed):
        self.confdir = folder / "apache2"
        shutil.copytree(CONFDIR, self.confdir, symlinks=True)
        available = below(installed, CONFDIR / "mods-available")
        for name in ("accesstoken.load", "accesstoken.conf"):
            shutil.copy(available / name, self.confdir / "mods-available" / name)
        self.point_at(below(installed, module_directory()) / "mod_accesstoken.so")
        self.keep_to(folder / "var")

    def point_at(self, module):
        load = self.available("accesstoken.load")
        load.write_text(re.sub(r"\S+/mod_accesstoken\.so", str(module), load.read_text()))

    def keep_to(self, var):
        """Lets envvars name folders that belong to the user that runs the test."""
        names = {"RUN": var / "run", "LOCK": var / "lock", "LOG": var / "log"}
        (var / "run" / "socks").mkdir(parents=True)
        (var / "lock").mkdir()
        (var / "log").mkdir()
        lines = [f"export APACHE_{name}_DIR={path}" for name, path in names.items()]
        with open(self.confdir / "envvars", "a", encoding="utf-8") as envvars:
            envvars.write("\n" + "\n".join(lines) + "\n")
        self.state = var / "state"

    def available(self, name):
        return self.confdir / "mods-available" / name

    def enabled(self, name):
        return (self.confdir / "mods-enabled" / name).exists()

    def call(self, command, *arguments):
        return run(
            f"/usr/sbin/{command}",
            *arguments,
            cwd=self.confdir,
            APACHE_CONFDIR=str(self.confdir),
            APACHE_STATE_DIRECTORY=str(self.state),
        )


@pytest.fixture
def apache(tmp_path, installed):
    return Apache(tmp_path, installed)


def test_make_install_puts_the_module_where_httpd_looks_for_it(installed):
    assert (below(installed, module_directory()) / "mod_accesstoken.so").is_file()


def test_make_install_puts_both_configuration_files_into_mods_available(installed):
    available = below(installed, CONFDIR / "mods-available")
    load = (available / "accesstoken.load").read_text()
    wanted = f"LoadModule accesstoken_module {module_directory()}/mod_accesstoken.so"
    assert wanted in load.splitlines()
    assert "@" not in load
    assert (available / "accesstoken.conf").is_file()


def test_make_install_puts_httoken_with_its_manual_and_completion_where_they_are_looked_for(installed):
    prefix = below(installed, "/usr/local")
    program = prefix / "bin" / "httoken"
    assert re.fullmatch(r"httoken \d+\.\d+\.\d+\n", run(program, "--version"))
    manual = (prefix / "share/man/man1/httoken.1").read_text()
    assert str(CONFDIR / "mods-available/accesstoken.conf") in manual.replace("\\-", "-")
    assert "complete -F _httoken httoken" in (prefix / "share/bash-completion/completions/httoken").read_text()


def test_make_install_enables_nothing(installed):
    assert not [name for name in files_below(installed) if "-enabled/" in name]


def test_make_install_leaves_no_libtool_archive_behind(installed):
    assert not [name for name in files_below(installed) if name.endswith((".la", ".a"))]


def test_the_packaged_configuration_switches_nothing_on(installed):
    conf = below(installed, CONFDIR / "mods-available" / "accesstoken.conf").read_text()
    assert [line for line in conf.splitlines() if line.strip() and not line.startswith("#")] == []


def test_a2enmod_enables_the_module_and_httpd_accepts_the_configuration(apache):
    apache.call("a2enmod", "accesstoken")
    assert apache.enabled("accesstoken.load") and apache.enabled("accesstoken.conf")
    assert "Syntax OK" in apache.call("apache2ctl", "configtest")
    assert "accesstoken_module (shared)" in apache.call("apache2ctl", "-M")


def test_a2dismod_disables_the_module_again(apache):
    apache.call("a2enmod", "accesstoken")
    apache.call("a2dismod", "accesstoken")
    assert not apache.enabled("accesstoken.load") and not apache.enabled("accesstoken.conf")
    assert "Syntax OK" in apache.call("apache2ctl", "configtest")
    assert "accesstoken_module" not in apache.call("apache2ctl", "-M")


def test_httpd_accepts_the_packaged_configuration_with_every_example_uncommented(apache):
    conf = apache.available("accesstoken.conf")
    # Sentences have one blank after the "#", directives none or an indentation.
    examples, found = re.subn(r"(?m)^#(?=\S|  )", "", conf.read_text())
    assert found > 10
    conf.write_text(examples)
    apache.call("a2enmod", "accesstoken", "auth_basic", "authn_file", "authz_user", "ssl")
    assert "Syntax OK" in apache.call("apache2ctl", "configtest")


def test_make_uninstall_removes_every_file(tmp_path):
    install(tmp_path)
    assert files_below(tmp_path)
    run("make", "uninstall", f"DESTDIR={tmp_path}")
    assert files_below(tmp_path) == []


def test_the_module_exports_one_symbol(installed):
    module = below(installed, module_directory()) / "mod_accesstoken.so"
    symbols = run("nm", "-D", "--defined-only", module).split("\n")
    assert [line.split()[-1] for line in symbols if line.strip()] == ["accesstoken_module"]


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_the_sources_compile_without_a_warning(compiler, tmp_path):
    run(TOP / "configure", f"CC={compiler}", cwd=tmp_path)
    run("make", f"-j{os.cpu_count()}", f"CFLAGS={STRICT}", cwd=tmp_path)
    assert (tmp_path / ".libs" / "mod_accesstoken.so").is_file()


def test_make_distcheck_builds_tests_and_installs_from_the_tarball():
    assert "ready for distribution" in run("make", f"-j{os.cpu_count()}", "distcheck")
