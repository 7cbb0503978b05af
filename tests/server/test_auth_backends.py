# SPDX-License-Identifier: Apache-2.0
"""docs/recipes-backends.md: real applications learn who the user is, never the token, however it was sent.

Each row of the document's table is an application; each answers with all that it was told.
"""

import re

import pytest

import application_servers
import authorization_fields
import document_blocks
import tokens
from authorization_fields import basic
from client import PASSWORD, Client
from ftp_logins import FtpLogins
from typical_site import BASIC, Site, host

DOCUMENT, FIELDS = "docs/recipes-backends.md", "Tell a backend the user and the token"
ROWS = document_blocks.table_of(document_blocks.section(DOCUMENT, "What an application is told"))
OWN_FIELD = "an `Authorization` that the configuration sets"
NEEDS_DIRECTIVE = [row for row in ROWS if row[OWN_FIELD] != "always"]

# How httpd reaches each application at a path.
APPLICATIONS = {
    "CGI": 'ScriptAlias {path} "{root}/cgi-bin/env.sh"',
    "PHP behind mod_proxy_fcgi": 'Alias {path} "{root}/htdocs/told.php"',
    "SCGI behind mod_proxy_scgi": "ProxyPass {path} scgi://127.0.0.1:{uwsgi.scgi}/",
    "uWSGI behind mod_proxy_uwsgi": "ProxyPass {path} uwsgi://127.0.0.1:{uwsgi.uwsgi}/",
    "WSGI in mod_wsgi": 'WSGIScriptAlias {path} "{root}/cgi-bin/told.wsgi"',
    "Tomcat behind mod_proxy_ajp": "ProxyPass {path} ajp://127.0.0.1:{tomcat.ajp}/ secret=change-me",
    "HTTP behind mod_proxy_http": "ProxyPass {path} http://127.0.0.1:{uwsgi.http}/ disablereuse=On",
    "HTTP behind mod_proxy_http2": "ProxyPass {path} h2c://127.0.0.1:{http2}/",
}

# Beside the table: the recipes for PHP and Tomcat, and what people write for mod_proxy_fcgi.
MORE = """
WSGIApplicationGroup %{{GLOBAL}}
<FilesMatch "\\.php$">
    SetHandler "proxy:unix:{php.socket}|fcgi://localhost"
</FilesMatch>
Alias /php-app "{root}/htdocs/told.php"
Alias /fcgi-copied "{root}/htdocs/told.php"
Alias /fcgi-set "{root}/htdocs/told.php"
<Location /fcgi-copied>
    {tokens_only}
    Require valid-user
    ProxyFCGISetEnvIf "true" HTTP_AUTHORIZATION "%{{req:Authorization}}"
</Location>
<Location /fcgi-set>
    {tokens_only}
    Require valid-user
    ProxyFCGISetEnvIf "true" HTTP_AUTHORIZATION "{service}"
</Location>
# Front controllers: as httpd's mod_dir has them, and with the lines of many a framework's .htaccess.
<Location /fallback>
    {tokens_only}
    Require valid-user
    FallbackResource /fallback/index.php
</Location>
LogLevel rewrite:trace3
<Location /rewritten>
    {tokens_only}
    Require valid-user
</Location>
<Directory "{root}/htdocs/rewritten">
    RewriteEngine On
    RewriteRule .* - [E=HTTP_AUTHORIZATION:%{{HTTP:Authorization}}]
    RewriteCond %{{REQUEST_FILENAME}} !-f
    RewriteRule ^ index.php [L]
</Directory>
ProxyPass /ftp ftp://127.0.0.1:{ftp}/
<Location /ftp>
    {mixed}
    Require valid-user
</Location>
<Location /ftp/service>
    AuthBasicFake service secret
</Location>
ProxyPass /tomcats-own ajp://127.0.0.1:{tomcat.own}/ secret=change-me
<Location /tomcats-own>
    {tokens_only}
    Require valid-user
</Location>
"""

TOKENS_ONLY = 'AuthType AccessToken\nAuthName "api"\nAccessTokenAccept bearer basic header:X-Api-Key\n'
MIXED = f"{BASIC}\nAuthBasicProvider accesstoken file\nAccessTokenAccept bearer basic header:X-Api-Key\n"
SERVICE = basic("service", "secret")
SET = f'RequestHeader set Authorization "{SERVICE}"\n'
# Configuration of a place; {directive} is what the document's table says about an Authorization that it sets.
PLACES = {
    "tokens-only": TOKENS_ONLY,
    "mixed": MIXED,
    "passed": MIXED + "{directive}\n",
    "set": TOKENS_ONLY + SET + "{directive}\n",
    "fake": TOKENS_ONLY + "AuthBasicFake service secret\n{directive}\n",
    "set-only": TOKENS_ONLY + SET,
    # These two would write the token into the log, as SECURITY.md says.
    "forwarded": TOKENS_ONLY + "AccessTokenForwardCredentials On\nLogLevel proxy_ajp:trace4 proxy_fcgi:trace7\n{directive}\n",
}

