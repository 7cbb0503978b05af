/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uses are written in the order of ids and in transactions of a few hundred, so
 * that nobody waits long for a row, and servers that write the same ones queue
 * instead of deadlocking.
 *
 * The collection is for uses without a place on the shelf: it is this process's
 * alone. They stay in it until the table has them, so that a write that hangs
 * takes none away.
 */
#include "core/lastused.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_time.h>

#include "core/tally.h"
#include "core/touch.h"
#include "core/uses.h"

#define PATIENCE_MS 2000 /* for a lock on the file, each time */
#define LOCKED_MS 500 /* for locks on rows: another server writes them, too */
#define PAUSE_MS 50
#define PENDING_MAX 65536
#define SLICE 500
#define FRUITLESS 3 /* slices that fail in a row, so the others would, too */

/* Writing */

typedef struct writing_t {
    at_store_t *store;
    apr_array_header_t *uses;
    at_shelf_t *shelf;
    at_lastused_t *own;
    apr_int64_t until;
    int kept;         /* not written so far, at the beginning of the array */
    int failed;       /* slices in a row */
    int table_failed; /* further slices would fare no better */
    apr_status_t status;
} writing_t;

static int by_id(const void *a, const void *b)
{
    const at_use_t *one = a, *other = b;
    int order = memcmp(&one->id, &other->id, sizeof(at_id_t));

    return order != 0 ? order
                      : (one->when > other->when) - (one->when < other->when);
}

static void note_written(const writing_t *writing, const at_use_t *use)
{
    if (use->spot.slot != AT_SPOT_NONE) {
        if (writing->shelf) {
            at_uses_written(writing->shelf, use);
        }
    }
    else if (writing->own) {
        at_lastused_forget(writing->own, use);
    }
}

static void take_worse(writing_t *writing, apr_status_t status)
{
    if (status != APR_SUCCESS && writing->status != AT_EUNAVAILABLE) {
        writing->status = status;
    }
}

static void write_slice(writing_t *writing, int first, int count)
{
    at_use_t *all = (at_use_t *)(void *)writing->uses->elts;
    apr_int64_t deadline = at_time_monotonic() + PATIENCE_MS;
    apr_status_t status = AT_EUNAVAILABLE;
    apr_pool_t *pool;
    int kept, i;

    writing->store->deadline =
        deadline < writing->until ? deadline : writing->until;
    if (!writing->table_failed && at_time_monotonic() < writing->until) {
        apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
        status = at_touch(writing->store, writing->uses, first, count,
                          &writing->table_failed, pool);
        apr_pool_destroy(pool);
        writing->failed = status == APR_SUCCESS ? 0 : writing->failed + 1;
        writing->table_failed |= writing->failed >= FRUITLESS;
    }
    take_worse(writing, status);
    kept = writing->kept;
    for (i = first; i < first + count; i++) {
        if (status == APR_SUCCESS && !all[i].is_skipped) {
            note_written(writing, &all[i]);
            continue;
        }
        if (status == APR_SUCCESS) {
            take_worse(writing, AT_ELOCKED);
        }
        all[writing->kept++] = all[i];
    }
    if (writing->shelf) {
        at_tally_add(writing->shelf, AT_TALLY_WRITTEN,
                     (apr_uint64_t)(count - (writing->kept - kept)));
    }
}

/* All slices once. */
static apr_status_t write_once(writing_t *writing)
{
    int total = writing->uses->nelts;
    int first;

    writing->kept = 0;
    writing->status = APR_SUCCESS;
    for (first = 0; first < total; first += SLICE) {
        write_slice(writing, first,
                    total - first < SLICE ? total - first : SLICE);
    }
    writing->uses->nelts = writing->kept;
    return writing->status;
}

