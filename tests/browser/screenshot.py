# SPDX-License-Identifier: Apache-2.0
"""Makes the README's picture of the page: ACCESSTOKEN_MODULE=/….so python3 tests/browser/screenshot.py [FILE]

A server of its own shows some sample tokens; the picture goes to docs/access-tokens.png.
"""

import contextlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "server/support")]

import engines  # noqa: E402
from browser import Browser  # noqa: E402
from page import Page  # noqa: E402
from seed import DAY, insert, token  # noqa: E402
from typical_site import Site  # noqa: E402

WIDTH, HEIGHT = 1100, 600
NEVER = None
# description, created and expires and last used in days from now
SAMPLES = (
    ("Nightly export", -1, 364, -0.2),
    ("CI pipeline", -21, 69, -0.01),
    ("Grafana dashboard", -64, NEVER, -0.001),
    ("Backup of the file server", -120, 245, -1.1),
    ("Laptop, command line", -200, 165, NEVER),
    ("Migration, done", -320, -12, -30),
)


def moment(days):
    return None if days is None else engines.now_ms() + round(days * DAY)


def main(path):
    with contextlib.closing(Site("event")) as site, contextlib.closing(Browser()) as browser:
        site.start()
        insert(site, [token("alice", words, moment(created), moment(expires), moment(used))
                      for words, created, expires, used in SAMPLES])
        browser.reset()
        browser.cdp("Emulation.setScrollbarsHidden", hidden=True)
        browser.screen(WIDTH, HEIGHT)
        browser.colours("light")
        browser.place("Europe/Berlin", "en-GB")
        page = Page(browser, site, "picture").open(user="alice")
        browser.driver.save_screenshot(str(path))
        page.check()
    print(path)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else HERE.parents[1] / "docs/access-tokens.png")
