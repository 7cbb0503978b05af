# SPDX-License-Identifier: Apache-2.0
"""docs/clients.md, "HTTP tools and libraries": each program does with a token what its row of the table says.

The programs run the lines of the document, at a place for tokens only and at one for passwords, too.
"""

import json
import os
import threading

import pytest

import client_table
import document_blocks
import http_clients
import tokens
from authorization_fields import basic
from client import PASSWORD, Manager
from engines import now_ms
from httpd import wait_until
from typical_site import BASIC, Site, host, password_file

SECTION = "HTTP tools and libraries"
ROWS = client_table.rows(SECTION)
CELLS = client_table.cells(SECTION)
CLIENTS = [row["client"] for row in ROWS]
EACH_CLIENT = pytest.mark.parametrize("row", ROWS, ids=lambda row: row["client"])

ACCEPT = "AccessTokenAccept bearer basic header:X-Api-Key\n"
MIXED = BASIC.replace('"passwords"', '"API"').replace(" file", " accesstoken file") + "\n" + ACCEPT
TOKENS = 'AuthType AccessToken\nAuthName "API"\n'
PLACES = {"only": TOKENS + ACCEPT, "bearer": TOKENS, "mixed": MIXED, "owner": MIXED + "AccessTokenBasicUser owner\n"}
PLACE = """
ProxyPass /{name} http://127.0.0.1:{echo}/{name}
<Location /{name}>
    {lines}
    Require valid-user
    RequestHeader set X-Remote-User "expr=%{{REMOTE_USER}}"
</Location>
"""
BROKEN = "nowhere", "late-for-curl", "late-for-wget"
BEYOND = "jürgen", "李雷"  # users whose names are not ASCII


