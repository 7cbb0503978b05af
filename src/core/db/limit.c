/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts under a lock: of two transactions that count at the same time, both
 * would find room for one more.
 */
#include "core/db/limit.h"

#include <stdlib.h>
#include <string.h>

static apr_status_t lock_user(at_op_t *op)
{
    const void *args[] = {op->row->user};
    at_rows_t *rows;
    apr_status_t status;

    if (!op->sql->lock_user) {
        return APR_SUCCESS;
    }
    status = at_database_select(op->database, op->sql->lock_user, args, 1,
                                &rows, op->pool);
    if (status == APR_SUCCESS && (rows->count != 1 || !rows->values[0] ||
                                  strcmp(rows->values[0], "0") == 0)) {
        at_database_set_error(op->database,
                              "other requests generate tokens of this user all "
                              "the time");
        return AT_EUNAVAILABLE;
    }
    return status;
}

apr_status_t at_limit_check(at_op_t *op)
{
    const void *args[] = {op->row->user, &op->row->created_at};
    at_rows_t *rows;
    apr_status_t status;

    if (op->limit == 0) {
        return APR_SUCCESS;
    }
    status = lock_user(op);
    if (status == APR_SUCCESS) {
        status = at_database_select(op->database, op->sql->count_live, args, 1,
                                    &rows, op->pool);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    if (rows->count != 1 || !rows->values[0]) {
        return AT_EUNAVAILABLE;
    }
    return strtoll(rows->values[0], NULL, 10) >= op->limit ? AT_ELIMIT
                                                           : APR_SUCCESS;
}

/* A lock that cannot be released ends with its connection. */
void at_limit_end(at_op_t *op)
{
    const void *args[] = {op->row->user};
    at_rows_t *rows;

    if (op->limit > 0 && op->sql->unlock_user &&
        at_database_select(op->database, op->sql->unlock_user, args, 1, &rows,
                           op->pool) != APR_SUCCESS) {
        at_database_drop(op->database);
    }
}
