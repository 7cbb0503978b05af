# SPDX-License-Identifier: Apache-2.0
"""The Access Tokens page as a test uses it: opened, read and operated like a person does."""

import re
from pathlib import Path

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import tokens
from browser import PATIENCE, origin_of, requests_in
from client import PASSWORD
from engines import from_iso

ROWS = """return [...document.querySelectorAll('tbody tr')].slice(0, arguments[0]).map((row) => Object.fromEntries(
    [...row.querySelectorAll('td[data-label]')].map((cell) => [cell.dataset.label, cell.textContent])));"""
READY = """!/^Loading/.test(document.querySelector('#count')?.textContent ?? 'Loading') &&
    ['#frame', '#empty', '#nothing', '#problem'].some((name) => !document.querySelector(name).hidden)"""
FOCUSED = """const at = document.activeElement;
    return at.id || at.getAttribute('aria-label') || at.textContent.trim() || at.tagName;"""
UI = Path(__file__).resolve().parents[2] / "src/ui"
HTML = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
HOSTILE_SCOPES = ["<b>bold</b>", "&amp;'", "@manager@", "<img/src=x/onerror=window.hostile=true>", "</body>", "__proto__"]
MANY_SCOPES = [f"{thing}:{deed}" for thing in ("deploy", "hook", "package", "project", "repo", "team", "user", "wiki")
               for deed in ("admin", "delete", "list", "read", "write")]
SHORT_BUTTONS = {"submit": "[type=submit]", "cancel": "[value=cancel]"}


class Page:
    """One test's view: `origin` is a name of its own, secure for the browser or not."""

    def __init__(self, browser, site, name):
        self.browser = browser
        self.site = site
        self.name = name
        self.user = site.fresh_user()
        self.expected = []
        self.origins = set()

    # Opening

    def secure(self):
        return f"http://{self.name}.localhost:{self.site.server.port}"

    def intranet(self):
        return f"http://{self.name}.intranet.example:{self.site.server.port}"

    def https(self):
        return f"https://{self.name}.intranet.example:{self.site.tls_port}"

    def go(self, address):
        self.origins.add(origin_of(address))
        self.browser.driver.get(address)

    def visit(self, path="/tokens", user=None, origin=None):
        """Goes there with the user's password in the address, and does not wait for the tokens."""
        scheme, rest = (origin or self.secure()).split("://")
        password = PASSWORD.replace(" ", "%20")
        self.go(f"{scheme}://{user or self.user}:{password}@{rest}{path}")

    def open(self, path="/tokens", user=None, origin=None):
        self.visit(path, user, origin)
        self.ready()
        return self

    def ready(self):
        self.browser.until(READY)

    def manager(self):
        """The same user's manager without a browser."""
        return self.site.manager(self.user)

    # Reading

    def js(self, script, *arguments):
        return self.browser.js(script, *arguments)

    def until(self, expression, patience=PATIENCE):
        self.browser.until(expression, patience)

    def find(self, css):
        return self.browser.driver.find_element(By.CSS_SELECTOR, css)

    def text(self, css):
        return self.js("return document.querySelector(arguments[0]).textContent.trim();", css)

    def value(self, css):
        return self.js("return document.querySelector(arguments[0]).value;", css)

    def shown(self, css):
        return self.js("return document.querySelector(arguments[0]).checkVisibility();", css)

    def rows(self, most=1000):
        return self.js(ROWS, most)

    def column(self, name):
        return [row[name] for row in self.rows()]

    def headings(self):
        return self.js("return [...document.querySelectorAll('thead th')].map((cell) => cell.textContent);")

    def open_dialog(self):
        """The id of the dialog that is open, or None."""
        return self.js("return document.querySelector('dialog[open]')?.id;")

    def focused(self):
        """The id, label or text of what has the focus."""
        return self.js(FOCUSED)

    # Operating

    def click(self, css):
        self.find(css).click()

    def press(self, dialog, button):
        self.click(f"#{dialog}-dialog {SHORT_BUTTONS[button]}")

    def fill(self, css, text):
        self.js("document.querySelector(arguments[0]).select();", css)
        field = self.find(css)
        field.send_keys(text or Keys.DELETE)

    def paste(self, css):
        """What the clipboard has, by pasting it into an empty field."""
        self.js("const field = document.querySelector(arguments[0]); field.value = ''; field.focus();", css)
        self.find(css).send_keys(Keys.CONTROL, "v")
        return self.value(css)

    def pasted(self):
        """What the clipboard has, by way of the Generate dialog."""
        self.click("#generate")
        text = self.paste("#description")
        self.press("generate", "cancel")
        return text

    def start_generating(self, days=None, description=None):
        self.click("#generate")
        if days is not None:
            self.fill("#lifetime", days)
        if description is not None:
            self.fill("#description", description)

    def generate(self, days=None, description=None):
        """Generates a token and leaves My Token open; the token's text."""
        self.start_generating(days, description)
        self.press("generate", "submit")
        return self.my_token()

    def my_token(self):
        self.until("document.querySelector('#token-dialog').open")
        return tokens.remember(self.value("#value"))

    def close_my_token(self):
        self.click("#close")

    def row(self, description):
        """The row's element, by its description."""
        for row in self.browser.driver.find_elements(By.CSS_SELECTOR, "tbody tr"):
            if row.find_element(By.CSS_SELECTOR, "[data-label=Description]").text == description:
                return row
        raise AssertionError(f"no row '{description}' in {self.column('Description')}")

    def menu_of(self, description):
        button = self.row(description).find_element(By.CSS_SELECTOR, "td.act button")
        # Scrolling closes a menu, so let it end first.
        self.js("arguments[0].scrollIntoView({block: 'nearest'});", button)
        self.browser.settle()
        button.click()

    def right_click(self, element):
        ActionChains(self.browser.driver, duration=0).context_click(element).perform()

    def sort_by(self, name):
        self.browser.driver.find_element(By.XPATH, f"//thead//button[normalize-space()='{name}']").click()

    def choose(self, status):
        self.find(f"#status option[value='{status}']").click()

    # The end

    def expect(self, *statuses):
        """These statuses are part of the test: the browser notes each in the console, and may."""
        self.expected += [f"status of {status}" for status in statuses]

    def expect_unreachable(self):
        self.expected.append("net::ERR_")

    def check(self):
        """What must be true of every visit: a silent console, no CSP report, no other origin."""
        said = [(level, message) for level, message in self.browser.console() if level in ("WARNING", "SEVERE")
                and not any(words in message for words in self.expected)]
        assert not said, said
        strange = [(address, kind) for address, kind in requests_in(self.browser.network())
                   if origin_of(address) not in self.origins]
        assert not strange, strange


def assets_of(site):
    """The addresses of the page's files, relative to the manager."""
    page = site.client.get("/tokens/", user="alice", headers=HTML).text
    named = re.findall(r'(?:href|src)="(assets/[^"]+)"', page)
    folder = named[0].rsplit("/", 1)[0]
    return sorted({*named, *(f"{folder}/{path.name}" for path in UI.glob("*.js"))})


def days_of(info):
    """How long a token as the manager shows it lives, in days; None: for ever."""
    if info["expiredAt"] is None:
        return None
    return (from_iso(info["expiredAt"]) - from_iso(info["createdAt"])) / 86_400_000


def is_sentence(text):
    return bool(re.match(r"[A-Z-].*\.$", text))
