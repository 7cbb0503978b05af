/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts under a lock: two who count at the same time would both find room for
 * one more.
 */
#include "core/db/limit.h"

#include <stdlib.h>
#include <string.h>

static apr_status_t get_stale(at_op_t *op, const at_row_t *row, apr_pool_t *p)
{
    const void *args[] = {row->user};
    at_rows_t *rows;
    apr_status_t status;

    if (!op->sql->stale) {
        return APR_SUCCESS;
    }
    status =
        at_database_select(op->database, op->sql->stale, args, 1, &rows, p);
    if (status == APR_SUCCESS && (rows->count != 1 || !rows->values[0] ||
                                  strcmp(rows->values[0], "0") == 0)) {
        at_database_set_error(
            op->database, "others generate tokens of this user all the time");
        return AT_EUNAVAILABLE;
    }
    return status;
}

apr_status_t at_limit_check(at_op_t *op, const at_row_t *row, apr_int64_t limit,
                            apr_pool_t *p)
{
    const void *args[] = {row->user, &row->created_at};
    at_rows_t *rows;
    apr_status_t status;

    if (limit == 0) {
        return APR_SUCCESS;
    }
    status = get_stale(op, row, p);
    if (status == APR_SUCCESS) {
        status = at_database_select(op->database, op->sql->count_live, args, 1,
                                    &rows, p);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    if (rows->count != 1 || !rows->values[0]) {
        return AT_EUNAVAILABLE;
    }
    return strtoll(rows->values[0], NULL, 10) >= limit ? AT_ELIMIT
                                                       : APR_SUCCESS;
}

/* What cannot be released goes with the connection. */
void at_limit_end(at_op_t *op, const at_row_t *row, apr_int64_t limit,
                  apr_pool_t *p)
{
    const void *args[] = {row->user};
    at_rows_t *rows;

    if (limit > 0 && op->sql->together &&
        at_database_select(op->database, op->sql->together, args, 1, &rows,
                           p) != APR_SUCCESS) {
        at_database_drop(op->database);
    }
}
