# SPDX-License-Identifier: Apache-2.0
"""docs/recipes.md, "Read-only tokens": an API, git and Subversion with their own programs, each request by scope."""

import os
import shutil
import subprocess

import pytest

import document_blocks
import tokens
from client import PASSWORD
from httpd import AS_ROOT, CHILD_GROUP, CHILD_USER
from typical_site import Site

DOCUMENT, HEADING = "docs/recipes.md", "Read-only tokens"
MANAGER = """
<Location /tokens>
    AccessTokenScopes read write other
</Location>
"""
MAY_READ, MAY_WRITE = {"read", "write", "unlimited", "password"}, {"write", "unlimited", "password"}
EVERYBODY = ["read", "write", "other", "unlimited", "password"]
READING = ["GET", "HEAD", "OPTIONS"]
DAV_READING = [*READING, "PROPFIND", "REPORT"]
WRITING = ["POST", "PUT", "PATCH", "DELETE", "NONSENSE"]
DAV_WRITING = ["PUT", "POST", "DELETE", "COPY", "MOVE", "MKCOL", "PROPPATCH", "LOCK", "UNLOCK", "CHECKOUT", "MERGE", "MKACTIVITY"]


def run(*command, folder=None, home):
    """A program without the configuration of the user who runs the tests: (whether it succeeded, what it said)."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
                   "LC_ALL": "C", "NO_PROXY": "127.0.0.1",
                   **{f"GIT_{who}_{what}": "tests@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False,
                          stdin=subprocess.DEVNULL)
    return done.returncode == 0, done.stdout + done.stderr


def give_to_children(path):
    for folder, _, files in os.walk(path):
        for name in [folder, *(os.path.join(folder, file) for file in files)]:
            if AS_ROOT:
                shutil.chown(name, CHILD_USER, CHILD_GROUP)


def make_repositories(server, home):
    """One with a commit for git, an empty one for Subversion."""
    for name in ("git", "svn"):
        server.folder(name)
    bare, work = server.path("git/one.git"), server.path("work")
    for command in (["git", "init", "-q", "--bare", "-b", "main", bare], ["git", "clone", "-q", bare, work],
                    ["git", "-C", work, "commit", "-q", "--allow-empty", "-m", "first"], ["git", "-C", work, "push", "-q", bare, "HEAD:main"],
                    ["svnadmin", "create", server.path("svn/one")]):
        done, said = run(*command, home=home)
        assert done, said
    for name in ("git", "svn"):
        give_to_children(server.path(name))


@pytest.fixture(scope="module")
def site(mpm, engine, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    modules = document_blocks.modules_named(document_blocks.section(DOCUMENT, HEADING))
    with Site(mpm, engine, extra_modules=sorted(set(modules) - {"cgid"})) as place:
        make_repositories(place.server, home)
        api, git, svn = (document_blocks.fit(block, {"/etc/apache2/users.htpasswd": "conf/users"})
                         for block in document_blocks.blocks_of(document_blocks.section(DOCUMENT, HEADING), "apache"))
        git = document_blocks.fit(git, {"/srv/git": place.server.path("git")})
        svn = document_blocks.fit(svn, {"/srv/svn": place.server.path("svn")})
        place.server.write("htdocs/api/data.json", "{}")
        place.start(MANAGER + api.replace("/api>", "/api/echo>") + git + svn)
        place.home = home
        place.passwords = {name: place.manager("alice").post({"scopes": [name]}).json()["tokenValue"] for name in ("read", "write", "other")}
        place.passwords |= {"unlimited": place.manager("alice").token(), "password": PASSWORD}
        yield place


def address(site, path, who):
    return f"http://alice:{site.passwords[who].replace(' ', '%20')}@127.0.0.1:{site.server.port}{path}"


def ask(site, method, path, who, **more):
    return site.client.session.request(method, site.client.base + path, auth=("alice", site.passwords[who]), timeout=30, **more)


# The API

@pytest.mark.parametrize("who", EVERYBODY)
def test_the_api_reads_with_read_and_does_the_rest_with_write(site, who):
    """The backend of the test does not know some of these methods, and says so with 501."""
    for methods, may in ((READING, MAY_READ), (WRITING, MAY_WRITE)):
        for method in methods:
            status = ask(site, method, "/api/echo/x", who).status_code
            assert (status in (200, 501)) if who in may else status == 403, method


def test_a_refusal_names_the_scope(site):
    for method, scope in (("POST", "write"), ("GET", "read")):
        answer = ask(site, method, "/api/echo/x", "other")
        assert answer.status_code == 403
        assert answer.headers["WWW-Authenticate"] == f'Bearer realm="API", error="insufficient_scope", scope="{scope}"'


def test_a_method_in_another_field_changes_nothing_for_httpd(site):
    fields = {"X-HTTP-Method-Override": "GET", "X-HTTP-Method": "GET", "X-Method-Override": "GET"}
    assert ask(site, "POST", "/api/echo/x?_method=GET", "read", headers=fields).status_code == 403


@pytest.mark.parametrize("credentials", [{}, {"token": tokens.forge()}, {"user": "mallory"}])
@pytest.mark.parametrize("path", ["/api/echo/x", "/git/one.git/HEAD", "/svn/one"])
def test_without_good_credentials_nothing_is_read(site, path, credentials):
    assert site.client.status(path, **credentials) == 401


# git

@pytest.mark.parametrize("who", EVERYBODY)
def test_git_fetches_with_read_and_pushes_with_write(site, who, tmp_path):
    clone = tmp_path / "clone"
    done, said = run("git", "clone", "-q", address(site, "/git/one.git", who), clone, home=site.home)
    assert done == (who in MAY_READ), said
    if not done:
        assert "403" in said
        return
    run("git", "commit", "-q", "--allow-empty", "-m", who, folder=clone, home=site.home)
    done, said = run("git", "push", "-q", "origin", "HEAD:refs/heads/of-" + who, folder=clone, home=site.home)
    assert done == (who in MAY_WRITE), said
    assert done or "403" in said
    assert run("git", "fetch", "-q", folder=clone, home=site.home)[0]
    assert os.path.exists(site.server.path("git/one.git/refs/heads/of-" + who)) == (who in MAY_WRITE)


@pytest.mark.parametrize("path", [
    "/git/one.git/git-receive-pack", "/git/one.git/git-receive%2Dpack", "/git/x/../one.git/git-receive-pack",
    "/git/one.git/git-receive-pack?service=git-upload-pack", "/git/one.git/git-receive-pack?/git-upload-pack",
    "/git/one.git/git-upload-pack/git-receive-pack", "/git/one.git/info/refs", "/git/one.git/info/lfs/objects/batch"])
def test_a_post_that_is_no_fetch_needs_write_however_it_is_written(site, path):
    answer = site.client.raw(f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n"
                             f"Authorization: Bearer {site.passwords['read']}\r\n\r\n".encode())
    assert answer.status == 403 and "insufficient_scope" in answer.headers["WWW-Authenticate"]


def test_a_push_is_refused_before_it_sends_anything(site):
    assert ask(site, "GET", "/git/one.git/info/refs?service=git-receive-pack", "read").status_code == 403
    assert ask(site, "GET", "/git/one.git/info/refs?service=git-upload-pack", "read").status_code == 200
    assert ask(site, "GET", "/git/one.git/HEAD", "read").status_code == 200


def test_git_keeps_a_stored_credential_after_403_and_erases_it_after_401(site, tmp_path):
    stored = tmp_path / "credentials"
    helper = f"credential.helper=store --file={stored}"
    for who, token, kept in (("read", site.passwords["read"], True), ("nobody", tokens.forge(), False)):
        stored.write_text(f"http://alice:{token}@127.0.0.1:{site.server.port}\n")
        done, said = run("git", "-C", site.server.path("work"), "-c", helper, "push", "-q",
                         f"http://127.0.0.1:{site.server.port}/git/one.git", "HEAD:refs/heads/" + who, home=site.home)
        assert not done, said
        assert (token in stored.read_text()) == kept, said


# Subversion

def svn(site, who, *arguments, folder=None):
    return run("svn", "--config-dir", str(site.home / "svn"), "--non-interactive", "--no-auth-cache", "--username", "alice",
               "--password", site.passwords[who], *arguments, folder=folder, home=site.home)


@pytest.mark.parametrize("who", EVERYBODY)
def test_svn_checks_out_with_read_and_commits_with_write(site, who, tmp_path):
    place = f"http://127.0.0.1:{site.server.port}/svn/one"
    done, said = svn(site, who, "checkout", place, str(tmp_path / "work"))
    assert done == (who in MAY_READ), said
    if not done:
        assert "forbidden" in said.lower()
        return
    (tmp_path / "work" / f"of-{who}").write_text("text")
    assert svn(site, who, "add", f"of-{who}", folder=tmp_path / "work")[0]
    done, said = svn(site, who, "commit", "-m", "one", folder=tmp_path / "work")
    assert done == (who in MAY_WRITE), said
    assert svn(site, who, "log", "-v", place)[0] and svn(site, who, "update", folder=tmp_path / "work")[0]
    assert (f"of-{who}" in svn(site, who, "list", place)[1]) == (who in MAY_WRITE)


def test_each_method_of_webdav_that_is_not_known_to_read_needs_write(site):
    for method in DAV_WRITING:
        answer = ask(site, method, "/svn/one/x", "read", headers={"Destination": site.client.base + "/svn/one/y"})
        assert answer.status_code == 403 and 'scope="write"' in answer.headers["WWW-Authenticate"], method
    for method in DAV_READING:
        assert ask(site, method, "/svn/one", "read", headers={"Depth": "0"}).status_code not in (401, 403), method
