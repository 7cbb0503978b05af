#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Two functions of APR join the values of a header field: apr_table_merge() with a comma and a blank,
# apr_table_getm() with only a comma. So a value that one has joined cannot be found in what the other returns.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
take_apr
build <<'C'
#include <stdio.h>

#include <apr_general.h>
#include <apr_tables.h>

int main(void)
{
    apr_pool_t *pool;
    apr_initialize();
    apr_pool_create(&pool, NULL);
    apr_table_t *merged = apr_table_make(pool, 2), *added = apr_table_make(pool, 2);
    apr_table_merge(merged, "Via", "one");
    apr_table_merge(merged, "Via", "two");
    apr_table_add(added, "Via", "one");
    apr_table_add(added, "Via", "two");
    printf("merge '%s', getm '%s'\n", apr_table_get(merged, "Via"), apr_table_getm(pool, added, "Via"));
    return 0;
}
C
verdict "the same text twice" "merge 'one, two', getm 'one,two'" "$(run)"