WAYS = {
    "bearer": lambda token: {"Authorization": f"Bearer {token}"},
    "password": lambda token: {"Authorization": basic("bob", token)},
    "user name": lambda token: {"Authorization": basic(token)},
    "user name and password": lambda token: {"Authorization": basic(token, token)},
    "header": lambda token: {"X-Api-Key": token},
}
LIES = {name: "mallory" for name in (
    "Remote-User", "REMOTE_USER", "X-Remote-User", "X_Remote_User", "X_Remote-User", "Auth-Type", "AUTH_TYPE", "AccessToken-Id",
    "ACCESSTOKEN_ID", "X-Token-Id", "X_Token_Id", "AJP_REMOTE_USER", "PHP-Auth-User", "Redirect-Remote-User")}


def path_of(application, place):
    return "/" + re.sub(r"\W+", "-", application.lower()) + "/" + place


def configured(place, uwsgi, tomcat):
    http2 = place.server.add_port()
    said = document_blocks.block("docs/manual.md", FIELDS, "apache").splitlines()
    always = [*[line for line in said if "RequestHeader" in line], "Require valid-user"]
    lines = []
    for row in ROWS:
        application, directive = row["application"], "".join(re.findall("with `(.*)`", row[OWN_FIELD]))
        for name, text in PLACES.items():
            path = path_of(application, name)
            lines += [APPLICATIONS[application].format(path=path, root=place.server.root, uwsgi=uwsgi, tomcat=tomcat, http2=http2),
                      f"<Location {path}>", text.replace("{directive}", directive), *always, "</Location>"]
    # uWSGI does not read a body, not even the empty one of HTTP/2, and resets the connection.
    behind = host(http2, f"Protocols h2c http/1.1\nSetEnv proxy-sendcl 1\nProxyPass / http://127.0.0.1:{uwsgi.http}/ disablereuse=On\n")
    return "\n".join(lines) + "\n" + behind


@pytest.fixture(scope="module")
def site():
    """Two servers in one: `client` asks the plain one, `debian` one with php-fpm's packaged configuration."""
    with Site(extra_modules="http2 proxy_ajp proxy_fcgi proxy_ftp proxy_http2 proxy_scgi proxy_uwsgi wsgi".split()) as place:
        php, uwsgi = application_servers.PhpFpm(place.server), application_servers.Uwsgi(place.server)
        tomcat = application_servers.Tomcat(place.server, document_blocks.block(DOCUMENT, "Tomcat", "xml"))
        for name in ("told", "fallback/index", "rewritten/index"):
            place.server.write(f"htdocs/{name}.php", application_servers.PHP)
        place.server.write("cgi-bin/told.wsgi", application_servers.WSGI)
        place.debian = Client(place.server.add_port())
        text = configured(place, uwsgi, tomcat)
        place.ftp = FtpLogins()
        place.server.cleanups.append(place.ftp.close)
        text += MORE.format(root=place.server.root, php=php, tomcat=tomcat, tokens_only=TOKENS_ONLY, mixed=MIXED,
                            service=SERVICE, ftp=place.ftp.port)
        text += document_blocks.block(DOCUMENT, "PHP", "apache", fitted={"/app": "/php-app"})
        text += document_blocks.block(DOCUMENT, "Tomcat", "apache", fitted={
            "/app>": "/tomcat-app>", "127.0.0.1:8009/app": f"127.0.0.1:{tomcat.ajp}/"})
        copies = 'SetEnvIf X-Api-Key "(.+)" COPY_OF_THE_KEY=$1\n'
        yield place.start(text + host(place.debian.port, copies + php.debian_conf()))


@pytest.fixture(scope="module")
def token(site):
    return site.manager("alice").token()


def told(answer):
    """(name, value) of all that an application was told; fields have the names that CGI gives them."""
    assert answer.status_code == 200, answer.text
    pairs = [line.split("=", 1) for line in answer.text.splitlines() if "=" in line]
    return [(("HTTP_" + name[6:].upper().replace("-", "_") if name.startswith("field ") else name), value) for name, value in pairs]


def values(pairs, cell):
    """What the application found under the name that a cell of the table gives."""
    name = re.search(r"`([^`]*)`", cell).group(1)
    name = "HTTP_" + name.upper().replace("-", "_") if cell.startswith("field") else name
    return [value for found, value in pairs if found == name]


def own(pairs):
    return values(pairs, "field `Authorization`")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", ["tokens-only", "mixed", "passed"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["application"])
def test_the_user_arrives_and_the_token_does_not_whatever_the_client_sends(site, token, row, place, way):
    for client in (site.client, site.debian):
        answer = client.get(path_of(row["application"], place), headers={**LIES, **WAYS[way](token)})
        pairs = told(answer)
        assert values(pairs, row["the user"]) == ["alice"]
        assert values(pairs, row["the token"]) == [tokens.id_of(token)]
        assert not authorization_fields.found_in(answer.text, token)
        assert own(pairs) == [] and not [name for name, _ in pairs if name.startswith("PHP_AUTH") or "API_KEY" in name]
        said = dict(pairs)
        if row["the user"] == "`REMOTE_USER`":
            assert said["AUTH_TYPE"] == "AccessToken" and said["ACCESSTOKEN_EXPIRES"] != "mallory"
        elif row["application"].startswith("Tomcat"):
            assert said["getAuthType()"] == "AccessToken"
        else:
            assert not {"REMOTE_USER", "AUTH_TYPE"} & set(said)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", ["set", "fake"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["application"])
