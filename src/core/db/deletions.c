/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads deletions in the order of their moments, page by page.
 */
#include "core/db/deletions.h"

#include <stdlib.h>

#include <apr_strings.h>

#include "core/db/retry.h"
#include "core/token/token.h"

typedef struct work_t {
    at_op_t *op;
    apr_pool_t *pool;
    at_deletions_place_t *from;
    int limit;
    at_rows_t *rows;
} work_t;

static apr_status_t deleted(void *data, int attempt)
{
    work_t *work = data;
    const at_deletions_place_t *from = work->from;
    apr_int64_t limit = work->limit;
    const void *args[] = {&from->deleted_at, &from->deleted_at, from->token_id,
                          &limit};

    (void)attempt;
    if (work->op->sql->place_is_text) {
        args[1] = from->cell ? from->cell
                             : apr_psprintf(work->pool, "%" APR_INT64_T_FMT,
                                            from->deleted_at);
    }
    return at_database_select(work->op->database, work->op->sql->deleted, args,
                              2, &work->rows, work->pool);
}

apr_status_t at_deletions_read(at_op_t *op, at_deletions_place_t *from,
                               int limit, int *count, apr_array_header_t **ids,
                               apr_pool_t *p)
{
    work_t work = {.op = op, .pool = p, .from = from, .limit = limit};
    apr_status_t status = at_retry(op, deleted, &work);
    int i;

    if (status != APR_SUCCESS) {
        return status;
    }
    *count = work.rows->count;
    *ids = apr_array_make(p, work.rows->count + 1, sizeof(at_id_t));
    for (i = 0; i < work.rows->count; i++) {
        const char *id = work.rows->values[2 * i];
        const char *when = work.rows->values[2 * i + 1];
        at_id_t parsed;

        if (id && at_token_parse_id(id, &parsed) == APR_SUCCESS) {
            APR_ARRAY_PUSH(*ids, at_id_t) = parsed;
        }
        from->token_id = id ? id : "";
        from->deleted_at = when ? strtoll(when, NULL, 10) : AT_TIME_MAX;
        from->cell = when;
    }
    return APR_SUCCESS;
}
