/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes uses in the order of token ids and in transactions of some hundreds:
 * no statement waits long for a row, and servers that write the same rows
 * queue instead of deadlocking.
 */
#include "core/jobs/lastused_write.h"

#include <stdlib.h>
#include <string.h>

#include <apr_time.h>

#include "core/cache/cache_uses.h"
#include "core/cache/counters.h"
#include "core/db/store_lastused.h"
#include "core/token/clock.h"

#define TIMEOUT_MS 2000 /* of a slice, for a lock on SQLite's file */
#define LOCKED_MS 500   /* for locks on rows that another server writes, too */
#define PAUSE_MS 50     /* between two tries */
#define SLICE 500       /* uses in a transaction */
#define FAILED_MAX 3    /* slices in a row, after which the others would fail */

typedef struct writing_t {
    at_op_t *op;
    apr_array_header_t *uses;
    at_cache_t *cache;
    at_lastused_queue_t *queue;
    apr_int64_t until;
    int kept;         /* not written: at the beginning of the array */
    int failed;       /* slices in a row */
    int table_failed; /* further slices would fail, too */
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
        if (writing->cache) {
            at_cache_uses_written(writing->cache, use);
        }
    }
    else if (writing->queue) {
        at_lastused_queue_remove(writing->queue, use);
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
    apr_int64_t deadline = at_clock_monotonic() + TIMEOUT_MS;
    apr_status_t status = AT_EUNAVAILABLE;
    int kept, i;

    writing->op->deadline =
        deadline < writing->until ? deadline : writing->until;
    if (!writing->table_failed && at_clock_monotonic() < writing->until) {
        apr_pool_create_unmanaged_ex(&writing->op->pool, NULL, NULL);
        status = at_store_write_uses(writing->op, writing->uses, first, count,
                                     &writing->table_failed);
        apr_pool_destroy(writing->op->pool);
        writing->failed = status == APR_SUCCESS ? 0 : writing->failed + 1;
        writing->table_failed |= writing->failed >= FAILED_MAX;
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
    if (writing->cache) {
        at_counters_add(writing->cache, AT_COUNTER_WRITTEN,
                        (apr_uint64_t)(count - (writing->kept - kept)));
    }
}

/* Tries each slice once. */
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

/* A row that another server is writing will be unlocked in a moment. */
apr_status_t at_lastused_write(at_op_t *op, apr_array_header_t *uses,
                               at_cache_t *cache, at_lastused_queue_t *queue,
                               apr_int64_t until)
{
    writing_t writing = {
        .op = op, .uses = uses, .cache = cache, .queue = queue, .until = until};
    apr_int64_t locked_until = at_clock_monotonic() + LOCKED_MS;
    apr_status_t status;

    qsort(uses->elts, (size_t)uses->nelts, sizeof(at_use_t), by_id);
    for (;;) {
        status = write_once(&writing);
        if (status != AT_ELOCKED || at_clock_monotonic() >= locked_until ||
            at_clock_monotonic() >= until) {
            return status;
        }
        apr_sleep(PAUSE_MS * 1000);
    }
}
