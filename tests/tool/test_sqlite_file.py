# SPDX-License-Identifier: Apache-2.0
"""SQLite's file: moved beside another file's log, readable for all users, shared by a group."""

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


def test_a_file_is_world_readable_only_if_all_folders_above_it_are_open(tool):
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
    assert ("all users of this machine may read it" in said) == open_for_all, said
    os.chmod(folder, 0o700)
    assert "all users of this machine may read it" not in tool("check").out
    os.chmod(folder, at_first)


def test_a_new_file_in_a_shared_folder_belongs_to_its_group(bare):
    folder = os.path.dirname(bare.database.path)
    os.chmod(folder, 0o2770)
    bare("init", status=DONE)
    assert mode(bare.database.path) == 0o660
    assert os.stat(bare.database.path).st_gid == os.stat(folder).st_gid


def test_the_message_about_a_missing_file_in_tmp_mentions_privatetmp(bare):
    assert "PrivateTmp" in bare("list", status=FILE).err
    assert "PrivateTmp" in bare("check", status=FILE).out