def test_the_configurations_own_credential_arrives_in_place_of_the_token(site, token, row, place, way):
    for client in (site.client, site.debian):
        answer = client.get(path_of(row["application"], place), headers=WAYS[way](token))
        assert own(told(answer)) == [SERVICE] and values(told(answer), row["the user"]) == ["alice"]
        assert not authorization_fields.found_in(answer.text, token)


@pytest.mark.parametrize("row", NEEDS_DIRECTIVE, ids=lambda row: row["application"])
def test_it_does_not_arrive_without_the_directive(site, token, row):
    assert own(told(site.client.get(path_of(row["application"], "set-only"), token=token))) == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["application"])
def test_the_token_arrives_where_it_is_forwarded(site, token, row, way):
    (name, value), = WAYS[way](token).items()
    pairs = told(site.client.get(path_of(row["application"], "forwarded"), headers={name: value}))
    assert values(pairs, f"field `{name}`") == [value]
    assert values(pairs, row["the user"]) == ["alice"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["application"])
def test_another_credential_beside_a_token_in_a_header_stays_for_the_application(site, token, row):
    answer = site.client.get(path_of(row["application"], "passed"), authorization="Negotiate YIIB", headers={"X-Api-Key": token})
    assert own(told(answer)) == ["Negotiate YIIB"] and not authorization_fields.found_in(answer.text, token)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["application"])
def test_passwords_arrive_as_without_this_module(site, row):
    passed, held_back = (told(site.client.get(path_of(row["application"], place), user="carol")) for place in ("passed", "mixed"))
    assert own(passed) == [basic("carol", PASSWORD)]
    assert own(held_back) == ([] if row in NEEDS_DIRECTIVE else [basic("carol", PASSWORD)])
    assert values(passed, row["the user"]) == values(held_back, row["the user"]) == ["carol"]


@pytest.mark.parametrize("row", NEEDS_DIRECTIVE, ids=lambda row: row["application"])
def test_debians_php_configuration_passes_passwords_to_all_applications(site, row):
    """What the document warns of."""
    assert own(told(site.debian.get(path_of(row["application"], "mixed"), user="carol"))) == [basic("carol", PASSWORD)]


# PHP, Tomcat, FTP

@pytest.mark.parametrize("name", ["client", "debian"])
def test_an_application_that_reads_php_auth_user_gets_the_user(site, token, name):
    answer = getattr(site, name).get("/php-app", token=token)
    said = dict(told(answer))
    assert (said["PHP_AUTH_USER"], said["PHP_AUTH_PW"], said["REMOTE_USER"]) == ("alice", "password", "alice")
    assert not authorization_fields.found_in(answer.text, token)


@pytest.mark.parametrize("way", WAYS)
def test_a_variable_that_copies_authorization_for_fcgi_has_no_token(site, token, way):
    answer = site.client.get("/fcgi-copied", headers=WAYS[way](token))
    assert not "".join(own(told(answer))) and not authorization_fields.found_in(answer.text, token)
    assert own(told(site.client.get("/fcgi-set", headers=WAYS[way](token)))) == [SERVICE]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", ["fallback", "rewritten"])
def test_a_front_controller_knows_the_user_and_not_the_token(site, token, place, way):
    for client in (site.client, site.debian):
        answer = client.get(f"/{place}/orders/7", headers=WAYS[way](token))
        said = dict(told(answer))
        assert said["SCRIPT_NAME"] == f"/{place}/index.php" and said["REMOTE_USER"] == "alice"
        assert said["ACCESSTOKEN_ID"] == tokens.id_of(token)
        assert not authorization_fields.found_in(answer.text, token)
        assert not {"PHP_AUTH_USER", "PHP_AUTH_PW"} & set(said)


def test_tomcat_knows_the_user_with_the_documents_connector_only(site, token):
    said = dict(told(site.client.get("/tomcat-app", token=token, headers={"X-Token-Id": "mallory"})))
    assert (said["getRemoteUser()"], said["getAuthType()"]) == ("alice", "AccessToken")
    assert said["HTTP_X_TOKEN_ID"] == tokens.id_of(token)
    assert dict(told(site.client.get("/tomcats-own", token=token)))["getRemoteUser()"] == "null"


@pytest.mark.parametrize("way", WAYS)
def test_a_token_is_no_login_at_an_ftp_server(site, token, way):
    for path, (user, password) in {"/ftp/x": ("anonymous", "apache-proxy@"), "/ftp/service/x": ("service", "secret")}.items():
        site.client.get(path, headers=WAYS[way](token))
        assert site.ftp.seen.pop() == (user, password)


def test_a_password_is_a_login_at_an_ftp_server_as_without_this_module(site):
    site.client.get("/ftp/x", user="carol")
    assert site.ftp.seen.pop() == ("carol", PASSWORD)
