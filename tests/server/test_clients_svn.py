# SPDX-License-Identifier: Apache-2.0
"""docs/clients.md: svn does its everyday work with a token, and the token's owner counts, whatever user name svn sends."""

import os
import pwd

import pytest

import document_blocks
import outages
import vcs_cells
from client import PASSWORD
from repositories import DOCUMENT, configured
from vcs_cells import Use, check_known, check_sent

PUBLIC = """
<Location /public/svn>
    DAV svn
    SVNParentPath srv/svn
    AuthzSVNAccessFile conf/svn-access
    {protection}
    AuthName "public"
    Satisfy Any
    Require valid-user
</Location>
"""
# What clients read without a login, and write with a token.
PUBLIC_PLACES = {f"public-{place}": protection for place, protection in vcs_cells.PLACES.items()}


def CONFIGURED(site):  # pylint: disable=invalid-name
    public = "".join(PUBLIC.format(protection=protection).replace("/public/", f"/{place}/").replace(" srv/", f" {site.server.root}/srv/")
                     for place, protection in PUBLIC_PLACES.items())
    return configured(site, public) + written_through(site)


def written_through(site):
    """A mirror that has the server of the repository itself do what writes."""
    site.mirrored = site.repositories.new("svn")
    return WRITTEN_THROUGH.format(root=site.server.root, mirror=site.repositories.new("svn"), main=site.mirrored,
                                  port=site.server.port, protection=vcs_cells.PLACES["token-first"])


WRITTEN_THROUGH = """
<Location /mirror>
    DAV svn
    SVNPath "{root}/srv/svn/{mirror}"
    SVNMasterURI http://127.0.0.1:{port}/tokens-only/svn/{main}
    {protection}
    AuthName "mirror"
    Require valid-user
    AccessTokenForwardCredentials On
</Location>
"""


def with_a_name(use):
    use.options = ["--username", use.name]


def without_a_name(use):
    use.options = []


def with_an_empty_name(use):
    use.options = ["--username", ""]


SETUPS = {
    "svn `--username ci`": with_a_name,
    "svn without `--username`": without_a_name,
    'svn `--username ""`': with_an_empty_name,
}
NAMED = "svn `--username ci`"


@pytest.fixture
def make_use(site, tmp_path):
    def make(client=NAMED, place="tokens-only"):
        use = Use(site, tmp_path / f"home{next(site.repositories.numbers)}", place, "svn", client, "basic")
        SETUPS[client](use)
        use.password = use.token
        return use
    return make


def attempt(use, *arguments, folder=""):
    return use.home.attempt("svn", *arguments, "--non-interactive", "--no-auth-cache", *use.options,
                            "--password-from-stdin", folder=folder, given=use.password)


def svn(use, *arguments, folder=""):
    status, output = attempt(use, *arguments, folder=folder)
    assert status == 0, (arguments, output)
    return output


def commit(use, name, folder="one"):
    use.home.write(f"{folder}/{name}", f"text of {name}")
    svn(use, "add", "-q", name, folder=folder)
    return attempt(use, "commit", "-m", f"adds {name}", folder=folder)


def work(use):
    """Check out, commit, update another working copy, lock and unlock; the log names the owner."""
    for folder in ("one", "two"):
        svn(use, "checkout", use.address(), folder)
    assert commit(use, "file")[0] == 0
    svn(use, "update", folder="two")
    assert use.home.read("two/file") == "text of file"
    svn(use, "lock", "file", folder="two")
    assert f"Lock Owner: {use.owner}\n" in svn(use, "info", "file", folder="two")
    svn(use, "unlock", "file", folder="two")
    assert f"r1 | {use.owner} | " in svn(use, "log", "-v", use.address())


def look(use):
    return attempt(use, "info", use.address())


@pytest.mark.parametrize("client, way, place", vcs_cells.cells("svn"))
def test_everyday_work(make_use, client, way, place):
    assert way == "basic"
    use = make_use(client, place)
    work(use)
    check_sent(use, pwd.getpwuid(os.getuid()).pw_name)
    check_known(use)


def test_the_command_of_the_document(make_use):
    use = make_use()
    command = document_blocks.block(DOCUMENT, "Subversion", "sh", fitted={
        "https://www.example.com/svn/project": use.address() + " project", "printf T": f"printf {use.token}"})
    use.home.run("sh", "-e", given=command)
    assert os.path.isdir(use.home.path("project/.svn"))


@pytest.mark.parametrize("end", vcs_cells.ENDS)
@pytest.mark.parametrize("client, way", vcs_cells.clients("svn"))
def test_a_refused_token_is_a_failed_login(make_use, client, way, end):
    use = make_use(client, "token-first")
    assert way == "basic"
    vcs_cells.check_failed_login(use, end, look)
    assert len([request for request in use.requests() if request.basic()]) == 2  # as the document says of fail2ban


