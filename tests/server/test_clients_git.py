# SPDX-License-Identifier: Apache-2.0
"""docs/clients.md: git, and git-lfs, do their everyday work with a token, at places for tokens only and beside passwords."""

import itertools
import os
import secrets

import pytest

import client_table
import document_blocks
import outages
import vcs_cells
from client import PASSWORD
from repositories import DOCUMENT, configured
from vcs_cells import Use, check_known, check_sent

CONFIGURED = configured
BIG = 60_000  # times a few bytes: more than the smallest http.postBuffer


def address(use):
    use.userinfo = f"{use.name}:{use.token}@"


def address_with_the_token_alone(use):
    use.userinfo = f"{use.token}@"


def netrc(use):
    block = document_blocks.block(DOCUMENT, "Git", "text", fitted={
        "www.example.com": "127.0.0.1", "login ci": f"login {use.name}", "password T": f"password {use.token}"})
    use.home.write(".netrc", block)


def run_block(use, number, words):
    """A block of commands of the document."""
    commands = document_blocks.block(DOCUMENT, "Git", "sh", number, fitted=words)
    use.home.run("sh", "-e", given=commands)


def store(use):
    run_block(use, 0, {"https://ci:T@www.example.com": use.server(f"{use.name}:{use.token}@")})


def askpass(use):
    use.home.environment["GIT_ASKPASS"] = use.home.write("askpass", f"#!/bin/sh\necho {use.token}\n", mode=0o700)


def extra_header(use):
    field = {"header": f"X-Api-Key: {use.token}", "bearer": f"Authorization: Bearer {use.token}"}[use.way]
    run_block(use, 1, {"https://www.example.com": use.server(), "Authorization: Bearer T": field})


ADDRESS, STORE = "git, address `https://ci:T@host/`", "git, `credential.helper store`"
LFS_STORE = "git-lfs, `credential.helper store`"
SETUPS = {
    ADDRESS: address,
    "git, address `https://T@host/`": address_with_the_token_alone,
    "git, `~/.netrc`": netrc,
    STORE: store,
    "git, `GIT_ASKPASS` that prints T for each question": askpass,
    "git, `http.extraHeader`": extra_header,
    LFS_STORE: store,
    "git-lfs, `http.extraHeader`": extra_header,
}


@pytest.fixture
def make_use(site, tmp_path):
    def make(client, way, place, **more):
        use = Use(site, tmp_path, place, "git", client, way)
        if vcs_cells.program_of(client) == "git-lfs":
            use.suffix = ".git/info/lfs"
            use.home.run("git", "lfs", "install")
        SETUPS[client](use)
        return use
    return make


def work(use):
    """Clone, commit, push; a second clone fetches what was pushed."""
    home, address_ = use.home, use.address()
    home.run("git", "clone", "-q", address_, "one")
    home.run("git", "clone", "-q", address_, "two")
    home.write("one/file", "text")
    home.run("git", "add", "file", folder="one")
    home.run("git", "commit", "-q", "-m", "first", folder="one")
    home.run("git", "push", "-q", "origin", "HEAD:main", folder="one")
    home.run("git", "fetch", "-q", "origin", "main", folder="two")
    assert home.run("git", "show", "FETCH_HEAD:file", folder="two") == "text"


def commit_large_file(use, folder):
    use.home.run("git", "lfs", "track", "*.bin", folder=folder)
    use.home.write(f"{folder}/large.bin", use.repository * BIG)
    use.home.run("git", "add", ".", folder=folder)
    use.home.run("git", "commit", "-q", "-m", "first", folder=folder)


def work_with_a_large_file(use):
    """The object is stored by one request and fetched by another."""
    home, address_ = use.home, use.address()
    home.run("git", "clone", "-q", address_, "one")
    commit_large_file(use, "one")
    home.run("git", "push", "-q", "origin", "HEAD:main", folder="one")
    home.run("git", "clone", "-q", address_, "two")
    assert home.read("two/large.bin") == use.repository * BIG
    assert home.run("git", "show", "HEAD:large.bin", folder="two").startswith("version https://git-lfs")


