#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# When a connection has ended, apr_dbd's mysql driver opens a new one by itself, within the next query and without
# an error, unless its parameters say reconnect=0. The new session has none of the settings of the previous one: a
# program that has set autocommit = 0 continues with autocommit = 1, and its ROLLBACK undoes nothing.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
take_apr libaprutil1-dbd-mysql=1.6.3-1+deb12u1
start_mariadb
build <<'C'
#include <dbd.h>

static const char *ask(connection_t *link, const char *sql)
{
    apr_dbd_results_t *found = NULL;
    int status = apr_dbd_select(link->driver, link->pool, link->handle, &found, sql, 0);
    return status ? "error" : first(link, status, found);
}

static void show(const char *params, const char *more)
{
    apr_pool_t *pool;
    int rows = 0;
    connection_t other = connect_to("mysql", params);
    apr_pool_create(&pool, NULL);
    connection_t link = connect_to("mysql", apr_pstrcat(pool, params, more, NULL));
    execute(&link, "SET SESSION autocommit = 0");
    execute(&other, apr_pstrcat(pool, "KILL ", ask(&link, "SELECT CONNECTION_ID()"), NULL));
    apr_sleep(apr_time_from_msec(500));
    printf("%s: query %s, ", *more ? more + 1 : "by default",
           apr_dbd_query(link.driver, link.handle, &rows, "START TRANSACTION") ? "error" : "done");
    printf("autocommit %s\n", ask(&link, "SELECT @@autocommit"));
}

int main(int argc, char **argv)
{
    show(argv[argc - 1], "");
    show(argv[argc - 1], ",reconnect=0");
    return 0;
}
C
seen=$(run "sock=$work/my/sock,user=root,dbname=test")
verdict 'an error, or autocommit 0' 'by default: query done, autocommit 1
reconnect=0: query error, autocommit error' "$seen"
