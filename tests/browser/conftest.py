# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the browser tests: one httpd, one Chromium, and for each test a page of its own.

The server tests' harness makes httpd; this adds https, a login by form and a door that closes.
"""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parent / "server/support"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

import httpd  # noqa: E402
from browser import NODE_MODULES, Browser  # noqa: E402
from page import HOSTILE_SCOPES, MANY_SCOPES, Page  # noqa: E402
from typical_site import BASIC, Site  # noqa: E402

MODULES = ("ssl", "socache_shmcb", "request", "session", "session_cookie", "auth_form", "authn_anon")

FORM = """
    AuthType form
    AuthName "form"
    AuthFormProvider file
    AuthUserFile conf/users
    Session On
    SessionCookieName session path=/
"""

ANYBODY = """AuthName "any user name"
    Anonymous *
    Anonymous_MustGiveEmail Off
    Anonymous_LogEmail Off"""

WHO = """#!/bin/sh
case $QUERY_STRING in *slow*) sleep 1 ;; esac
printf 'Content-Type: text/plain\\r\\n\\r\\n%s' "$REMOTE_USER"
"""

LOG_IN = """<!DOCTYPE html><title>Log in</title><link rel="icon" href="data:,"><form method="post">
<input name="httpd_username"><input name="httpd_password" type="password"><input name="httpd_location" type="hidden">
<button>Log in</button></form><script>document.forms[0].httpd_location.value = location.href;</script>
"""

MORE = """
LogLevel debug
<Location /log-in>
    SetHandler form-login-handler
    {form}
    Require all granted
</Location>
<Location /form-tokens>
    {form}
    Require valid-user
    AccessTokenManager own
</Location>
<Location /redirected-tokens>
    {form}
    AuthFormLoginRequiredLocation http://elsewhere.intranet.example:{plain}/elsewhere
    Require valid-user
    AccessTokenManager own
</Location>
<Location /inline-tokens>
    {form}
    ErrorDocument 401 /open/log-in.html
    Require valid-user
    AccessTokenManager own
    AccessTokenScopes read write
</Location>
<Location /closable>
    {basic}
    AuthzSendForbiddenOnFailure On
    <RequireAll>
        Require valid-user
        Require expr "! -f '{closed}'"
    </RequireAll>
    AccessTokenManager own
</Location>
<Location /anybody>
    AuthType Basic
    AuthBasicProvider anon
    {anybody}
    Require valid-user
    AccessTokenManager own
    AccessTokenAccept bearer basic header:X-Api-Key header:Authorization
    AccessTokenAddress http://127.0.0.1:{plain}/ways/who?it=is&I=am
</Location>
<Location /anybody-by-form>
    {form}
    AuthFormProvider anon
    {anybody}
    Require valid-user
    AccessTokenManager own
    AccessTokenAccept basic
</Location>
<Location /log-anybody-in>
    SetHandler form-login-handler
    {form}
    AuthFormProvider anon
    {anybody}
    Require all granted
</Location>
<Location /ways>
    AuthType AccessToken
    AuthName "ways"
    Require valid-user
    AccessTokenAccept bearer basic header:X-Api-Key header:Authorization
    AccessTokenBasicUser owner
</Location>
ScriptAlias /ways/who "{who}"
<Location /month>
    {basic}
    Require valid-user
    AccessTokenManager own
    AccessTokenMaxLifetime 30d
</Location>
<Location /scopes>
    {basic}
    Require valid-user
    AccessTokenManager own
    AccessTokenScopes read write repo:status
</Location>
<Location /hostile-scopes>
    {basic}
    Require valid-user
    AccessTokenManager own
    AccessTokenScopes {hostile}
</Location>
<Location /many-scopes>
    {basic}
    Require valid-user
    AccessTokenManager own
    AccessTokenScopes {many}
</Location>
<Location /api/reading>
    Require accesstoken-scope read
</Location>
<Location /api/writing>
    Require accesstoken-scope write
</Location>
<Location /mixed>
    {basic}
    AuthBasicProvider accesstoken file
    AccessTokenAccept bearer header:X-Api-Key
    Require valid-user
</Location>
<VirtualHost 127.0.0.1:{port}>
    SSLEngine On
    SSLCertificateFile conf/certificate.pem
    SSLCertificateKeyFile conf/key.pem
</VirtualHost>
"""


def pytest_configure(config):
    del config
    try:
        httpd.module_path()
    except RuntimeError as error:
        raise pytest.UsageError(str(error)) from error
    if not NODE_MODULES.is_dir():
        raise pytest.UsageError("run npm ci in tests/browser first")


def make_certificate(server):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=intranet.example", "-keyout", server.path("conf/key.pem"),
                    "-out", server.path("conf/certificate.pem")], check=True, capture_output=True)


def start_site(configuration=""):
    """The typical server of the server tests, and what a browser wants besides."""
    site = Site("event", extra_modules=MODULES)
    site.tls_port = site.server.add_port()
    site.closed = site.server.path("run", "closed")
    make_certificate(site.server)
    site.server.write("htdocs/open/log-in.html", LOG_IN)
    site.server.write("cgi-bin/who.sh", WHO, mode=0o755)
    for place in ("api/reading", "api/writing", "mixed"):
        site.server.write(f"htdocs/{place}/data.json", '{"answer": 42}\n')
    more = MORE.format(form=FORM, basic=BASIC, anybody=ANYBODY, who=site.server.path("cgi-bin/who.sh"),
                       closed=site.closed, plain=site.server.port, port=site.tls_port, hostile=" ".join(HOSTILE_SCOPES), many=" ".join(MANY_SCOPES))
    return site.start(more + configuration)


@pytest.fixture(scope="session")
def site():
    place = start_site()
    yield place
    place.close()


@pytest.fixture(scope="module")
def own_site():
    """A server that the tests of one module may break and stop."""
    place = start_site()
    yield place
    place.close()


@pytest.fixture(scope="session")
def browser(site):
    del site  # It stops more quickly when no browser holds connections, so it comes first and goes last.
    one = Browser()
    yield one
    one.close()


_numbers = itertools.count()


def visit(browser, site):
    browser.reset()
    page = Page(browser, site, f"test{next(_numbers)}")
    yield page
    page.check()


@pytest.fixture
def page(browser, site):
    """A user without tokens, and a page that is not open yet."""
    yield from visit(browser, site)


@pytest.fixture
def own_page(browser, own_site):
    yield from visit(browser, own_site)
