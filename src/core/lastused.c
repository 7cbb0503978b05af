/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collects last uses and writes them in one transaction.
 *
 * A use within the interval of the recorded one is not noted at all, and the
 * statement itself leaves younger rows alone, so that many processes together
 * still write a token once an interval.
 */
#include "core/lastused.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <apr_hash.h>

#include "core/store.h"

#define RETRY_MS 1000    /* after a write that failed */
#define PATIENCE_MS 2000 /* for a lock on the file, each time */
#define PENDING_MAX 65536
#define SLICE 500

struct at_lastused_t {
    pthread_mutex_t lock;
    apr_pool_t *pool;    /* of the pending uses, replaced with them */
    apr_hash_t *pending; /* at_id_t -> at_use_t * */
    const at_sql_t *sql;
    at_chore_t *chore;
    apr_int64_t interval;
};

static void begin_collection(at_lastused_t *lastused)
{
    apr_pool_create_unmanaged_ex(&lastused->pool, NULL, NULL);
    lastused->pending = apr_hash_make(lastused->pool);
}

static void remember(at_lastused_t *lastused, const at_id_t *id,
                     apr_int64_t when)
{
    at_use_t *use = apr_hash_get(lastused->pending, id, sizeof(*id));

    if (use) {
        use->when = use->when > when ? use->when : when;
        return;
    }
    if (apr_hash_count(lastused->pending) >= PENDING_MAX) {
        return; /* its next use is noted again */
    }
    use = apr_pcalloc(lastused->pool, sizeof(*use));
    use->id = *id;
    use->when = when;
    apr_hash_set(lastused->pending, &use->id, sizeof(use->id), use);
}

static int by_id(const void *a, const void *b)
{
    return memcmp(&((const at_use_t *)a)->id, &((const at_use_t *)b)->id,
                  sizeof(at_id_t));
}

/* In the order of ids, so that processes that write the same rows wait for each
 * other instead of dying in each other's arms. */
static apr_array_header_t *as_array(apr_hash_t *pending, apr_pool_t *p)
{
    apr_array_header_t *uses =
        apr_array_make(p, (int)apr_hash_count(pending) + 1, sizeof(at_use_t));
    apr_hash_index_t *i;

    for (i = apr_hash_first(p, pending); i; i = apr_hash_next(i)) {
        APR_ARRAY_PUSH(uses, at_use_t) = *(at_use_t *)apr_hash_this_val(i);
    }
    qsort(uses->elts, (size_t)uses->nelts, sizeof(at_use_t), by_id);
    return uses;
}

static void take_back(at_lastused_t *lastused, const apr_array_header_t *uses)
{
    int i;

    pthread_mutex_lock(&lastused->lock);
    for (i = 0; i < uses->nelts; i++) {
        const at_use_t *use = &APR_ARRAY_IDX(uses, i, at_use_t);

        remember(lastused, &use->id, use->when);
    }
    pthread_mutex_unlock(&lastused->lock);
}

/* A transaction for each SLICE, so that nobody waits long for the rows in it. */
static apr_status_t write_slices(at_lastused_t *lastused, at_store_t *store,
                                 apr_array_header_t *uses)
{
    while (uses->nelts > 0) {
        apr_array_header_t slice = *uses;
        apr_status_t status;

        slice.nelts = uses->nelts < SLICE ? uses->nelts : SLICE;
        slice.elts = uses->elts + (size_t)(uses->nelts - slice.nelts) *
                                      (size_t)uses->elt_size;
        status = at_store_touch(store, &slice, lastused->interval);
        if (status != APR_SUCCESS) {
            return status;
        }
        uses->nelts -= slice.nelts;
    }
    return APR_SUCCESS;
}

static apr_int64_t write_out(void *baton, at_database_t *database)
{
    at_lastused_t *lastused = baton;
    at_store_t store = {.database = database,
                        .sql = lastused->sql,
                        .deadline = at_time_monotonic() + PATIENCE_MS};
    apr_array_header_t *uses;
    apr_pool_t *pool;
    apr_int64_t again = -1;

    pthread_mutex_lock(&lastused->lock);
    pool = lastused->pool;
    uses = as_array(lastused->pending, pool);
    begin_collection(lastused);
    pthread_mutex_unlock(&lastused->lock);
    if (write_slices(lastused, &store, uses) != APR_SUCCESS) {
        take_back(lastused, uses);
        again = RETRY_MS;
    }
    apr_pool_destroy(pool);
    return again;
}

at_lastused_t *at_lastused_open(at_desk_t *desk, const at_sql_t *sql,
                                apr_int64_t interval)
{
    at_lastused_t *lastused =
        apr_pcalloc(at_desk_pool(desk), sizeof(*lastused));

    pthread_mutex_init(&lastused->lock, NULL);
    lastused->sql = sql;
    lastused->interval = interval;
    lastused->chore = at_desk_add_chore(desk, write_out, lastused);
    begin_collection(lastused);
    return lastused;
}

void at_lastused_note(at_lastused_t *lastused, const at_row_t *row,
                      apr_int64_t now)
{
    if (lastused->interval < 0 || (row->last_used != AT_TIME_NONE &&
                                   now - row->last_used < lastused->interval)) {
        return;
    }
    pthread_mutex_lock(&lastused->lock);
    remember(lastused, &row->id, now);
    pthread_mutex_unlock(&lastused->lock);
    at_desk_wake(lastused->chore);
}
