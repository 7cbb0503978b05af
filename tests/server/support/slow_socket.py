# SPDX-License-Identifier: Apache-2.0
"""A way between httpd and a database server that takes its time, as a network does."""

import os
import shutil
import socket
import tempfile
import threading
import time

from listener import Listener

NAMES = {"pgsql": ".s.PGSQL.5432", "mysql": "socket"}


class SlowSocket:
    """Listens on a Unix socket of its own; what comes is passed on after so many seconds, each way."""

    def __init__(self, database, seconds):
        self.database, self.seconds = database, seconds
        self.name = NAMES[database.driver]
        self.directive_there = database.directive()
        self.folder = tempfile.mkdtemp(prefix="accesstoken-distance-", dir="/tmp")
        os.chmod(self.folder, 0o755)
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(os.path.join(self.folder, self.name))
        os.chmod(os.path.join(self.folder, self.name), 0o777)
        listening.listen(64)
        self.listener = Listener(listening, self.begin)

    def directive(self):
        return self.directive_there.replace(self.database.rdbms.folder, self.folder)

    def close(self):
        self.listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def begin(self, near):
        far = socket.socket(socket.AF_UNIX)
        far.connect(os.path.join(self.database.rdbms.folder, self.name))
        for source, target in ((near, far), (far, near)):
            threading.Thread(target=self.carry, args=(source, target), daemon=True).start()

    def carry(self, source, target):
        try:
            while data := source.recv(1 << 16):
                time.sleep(self.seconds)
                target.sendall(data)
        except OSError:
            pass
        for link in (source, target):
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
