/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two statements, one for what expired and one for what was deleted: each has an
 * index of its own, and none serves both.
 */
#include "core/db/purge.h"

#include <stdlib.h>

#include "core/db/retry.h"

typedef struct work_t {
    at_op_t *op;
    const char *sql;
    apr_int64_t before;
    apr_int64_t limit;
    int changed;
    apr_pool_t *pool;
    at_rows_t *rows;
} work_t;

static apr_status_t remove_some(void *data, int attempt)
{
    work_t *work = data;
    const void *args[] = {&work->before, &work->before, &work->limit};

    (void)attempt;
    return at_database_execute(work->op->database, work->sql, args,
                               &work->changed);
}

apr_status_t at_purge_some(at_op_t *op, const at_purge_t *purge, int limit,
                           int *removed, int *more)
{
    work_t expired = {.op = op,
                      .sql = op->sql->purge_expired,
                      .before = purge->expired_before,
                      .limit = limit};
    work_t deleted = {.op = op,
                      .sql = op->sql->purge_deleted,
                      .before = purge->deleted_before,
                      .limit = limit};
    apr_status_t status = at_retry(op, remove_some, &expired);

    if (status == APR_SUCCESS) {
        status = at_retry(op, remove_some, &deleted);
    }
    if (status == APR_SUCCESS) {
        *removed = expired.changed + deleted.changed;
        *more = expired.changed >= limit || deleted.changed >= limit;
    }
    return status;
}

static apr_status_t look(void *data, int attempt)
{
    work_t *work = data;
    const void *args[] = {&work->before};

    (void)attempt;
    return at_database_select(work->op->database, work->sql, args, 1,
                              &work->rows, work->pool);
}

apr_status_t at_purge_last_use(at_op_t *op, apr_int64_t until,
                               apr_int64_t *when, apr_pool_t *p)
{
    const char *const texts[] = {op->sql->last_generated,
                                 op->sql->last_deleted};
    work_t work = {.op = op, .before = until, .pool = p};
    apr_int64_t last = AT_TIME_NONE;
    apr_status_t status;
    apr_size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        work.sql = texts[i];
        status = at_retry(op, look, &work);
        if (status != APR_SUCCESS) {
            return status;
        }
        if (work.rows->count > 0 && work.rows->values[0]) {
            apr_int64_t found = strtoll(work.rows->values[0], NULL, 10);

            last = found > last ? found : last;
        }
    }
    *when = last;
    return APR_SUCCESS;
}
