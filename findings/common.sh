# shellcheck shell=bash disable=SC2016,SC2034
# SPDX-License-Identifier: Apache-2.0
#
# What the findings share: packages of pinned versions in a temporary folder, a C program that is built
# with them, a database server of their own, and a cleanup that removes everything. Scripts source this file.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/finding-XXXXXX")
chmod 755 "$work"
root=$work/root
lib=$root/usr/lib/$(gcc -print-multiarch)
servers=()

end_all() {
    local pid
    for pid in "${servers[@]}"; do
        kill "$pid" 2>/dev/null || continue
        for _ in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap end_all EXIT

cannot_run() {
    printf 'cannot run here: %s\n' "$*" >&2
    exit 2
}

# need NAME…: requires these installed packages, and prints their versions.
need() {
    local name
    for name; do
        dpkg-query -W -f='uses     ${Package} ${Version}\n' "$name" 2>/dev/null ||
            cannot_run "apt-get install $name"
    done
}

# take NAME[=VERSION]…: downloads these packages and unpacks them below $root; nothing is installed.
take() {
    (cd "$work" && apt-get "${apt_options[@]}" -qq download "$@") >"$work/apt.log" 2>&1 ||
        cannot_run "$(tail -n 1 "$work/apt.log")"
    unpack '[^ ]+' "$work"/*.deb
}

# take_with_needs NAME=VERSION…: the same with their dependencies, from the suite that from_suite has named.
take_with_needs() {
    apt-get "${apt_options[@]}" -qq -y --no-install-recommends --download-only install "$@" >"$work/apt.log" 2>&1 ||
        cannot_run "$(tail -n 1 "$work/apt.log")"
    unpack "$(printf '%s\n' "${@%%=*}" libc6 | paste -sd'|')" "$work"/apt/cache/archives/*.deb
}

# unpack SHOWN FILE…: unpacks packages below $root; prints the versions of those whose names match SHOWN.
unpack() {
    local shown=$1 file
    shift
    for file; do
        dpkg-deb --show --showformat='uses     ${Package} ${Version}\n' "$file" | grep -E "^uses +($shown) " || true
        dpkg -x "$file" "$root"
        rm "$file"
    done
}
apt_options=()

# from_suite SUITE: from now on packages come from this suite of the machine's Debian mirror.
from_suite() {
    local mirror
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN)' 'Identifier: Packages' |
        awk '$2 == "Debian" && $1 !~ /security/ { print $1; exit }')
    [ -n "$mirror" ] || cannot_run "no mirror of Debian among apt's sources"
    mkdir -p "$work/apt/state/lists/partial" "$work/apt/cache/archives/partial"
    : >"$work/apt/status"
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' \
        "$mirror" "$1" >"$work/apt/list"
    apt_options=(-o "Dir::State=$work/apt/state" -o "Dir::State::status=$work/apt/status"
        -o "Dir::Cache=$work/apt/cache" -o "Dir::Etc::sourcelist=$work/apt/list"
        -o "Dir::Etc::sourceparts=/dev/null")
    apt-get "${apt_options[@]}" -qq update >"$work/apt.log" 2>&1 || cannot_run "$(tail -n 1 "$work/apt.log")"
}

take_apr() {
    take libapr1=1.7.2-3+deb12u1 libapr1-dev=1.7.2-3+deb12u1 \
        libaprutil1=1.6.3-1+deb12u1 libaprutil1-dev=1.6.3-1+deb12u1 "$@"
}

# build: compiles the C program on standard input to $work/try.
build() {
    gcc -D_GNU_SOURCE -Wall -Werror -I"$root/usr/include/apr-1.0" -I"$here" -x c - -o "$work/try" \
        -x none "$lib/libaprutil-1.so.0" "$lib/libapr-1.so.0"
}

run() {
    LD_LIBRARY_PATH=$lib "$work/try" "$@"
}

# as USER COMMAND…: runs the command as this user if the script runs as root, as database servers refuse root.
as() {
    local user=$1
    shift
    if [ "$(id -u)" -ne 0 ]; then
        exec "$@"
    fi
    exec setpriv --reuid="$user" --regid="$(id -gn "$user")" --clear-groups "$@"
}

own_folder() {
    mkdir "$work/$1"
    [ "$(id -u)" -ne 0 ] || chown "$2" "$work/$1"
}

wait_for() {
    for _ in $(seq 200); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    cannot_run "$1 got no answer, see the log: $(cat "$work"/*/log | tail -n 5)"
}

# start_postgresql: starts a server at the socket $work/pg, port 5432, user postgres.
start_postgresql() {
    local bin=/usr/lib/postgresql/15/bin
    need postgresql-15
    own_folder pg postgres
    (as postgres "$bin/initdb" -A trust -U postgres -D "$work/pg/data") >"$work/initdb.log" 2>&1
    (as postgres "$bin/postgres" -D "$work/pg/data" -k "$work/pg" -h "") >"$work/pg/log" 2>&1 &
    servers+=($!)
    wait_for psql -h "$work/pg" -U postgres -c 'SELECT 1'
}

# start_mariadb: starts a server at the socket $work/my/sock, database test, user root.
start_mariadb() {
    need mariadb-server
    own_folder my mysql
    (as mysql mariadb-install-db --no-defaults --auth-root-authentication-method=normal \
        --datadir="$work/my/data") >"$work/install-db.log" 2>&1
    (as mysql mariadbd --no-defaults --datadir="$work/my/data" --socket="$work/my/sock" \
        --skip-networking) >"$work/my/log" 2>&1 &
    servers+=($!)
    wait_for mariadb --no-defaults -u root -S "$work/my/sock" -e 'CREATE DATABASE IF NOT EXISTS test'
}