@pytest.fixture(scope="module")
def site():
    """`moved` leads to another port of the same server, `elsewhere` to another name and port; at the ports of BROKEN the table cannot be queried."""
    with Site() as place:
        place.server.write("conf/users", password_file(["alice", *BEYOND]))
        other = place.server.add_port()
        text = "".join(PLACE.format(name=name, lines=lines, echo=place.echo.port) for name, lines in PLACES.items())
        text += f"Redirect 302 /moved/ http://127.0.0.1:{other}/\nRedirect 302 /elsewhere/ http://localhost:{other}/\n"
        text += host(other, "")
        place.broken = {name: place.server.add_port() for name in BROKEN}
        for name, port in place.broken.items():
            text += host(port, f'AccessTokenDatabase sqlite3 "{place.server.path(name, "tokens.db")}"\n')
        yield place.start(text)


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    with http_clients.Programs(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def token(site):
    return site.manager("alice").token()


@pytest.fixture(scope="module")
def refused(site):
    """A deleted token and an expired one."""
    manager = site.manager("alice")
    deleted, expired = manager.token(), manager.token()
    manager.delete(deleted)
    site.database.change(tokens.id_of(expired), expires_at=now_ms() - 1)
    return deleted, expired


def user_of(answer):
    """Whose token the backend was told that it is."""
    return dict(json.loads(answer.text.splitlines()[-1])["headers"])["X-Remote-User"].encode("latin-1").decode()


def statuses(site, mark):
    """Of all requests so far with this mark in their address, in their order."""
    return [line.split()[4] for line in site.server.log("access_log").splitlines() if f"?{mark} " in line]


def after(site, mark, last):
    assert wait_until(lambda: last in statuses(site, mark))
    return statuses(site, mark)


@pytest.mark.parametrize("place", ["only", "mixed"])
@pytest.mark.parametrize("client, way, cell", CELLS)
def test_a_client_does_its_work_with_a_token(site, programs, token, client, way, cell, place):
    answer = programs.run(client, way, f"{site.client.base}/{place}/x", token)
    assert (answer.status == 200) == (cell == "yes"), answer
    assert answer.status != 200 or user_of(answer) == "alice"


@pytest.mark.parametrize("client, way, cell", CELLS)
def test_a_client_sees_401_for_a_token_that_ended_and_503_without_a_table(site, programs, token, refused, client, way, cell):
    assert cell == "yes"
    for number, ended in enumerate(refused):
        answer = programs.run(client, way, f"{site.client.base}/{['only', 'mixed'][number]}/x", ended)
        if (client, way) == ("Java HttpClient", "basic"):
            assert "too many authentication attempts" in str(answer.status)
        else:
            assert answer.status == 401, answer
    assert programs.run(client, way, f"http://127.0.0.1:{site.broken['nowhere']}/mixed/x", token).status == 503


@EACH_CLIENT
def test_a_client_sends_a_password_when_the_table_says(site, programs, token, row):
    mark = "moment-" + row["client"].replace(" ", "-")
    assert programs.run(row["client"], "basic", f"{site.client.base}/mixed/x?{mark}", token).status == 200
    assert after(site, mark, "200") == {"at once": ["200"], "after a 401": ["401", "200"]}[row["password"]]


@pytest.mark.parametrize("place", ["moved", "elsewhere"])
@EACH_CLIENT
def test_a_client_sends_to_another_port_what_the_table_says(site, programs, token, row, place):
    """A way in parentheses depends on the version."""
    always = {word for word in row["redirect"].split(", ") if not word.startswith("(")} - {"–", "nothing"}
    sometimes = {word.strip("()") for word in row["redirect"].split(", ")}
    sent = set()
    for way in ("bearer", "basic", "header"):
        answer = programs.run(row["client"], way, f"{site.client.base}/{place}/mixed/x", token)
        assert answer.status in ((302,) if row["redirect"] == "–" else (200, 401)), answer
        sent |= {way} if answer.status == 200 else set()
    assert always <= sent <= sometimes


@EACH_CLIENT
def test_a_user_name_beyond_ascii_is_the_owners_in_the_encoding_of_the_client(site, programs, row):
    for user in BEYOND:
        made = Manager(site.client, authorization=basic(user, PASSWORD)).token()
        if user == BEYOND[1] and row["client"] in ("requests", "aiohttp"):
            with pytest.raises(UnicodeEncodeError):
                programs.run(row["client"], "basic", site.client.base + "/owner/x", made, user=user)
            continue
        answer = programs.run(row["client"], "basic", site.client.base + "/owner/x", made, user=user)
        assert (answer.status, user_of(answer)) == (200, user)
        other = programs.run(row["client"], "basic", site.client.base + "/owner/x", made, user="alice")
        assert other.status != 200


def test_javas_authenticators_send_a_refused_password_again(site, programs, refused):
    for client, times in (("Java HttpClient", 4), ("Java HttpURLConnection", 19)):
        mark = "again-" + client.replace(" ", "-")
        programs.run(client, "basic", f"{site.client.base}/mixed/x?{mark}", refused[0])
        assert wait_until(lambda mark=mark, times=times: len(statuses(site, mark)) == 1 + times), statuses(site, mark)


# Options of curl and wget

@pytest.fixture
def netrc(programs, token):
    """The home directory's .netrc with the document's line."""
    line = document_blocks.block(http_clients.DOCUMENT, "curl", "netrc", fitted={"httok_…": token, "www.example.com": "127.0.0.1"})
    path = os.path.join(programs.folder, ".netrc")
    with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
        file.write(line)
    yield path
    os.unlink(path)


@pytest.fixture
def address(site, request):
    """Of the mixed place, with a mark that finds its requests in the log."""
    mark = request.node.name.split("[", maxsplit=1)[0]
    return f"{site.client.base}/mixed/x?{mark}"


def ran(site, programs, token, address, line):
    """The statuses of the requests of a line with ADDRESS in it, which must end with 200."""
    mark = address.partition("?")[2]
    before = len(statuses(site, mark))
    answer = programs.shell(line.replace("ADDRESS", address), token)
    assert answer.status == 200, answer
    assert user_of(answer) == "alice"
    assert wait_until(lambda: "200" in statuses(site, mark)[before:])
    return statuses(site, mark)[before:]


@pytest.mark.parametrize("line, requests_sent", [
    ("curl --netrc ADDRESS", ["200"]), ("wget ADDRESS", ["401", "200"]), ("wget2 --netrc ADDRESS", ["401", "200"]),
    ("wget --auth-no-challenge ADDRESS", ["200"]),
])
def test_the_password_is_taken_from_netrc(site, programs, token, netrc, address, line, requests_sent):
    assert ran(site, programs, token, address, line) == requests_sent


def test_requests_takes_the_password_from_netrc(programs, netrc, address):
    answer = http_clients.requests.get(address, timeout=http_clients.PATIENCE)
    assert answer.status_code == 200
    assert user_of(http_clients.Answer(200, answer.text)) == "alice"


def test_requests_takes_a_name_of_any_script_as_bytes(site, programs):
    made = Manager(site.client, authorization=basic(BEYOND[1], PASSWORD)).token()
    answer = http_clients.requests.get(site.client.base + "/owner/x", auth=(BEYOND[1].encode(), made.encode()),
                                       timeout=http_clients.PATIENCE)
    assert answer.status_code == 200


def test_urllib_says_value_error_where_no_basic_is_offered(site, programs, token):
    with pytest.raises(ValueError):
        programs.run("urllib", "basic", site.client.base + "/bearer/x", token)


@pytest.mark.parametrize("name, line", [("late-for-curl", "curl --retry 3"),
                                        ("late-for-wget", "wget --tries=3 --retry-on-http-error=503")])
def test_curl_and_wget_try_again_after_503_when_told(site, programs, token, name, line):
    """The first request finds no table: the folder comes later."""
    address = f"http://127.0.0.1:{site.broken[name]}/mixed/x?{name}"

    def come():
        wait_until(lambda: statuses(site, name))
        os.symlink(os.path.dirname(site.database.path), site.server.path(name))

    threading.Thread(target=come, daemon=True).start()
    sent = ran(site, programs, token, address, f'{line} --header "X-Api-Key: $TOKEN" ADDRESS')
    assert sent[0] == "503" and sent[-1] == "200"


@pytest.mark.parametrize("line, requests_sent", [
    ('curl --anyauth --user "x:$TOKEN" ADDRESS', ["401", "200"]),
    ('curl --anyauth --oauth2-bearer "$TOKEN" ADDRESS', ["401", "200"]),
    ('curl --user "$TOKEN:" ADDRESS', ["200"]),
    ('curl "${ADDRESS_WITH}" ', ["200"]),
    ('wget --auth-no-challenge --user x --password "$TOKEN" ADDRESS', ["200"]),
    ('wget2 --auth-no-challenge --http-user x --http-password "$TOKEN" ADDRESS', ["200"]),
    ('printf "Authorization: Bearer %s" "$TOKEN" >field && curl --header @field ADDRESS', ["200"]),
    ('printf "header = Authorization: Bearer %s" "$TOKEN" >rc && wget --config rc ADDRESS', ["200"]),
])
def test_other_ways_to_give_a_token(site, programs, token, address, line, requests_sent):
    line = line.replace("${ADDRESS_WITH}", address.replace("http://", "http://$TOKEN@"))
    assert ran(site, programs, token, address, line) == requests_sent


def test_curl_sends_a_token_to_another_port_when_that_is_trusted(site, programs, token):
    for option in ('--oauth2-bearer "$TOKEN"', '--user "alice:$TOKEN"'):
        line = f"curl --location-trusted {option} {site.client.base}/moved/mixed/x"
        assert programs.shell(line, token).status == 200
