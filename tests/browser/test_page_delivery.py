# SPDX-License-Identifier: Apache-2.0
"""How the page comes: out of the module, light, cached or not as it should be, under a strict policy."""

import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from browser import NODE_MODULES, origin_of, requests_in
from httpd import wait_until
from page import HTML, UI, assets_of

TOP = Path(__file__).resolve().parents[2]
# The page may take 50 KB. What is left of them is for the rest of a token's life.
FIRST_LOAD_MAX = 46 * 1024
SOURCES_MAX = 46 * 1024
POLICY = {"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self'",
          "connect-src": "'self'", "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'",
          "require-trusted-types-for": "'script'"}


def fetch(site, path, **more):
    return site.client.get(path, user="alice", **more)


def policy_of(answer):
    return dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))


def test_the_policy_is_strict_and_has_no_exception(site):
    answer = fetch(site, "/tokens", headers=HTML)
    assert policy_of(answer) == POLICY
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_is_not_stored(site):
    answer = fetch(site, "/tokens", headers=HTML)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Accept" in answer.headers["Vary"]
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_assets_have_versions_and_are_kept(site):
    assets = assets_of(site)
    assert len(assets) == 10 and all(re.fullmatch(r"assets/[0-9-]+/\w+\.(css|js|svg)", name) for name in assets)
    for name in assets:
        answer = fetch(site, "/tokens/" + name)
        assert answer.status_code == 200 and answer.content
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert answer.headers["Content-Type"].split(";")[0] in ("text/css", "text/javascript", "image/svg+xml")


@pytest.mark.parametrize("path", ["/tokens/assets/1/page.js", "/tokens/assets/page.js", "/tokens/assets/",
                                  "/tokens/assets/../../api/data.json/none"])
def test_no_other_file_is_served_for_ever(site, path):
    answer = fetch(site, path)
    assert answer.status_code in (401, 404) and "immutable" not in answer.headers.get("Cache-Control", "")


def test_the_page_needs_a_login_like_the_tokens(site):
    assert site.client.get("/tokens", headers=HTML).status_code == 401
    assert site.client.get("/tokens/" + assets_of(site)[0]).status_code == 401


@pytest.mark.parametrize("path", ["/tokens", "/tokens/", "/v4/apiAccessTokens", "/v4/apiAccessTokens/"])
def test_the_page_works_with_and_without_a_slash(page, path):
    page.manager().generate(description="one")
    page.open(path)
    assert page.column("Description") == ["one"]
    page.generate(None, "two")
    page.close_my_token()
    assert page.column("Description") == ["two", "one"]


def test_the_first_load_is_light(page):
    page.manager().generate(description="one")
    page.open()
    events, finished = [], "Network.loadingFinished"
    # The icon may come after everything else: page, style, eight scripts, tokens, icon.
    wait_until(lambda: events.extend(page.browser.network()) or len([1 for method, _ in events if method == finished]) > 11)
    size = sum(parameters["encodedDataLength"] for method, parameters in events if method == finished)
    asked = [address for address, _ in requests_in(events)]
    assert len(asked) == 12 and {origin_of(address) for address in asked} == page.origins
    assert sum(address.endswith("icon.svg") for address in asked) == 1
    assert 10_000 < size < FIRST_LOAD_MAX, size


def test_the_second_load_takes_the_assets_from_the_cache(page):
    page.open()
    page.browser.network()
    page.browser.driver.refresh()
    page.ready()
    page.open()
    asked = {parameters["requestId"]: parameters["request"]["url"] for method, parameters in page.browser.network()
             if method == "Network.requestWillBeSent"}
    assert any("/assets/" in address for address in asked.values())
    sizes = page.js("return performance.getEntriesByType('resource').filter((entry) => entry.name.includes('/assets/'))"
                    ".map((entry) => entry.transferSize);")
    assert sizes and set(sizes) == {0}, sizes
    assert page.js("return performance.getEntriesByType('navigation')[0].transferSize;") > 1000


def test_the_sources_are_small():
    files = [path for path in UI.iterdir() if path.suffix in (".html", ".css", ".js", ".svg")]
    assert len(files) == 11 and sum(path.stat().st_size for path in files) < SOURCES_MAX
    assert all(len(path.read_text(encoding="utf-8").splitlines()) < 400 for path in files)


def test_all_text_is_set_with_text_content():
    for path in UI.glob("*.js"):
        sinks = re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|"
                           r"setHTML|\beval\b|new Function|srcdoc", path.read_text(encoding="utf-8"))
        assert not sinks, (path.name, sinks)


def test_nothing_of_the_page_comes_from_elsewhere():
    for path in UI.glob("*.[chjs]*"):
        addresses = re.findall(r"https?://[^\s'\"]+|(?<=[('\"=])//[^\s'\"]+", path.read_text(encoding="utf-8"))
        assert set(addresses) <= {"http://www.w3.org/2000/svg"} or path.name == "openapi.json", (path.name, addresses)


def test_the_policy_is_enforced(page):
    page.open()
    page.expected.append("Content Security Policy")
    page.expected.append("requires 'Trusted")
    page.js("const script = document.createElement('script');"
            "try { script.append('window.ran = true'); document.head.append(script); } catch {}")
    blocked = page.js("try { document.body.innerHTML = '<b>x</b>'; return false; } catch { return true; }")
    assert blocked and not page.js("return window.ran;") and page.text("h1") == "Access Tokens"


def test_the_readmes_picture_can_be_made_again(tmp_path):
    picture = tmp_path / "picture.png"
    subprocess.run([sys.executable, "-B", TOP / "tests/browser/screenshot.py", picture], check=True, capture_output=True)
    data = picture.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) > 20_000
    assert struct.unpack(">II", data[16:24]) == (1100, 600)
    assert (TOP / "docs/access-tokens.png").is_file()


def lint(tool, *arguments):
    done = subprocess.run(["node", str(NODE_MODULES / tool), *arguments], cwd=TOP, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_eslint_finds_nothing():
    lint("eslint/bin/eslint.js", "--config", "tests/browser/eslint.config.mjs", "--max-warnings", "0", "src/ui")


def test_stylelint_finds_nothing():
    lint("stylelint/bin/stylelint.mjs", "--config", "tests/browser/stylelint.config.json",
         "--config-basedir", "tests/browser", "--max-warnings", "0", "src/ui/*.css")