# start_pgbouncer LINES…: starts trixie's PgBouncer, with its own C library, in front of start_postgresql's server;
# at the socket $work/pgb, port 6432, with these lines in its configuration.
take_pgbouncer() {
    from_suite trixie
    take pgbouncer=1.24.1-1+deb13u2 libc6 libcares2 libevent-2.1-7t64 libpam0g libsystemd0 libssl3t64 \
        libaudit1 libcap2 libcap-ng0 libzstd1 zlib1g
    own_folder pgb postgres
}

start_pgbouncer() {
    {
        printf '[databases]\npostgres = host=%s user=postgres\n' "$work/pg"
        printf '[pgbouncer]\nlisten_addr =\nunix_socket_dir = %s\nauth_type = any\n' "$work/pgb"
        printf '%s\n' "$@"
    } >"$work/pgb/ini"
    (as postgres "$lib/ld-linux-x86-64.so.2" --library-path "$lib" "$root/usr/sbin/pgbouncer" "$work/pgb/ini") \
        >"$work/pgb/log" 2>&1 &
    pgbouncer=$!
    servers+=("$pgbouncer")
    wait_for psql -h "$work/pgb" -p 6432 -U postgres -c 'SELECT 1'
}

# take_httpd NAME=VERSION…: httpd as Debian 12 has it, and these packages.
take_httpd() {
    take_apr apache2-bin=2.4.71-1~deb12u1 libcrypt1 libexpat1 libpcre2-8-0 libuuid1 "$@"
}

# start_httpd MODULES LINES…: starts httpd at http://127.0.0.1:$port with these modules and lines of configuration;
# alice may sign in with the password "secret". Its log is $work/httpd/log.
start_httpd() {
    local modules=$1 name
    shift
    port=$((15000 + RANDOM % 15000))
    mkdir -p "$work/httpd/htdocs"
    echo hello >"$work/httpd/htdocs/page"
    printf 'alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n' >"$work/httpd/users"
    {
        printf 'ServerRoot %s\nServerName localhost\nListen 127.0.0.1:%s\nPidFile pid\nErrorLog log\n' \
            "$work/httpd" "$port"
        printf 'DefaultRuntimeDir %s\nDocumentRoot htdocs\n' "$work/httpd"
        [ "$(id -u)" -ne 0 ] || printf 'User nobody\nGroup nogroup\n'
        for name in mpm_event authn_core authn_file authz_core authz_user $modules; do
            printf 'LoadModule %s_module %s/usr/lib/apache2/modules/mod_%s.so\n' "$name" "$root" "$name"
        done
        printf '%s\n' "$@"
    } >"$work/httpd/conf"
    LD_LIBRARY_PATH=$lib "$root/usr/sbin/apache2" -d "$work/httpd" -f "$work/httpd/conf" -DFOREGROUND \
        2>"$work/httpd/console" &
    servers+=($!)
    wait_for curl -sS --noproxy '*' "http://127.0.0.1:$port/"
}

# free_port: prints a port that is free now.
free_port() {
    python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])'
}

# http PATH OPTIONS…: the status of curl's request.
http() {
    local path=$1
    shift
    curl -sS --noproxy '*' -o /dev/null -w '%{http_code}' "$@" "http://127.0.0.1:$port$path"
}

# start_http: serves http with the Python function answer(method, path, fields), which is on standard input and returns
# a status, a list of header fields and a body; sets $port.
start_http() {
    need python3
    mkdir "$work/web"
    {
        printf 'import http.server, sys\n'
        cat
        cat <<'PYTHON'
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_one_request(self):
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, fields, body = answer(self.command, self.path, self.headers)
        self.send_response(status)
        for name, value in [*fields, ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
open(sys.argv[1], "w").write(str(server.server_port))
server.serve_forever()
PYTHON
    } >"$work/web/serve.py"
    (cd "$work" && exec python3 web/serve.py web/port) >"$work/web/log" 2>&1 &
    servers+=($!)
    wait_for test -s "$work/web/port"
    port=$(cat "$work/web/port")
}

# wrap NAME PROGRAM: makes $work/bin/NAME, which runs this program below $root with the C library that is there.
wrap() {
    mkdir -p "$work/bin"
    printf '#!/bin/sh\nexec %s --library-path %s %s "$@"\n' "$lib/ld-linux-x86-64.so.2" "$lib" "$root/$2" >"$work/bin/$1"
    chmod 755 "$work/bin/$1"
}

# take_git: trixie's git, as $work/bin/git, in an empty home.
take_git() {
    from_suite trixie
    take_with_needs git=1:2.47.3-0+deb13u1
    wrap git usr/bin/git
    wrap git-remote-http usr/lib/git-core/git-remote-http
    export HOME=$work GIT_EXEC_PATH=$work/bin GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 no_proxy=127.0.0.1
}

# start_login_server: an HTTP server at 127.0.0.1:$port refuses each login, and writes user:password to $work/web/logins.
start_login_server() {
    start_http <<'PYTHON'
import base64

def answer(method, path, fields):
    scheme, _, value = fields.get("Authorization", "").partition(" ")
    if scheme == "Basic":
        with open("web/logins", "a", encoding="utf-8") as file:
            print(base64.b64decode(value).decode(), file=file)
    return 401, [("WWW-Authenticate", 'Basic realm="files"')], b""

PYTHON
}

# verdict EXPECTED AS_FOUND SEEN: prints all three and exits; with status 1 if SEEN differs from AS_FOUND.
verdict() {
    printf 'expected %s\nseen     %s\n' "$1" "${3//$'\n'/$'\n'         }"
    if [ "$3" = "$2" ]; then
        printf 'as before\n'
        exit 0
    fi
    printf 'changed; before it was\n         %s\n' "${2//$'\n'/$'\n'         }"
    exit 1
}
