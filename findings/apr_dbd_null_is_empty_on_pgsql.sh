#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# For a column that is NULL, apr_dbd_get_entry() returns a null pointer with the drivers sqlite3 and mysql, but an
# empty string with pgsql, where it cannot distinguish NULL from ''. apr_dbd_datum_get() returns APR_ENOENT with all
# three.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
take_apr libaprutil1-dbd-{sqlite3,pgsql,mysql}=1.6.3-1+deb12u1
start_postgresql
start_mariadb
build <<'C'
#include <dbd.h>

int main(int argc, char **argv)
{
    for (int n = 1; n + 1 < argc; n += 2) {
        connection_t link = connect_to(argv[n], argv[n + 1]);
        apr_dbd_results_t *found = NULL;
        apr_dbd_row_t *row = NULL;
        const char *text = NULL;
        if (apr_dbd_select(link.driver, link.pool, link.handle, &found, "SELECT NULL, ''", 0) ||
            apr_dbd_get_row(link.driver, link.pool, found, &row, -1)) {
            fail(argv[n], "no row");
        }
        const char *null = apr_dbd_get_entry(link.driver, row, 0);
        const char *empty = apr_dbd_get_entry(link.driver, row, 1);
        apr_status_t datum = apr_dbd_datum_get(link.driver, row, 0, APR_DBD_TYPE_STRING, &text);
        printf("%s: NULL is %s, '' is %s, datum_get of NULL says %s\n", argv[n],
               null ? "an empty string" : "a null pointer", empty ? "an empty string" : "a null pointer",
               datum == APR_ENOENT ? "APR_ENOENT" : "something else");
    }
    return 0;
}
C
seen=$(run sqlite3 :memory: pgsql "host=$work/pg user=postgres" mysql "sock=$work/my/sock,user=root,dbname=test")
verdict 'one answer from all drivers' \
    "sqlite3: NULL is a null pointer, '' is an empty string, datum_get of NULL says APR_ENOENT
pgsql: NULL is an empty string, '' is an empty string, datum_get of NULL says APR_ENOENT
mysql: NULL is a null pointer, '' is an empty string, datum_get of NULL says APR_ENOENT" "$seen"
