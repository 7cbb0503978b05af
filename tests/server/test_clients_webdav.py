# SPDX-License-Identifier: Apache-2.0
"""docs/clients.md: cadaver and rclone work on a folder of mod_dav with a token; locks belong to the token's owner."""

import re

import pytest

import document_blocks
import outages
import vcs_cells
from background_threads import BackgroundThreads
from client import PASSWORD
from httpd import wait_until
from repositories import DOCUMENT, configured
from vcs_cells import Use, check_known, check_sent

ADMINS = """
<LocationMatch "^/[^/]+/dav/[^/]+/admins">
    Require user admin
</LocationMatch>
"""
CADAVER = "cadaver, `~/.netrc`"


def CONFIGURED(site):  # pylint: disable=invalid-name
    return configured(site, ADMINS)


def netrc(use, password=None):
    use.home.write(".netrc", f"machine 127.0.0.1 login {use.name} password {password or use.token}\n")


def rclone_config(number, **words):
    def setup(use):
        values = {name: value(use) for name, value in words.items()}
        use.home.run("sh", "-e", given=document_blocks.block(DOCUMENT, "WebDAV", "sh", number, fitted={
            "https://www.example.com/dav": use.address(), **values}))
    return setup


def without_a_name(use):
    """As the first block, without a user."""
    block = document_blocks.block(DOCUMENT, "WebDAV", "sh", 0, fitted={
        "https://www.example.com/dav": use.address(), "user=ci ": "", "pass=T": f"pass={use.token}"})
    use.home.run("sh", "-e", given=block)


SETUPS = {
    CADAVER: netrc,
    "rclone, `user` and `pass`": rclone_config(0, **{"user=ci": lambda use: f"user={use.name}", "pass=T": lambda use: f"pass={use.token}"}),
    "rclone, `pass` alone": without_a_name,
    "rclone, `bearer_token`": rclone_config(1, **{"bearer_token=T": lambda use: f"bearer_token={use.token}"}),
    "rclone, `headers`": rclone_config(2, **{"X-Api-Key,T": lambda use: f"X-Api-Key,{use.token}"}),
}


@pytest.fixture
def make_use(site, tmp_path):
    def make(client=CADAVER, way="basic", place="tokens-only"):
        use = Use(site, tmp_path / f"home{next(site.repositories.numbers)}", place, "dav", client, way)
        SETUPS[client](use)
        return use
    return make


def cadaver(use, *commands):
    """What it wrote; it ends with 0 whatever happened."""
    return use.home.run("cadaver", use.address() + "/", given="".join(f"{command}\n" for command in [*commands, "quit"]))


def work_in_cadaver(use):
    use.home.write("one", "text of one")
    output = cadaver(use, "mkcol box", "put one box/one", "move box/one box/two", "lock box/two", "unlock box/two",
                     "get box/two got", "put one box/three", "delete box/three", "ls box")
    assert output.count("succeeded") == 9 and "failed" not in output, output
    assert use.home.read("got") == "text of one" and re.search(r"\btwo\b", output)


def rclone(use, *arguments):
    return use.home.run("rclone", *arguments)


def work_in_rclone(use):
    use.home.write("one", "text of one")
    rclone(use, "mkdir", "files:box")
    rclone(use, "copyto", use.home.path("one"), "files:box/one")
    rclone(use, "moveto", "files:box/one", "files:box/two")
    assert rclone(use, "cat", "files:box/two") == "text of one"
    rclone(use, "deletefile", "files:box/two")
    assert rclone(use, "lsf", "files:").split() == ["box/"]


WORK = {"cadaver": work_in_cadaver, "rclone": work_in_rclone}


def look(use):
    if vcs_cells.program_of(use.row["client"]) == "cadaver":
        output = cadaver(use, "ls")
        return int("Listing collection" not in output), output
    return use.home.attempt("rclone", "lsf", "files:", "--retries", "1", "--low-level-retries", "1")


@pytest.mark.parametrize("client, way, place", vcs_cells.cells(*WORK))
def test_everyday_work(make_use, client, way, place):
    use = make_use(client, way, place)
    WORK[vcs_cells.program_of(client)](use)
    check_sent(use)
    check_known(use)


@pytest.mark.parametrize("end", vcs_cells.ENDS)
@pytest.mark.parametrize("client, way", vcs_cells.clients(*WORK))
def test_a_refused_token_is_a_failed_login(make_use, client, way, end):
    use = make_use(client, way, "token-first")
    vcs_cells.check_failed_login(use, end, look)


@pytest.mark.parametrize("client, way", vcs_cells.clients(*WORK))
def test_a_table_that_is_away_is_503(site, make_use, client, way):
    use = make_use(client, way, "file-first")
    with outages.without_owners(site.database):
        status, output = look(use)
    assert status != 0 and "503 Service Unavailable" in output, output
    assert look(use)[0] == 0


def test_rclone_continues_when_the_table_is_back(site, make_use):
    use = make_use("rclone, `user` and `pass`")
    use.home.write("one", "text of one")
    with BackgroundThreads(lambda: rclone(use, "copyto", use.home.path("one"), "files:one")):
        with outages.without_owners(site.database):
            assert wait_until(lambda: f'503 "PROPFIND /{use.place}/dav/{use.repository}/' in site.server.log("access_log"))
    assert rclone(use, "cat", "files:one") == "text of one"


@pytest.mark.parametrize("place", vcs_cells.PLACES)
def test_a_lock_belongs_to_the_owner_whichever_token_made_it(make_use, place):
    alice, bob = make_use(place=place), make_use(place=place)
    bob.repository = alice.repository
    alice.home.write("one", "text of one")
    bob.home.write("one", "text of another")
    assert "failed" not in cadaver(alice, "put one", "lock one")
    assert "423 Locked" in cadaver(bob, "put one")
    output = cadaver(bob, "steal one", "put one", "unlock one")
    assert "403 Forbidden" in output, output
    alice.token = alice.manager.token()
    netrc(alice)
    output = cadaver(alice, "steal one", "put one", "unlock one")
    assert output.count("succeeded") == 2 and "failed" not in output, output


@pytest.mark.parametrize("place", vcs_cells.PLACES)
@pytest.mark.parametrize("client, way", [(CADAVER, "basic"), ("rclone, `bearer_token`", "bearer"), ("rclone, `headers`", "header")])
def test_a_move_is_authorized_where_it_goes_to(site, make_use, client, way, place):
    use = make_use(client, way, place)
    site.repositories.make_folder("dav", f"{use.repository}/admins")

    def move():
        if client == CADAVER:
            return "succeeded" in cadaver(use, "move one admins/one")
        return use.home.attempt("rclone", "moveto", "files:one", "files:admins/one", "--retries", "1")[0] == 0

    site.client.request("PUT", f"/{place}/dav/{use.repository}/one", token=use.token, data="text of one")
    assert not move()
    assert site.repositories.holds("dav", f"{use.repository}/one")
    use.token = site.manager("admin").token()
    SETUPS[client](use)
    assert move()
    assert site.repositories.holds("dav", f"{use.repository}/admins/one")


@pytest.mark.parametrize("place", vcs_cells.MIXED)
def test_a_password_works_beside_tokens(make_use, place):
    use = make_use(place=place)
    netrc(use, f'"{PASSWORD}"')
    work_in_cadaver(use)
    assert use.manager.info(use.token)["lastUsed"] is None
