# SPDX-License-Identifier: Apache-2.0
"""How to use a token: commands that work as they are, in each way that the server accepts, without the token in them."""

import os
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import pytest

import tokens
from client import PASSWORD

WAYS = ["As a Bearer token", "As a password, with the user name {user}", "In the header field X-Api-Key",
        "In the header field Authorization"]
COMMANDS = "return [...document.querySelectorAll(`${arguments[0]} code`)].map((one) => one.textContent);"
WORDS = "return [...document.querySelectorAll(`${arguments[0]} ol p`)].map((one) => one.textContent);"
BUTTONS = "return [...document.querySelectorAll(`${arguments[0]} .command button`)].map((one) => one.ariaLabel);"
ON_PAGE, IN_DIALOG = "details.usage", "#token-dialog .usage"
NAMES = ["alice", "EXAMPLE\\alice", "a\"b'c&d/e|f$(id)`id`%s^*[g]!", "jürgen 李雷", " blanks  around ", "x" * 255]
LOG_IN = """const done = arguments[2];
fetch('/log-anybody-in', {method: 'POST', redirect: 'manual',
    body: new URLSearchParams({httpd_username: arguments[0], httpd_password: arguments[1]})}).then(() => done());"""


def environment(folder):
    """No settings of the person who runs the tests."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "no_proxy": "*"}


def run(shell, command, folder, given=""):
    return subprocess.run([shell, "-c", command], cwd=folder, env=environment(folder), input=given, capture_output=True,
                          text=True, check=False, timeout=30)


def open_as(page, name):
    page.open("/anybody", user=quote(name, safe=""))
    return page.generate()


def test_they_are_the_same_on_the_page_and_beside_the_token_without_it(page):
    page.open("/anybody")
    assert not page.shown(ON_PAGE + " code")
    page.click(ON_PAGE + " summary")
    on_page = page.js(COMMANDS, ON_PAGE)
    assert page.text(ON_PAGE + " summary") == "How to use a token" and page.shown(ON_PAGE + " code") and len(on_page) == 5
    token = page.generate()
    assert page.js(COMMANDS, IN_DIALOG) == on_page and page.shown(IN_DIALOG + " code")
    assert page.text(IN_DIALOG + " h3") == "Use it like this, with the address that you need"
    assert tokens.secret_of(token) not in page.js("return document.documentElement.outerHTML;")
    assert page.js(WORDS, ON_PAGE) == page.js(WORDS, IN_DIALOG) == [words.format(user=page.user) for words in WAYS]


def test_by_default_it_is_bearer_and_this_servers_address(page):
    page.open()
    assert page.js(WORDS, ON_PAGE) == WAYS[:1]
    assert page.js(COMMANDS, ON_PAGE) == [
        "(umask 077; cat > token)",
        f"sed 's/^/Authorization: Bearer /;q' token |\n  curl -H @- '{page.secure()}/the/path/you/need'"]


@pytest.mark.parametrize("shell, name", [*(("sh", name) for name in NAMES), ("bash", NAMES[2])],
                         ids=[*NAMES[:5], "long", "bash"])
def test_each_command_works_as_it_is(page, tmp_path, shell, name):
    token = open_as(page, name)
    first, *others = page.js(COMMANDS, IN_DIALOG)
    # A person presses Enter once too often, and Ctrl+D.
    assert run(shell, first, tmp_path, token + "\n\n").returncode == 0
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
    assert len(others) == 4
    for command in others:
        assert token not in command
        done = run(shell, command, tmp_path)
        assert done.stdout == name, (command, done)


def processes():
    """The command lines and environments of all processes."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            yield (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except OSError:
            continue  # it has ended, or is another user's


def test_no_process_has_the_token_in_its_command_line(page, tmp_path):
    token = open_as(page, "alice")
    first, *others = page.js(COMMANDS, IN_DIALOG)
    run("bash", first, tmp_path, token + "\n")
    for command in others:
        seen = []
        with subprocess.Popen(["bash", "-c", command.replace("?it=is", "?slow")], cwd=tmp_path,
                              env=environment(tmp_path), stdout=subprocess.PIPE) as running:
            while running.poll() is None:
                seen += processes()
                time.sleep(0.05)
            assert running.stdout.read() == b"alice"
        assert any(b"curl\0" in one and b"/ways/who" in one for one in seen)
        assert not any(tokens.secret_of(token).encode() in one for one in seen)


def test_a_name_with_a_colon_is_not_offered_as_a_user_name(page):
    """As OpenID Connect makes them of an issuer; Basic credentials end the name at the first colon."""
    page.expect(404, 401)
    page.go(page.secure() + "/open/data.json")
    page.browser.driver.execute_async_script(LOG_IN, "248289@127.0.0.1:56239/", PASSWORD)
    page.go(page.secure() + "/anybody-by-form")
    page.ready()
    assert page.text("#me") == "248289@127.0.0.1:56239/"
    assert page.js(WORDS, ON_PAGE) == ["As a password, with the user name token"]
    assert """'s/.*/user = "token:&"/;q'""" in page.js(COMMANDS, ON_PAGE)[1]


@pytest.mark.parametrize("place", [ON_PAGE, IN_DIALOG])
@pytest.mark.parametrize("origin", ["secure", "intranet"])
def test_each_command_can_be_copied(page, place, origin):
    page.open("/anybody", origin=getattr(page, origin)())
    names = ["Copy: Put the token into a file", *(f"Copy: {words.format(user=page.user)}" for words in WAYS)]
    if place == ON_PAGE:
        page.click(ON_PAGE + " summary")
    else:
        page.generate()
    assert page.js(BUTTONS, place) == names
    buttons = page.browser.driver.find_elements("css selector", place + " .command button")
    for button in buttons:
        button.click()
    told = "[...document.querySelectorAll('%s .command [role=status]')].map((one) => one.textContent).join()"
    page.until(told % place + " === 'Copied.,Copied.,Copied.,Copied.,Copied.'")
    if place == IN_DIALOG:
        page.close_my_token()
        page.until(told % place + " === ',,,,'")
    page.click("#generate")
    pasted = page.paste("#description")
    assert pasted == page.js(COMMANDS, place)[-1].replace("\n", " ") or pasted == page.js(COMMANDS, place)[-1].replace("\n", "")


def test_a_command_that_cannot_be_copied_is_selected(page):
    page.browser.before_load("""document.execCommand = () => false;
        Clipboard.prototype.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'));""")
    page.open("/anybody")
    page.click(ON_PAGE + " summary")
    page.browser.driver.find_elements("css selector", ON_PAGE + " .command button")[1].click()
    page.until("getSelection().toString().startsWith('sed')")
    assert page.js("return getSelection().toString();").strip() == page.js(COMMANDS, ON_PAGE)[1]
    assert "The browser did not let us copy. The text is selected;" in page.text(ON_PAGE)


def test_one_click_selects_a_command(page):
    page.open("/anybody")
    page.click(ON_PAGE + " summary")
    page.browser.driver.find_elements("css selector", ON_PAGE + " code")[2].click()
    assert page.js("return getSelection().toString();").strip() == page.js(COMMANDS, ON_PAGE)[2]