/* A row that another server is writing is free in a moment. */
apr_status_t at_lastused_write(at_store_t *store, apr_array_header_t *uses,
                               at_shelf_t *shelf, at_lastused_t *own,
                               apr_int64_t until)
{
    writing_t writing = {.store = store,
                         .uses = uses,
                         .shelf = shelf,
                         .own = own,
                         .until = until};
    apr_int64_t patience = at_time_monotonic() + LOCKED_MS;
    apr_status_t status;

    qsort(uses->elts, (size_t)uses->nelts, sizeof(at_use_t), by_id);
    for (;;) {
        status = write_once(&writing);
        if (status != AT_ELOCKED || at_time_monotonic() >= patience ||
            at_time_monotonic() >= until) {
            return status;
        }
        apr_sleep(PAUSE_MS * 1000);
    }
}

/* The collection */

typedef struct node_t {
    at_use_t use;
    struct node_t *next; /* among those to be used again */
} node_t;

struct at_lastused_t {
    pthread_mutex_t lock;
    apr_pool_t *pool;
    apr_hash_t *pending; /* at_id_t -> node_t * */
    node_t *spare;
    _Atomic(int) count;
};

at_lastused_t *at_lastused_open(apr_pool_t *p)
{
    at_lastused_t *lastused = apr_pcalloc(p, sizeof(*lastused));

    pthread_mutex_init(&lastused->lock, NULL);
    apr_pool_create_unmanaged_ex(&lastused->pool, NULL, NULL);
    lastused->pending = apr_hash_make(lastused->pool);
    return lastused;
}

static node_t *find(at_lastused_t *lastused, const at_id_t *id)
{
    return apr_hash_get(lastused->pending, id, sizeof(*id));
}

/* NULL if there are too many. */
static node_t *add(at_lastused_t *lastused, const at_use_t *use)
{
    node_t *node = lastused->spare;

    if (lastused->count >= PENDING_MAX) {
        return NULL;
    }
    if (node) {
        lastused->spare = node->next;
    }
    else {
        node = apr_palloc(lastused->pool, sizeof(*node));
    }
    node->use = *use;
    node->use.spot.slot = AT_SPOT_NONE;
    apr_hash_set(lastused->pending, &node->use.id, sizeof(use->id), node);
    lastused->count++;
    return node;
}

int at_lastused_note(at_lastused_t *lastused, const at_use_t *use)
{
    node_t *node;

    pthread_mutex_lock(&lastused->lock);
    node = find(lastused, &use->id);
    if (!node) {
        node = add(lastused, use);
    }
    else if (node->use.when < use->when) {
        node->use.when = use->when;
    }
    pthread_mutex_unlock(&lastused->lock);
    return node != NULL;
}

void at_lastused_copy(at_lastused_t *lastused, apr_array_header_t *uses)
{
    apr_hash_index_t *i;

    pthread_mutex_lock(&lastused->lock);
    for (i = apr_hash_first(NULL, lastused->pending); i; i = apr_hash_next(i)) {
        APR_ARRAY_PUSH(uses, at_use_t) = ((node_t *)apr_hash_this_val(i))->use;
    }
    pthread_mutex_unlock(&lastused->lock);
}

void at_lastused_forget(at_lastused_t *lastused, const at_use_t *use)
{
    node_t *node;

    pthread_mutex_lock(&lastused->lock);
    node = find(lastused, &use->id);
    if (node && node->use.when <= use->when) {
        apr_hash_set(lastused->pending, &node->use.id, sizeof(use->id), NULL);
        node->next = lastused->spare;
        lastused->spare = node;
        lastused->count--;
    }
    pthread_mutex_unlock(&lastused->lock);
}

apr_int64_t at_lastused_of(at_lastused_t *lastused, const at_id_t *id)
{
    apr_int64_t when;
    node_t *node;

    if (lastused->count == 0) {
        return AT_TIME_NONE;
    }
    pthread_mutex_lock(&lastused->lock);
    node = find(lastused, id);
    when = node ? node->use.when : AT_TIME_NONE;
    pthread_mutex_unlock(&lastused->lock);
    return when;
}

int at_lastused_count(const at_lastused_t *lastused)
{
    return lastused->count;
}
