# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus in a folder of its own, which scrapes each second."""

import os
import shutil
import subprocess
import tempfile

from client import Client
from httpd import free_port, wait_until

OFTEN = "global:\n  scrape_interval: 1s\n  evaluation_interval: 1s\n"


def promtool(*arguments):
    """Runs promtool: exit status and what it said."""
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


class Prometheus:
    """Runs with this configuration and these rules; a context manager."""

    def __init__(self, configuration, rules):
        self.root = tempfile.mkdtemp(prefix="accesstoken-prometheus-")
        self.client = Client(free_port())
        self.file = self.write("prometheus.yml", OFTEN + "rule_files: [rules.yml]\n" + configuration)
        self.write("rules.yml", rules)
        self.process = None

    def write(self, name, text):
        path = os.path.join(self.root, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def __enter__(self):
        with open(os.path.join(self.root, "console"), "wb") as console:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={self.file}", f"--storage.tsdb.path={self.root}/data",
                 f"--web.listen-address=127.0.0.1:{self.client.port}"],
                stdout=console, stderr=console, stdin=subprocess.DEVNULL)
        if not wait_until(lambda: self.ready() or self.process.poll() is not None) or self.process.poll() is not None:
            words = self.console()
            self.__exit__()
            raise RuntimeError("Prometheus does not start: " + words)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()
        self.client.session.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def ready(self):
        try:
            return self.client.status("/-/ready") == 200
        except OSError:
            return False

    def console(self):
        with open(os.path.join(self.root, "console"), encoding="utf-8") as file:
            return file.read()

    def query(self, expression):
        """[(labels, value)] of an instant query."""
        answer = self.client.get("/api/v1/query", params={"query": expression}).json()
        assert answer["status"] == "success", answer
        return [(one["metric"], float(one["value"][1])) for one in answer["data"]["result"]]

    def targets(self):
        return self.client.get("/api/v1/targets").json()["data"]["activeTargets"]
