#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# apr_dbd's pgsql driver reports a failed SELECT with random = 0 as one that succeeded and found no row. A program
# cannot distinguish "the database is away" from "there is no such row". With random = 1 it gets an error.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
take_apr libaprutil1-dbd-pgsql=1.6.3-1+deb12u1
start_postgresql
build <<'C'
#include <dbd.h>

static const char *row_of(connection_t *link, const char *sql, int random)
{
    apr_dbd_results_t *found = NULL;
    int status = apr_dbd_select(link->driver, link->pool, link->handle, &found, sql, random);
    return status ? "error" : first(link, status, found);
}

int main(int argc, char **argv)
{
    const char *params = argv[argc - 1];
    for (int random = 1; random >= 0; random--) {
        connection_t one = connect_to("pgsql", params);
        connection_t two = connect_to("pgsql", params);
        connection_t three = connect_to("pgsql", params);
        connection_t other = connect_to("pgsql", params);
        printf("random=%d: a row: %s", random, row_of(&one, "SELECT 'row'", random));
        printf(", division by 0: %s", row_of(&two, "SELECT 1/0", random));
        execute(&other, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
        apr_sleep(apr_time_from_msec(500));
        printf(", connection ended: %s\n", row_of(&three, "SELECT 'row'", random));
    }
    return 0;
}
C
seen=$(run "host=$work/pg user=postgres")
verdict 'errors where there is one, or the row on a fresh connection; never "no row"' \
    'random=1: a row: row, division by 0: error, connection ended: error
random=0: a row: row, division by 0: no row, connection ended: no row' "$seen"
