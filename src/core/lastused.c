/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uses are written in the order of ids and in transactions of a few hundred, so
 * that nobody waits long for a row, and servers that write the same ones wait
 * for each other instead of dying in each other's arms.
 *
 * The collection is for uses without a place on the shelf: it is this process's
 * alone, and written at once.
 */
#include "core/lastused.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "core/upkeep.h"
#include "core/uses.h"

#define RETRY_MS 1000    /* after a write that failed */
#define PATIENCE_MS 2000 /* for a lock on the file, each time */
#define PENDING_MAX 65536
#define SLICE 500

/* Writing */

static int by_id(const void *a, const void *b)
{
    return memcmp(&((const at_use_t *)a)->id, &((const at_use_t *)b)->id,
                  sizeof(at_id_t));
}

/* From the end of the array, where it is easily cut off. */
static apr_status_t write_slice(at_store_t *store, apr_array_header_t *uses,
                                at_shelf_t *shelf)
{
    int count = uses->nelts < SLICE ? uses->nelts : SLICE;
    int first = uses->nelts - count;
    apr_status_t status;
    apr_pool_t *pool;
    int i;

    apr_pool_create(&pool, uses->pool);
    status = at_upkeep_touch(store, uses, first, count, pool);
    apr_pool_destroy(pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    for (i = first; shelf && i < uses->nelts; i++) {
        at_uses_written(shelf, &APR_ARRAY_IDX(uses, i, at_use_t));
    }
    uses->nelts = first;
    return APR_SUCCESS;
}

apr_status_t at_lastused_write(at_store_t *store, apr_array_header_t *uses,
                               at_shelf_t *shelf)
{
    apr_status_t status = APR_SUCCESS;

    qsort(uses->elts, (size_t)uses->nelts, sizeof(at_use_t), by_id);
    while (uses->nelts > 0 && status == APR_SUCCESS) {
        status = write_slice(store, uses, shelf);
    }
    return status;
}

/* The collection */

struct at_lastused_t {
    pthread_mutex_t lock;
    apr_pool_t *pool;    /* of the pending uses, replaced with them */
    apr_hash_t *pending; /* at_id_t -> at_use_t * */
    const at_sql_t *sql;
    at_chore_t *chore;
};

static void begin_collection(at_lastused_t *lastused)
{
    apr_pool_create_unmanaged_ex(&lastused->pool, NULL, NULL);
    lastused->pending = apr_hash_make(lastused->pool);
}

static void remember(at_lastused_t *lastused, const at_use_t *use)
{
    at_use_t *known =
        apr_hash_get(lastused->pending, &use->id, sizeof(use->id));

    if (known) {
        known->when = known->when > use->when ? known->when : use->when;
        return;
    }
    if (apr_hash_count(lastused->pending) >= PENDING_MAX) {
        return; /* its next use is noted again */
    }
    known = apr_pmemdup(lastused->pool, use, sizeof(*use));
    apr_hash_set(lastused->pending, &known->id, sizeof(known->id), known);
}

static apr_array_header_t *as_array(apr_hash_t *pending, apr_pool_t *p)
{
    apr_array_header_t *uses =
        apr_array_make(p, (int)apr_hash_count(pending) + 1, sizeof(at_use_t));
    apr_hash_index_t *i;

    for (i = apr_hash_first(p, pending); i; i = apr_hash_next(i)) {
        APR_ARRAY_PUSH(uses, at_use_t) = *(at_use_t *)apr_hash_this_val(i);
    }
    return uses;
}

static void take_back(at_lastused_t *lastused, const apr_array_header_t *uses)
{
    int i;

    pthread_mutex_lock(&lastused->lock);
    for (i = 0; i < uses->nelts; i++) {
        remember(lastused, &APR_ARRAY_IDX(uses, i, at_use_t));
    }
    pthread_mutex_unlock(&lastused->lock);
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
    if (at_lastused_write(&store, uses, NULL) != APR_SUCCESS) {
        take_back(lastused, uses);
        again = RETRY_MS;
    }
    apr_pool_destroy(pool);
    return again;
}

at_lastused_t *at_lastused_open(at_desk_t *desk, const at_sql_t *sql)
{
    at_lastused_t *lastused =
        apr_pcalloc(at_desk_pool(desk), sizeof(*lastused));

    pthread_mutex_init(&lastused->lock, NULL);
    lastused->sql = sql;
    lastused->chore = at_desk_add_chore(desk, write_out, lastused);
    begin_collection(lastused);
    return lastused;
}

void at_lastused_note(at_lastused_t *lastused, const at_use_t *use)
{
    pthread_mutex_lock(&lastused->lock);
    remember(lastused, use);
    pthread_mutex_unlock(&lastused->lock);
    at_desk_wake(lastused->chore);
}
