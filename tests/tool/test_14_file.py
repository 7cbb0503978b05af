# SPDX-License-Identifier: Apache-2.0
"""SQLite's file: one that was moved beside a foreign log, one that everybody may read, one that others share."""

import os
import re
import shutil

from tool import DONE, FILE


def mode(path):
    return os.stat(path).st_mode & 0o777


def test_a_file_moved_beside_the_log_of_another_is_not_opened(tool):
    path = tool.database.path
    copy = path + ".copy"
    shutil.copyfile(path, copy)
    with open(copy, "rb") as file:
        before = file.read()
    with tool.database.connection() as link:
        link.execute("SELECT * FROM access_tokens")
        tool("list")
        link.execute("CREATE TABLE later (a)")
        os.rename(copy, path)
        for command in (["list"], ["generate", "alice"]):
            assert "stop httpd, remove the files that end in -wal and -shm" in tool(*command, status=FILE).err
        said = tool("check", status=FILE).out
        assert re.search("WRONG +connection .*stop httpd, remove", said), said
        with open(path, "rb") as file:
            assert file.read() == before
        for suffix in ("-wal", "-shm"):
            os.unlink(path + suffix)
    tool("list")


def test_only_a_file_that_can_be_reached_is_readable_for_everybody(tool):
    path = tool.database.path
    os.chmod(path, 0o644)
    folder = os.path.dirname(path)
    at_first = mode(folder)
    above = [folder]
    while above[-1] != "/":
        above.append(os.path.dirname(above[-1]))
    open_for_all = all(mode(one) & 1 for one in above[1:])
    os.chmod(folder, 0o755)
    said = tool("check").out
    assert ("everybody on this machine may read it" in said) == open_for_all, said
    os.chmod(folder, 0o700)
    assert "everybody on this machine may read it" not in tool("check").out
    os.chmod(folder, at_first)


def test_a_file_in_a_folder_of_a_group_is_the_groups(bare):
    folder = os.path.dirname(bare.database.path)
    os.chmod(folder, 0o2770)
    bare("init", status=DONE)
    assert mode(bare.database.path) == 0o660
    assert os.stat(bare.database.path).st_gid == os.stat(folder).st_gid


def test_a_file_that_is_missing_in_a_temporary_folder_may_be_in_httpds_own(bare):
    assert "PrivateTmp" in bare("list", status=FILE).err
    assert "PrivateTmp" in bare("check", status=FILE).out
