# SPDX-License-Identifier: Apache-2.0
"""The variables of envvars: httoken has those that sh exports, and runs no script that another user can write."""

import os
import signal

import pytest

import httpd
from place import USE, asked, found
from tool import INTERRUPTED, USAGE, Tool

DB = "AccessTokenDatabase sqlite3 ${{TOKENS_DB}}\n" + USE

EXPORTED = {
    "the last assignment holds": "export TOKENS_DB={b_path}\nexport TOKENS_DB={a_path}\n",
    "a variable assigned after its export": "export TOKENS_DB\nTOKENS_DB={a_path}\n",
    "quotes, a comment and a continued line": "export \\\n  TOKENS_DB={state}/'a'\".db\" # the tokens\n",
    "the output of a command": "export TOKENS_DB=$(echo {a_path})\n",
    "a default": "export TOKENS_DB=${{ELSEWHERE:-{a_path}}}\n",
    "a condition that a command decides": "export TOKENS_DB={b_path}\nif echo x | grep -q x; then TOKENS_DB={a_path}; fi\n",
    "all variables are exported": "set -a\nTOKENS_DB={a_path}\nset +a\n",
    "a file that it reads": ". {etc}/more\n",
    "the suffix of Debian's instances":
        'if [ "${{APACHE_CONFDIR##/etc/apache2-}}" != "${{APACHE_CONFDIR}}" ] ; then\n\tSUFFIX="-${{APACHE_CONFDIR##/etc/apache2-}}"\n'
        "else\n\tSUFFIX=\nfi\nexport TOKENS_DB={state}/a$SUFFIX.db\n",
    "the folder of the script": "export TOKENS_DB=$APACHE_CONFDIR/../state/a.db\n",
    "a script that prints, and leaves a process in the background":
        "echo x; echo y >&2\nsleep 60 &\necho $! > {etc}/pid\nexport TOKENS_DB={a_path}\n",
    "a script that reads standard input": "cat\nexport TOKENS_DB={a_path}\n",
}


@pytest.mark.parametrize("script", EXPORTED)
def test_a_variable_has_the_value_that_sh_exports(place, script):
    place.write("more", f"TOKENS_DB={place.folder}/state/a.db\nexport TOKENS_DB\n")
    try:
        assert found(place, {"envvars": EXPORTED[script], "apache2.conf": DB}) == "state/a.db"
    finally:
        left = place.folder / "etc/pid"
        if left.exists():
            os.kill(int(left.read_text()), signal.SIGKILL)


NOT_EXPORTED = {
    "not exported": "TOKENS_DB={a_path}\n",
    "unset": "export TOKENS_DB={a_path}\nunset TOKENS_DB\n",
    "in a function that is not called": "f() {{\nexport TOKENS_DB={b_path}\n}}\n",
    "in the environment of one command": "TOKENS_DB={b_path} true\n",
}


@pytest.mark.parametrize("script", NOT_EXPORTED)
def test_a_variable_that_is_not_exported_is_unknown(place, script):
    asked(place, {"envvars": NOT_EXPORTED[script], "apache2.conf": DB}, "a variable that is not known here", "-d")


FAILING = {
    "ends the shell": "export TOKENS_DB={a_path}\nexit 0\n",
    "cannot be parsed": "export TOKENS_DB={a_path}\nif\n",
    "reads a file that does not exist": "export TOKENS_DB={a_path}\n. {etc}/none\n",
    "does not end": "export TOKENS_DB={a_path}\nwhile :; do sleep 1; done\n",
}


@pytest.mark.parametrize("script", FAILING)
def test_a_script_that_sh_does_not_finish_exports_nothing(place, script):
    asked(place, {"envvars": FAILING[script], "apache2.conf": DB}, "sh could not run", "a variable that is not known here")


def test_ctrl_c_ends_a_script_that_does_not_end(place):
    place.write("envvars", f"echo $$ > {place.folder}/etc/pid\nwhile :; do sleep 1; done\n")
    place.write("apache2.conf", USE)
    process = Tool().start("list")
    assert httpd.wait_until(lambda: (place.folder / "etc/pid").exists())
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == INTERRUPTED
    script = int((place.folder / "etc/pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(script, 0)


# Trust

needs_root = pytest.mark.skipif(not httpd.AS_ROOT, reason="only root can give files away")


def give(path):
    """To a user who is neither root nor the caller."""
    os.chown(path, 65534, -1)


def swap(place):
    """A symbolic link to a script in a folder of the other user, and that script is root's."""
    folder = place.folder / "etc/other"
    folder.mkdir()
    (place.folder / "etc/envvars").rename(folder / "script")
    give(folder)
    (place.folder / "etc/envvars").symlink_to(folder / "script")


WRITABLE = {
    "the file by its group": lambda place: (place.folder / "etc/envvars").chmod(0o664),
    "the file by all users": lambda place: (place.folder / "etc/envvars").chmod(0o646),
    "the folder by its group": lambda place: (place.folder / "etc").chmod(0o775),
    "the folder with the sticky bit": lambda place: (place.folder / "etc").chmod(0o1777),
    "a folder above": lambda place: place.folder.chmod(0o777),
    "the file by its owner": pytest.param(lambda place: give(place.folder / "etc/envvars"), marks=needs_root),
    "the folder by its owner": pytest.param(lambda place: give(place.folder / "etc"), marks=needs_root),
    "the folder of what a link leads to": pytest.param(swap, marks=needs_root),
}


@pytest.mark.parametrize("open_to", [pytest.param(getattr(change, "values", [change])[0], id=name, marks=getattr(change, "marks", ()))
                                     for name, change in WRITABLE.items()])
def test_a_script_that_another_user_can_write_is_not_run(place, open_to):
    place.write("envvars", f"touch {place.folder}/state/ran\nexport TOKENS_DB={place.folder}/state/a.db\n")
    place.write("apache2.conf", DB.format())
    try:
        open_to(place)
        said = place.tool("list", status=USAGE).err
    finally:
        place.folder.chmod(0o755)
    assert "envvars is not run" in said and "a variable that is not known here" in said
    assert not (place.folder / "state/ran").exists()


def test_the_sticky_bit_of_a_folder_above_is_enough(place):
    place.folder.chmod(0o1777)
    try:
        assert found(place, {"envvars": EXPORTED["the output of a command"], "apache2.conf": DB}) == "state/a.db"
    finally:
        place.folder.chmod(0o755)


@needs_root
def test_another_caller_runs_roots_script_too(place):
    place.write("envvars", "export TOKENS_TABLE=api_tokens\n").chmod(0o644)
    place.write("apache2.conf", f"AccessTokenDatabase {place.file('a.db')}\nAccessTokenTable ${{TOKENS_TABLE}}\n" + USE).chmod(0o644)
    (place.folder / "state").chmod(0o755)
    assert "httoken init" in place.tool("list", status=6, user=httpd.CHILD_USER).err