def look(use):
    if use.row["client"].startswith("git-lfs"):
        if not os.path.exists(use.home.path("new")):
            use.home.run("git", "init", "-q", "-b", "main", "new")
            commit_large_file(use, "new")
        return use.home.attempt("git", "lfs", "push", use.address(), "main", folder="new")
    return use.home.attempt("git", "ls-remote", use.address())


WORK = {"git": work, "git-lfs": work_with_a_large_file}


def test_each_cell_of_the_table_is_run():
    every = set(client_table.cells(vcs_cells.SECTION))
    run = vcs_cells.cells("git", "git-lfs", "svn", "hg", "cadaver", "rclone")
    assert {(client, way, "yes") for client, way, _ in run} == every


@pytest.mark.parametrize("client, way, place", vcs_cells.cells(*WORK))
def test_everyday_work(make_use, client, way, place):
    use = make_use(client, way, place)
    WORK[vcs_cells.program_of(client)](use)
    check_sent(use)
    check_known(use)
    seen = use.hooks_saw()
    assert f"\nREMOTE_USER={use.owner}\n" in seen and "\nAUTH_TYPE=AccessToken\n" in seen
    assert use.token not in seen


@pytest.mark.parametrize("end", vcs_cells.ENDS)
@pytest.mark.parametrize("client, way", vcs_cells.clients(*WORK))
def test_a_refused_token_is_a_failed_login(make_use, client, way, end):
    use = make_use(client, way, "token-first")
    vcs_cells.check_failed_login(use, end, look)


@pytest.mark.parametrize("client, place", [*itertools.product([STORE], vcs_cells.PLACES), (LFS_STORE, "file-first")])
def test_a_stored_token_is_forgotten_after_401_and_kept_after_503(site, make_use, client, place):
    use = make_use(client, "basic", place)
    kept = use.home.read(".git-credentials")
    with outages.without_owners(site.database):
        status, output = look(use)
    assert status != 0 and "503" in output, output
    assert use.home.read(".git-credentials") == kept and use.token in kept
    assert look(use)[0] == 0
    use.delete()
    assert look(use)[0] != 0
    assert use.home.read(".git-credentials") == ""


@pytest.mark.parametrize("place", vcs_cells.PLACES)
@pytest.mark.parametrize("client", [ADDRESS, STORE, "git, `http.extraHeader`"])
def test_a_submodule_of_the_same_server_is_cloned_with_the_same_token(make_use, client, place):
    use = make_use(client, "bearer", place)
    work(use)
    part, use.repository = use.repository, use.site.repositories.new("git")
    home = use.home
    home.run("git", "clone", "-q", use.address(), "whole")
    home.run("git", "submodule", "add", "-q", f"../{part}", "part", folder="whole")
    home.run("git", "commit", "-q", "-m", "with a part", folder="whole")
    home.run("git", "push", "-q", "origin", "HEAD:main", folder="whole")
    home.run("git", "clone", "-q", "--recurse-submodules", use.address(), "all")
    assert home.read("all/part/file") == "text"


@pytest.mark.parametrize("place", vcs_cells.PLACES)
def test_a_push_in_chunks(make_use, place):
    """Larger than http.postBuffer: git asks with an empty request before it sends the pack."""
    use = make_use(ADDRESS, "basic", place)
    home = use.home
    home.run("git", "clone", "-q", use.address(), "one")
    home.write("one/file", secrets.token_hex(BIG))
    home.run("git", "add", "file", folder="one")
    home.run("git", "commit", "-q", "-m", "much", folder="one")
    home.run("git", "-c", "http.postBuffer=65536", "push", "-q", "origin", "HEAD:main", folder="one")
    assert "chunked" in [request.fields.get("transfer-encoding") for request in use.requests() if request.path.endswith("/git-receive-pack")]
    check_known(use)


@pytest.mark.parametrize("place", vcs_cells.MIXED)
def test_a_password_works_beside_tokens(make_use, place):
    use = make_use(ADDRESS, "basic", place)
    use.userinfo = f"{use.owner}:{PASSWORD.replace(' ', '%20')}@"
    work(use)
    assert f"\nREMOTE_USER={use.owner}\n" in use.hooks_saw() and "AUTH_TYPE=Basic" in use.hooks_saw()
    assert use.manager.info(use.token)["lastUsed"] is None
