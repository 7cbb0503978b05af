/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table of this process alone, for uses that have no place in the cache.
 * A use stays in it until the table has it, so that a write that hangs loses
 * none.
 */
#include "core/jobs/lastused_queue.h"

#include <pthread.h>
#include <stdatomic.h>

#include <apr_hash.h>

#define PENDING_MAX 65536

typedef struct node_t {
    at_use_t use;
    struct node_t *next; /* among those to be used again */
} node_t;

struct at_lastused_queue_t {
    pthread_mutex_t lock;
    apr_pool_t *pool;
    apr_hash_t *pending; /* at_id_t -> node_t * */
    node_t *spare;
    _Atomic(int) count;
};

at_lastused_queue_t *at_lastused_queue_open(apr_pool_t *p)
{
    at_lastused_queue_t *lastused = apr_pcalloc(p, sizeof(*lastused));

    pthread_mutex_init(&lastused->lock, NULL);
    apr_pool_create_unmanaged_ex(&lastused->pool, NULL, NULL);
    lastused->pending = apr_hash_make(lastused->pool);
    return lastused;
}

static node_t *find(at_lastused_queue_t *lastused, const at_id_t *id)
{
    return apr_hash_get(lastused->pending, id, sizeof(*id));
}

/* NULL if there are too many. */
static node_t *add(at_lastused_queue_t *lastused, const at_use_t *use)
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

int at_lastused_queue_note(at_lastused_queue_t *lastused, const at_use_t *use)
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

void at_lastused_queue_copy(at_lastused_queue_t *lastused,
                            apr_array_header_t *uses)
{
    apr_hash_index_t *i;

    pthread_mutex_lock(&lastused->lock);
    for (i = apr_hash_first(NULL, lastused->pending); i; i = apr_hash_next(i)) {
        APR_ARRAY_PUSH(uses, at_use_t) = ((node_t *)apr_hash_this_val(i))->use;
    }
    pthread_mutex_unlock(&lastused->lock);
}

void at_lastused_queue_forget(at_lastused_queue_t *lastused,
                              const at_use_t *use)
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

apr_int64_t at_lastused_queue_of(at_lastused_queue_t *lastused,
                                 const at_id_t *id)
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

int at_lastused_queue_count(const at_lastused_queue_t *lastused)
{
    return lastused->count;
}
