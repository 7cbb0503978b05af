/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads deletions in the order of their times, page by page.
 */
#include "core/db/deletions.h"

#include <stdlib.h>

#include <apr_strings.h>

#include "core/db/retry.h"
#include "core/token/token.h"

typedef struct reading_t {
    at_deletions_place_t *from;
    at_rows_t *rows; /* token_id, deleted_at */
} reading_t;

static apr_status_t read_page(at_op_t *op, void *data)
{
    reading_t *reading = data;
    const at_deletions_place_t *from = reading->from;
    const void *args[] = {&from->deleted_at, &from->deleted_at, from->token_id,
                          &op->limit};

    if (op->sql->place_is_text) {
        args[1] = from->cell ? from->cell
                             : apr_psprintf(op->pool, "%" APR_INT64_T_FMT,
                                            from->deleted_at);
    }
    return at_database_select(op->database, op->sql->deleted, args, 2,
                              &reading->rows, op->pool);
}

apr_status_t at_deletions_read(at_op_t *op, at_deletions_place_t *from,
                               int *count, apr_array_header_t **ids)
{
    reading_t reading = {.from = from};
    apr_status_t status = at_retry(op, read_page, &reading);
    int i;

    if (status != APR_SUCCESS) {
        return status;
    }
    *count = reading.rows->count;
    *ids = apr_array_make(op->pool, *count + 1, sizeof(at_id_t));
    for (i = 0; i < *count; i++) {
        const char *id = reading.rows->values[2 * i];
        const char *when = reading.rows->values[2 * i + 1];
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
