# SPDX-License-Identifier: Apache-2.0
"""docs/clients.md: hg does its everyday work with a token, with hgweb as a CGI program."""

import re

import pytest

import document_blocks
import outages
import vcs_cells
from client import PASSWORD
from repositories import DOCUMENT, configured
from vcs_cells import Use, check_known, check_sent

CONFIGURED = configured


def address(use):
    use.userinfo = f"{use.name}:{use.token}@"


def auth(use):
    use.home.write(".hgrc", document_blocks.block(DOCUMENT, "Mercurial", "ini", 1, fitted={
        "https://www.example.com": use.server(), "= ci": f"= {use.name}", "= T": f"= {use.token}"}))


SETUPS = {"hg, address `https://ci:T@host/`": address, "hg, `[auth]`": auth}


@pytest.fixture
def make_use(site, tmp_path):
    def make(client="hg, `[auth]`", place="tokens-only"):
        use = Use(site, tmp_path / f"home{next(site.repositories.numbers)}", place, "hg", client, "basic")
        SETUPS[client](use)
        return use
    return make


def work(use):
    """Clone, commit, push; another repository pulls what was pushed."""
    home, address_ = use.home, use.address()
    home.run("hg", "clone", "-q", address_, "one")
    home.run("hg", "init", "two")
    home.write("one/file", "text")
    home.run("hg", "commit", "-q", "-A", "-u", "somebody", "-m", "first", folder="one")
    home.run("hg", "push", "-q", address_, folder="one")
    home.run("hg", "pull", "-q", "-u", address_, folder="two")
    assert home.read("two/file") == "text"


def look(use):
    return use.home.attempt("hg", "-y", "identify", use.address())


@pytest.mark.parametrize("client, way, place", vcs_cells.cells("hg"))
def test_everyday_work(make_use, client, way, place):
    assert way == "basic"
    use = make_use(client, place)
    work(use)
    check_sent(use)
    check_known(use)
    seen = use.hooks_saw()
    assert f"\nREMOTE_USER={use.owner}\n" in seen and re.search(rf"\nHG_URL=remote:http:.*:{use.owner}\n", seen)
    assert use.token not in seen


@pytest.mark.parametrize("end", vcs_cells.ENDS)
@pytest.mark.parametrize("client, way", vcs_cells.clients("hg"))
def test_a_refused_token_is_a_failed_login(make_use, client, way, end):
    use = make_use(client, "file-first")
    assert way == "basic"
    vcs_cells.check_failed_login(use, end, look)


def test_a_table_that_is_away_is_503(site, make_use):
    use = make_use()
    with outages.without_owners(site.database):
        status, output = look(use)
    assert status != 0 and "HTTP Error 503" in output, output
    assert look(use)[0] == 0


def test_only_whom_the_repository_names_may_push(site, make_use):
    owner, other = make_use(), make_use()
    other.repository = owner.repository
    with open(site.repositories.path("hg", f"{owner.repository}/.hg/hgrc"), "a", encoding="utf-8") as file:
        file.write(f"[web]\nallow-push = {owner.owner}\n")
    work(owner)
    other.home.run("hg", "clone", "-q", other.address(), "one")
    other.home.write("one/more", "text")
    other.home.run("hg", "commit", "-q", "-A", "-u", owner.owner, "-m", "second", folder="one")
    status, output = other.home.attempt("hg", "push", other.address(), folder="one")
    assert status != 0 and "authorization failed" in output, output


@pytest.mark.parametrize("place", vcs_cells.MIXED)
def test_a_password_works_beside_tokens(make_use, place):
    use = make_use("hg, address `https://ci:T@host/`", place)
    use.userinfo = f"{use.owner}:{PASSWORD.replace(' ', '%20')}@"
    assert look(use)[0] == 0
    assert use.manager.info(use.token)["lastUsed"] is None
