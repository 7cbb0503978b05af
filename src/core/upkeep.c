/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deletions are read in the order of their moments, page by page; and what any
 * statement may find out about the table itself is passed on.
 */
#include "core/upkeep.h"

#include <stdlib.h>

#include <apr_strings.h>

#include "core/contact.h"
#include "core/news.h"
#include "core/persist.h"
#include "core/token.h"

#define SETTLE_MS 1000 /* until every connection has seen another file */

typedef struct work_t {
    at_store_t *store;
    apr_pool_t *pool;
    at_place_t *from;
    int limit;
    at_rows_t *rows;
} work_t;

/* Deletions */

static apr_status_t deleted(void *baton, int attempt)
{
    work_t *work = baton;
    const at_place_t *from = work->from;
    apr_int64_t limit = work->limit;
    const void *args[] = {&from->deleted_at, &from->deleted_at, from->token_id,
                          &limit};

    (void)attempt;
    if (work->store->sql->place_is_text) {
        args[1] = from->cell ? from->cell
                             : apr_psprintf(work->pool, "%" APR_INT64_T_FMT,
                                            from->deleted_at);
    }
    return at_database_select(work->store->database, work->store->sql->deleted,
                              args, 2, &work->rows, work->pool);
}

apr_status_t at_upkeep_deleted(at_store_t *store, at_place_t *from, int limit,
                               int *count, apr_array_header_t **ids,
                               apr_pool_t *p)
{
    work_t work = {.store = store, .pool = p, .from = from, .limit = limit};
    apr_status_t status = at_persist(store, deleted, &work);
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

/* The table itself */

void at_upkeep_heed_change(const at_store_t *store, at_shelf_t *shelf)
{
    apr_uint64_t file = at_database_file(store->database);

    if (store->reconnected) {
        at_news_note(shelf, AT_NEWS_RECONNECTED);
    }
    if (at_contact_saw_file(shelf, file)) {
        at_news_note(shelf, AT_NEWS_REPLACED);
        at_shelf_forget(shelf, at_time_monotonic() + SETTLE_MS);
    }
    if (store->created) {
        at_news_note(shelf, AT_NEWS_CREATED);
        at_shelf_forget(shelf, at_time_monotonic());
    }
}
