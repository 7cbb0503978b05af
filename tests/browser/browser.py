# SPDX-License-Identifier: Apache-2.0
"""One real Chromium for all tests: started, asked, emulating other screens, and its logs read.

Every test visits a host name of its own, so that neither credentials nor caches nor storage of one
test are there in the next. Names below `localhost` are what browsers call a secure context; names
below `intranet.example` are not, unless by https.
"""

import json
import shutil
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains

NODE_MODULES = Path(__file__).parent / "node_modules"
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
    "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--ignore-certificate-errors", "--lang=en-US", "--window-size=1280,800", "--force-device-scale-factor=1",
    "--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP *.intranet.example 127.0.0.1",
)
PATIENCE = 10
WAIT_SCRIPT = "return Boolean(%s);"


class Browser:
    """Chromium and what the tests want of it."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="accesstoken-browser-")
        options = Options()
        for flag in (*FLAGS, f"--user-data-dir={self.profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
        self.driver.set_script_timeout(30)
        self.scripts = []

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    # Asking

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def cdp(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    def until(self, expression, patience=PATIENCE):
        """Waits until this JavaScript expression is true."""
        end = time.monotonic() + patience
        while not self.js(WAIT_SCRIPT % expression):
            assert time.monotonic() < end, f"never came true: {expression}\n{self.js('return document.body.innerText')}"
            time.sleep(0.02)

    def settle(self):
        """Waits until what is laid out is also painted, and scroll events have come."""
        self.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]));")

    def keys(self, *keys):
        """Presses keys, one after the other, wherever the focus is."""
        chain = ActionChains(self.driver, duration=0)
        for key in keys:
            chain.send_keys(key)
        chain.perform()

    def chord(self, modifier, key):
        ActionChains(self.driver, duration=0).key_down(modifier).send_keys(key).key_up(modifier).perform()

    # Other circumstances

    def before_load(self, script):
        """Runs a script in every page that is opened until the end of the test, before its own ones."""
        self.scripts.append(self.cdp("Page.addScriptToEvaluateOnNewDocument", source=script)["identifier"])

    def screen(self, width, height, scale=1):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale,
                 mobile=False)

    def colours(self, scheme):
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def place(self, zone, language):
        self.cdp("Emulation.setTimezoneOverride", timezoneId=zone)
        self.cdp("Emulation.setLocaleOverride", locale=language)

    def reset(self):
        """Forgets what a test changed, and the logs so far."""
        self.driver.get("about:blank")
        for identifier in self.scripts:
            self.cdp("Page.removeScriptToEvaluateOnNewDocument", identifier=identifier)
        self.scripts = []
        self.cdp("Emulation.clearDeviceMetricsOverride")
        self.cdp("Emulation.setEmulatedMedia", features=[])
        self.cdp("Emulation.setTimezoneOverride", timezoneId="")
        self.cdp("Emulation.setLocaleOverride")
        self.console()
        self.network()

    # Logs

    def console(self):
        """What the console has said since the last time: [(level, message)]."""
        return [(entry["level"], entry["message"]) for entry in self.driver.get_log("browser")]

    def network(self):
        """The network events since the last time: [(method, parameters)]."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [(message["method"], message["params"]) for message in messages
                if message["method"].startswith("Network.")]

    # axe

    def axe(self):
        """What axe-core finds of serious or critical impact in the page as it is now."""
        if not self.js("return Boolean(window.axe);"):
            self.js((NODE_MODULES / "axe-core/axe.min.js").read_text(encoding="utf-8"))
        found = self.driver.execute_async_script(
            "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then("
            "(found) => done(found), (error) => done({error: String(error)}));")
        assert "error" not in found, found["error"]
        assert len(found["passes"]) > 5
        return [(rule["id"], rule["help"], [node["html"][:200] + node["failureSummary"] for node in rule["nodes"]])
                for rule in found["violations"] if rule["impact"] in ("serious", "critical")]


def requests_in(events):
    """(address, type) of everything that the browser asked a network for."""
    return [(parameters["request"]["url"], parameters["type"]) for method, parameters in events
            if method == "Network.requestWillBeSent" and not parameters["request"]["url"].startswith(("data:", "about:"))]


def origin_of(address):
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname}:{parts.port}"
