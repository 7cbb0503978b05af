#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# When a MariaDB 10.11 starts, it removes the temporary tables of every other MariaDB with the same tmpdir, even if
# all other folders and sockets differ. The default tmpdir is /tmp. The session that created the table can still read
# it, but DROP TABLE fails because there is none (1051). mariadb-install-db, which creates and drops a temporary table,
# fails when another server starts at that moment.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
own_folder tmp mysql
export TMPDIR=$work/tmp
start_mariadb
own_folder other mysql
(as mysql mariadb-install-db --no-defaults --auth-root-authentication-method=normal \
    --datadir="$work/other/data") >"$work/install-db.log" 2>&1

files() {
    printf '%s' "$(find "$TMPDIR" -name '#sql-temptable*' | wc -l)"
}

# One session creates a table, waits while the other server starts, and reads the table again.
mkfifo "$work/questions"
mariadb --no-defaults -u root -S "$work/my/sock" test --force --skip-column-names \
    <"$work/questions" >"$work/answers" 2>&1 &
servers+=($!)
exec 3>"$work/questions"
echo "CREATE TEMPORARY TABLE mine (a INT) ENGINE=Aria; INSERT INTO mine VALUES (42);" >&3
for _ in $(seq 50); do
    [ "$(files)" -eq 0 ] || break
    sleep 0.1
done
before=$(files)
(as mysql mariadbd --no-defaults --datadir="$work/other/data" --socket="$work/other/sock" \
    --skip-networking) >"$work/other/log" 2>&1 &
servers+=($!)
wait_for mariadb --no-defaults -u root -S "$work/other/sock" -e 'SELECT 1'
after=$(files)
echo "FLUSH TABLES; SELECT a FROM mine; DROP TEMPORARY TABLE mine;" >&3
exec 3>&-
sleep 1
seen="$before files before, $after after another server has started; $(grep -oE '^42$|ERROR [0-9]+' "$work/answers" | paste -sd' ')"
verdict '2 files before, 2 after another server has started; 42' \
    '2 files before, 0 after another server has started; 42 ERROR 1051' "$seen"