def saved(use):
    """The file in which svn keeps the token, as text."""
    folder = use.home.path(".subversion/auth/svn.simple")
    return "".join(use.home.read(os.path.join(folder, name)) for name in os.listdir(folder))


def test_a_stored_token_survives_503_and_401(site, make_use):
    use = make_use()
    use.home.run("svn", "info", use.address(), "--non-interactive", "--config-option", "servers:global:store-plaintext-passwords=yes",
                 *use.options, "--password-from-stdin", given=use.token)
    kept = saved(use)
    assert use.token in kept
    site.server.restart()  # nothing is cached any more
    with outages.without_owners(site.database):
        status, output = use.home.attempt("svn", "info", use.address(), "--non-interactive")
    assert status != 0 and "503" in output, output
    use.home.run("svn", "info", use.address(), "--non-interactive")
    use.delete()
    assert use.home.attempt("svn", "info", use.address(), "--non-interactive")[0] != 0
    assert saved(use) == kept


def grant(site, use, path, *lines):
    """Rules for one path of this repository."""
    with open(site.server.path("conf/svn-access"), "a", encoding="utf-8") as file:
        file.write("\n".join([f"[{use.repository}:{path}]", *lines, ""]))


@pytest.mark.parametrize("place", vcs_cells.PLACES)
def test_paths_are_authorized_by_the_owner_of_the_token(site, make_use, place):
    alice, bob = make_use(place=place), make_use(place=place)
    bob.repository = alice.repository
    alice.options = ["--username", bob.owner]  # a name proves nothing
    grant(site, alice, "/", "* = r", f"{alice.owner} = rw", f"{bob.owner} = rw")
    grant(site, alice, "/bobs", "* =", f"{bob.owner} = rw")
    svn(bob, "checkout", bob.address(), "one")
    svn(bob, "mkdir", "bobs", "all", folder="one")
    assert commit(bob, "bobs/hidden")[0] == 0
    assert commit(bob, "all/seen")[0] == 0

    assert svn(alice, "list", "-R", alice.address()).split() == ["all/", "all/seen"]
    assert svn(bob, "list", "-R", bob.address()).split() == ["all/", "all/seen", "bobs/", "bobs/hidden"]
    svn(alice, "checkout", alice.address(), "one")
    assert sorted(os.listdir(alice.home.path("one"))) == [".svn", "all"]
    assert "hidden" not in svn(alice, "log", "-v", alice.address()) and "hidden" in svn(bob, "log", "-v", bob.address())
    status, output = attempt(alice, "cat", alice.address() + "/bobs/hidden")
    assert status != 0 and "forbidden" in output, output
    assert commit(alice, "all/alices")[0] == 0
    assert f"r3 | {alice.owner} | " in svn(alice, "log", alice.address())


@pytest.mark.parametrize("place", PUBLIC_PLACES)
def test_a_public_repository_is_written_with_a_token(site, make_use, place):
    use, other = make_use(), make_use()
    use.place = other.place = place
    other.repository = use.repository
    grant(site, use, "/", "* = r", f"{use.owner} = rw")
    grant(site, use, "/own", "* =", f"{use.owner} = rw")
    anonymous = "svn", "checkout", "--non-interactive", use.address()
    use.home.run(*anonymous, "one")
    svn(use, "mkdir", "own", folder="one")
    assert commit(use, "own/hidden")[0] == 0
    own = use.address() + "/own"
    assert svn(use, "list", own).split() == ["hidden"]
    assert f"r1 | {use.owner} | " in svn(use, "log", "-v", own)  # allowed path by path, in sub-requests
    use.home.run(*anonymous, "two")
    assert os.listdir(use.home.path("two")) == [".svn"]
    other.home.run(*anonymous, "one")
    status, output = commit(other, "refused")
    assert status != 0 and "forbidden" in output, output
    other.delete()
    status, output = attempt(other, "commit", "-m", "adds a file", folder="one")
    assert status != 0 and "Authentication failed" in output, output


def test_a_mirror_writes_with_the_token_of_its_client(site, make_use):
    use = make_use()
    svn(use, "checkout", use.server() + "/mirror", "one")
    status, output = commit(use, "file")
    use.repository = site.mirrored
    assert status == 0 and f"r1 | {use.owner} | " in svn(use, "log", use.address()), output


@pytest.mark.parametrize("place", vcs_cells.MIXED)
def test_a_password_works_beside_tokens(make_use, place):
    use = make_use(place=place)
    use.password = PASSWORD
    work(use)
    assert use.manager.info(use.token)["lastUsed"] is None
