#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# With apr_dbd's sqlite3 driver a prepared statement fails each time after a CREATE TABLE by any program, also of an
# unrelated table, until the statement is prepared again. The driver uses sqlite3_prepare; sqlite3_prepare_v2 would
# compile the statement again by itself.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need libsqlite3-0
take_apr libaprutil1-dbd-sqlite3=1.6.3-1+deb12u1
build <<'C'
#include <dbd.h>

static void ask(connection_t *link, apr_dbd_prepared_t *statement)
{
    apr_dbd_results_t *found = NULL;
    int status =
        apr_dbd_pvselect(link->driver, link->pool, link->handle, &found, statement, 1, NULL);
    printf("%s\n", first(link, status, found));
    if (status == 0) {
        first(link, 0, found); /* reads on to the end */
    }
}

int main(int argc, char **argv)
{
    connection_t ours = connect_to("sqlite3", argv[argc - 1]);
    connection_t other = connect_to("sqlite3", argv[argc - 1]);
    execute(&ours, "CREATE TABLE t (a TEXT)");
    execute(&ours, "INSERT INTO t VALUES ('row')");
    apr_dbd_prepared_t *statement = prepare(&ours, "SELECT a FROM t", NULL);
    ask(&ours, statement);
    execute(&other, "CREATE TABLE unrelated (b TEXT)");
    ask(&ours, statement);
    ask(&ours, statement);
    ask(&ours, prepare(&ours, "SELECT a FROM t", NULL));
    return 0;
}
C
seen=$(run "$work/t.db")
verdict 'the row, four times' \
    'row
error: database schema has changed
error: database schema has changed
row' "$seen"
