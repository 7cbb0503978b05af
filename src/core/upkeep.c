/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Last uses go to the table in one transaction, and where the engine can take
 * them so, in one statement: a round trip for each would take a second for
 * thousands of them.
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
    const at_use_t *uses;
    int count;
    at_place_t *from;
    int limit;
    at_rows_t *rows;
} work_t;

/* Last uses */

static apr_status_t touch_each(work_t *work)
{
    apr_status_t status = APR_SUCCESS;
    int i;

    for (i = 0; i < work->count && status == APR_SUCCESS; i++) {
        const at_use_t *use = &work->uses[i];
        char id[AT_TOKEN_ID_SIZE];
        const void *args[] = {&use->when, id, &use->when};
        int changed;

        at_token_format_id(&use->id, id);
        status = at_database_execute(work->store->database,
                                     work->store->sql->touch, args, &changed);
    }
    return status;
}

/* "{a,b,c}": neither a UUID nor a number needs quotes in an SQL array. */
static apr_status_t touch_all(work_t *work)
{
    apr_array_header_t *ids =
        apr_array_make(work->pool, work->count, sizeof(const char *));
    apr_array_header_t *times =
        apr_array_make(work->pool, work->count, sizeof(const char *));
    const void *args[2];
    int i, changed;

    for (i = 0; i < work->count; i++) {
        char *id = apr_palloc(work->pool, AT_TOKEN_ID_SIZE);

        at_token_format_id(&work->uses[i].id, id);
        APR_ARRAY_PUSH(ids, const char *) = id;
        APR_ARRAY_PUSH(times, const char *) =
            apr_psprintf(work->pool, "%" APR_INT64_T_FMT, work->uses[i].when);
    }
    args[0] = apr_pstrcat(work->pool, "{",
                          apr_array_pstrcat(work->pool, ids, ','), "}", NULL);
    args[1] = apr_pstrcat(work->pool, "{",
                          apr_array_pstrcat(work->pool, times, ','), "}", NULL);
    return at_database_execute(work->store->database,
                               work->store->sql->touch_all, args, &changed);
}

static apr_status_t touch(void *baton, int attempt)
{
    work_t *work = baton;
    at_database_t *database = work->store->database;
    apr_status_t status;

    (void)attempt;
    if (work->store->sql->touch_all) {
        return touch_all(work);
    }
    status = at_database_command(database, work->store->sql->begin);
    if (status == APR_SUCCESS) {
        status = touch_each(work);
    }
    /* After an error the connection is dropped, and with it what was done. */
    return status == APR_SUCCESS ? at_database_command(database, "COMMIT")
                                 : status;
}

apr_status_t at_upkeep_touch(at_store_t *store, const apr_array_header_t *uses,
                             int first, int count, apr_pool_t *p)
{
    work_t work = {.store = store,
                   .pool = p,
                   .uses = (const at_use_t *)(const void *)uses->elts + first,
                   .count = count};

    return at_persist(store, touch, &work);
}

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
