#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# apr_dbd's mysql driver cuts a parameter that is declared %ld, which apr_dbd.h calls a long, to an int, also
# where a long has 64 bits. It stores %lld whole.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
take_apr libaprutil1-dbd-mysql=1.6.3-1+deb12u1
start_mariadb
build <<'C'
#include <dbd.h>

int main(int argc, char **argv)
{
    connection_t link = connect_to("mysql", argv[argc - 1]);
    apr_dbd_results_t *found = NULL;
    long value = 5000000000L;
    apr_int64_t same = value;
    int rows = 0;
    execute(&link, "CREATE TABLE t (how VARCHAR(8), value BIGINT)");
    if (apr_dbd_pvbquery(link.driver, link.pool, link.handle, &rows,
                         prepare(&link, "INSERT INTO t VALUES ('ld', %ld)", NULL), &value) ||
        apr_dbd_pvbquery(link.driver, link.pool, link.handle, &rows,
                         prepare(&link, "INSERT INTO t VALUES ('lld', %lld)", NULL), &same)) {
        fail("INSERT", "refused");
    }
    int status = apr_dbd_select(link.driver, link.pool, link.handle, &found,
                                "SELECT group_concat(how, ' ', value ORDER BY how) FROM t", 0);
    printf("%s\n", first(&link, status, found));
    return 0;
}
C
seen=$(run "sock=$work/my/sock,user=root,dbname=test")
verdict 'ld 5000000000,lld 5000000000' 'ld 705032704,lld 5000000000' "$seen"
