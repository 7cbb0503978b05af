# SPDX-License-Identifier: Apache-2.0
"""docs/recipes-proxies.md, "TLS ends at a proxy", with a real nginx and a real HAProxy in front of one httpd."""

import re
import subprocess

import pytest
import requests

import document_blocks
import tokens
from client import PASSWORD
from haproxy import Haproxy
from httpd import free_port, wait_until
from nginx import Nginx
from typical_site import Site, host

DOCUMENT, HEADING = "docs/recipes-proxies.md", "TLS ends at a proxy"
CLIENT, LIE = "127.0.0.7", "198.51.100.9"
# A login with a session, and the manager as the README has it, without what the recipe says.
MORE = """
<Location /session>
    AuthType form
    AuthName "form"
    AuthFormProvider file
    AuthUserFile conf/users
    Session On
    {cookie}
</Location>
<Location /session/log-in>
    SetHandler form-login-handler
    Require all granted
</Location>
<Location /session/tokens>
    Require valid-user
    AccessTokenManager own
</Location>
"""


class FromAddress(requests.adapters.HTTPAdapter):
    """Connections begin at an address which is not that of the proxies."""

    def init_poolmanager(self, *arguments, **options):
        super().init_poolmanager(*arguments, source_address=(CLIENT, 0), **options)


class Front:
    """What a client sees: https at one port, and plain HTTP at another."""

    def __init__(self, site, port, plain):
        self.certificate = site.server.path("conf/www.crt")
        self.base, self.plain = f"https://127.0.0.1:{port}", f"http://127.0.0.1:{plain}"

    def ask(self, method, path, session=None, **more):
        with session or requests.Session() as own:
            own.trust_env, own.verify = False, self.certificate
            for scheme in ("http://", "https://"):
                own.mount(scheme, FromAddress())
            address = path if path.startswith("http") else self.base + path
            return own.request(method, address, timeout=30, allow_redirects=False, **more)

    def manage(self, method="POST", **headers):
        return self.ask(method, "/tokens", auth=("alice", PASSWORD), json={}, headers=headers)


@pytest.fixture(scope="module")
def site(mpm, engine):
    text = document_blocks.section(DOCUMENT, HEADING)
    cookie = re.search(r"`(SessionCookieName [^`]+)`", text).group(1)
    modules = document_blocks.modules_named(text) + ["request", "session", "session_cookie", "auth_form"]
    with Site(mpm, engine, extra_modules=modules) as place:
        conf = place.server.path("conf")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                        "www.key", "-out", "www.crt", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"],
                       cwd=conf, check=True, capture_output=True)
        place.server.write("conf/www.pem", place.server.log("../conf/www.crt") + place.server.log("../conf/www.key"))
        place.server.folder("htdocs/open/folder")
        recipe = document_blocks.block(DOCUMENT, HEADING, "apache", fitted={"/etc/apache2/users.htpasswd": "conf/users"})
        place.without_name = place.server.add_port()
        without = recipe.replace("ServerName https://www.example.com\n", "ServerName www.example.com\n")
        assert without != recipe
        yield place.start(recipe + MORE.format(cookie=cookie) + host(place.without_name, without))


def nginx_in_front(site, httpd_port):
    port = free_port()
    lines = document_blocks.block(DOCUMENT, HEADING, "nginx", fitted={
        "listen 443": f"listen 127.0.0.1:{port}", "127.0.0.1:8080": f"127.0.0.1:{httpd_port}",
        "/etc/nginx/": site.server.path("conf") + "/"})
    return Nginx(lines), port


def haproxy_in_front(site, httpd_port):
    """The frontend for plain HTTP is the test's: it lies about the scheme, unless the recipe prevents that."""
    port = free_port()
    frontend = document_blocks.block(DOCUMENT, HEADING, "haproxy", fitted={
        "bind :443": f"bind 127.0.0.1:{port}", "/etc/haproxy/": site.server.path("conf") + "/"})
    plain = ("\nfrontend plain\n    bind 127.0.0.1:{port}\n    http-request set-header X-Forwarded-Proto http\n"
             f"    default_backend httpd\nbackend httpd\n    server one 127.0.0.1:{httpd_port}\n")
    return Haproxy(frontend + plain), port


FRONTS = {"nginx": nginx_in_front, "HAProxy": haproxy_in_front}


@pytest.fixture(scope="module", params=FRONTS)
def front(request, site):
    proxy, port = FRONTS[request.param](site, site.server.port)
    with proxy:
        yield Front(site, port, proxy.port)


@pytest.fixture(scope="module")
def nameless(site):
    """nginx in front of a host without https:// in its ServerName."""
    proxy, port = nginx_in_front(site, site.without_name)
    with proxy:
        yield Front(site, port, proxy.port)


def lines_since(site, start, words):
    """The module's lines with these words, once there are any."""
    def found():
        return [line for line in site.server.log()[start:].splitlines() if "[accesstoken:" in line and words in line]
    wait_until(found)
    return found()


# The client's address

@pytest.mark.parametrize("fields", [{}, {"X-Forwarded-For": LIE}, {"X-Forwarded-For": f"{LIE}, 127.0.0.1"},
                                    {"X-Forwarded-For": LIE, "Connection": "X-Forwarded-For"}, {"Forwarded": f"for={LIE}"}])
