#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# CGIPassAuth Off, the default, keeps Authorization from applications that read it from a variable: CGI, FastCGI, SCGI.
# httpd's manual says so of all modules that use ap_add_common_vars(). mod_proxy_uwsgi does, and passes it nevertheless.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need curl python3
take_httpd

# Servers that write down what comes: whether the password is in it.
uwsgi=$(free_port) scgi=$(free_port) fcgi=$(free_port)
for name in uwsgi scgi fcgi; do
    python3 -u - "${!name}" "$name" >"$work/$name" <<'PYTHON' &
import socket
import sys

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    link = listener.accept()[0]
    if got := link.recv(65536):
        print(sys.argv[2], "HTTP_AUTHORIZATION" if b"QWxpY2U6c2VjcmV0" in got else "no credentials")
    link.close()
PYTHON
    servers+=($!)
done

start_httpd "proxy proxy_uwsgi proxy_scgi proxy_fcgi" "<Location />" "CGIPassAuth Off" "</Location>" \
    "ProxyPass /uwsgi uwsgi://127.0.0.1:$uwsgi/" "ProxyPass /scgi scgi://127.0.0.1:$scgi/" \
    "ProxyPass /fcgi fcgi://127.0.0.1:$fcgi/"
for name in uwsgi scgi fcgi; do
    wait_for bash -c ": >/dev/tcp/127.0.0.1/${!name}"
    http "/$name/x" -H 'Authorization: Basic QWxpY2U6c2VjcmV0' >"$work/status"
done
verdict "no credentials for any of them" $'uwsgi HTTP_AUTHORIZATION\nscgi no credentials\nfcgi no credentials' \
    "$(cat "$work"/{uwsgi,scgi,fcgi})"
