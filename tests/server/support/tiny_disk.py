# SPDX-License-Identifier: Apache-2.0
"""A disk of a few megabytes that a test can fill: a tmpfs, for which one has to be root and allowed to mount."""

import errno
import os
import subprocess
import tempfile

WHY_NOT = ("test_db_disk_full.py and the tests marked privileged are left out: a small disk that can be full, a file that is "
           "mounted alone and two users need root, and the right to mount")


class TinyDisk:
    """Mounted on this folder, which belongs to uid and gid; what was in the folder is hidden until close()."""

    def __init__(self, folder, uid, gid, megabytes):
        self.folder = folder
        self.filler = os.path.join(folder, "filler")
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,uid={uid},gid={gid},mode=755", "none", folder],
                       check=True, capture_output=True)

    def fill(self):
        """Not a byte is left."""
        with open(self.filler, "ab", buffering=0) as file:
            for size in (65536, 512, 1):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def free(self):
        os.unlink(self.filler)

    def close(self):
        subprocess.run(["umount", self.folder], check=True, capture_output=True)


def can_be_made():
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory(prefix="accesstoken-disk-") as folder:
        try:
            TinyDisk(folder, 0, 0, 1).close()
        except (subprocess.CalledProcessError, FileNotFoundError):
            return False
    return True