def test_log_lines_have_the_address_that_the_proxy_saw(site, front, fields):
    start = len(site.server.log())
    answer = front.ask("GET", "/api/data.json", headers={**fields, "Authorization": "Bearer " + tokens.forge()})
    assert answer.status_code == 401 and 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    lines = lines_since(site, start, "refused: unknown")
    assert len(lines) == 1 and f"[client {CLIENT}:" in lines[0]
    assert wait_until(lambda: f' {CLIENT} - - 401 "GET /api/data.json' in site.server.log("access_log"))
    assert LIE not in site.server.log("access_log")


def test_a_client_that_is_not_the_proxy_is_not_believed(site):
    start = len(site.server.log())
    direct = Front(site, site.server.port, site.server.port)
    fields = {"X-Forwarded-For": LIE, "X-Forwarded-Proto": "https", "Authorization": "Bearer " + tokens.forge()}
    assert direct.ask("GET", direct.plain + "/api/data.json", headers=fields).status_code == 401
    assert f"[client {CLIENT}:" in lines_since(site, start, "refused: unknown")[0]


def test_fail2ban_finds_the_client_behind_the_proxy(site, nameless, tmp_path):
    start = len(site.server.log())
    for fields in ({}, {"X-Forwarded-For": LIE}):
        nameless.ask("GET", "/api/data.json", headers={**fields, "Authorization": "Bearer " + tokens.forge()})
    lines_since(site, start, "refused: unknown")
    (tmp_path / "filter.conf").write_text(document_blocks.block("docs/recipes.md", "fail2ban", "ini"))
    (tmp_path / "part.log").write_text(site.server.log()[start:])
    done = subprocess.run(["fail2ban-regex", "--print-all-matched", "-v", str(tmp_path / "part.log"), str(tmp_path / "filter.conf")],
                          capture_output=True, text=True, check=True)
    assert re.findall(r"^\|\s{4,}(\S+)  \w{3} \w{3} ", done.stdout, re.MULTILINE) == [CLIENT] * 2


# The scheme

def test_over_https_users_generate_tokens_and_use_them(site, front):
    made = front.manage()
    assert made.status_code == 201
    token = tokens.remember(made.json()["tokenValue"])
    answer = front.ask("GET", "/api/cgi", headers={"Authorization": "Bearer " + token})
    assert answer.status_code == 200
    assert {"HTTPS=on", "REMOTE_USER=alice", f"REMOTE_ADDR={CLIENT}"} <= set(answer.text.splitlines())


@pytest.mark.parametrize("fields", [{}, {"X-Forwarded-Proto": "https"}, {"X_Forwarded_Proto": "https"}])
def test_what_came_to_the_proxy_over_plain_http_is_403_with_no_look_at_the_credentials(site, front, fields):
    start = len(site.server.log())
    field = {**fields, "Authorization": "Bearer " + tokens.forge()}
    assert front.ask("GET", front.plain + "/api/data.json", headers=field).status_code == 403
    assert front.ask("GET", front.plain + "/tokens", headers=fields, auth=("alice", PASSWORD)).status_code == 403
    assert "refused: unknown" not in site.server.log()[start:]


@pytest.mark.parametrize("fields, status", [
    ({"Sec-Fetch-Site": "same-origin"}, 201), ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Origin": "https"}, 201),
    ({"Origin": "http"}, 403), ({"Origin": "https://evil.example"}, 403), ({}, 201)])
def test_the_manager_knows_its_https_origin(front, fields, status):
    if "://" not in fields.get("Origin", "://"):
        fields = {"Origin": front.base.replace("https", fields["Origin"])}
    answer = front.manage(**fields)
    assert answer.status_code == status, answer.text
    if status == 201:
        tokens.remember(answer.json()["tokenValue"])


def test_without_the_scheme_in_servername_an_origin_alone_is_refused(nameless):
    """Shows that the line is needed; browsers are not affected."""
    assert nameless.manage(Origin=nameless.base).status_code == 403
    answer = nameless.manage(Origin=nameless.base, **{"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 201
    tokens.remember(answer.json()["tokenValue"])


def test_addresses_that_httpd_makes_begin_with_https(front, nameless):
    assert front.ask("GET", "/open/folder").headers["Location"] == front.base + "/open/folder/"
    assert nameless.ask("GET", "/open/folder").headers["Location"].startswith("http://")


def test_the_page_is_the_one_of_an_https_server(front):
    answer = front.ask("GET", "/tokens", auth=("alice", PASSWORD), headers={"Accept": "text/html"})
    assert answer.status_code == 200 and answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_cookie_of_a_session_is_for_https_alone(front):
    with requests.Session() as session:
        front.ask("POST", "/session/log-in", session, data={"httpd_username": "alice", "httpd_password": PASSWORD})
        cookie, = session.cookies
        assert cookie.secure and cookie.has_nonstandard_attr("httponly")
        assert front.ask("GET", "/session/tokens", session).status_code == 200
    assert front.ask("GET", "/session/tokens").status_code == 401


def log_of(proxy):
    return lambda: proxy.words() + (proxy.words("access.log") if isinstance(proxy, Nginx) else "")


def test_no_token_is_in_the_logs_of_the_proxies(site):
    for make in FRONTS.values():
        proxy, port = make(site, site.server.port)
        with proxy:
            front = Front(site, port, proxy.port)
            token = tokens.remember(front.manage().json()["tokenValue"])
            assert front.ask("GET", "/api/data.json", headers={"Authorization": "Bearer " + token}).status_code == 200
            assert wait_until(lambda log=log_of(proxy): "/api/data.json" in log())
            assert tokens.secret_of(token) not in log_of(proxy)()
