#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# SQLite in WAL mode: if a backup is moved over a database that a program has open, the -wal file beside it silently
# undoes the restore, and integrity_check says ok. `.restore` into the live database works as expected.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
take sqlite3=3.40.1-2+deb12u2 libsqlite3-0=3.40.1-2+deb12u2
cd "$work"

sqlite() {
    LD_LIBRARY_PATH=$lib "$root/usr/bin/sqlite3" "$@"
}

look() {
    printf '%s: %s\n' "$1" "$(sqlite "$2" 'SELECT group_concat(a) FROM t; PRAGMA integrity_check' | tr '\n' ' ')"
}

# restored HOW: a database with one row in the backup and one inserted later is open elsewhere while HOW restores it.
restored() {
    rm -f live.db* copy.db pipe
    sqlite live.db "PRAGMA journal_mode=WAL; CREATE TABLE t (a); INSERT INTO t VALUES ('in the backup')" >journal
    sqlite live.db '.backup copy.db'
    mkfifo pipe
    sqlite live.db <pipe >others &
    exec 3>pipe
    echo "INSERT INTO t VALUES ('after the backup'); SELECT * FROM t;" >&3
    wait_for grep -q after others
    "$1"
    look "$1, while it is open elsewhere" live.db
    exec 3>&-
    wait $!
    look "$1, afterwards" live.db
}

# Called by name in restored.
# shellcheck disable=SC2317
moved() {
    mv copy.db live.db
}

# shellcheck disable=SC2317
dot_restore() {
    sqlite live.db '.restore copy.db'
}

{
    restored moved
    restored dot_restore
} >seen
verdict 'in the backup, four times' 'moved, while it is open elsewhere: in the backup,after the backup ok 
moved, afterwards: in the backup,after the backup ok 
dot_restore, while it is open elsewhere: in the backup ok 
dot_restore, afterwards: in the backup ok ' "$(cat seen)"
