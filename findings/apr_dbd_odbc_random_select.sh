#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# With apr_dbd's odbc driver a prepared SELECT with random access fails on any database, because the driver sets the
# attribute for scrolling after it has prepared the statement (HY011). And num_tuples is 0 although there is a row.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
take_apr libaprutil1-dbd-odbc=1.6.3-1+deb12u1 libodbc2=2.3.11-2+deb12u1 libodbcinst2=2.3.11-2+deb12u1 \
    libltdl7=2.4.7-7~deb12u1 libsqliteodbc=0.9998-3+b1 libsqlite3-0=3.40.1-2+deb12u2
build <<'C'
#include <dbd.h>

static void show(connection_t *link, const char *how, int random, int status, apr_dbd_results_t *found)
{
    const char *value = status ? "error" : first(link, status, found);
    const char *why = status ? apr_dbd_error(link->driver, link->handle, status) : "";
    printf("%s, random=%d: %s%s", how, random, value, strstr(why, "HY011") ? " HY011" : "");
    printf(status ? "\n" : ", num_tuples %d\n", status ? 0 : apr_dbd_num_tuples(link->driver, found));
}

int main(int argc, char **argv)
{
    for (int random = 0; random < 2; random++) {
        connection_t link = connect_to("odbc", argv[argc - 1]);
        apr_dbd_results_t *found = NULL;
        int status = apr_dbd_select(link.driver, link.pool, link.handle, &found, "SELECT 'row'", random);
        show(&link, "select", random, status, found);
        found = NULL;
        status = apr_dbd_pvselect(link.driver, link.pool, link.handle, &found,
                                  prepare(&link, "SELECT 'row'", NULL), random, NULL);
        show(&link, "prepared", random, status, found);
    }
    return 0;
}
C
seen=$(run "CONNECT='DRIVER=$lib/odbc/libsqlite3odbc.so;Database=$work/t.db'")
verdict 'the row, four times' \
    'select, random=0: row, num_tuples 0
prepared, random=0: row, num_tuples 0
select, random=1: row, num_tuples 0
prepared, random=1: error HY011' "$seen"
