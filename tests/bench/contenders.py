# SPDX-License-Identifier: Apache-2.0
"""The contenders that are compared: modules, configuration and credentials of each, but not how they are measured."""

import base64
import hashlib
import os
import shutil
import sqlite3

import httpd
import issuer
from benchserver import BenchServer

LOCATION = """
<Location /api>
{lines}
    AuthName "bench"
    Require valid-user
</Location>
"""


def location(*lines):
    return LOCATION.format(lines="\n".join("    " + line for line in lines))


class Contender:
    """See the module; `context` has the tables, the issuer and the tokens that all contenders share."""

    key = title = ""
    modules = ()
    with_module = False

    def __init__(self, context):
        self.context = context

    def configuration(self):
        raise NotImplementedError

    def credential(self, number=0):
        """The value of Authorization for the nth of many different credentials."""
        raise NotImplementedError

    def server(self, mpm="event", wrapper=()):
        """A server for this contender, not started yet."""
        configuration = self.configuration()
        server = BenchServer(self.modules, mpm, self.with_module, wrapper)
        server.configure(configuration)
        return server


class NoAuthentication(Contender):
    key, title = "none", "no authentication"

    def configuration(self):
        return "<Location /api>\n    Require all granted\n</Location>\n"

    def credential(self, number=0):
        return None


class Unauthenticated(NoAuthentication):
    """A location without authentication on another contender's server, which gets the same requests."""

    def __init__(self, other):
        super().__init__(other.context)
        self.other = other
        self.key = f"none-{other.key}"
        self.modules = other.modules
        self.with_module = other.with_module

    def configuration(self):
        elsewhere = self.other.configuration().replace("<Location /api>", "<Location /elsewhere>")
        return elsewhere + super().configuration()

    def credential(self, number=0):
        return self.other.credential(number)


class Ours(Contender):
    """The module, with the default size of its cache."""

    key, title = "hit", "accesstoken, hit"
    with_module = True
    engine = "sqlite3"
    cache_size = None

    def table(self):
        return self.context.table(self.engine)

    def configuration(self):
        text = self.table().directive()
        if self.cache_size and self.context.knows_cache_size:
            text += f"\nAccessTokenCacheSize {self.cache_size}"
        return text + location("AuthType AccessToken")

    def credential(self, number=0):
        return "Bearer " + self.context.tokens(number + 1)[number]


class OursByBasic(Ours):
    """The same token as the password of Basic credentials."""

    key, title = "hit-basic", "accesstoken, hit by Basic"

    def configuration(self):
        return self.table().directive() + location("AuthType AccessToken", "AccessTokenAccept bearer basic")

    def credential(self, number=0):
        return "Basic " + base64.b64encode(f"user{number}:{self.context.tokens(number + 1)[number]}".encode()).decode()


class OursBesidePasswords(OursByBasic):
    """Likewise, at a location of mod_auth_basic that takes passwords, too."""

    key, title = "hit-mixed", "accesstoken, hit beside passwords"
    modules = ("auth_basic", "authn_file")

    def configuration(self):
        return self.table().directive() + location("AuthType Basic", "AuthBasicProvider accesstoken file")


class ColdSqlite(Ours):
    key, title = "cold-sqlite", "accesstoken, cold, SQLite"
    cache_size = "0"


class ColdPostgres(ColdSqlite):
    key, title = "cold-pgsql", "accesstoken, cold, PostgreSQL"
    engine = "pgsql"


class Basic(Contender):
    """Passwords in SQLite, read by mod_authn_dbd and cached by mod_authn_socache."""

    key, title = "basic-dbd", "Basic, dbd + socache, {SHA}"
    modules = ("auth_basic", "dbd", "authn_dbd", "authn_socache", "socache_shmcb")
    password = "correct horse battery staple"

    def configuration(self):
        query = "SELECT password FROM users WHERE name = %s"
        return (f'DBDriver sqlite3\nDBDParams "{self._users()}"\nAuthnCacheSOCache shmcb\n'
                + location("AuthType Basic", "AuthBasicProvider socache dbd", "AuthnCacheProvideFor dbd",
                           f'AuthDBDUserPWQuery "{query}"'))

    def credential(self, number=0):
        return "Basic " + base64.b64encode(f"user{number}:{self.password}".encode()).decode()

    def _users(self):
        path = os.path.join(self.context.folder, "users.db")
        if not os.path.exists(path):
            digest = "{SHA}" + base64.b64encode(hashlib.sha1(self.password.encode()).digest()).decode()
            link = sqlite3.connect(path)
            link.execute("CREATE TABLE users (name VARCHAR(64) PRIMARY KEY, password VARCHAR(64))")
            link.executemany("INSERT INTO users VALUES (?, ?)", [(f"user{n}", digest) for n in range(1000)])
            link.commit()
            link.close()
            if httpd.AS_ROOT:
                shutil.chown(path, httpd.CHILD_USER, httpd.CHILD_GROUP)
        return path


class Opaque(Contender):
    """Another module that asks the issuer about tokens, and caches the answers."""

    def credential(self, number=0):
        return "Bearer " + issuer.opaque(number)


class Signed(Contender):
    """Another module that verifies the signature of tokens itself."""

    def credential(self, number=0):
        return "Bearer " + issuer.jwt(f"user{number}")


class OpenidcOpaque(Opaque):
    key, title = "openidc-introspect", "auth_openidc, introspection, cached"
    modules = ("auth_openidc",)
    capacity = 500  # the default of OIDCCacheShmMax

    def configuration(self):
        return (f"OIDCOAuthIntrospectionEndpoint {self.context.issuer.url}\nOIDCOAuthClientID {issuer.CLIENT}\n"
                f"OIDCOAuthClientSecret {issuer.SECRET}\nOIDCCryptoPassphrase {issuer.SECRET}\n"
                + "OIDCOAuthSSLValidateServer Off\n" + location("AuthType oauth20"))


class OpenidcSigned(Signed):
    key, title = "openidc-jwt", "auth_openidc, JWT HS256, local"
    modules = ("auth_openidc",)

    def configuration(self):
        return (f"OIDCOAuthVerifySharedKeys plain##{issuer.SECRET}\nOIDCCryptoPassphrase {issuer.SECRET}\n"
                + location("AuthType oauth20"))


class Oauth2Opaque(Opaque):
    key, title = "oauth2-introspect", "mod_oauth2, introspection, cached"
    modules = ("oauth2",)
    capacity = 1000  # the default of max_entries

    def configuration(self):
        options = (f"introspect.ssl_verify=false&introspect.auth=client_secret_basic&client_id={issuer.CLIENT}"
                   f"&client_secret={issuer.SECRET}")
        return location("AuthType oauth2",
                        f"OAuth2TokenVerify introspect {self.context.issuer.url} {options}")


class Oauth2Signed(Signed):
    """With its default options it caches what it has verified for 300 s."""

    key, title = "oauth2-jwt", "mod_oauth2, JWT HS256, local"
    modules = ("oauth2",)

    def configuration(self):
        return location("AuthType oauth2", f"OAuth2TokenVerify plain {issuer.SECRET} verify.iat=skip")


ALL = (NoAuthentication, Ours, OursByBasic, OursBesidePasswords, ColdSqlite, ColdPostgres, Basic,
       OpenidcOpaque, OpenidcSigned, Oauth2Opaque, Oauth2Signed)
BASELINE = NoAuthentication.key


def title(key):
    return next(kind.title for kind in ALL if kind.key == key)
