/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two statements, one for expired and one for deleted rows: each has an index
 * of its own, and no index serves both.
 */
#include "core/db/purge.h"

#include <stdlib.h>

#include "core/db/retry.h"

typedef struct removal_t {
    const char *sql;
    apr_int64_t before;
    int removed;
} removal_t;

static apr_status_t remove_some(at_op_t *op, void *data)
{
    removal_t *removal = data;
    const void *args[] = {&removal->before, &removal->before, &op->limit};

    return at_database_execute(op->database, removal->sql, args,
                               &removal->removed);
}

apr_status_t at_purge_some(at_op_t *op, const at_purge_t *purge, int *removed,
                           int *more)
{
    removal_t expired = {op->sql->purge_expired, purge->expired_before, 0};
    removal_t deleted = {op->sql->purge_deleted, purge->deleted_before, 0};
    apr_status_t status = at_retry(op, remove_some, &expired);

    if (status == APR_SUCCESS) {
        status = at_retry(op, remove_some, &deleted);
    }
    if (status == APR_SUCCESS) {
        *removed = expired.removed + deleted.removed;
        *more = expired.removed >= op->limit || deleted.removed >= op->limit;
    }
    return status;
}

typedef struct newest_t {
    const char *sql;
    apr_int64_t until;
    at_rows_t *rows;
} newest_t;

static apr_status_t read_newest(at_op_t *op, void *data)
{
    newest_t *newest = data;
    const void *args[] = {&newest->until};

    return at_database_select(op->database, newest->sql, args, 1, &newest->rows,
                              op->pool);
}

apr_status_t at_purge_last_use(at_op_t *op, apr_int64_t until,
                               apr_int64_t *when)
{
    const char *const texts[] = {op->sql->last_generated,
                                 op->sql->last_deleted};
    apr_int64_t last = AT_TIME_NONE;
    apr_size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        newest_t newest = {texts[i], until, NULL};
        apr_status_t status = at_retry(op, read_newest, &newest);

        if (status != APR_SUCCESS) {
            return status;
        }
        if (newest.rows->count > 0 && newest.rows->values[0]) {
            apr_int64_t found = strtoll(newest.rows->values[0], NULL, 10);

            last = found > last ? found : last;
        }
    }
    *when = last;
    return APR_SUCCESS;
}
