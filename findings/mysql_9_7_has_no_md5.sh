#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# MySQL 9.7 (Debian sid) does not have MD5(), SHA1() and SHA(), which every earlier MySQL and MariaDB have: error
# 1305. It has SHA2(). INSTALL COMPONENT 'file://component_classic_hashing' restores them.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
from_suite sid
take_with_needs mysql-server-core=9.7.4-2 mysql-client-core=9.7.4-2
own_folder my "$(id -un)"

# Programs of sid run with sid's C library.
sid=("$lib/ld-linux-x86-64.so.2" --library-path "$lib:$root/usr/lib/mysql/private")
client=("${sid[@]}" "$root/usr/bin/mysql" --no-defaults -u root -S "$work/my/sock")
options=(--no-defaults "--basedir=$root/usr" "--datadir=$work/my/data" --secure-file-priv=NULL
    "--plugin-dir=$root/usr/lib/mysql/plugin" "--lc-messages-dir=$root/usr/share/mysql"
    "--character-sets-dir=$root/usr/share/mysql/charsets")
[ "$(id -u)" -ne 0 ] || options+=(--user=root)
"${sid[@]}" "$root/usr/sbin/mysqld" "${options[@]}" --initialize-insecure >"$work/my/log" 2>&1 ||
    cannot_run "$(tail -n 3 "$work/my/log")"
"${sid[@]}" "$root/usr/sbin/mysqld" "${options[@]}" "--socket=$work/my/sock" --skip-networking \
    --mysqlx=OFF >>"$work/my/log" 2>&1 &
servers+=($!)

ask() {
    "${client[@]}" -D mysql --batch --skip-column-names -e "$1" 2>&1 |
        sed -E 's/^ERROR ([0-9]+).*/error \1/' || true
}

show() {
    printf '%s: MD5 %s, SHA1 %s, SHA %s, SHA2 %s\n' "$1" "$(ask "SELECT LEFT(MD5('a'), 6)")" \
        "$(ask "SELECT LEFT(SHA1('a'), 6)")" "$(ask "SELECT LEFT(SHA('a'), 6)")" "$(ask "SELECT LEFT(SHA2('a', 256), 6)")"
}

wait_for "${client[@]}" -e 'SELECT 1'
seen=$(show 'by default'
    ask "INSTALL COMPONENT 'file://component_classic_hashing'"
    show 'with the component')
verdict 'the four digests, both times' 'by default: MD5 error 1305, SHA1 error 1305, SHA error 1305, SHA2 ca9781
with the component: MD5 0cc175, SHA1 86f7e4, SHA 86f7e4, SHA2 ca9781' "$seen"
