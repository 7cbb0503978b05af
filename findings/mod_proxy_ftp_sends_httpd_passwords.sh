#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Where httpd itself asks for a password (AuthType Basic) in front of an FTP server (ProxyPass ftp://…), mod_proxy_ftp
# logs in at that server with the name and the password of httpd's user, in clear, instead of anonymously.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need curl python3
take_httpd
ftp=$(free_port)

# An FTP server that writes down each login and refuses it.
python3 -u - "$ftp" >"$work/logins" <<'PYTHON' &
import socket
import sys

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    lines = listener.accept()[0].makefile("rwb", buffering=0)
    lines.write(b"220 ready\r\n")
    for line in lines:
        if line.startswith((b"USER", b"PASS")):
            print(line.decode().strip())
        lines.write(b"331 password?\r\n" if line.startswith(b"USER") else b"530 no\r\n")
PYTHON
servers+=($!)
wait_for bash -c ": >/dev/tcp/127.0.0.1/$ftp"

start_httpd "auth_basic proxy proxy_ftp" "ProxyPass /ftp ftp://127.0.0.1:$ftp/" "<Location /ftp>" "AuthType Basic" \
    "AuthName httpd" "AuthUserFile users" "Require valid-user" "</Location>"
http /ftp/file -u alice:secret >"$work/status"
verdict "USER anonymous, as for a request without a password" $'USER alice\nPASS secret' "$(cat "$work/logins")"
