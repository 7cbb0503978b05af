#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Sections of mod_auth_gssapi do not inherit. One directive of it in a section, an <If> or an .htaccess resets all its
# others to their defaults: here GssapiSSLonly, so that tickets are accepted over http again, and GssapiBasicAuth.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need libgssapi-krb5-2 libssl3
take_httpd libapache2-mod-auth-gssapi=1.6.4-3
start_httpd auth_gssapi 'LogLevel auth_gssapi:info' '<Location /page>' 'AuthType GSSAPI' 'AuthName Example' \
    'GssapiSSLonly On' 'GssapiBasicAuth On' 'Require valid-user' '</Location>' \
    '<Location /page/other>' 'AuthName Other' '</Location>' '<Location /page/local>' 'GssapiLocalName On' '</Location>'
for path in /page /page/other /page/local; do
    : >"$work/httpd/log"
    curl -sS --noproxy '*' -o /dev/null -D "$work/head" "http://127.0.0.1:$port$path"
    printf '%s: %s; %s\n' "$path" "$(grep -o '^WWW-Authenticate: Basic' "$work/head" || echo 'no Basic')" \
        "$(grep -oE 'Not a TLS connection|SSL connection required|NO AUTH DATA' "$work/httpd/log" || true)"
done >"$work/seen"
verdict 'the same for all three' '/page: WWW-Authenticate: Basic; Not a TLS connection
/page/other: WWW-Authenticate: Basic; Not a TLS connection
/page/local: no Basic; NO AUTH DATA' "$(cat "$work/seen")"
