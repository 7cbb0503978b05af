/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table in the memory of this process. A use stays in it until it is
 * written to the table, so that a write that hangs loses none.
 */
#include "core/jobs/lastused_queue.h"

#include <pthread.h>
#include <stdatomic.h>

#include <apr_hash.h>

#define PENDING_MAX 65536

typedef struct node_t {
    at_use_t use;
    struct node_t *next; /* in the free list */
} node_t;

struct at_lastused_queue_t {
    pthread_mutex_t lock;
    apr_pool_t *pool;
    apr_hash_t *pending; /* at_id_t -> node_t * */
    node_t *spare;       /* free list */
    _Atomic(int) count;
};

at_lastused_queue_t *at_lastused_queue_open(apr_pool_t *p)
{
    at_lastused_queue_t *queue = apr_pcalloc(p, sizeof(*queue));

    pthread_mutex_init(&queue->lock, NULL);
    apr_pool_create_unmanaged_ex(&queue->pool, NULL, NULL);
    queue->pending = apr_hash_make(queue->pool);
    return queue;
}

static node_t *find(at_lastused_queue_t *queue, const at_id_t *id)
{
    return apr_hash_get(queue->pending, id, sizeof(*id));
}

/* NULL if the queue is full. */
static node_t *add(at_lastused_queue_t *queue, const at_use_t *use)
{
    node_t *node = queue->spare;

    if (queue->count >= PENDING_MAX) {
        return NULL;
    }
    if (node) {
        queue->spare = node->next;
    }
    else {
        node = apr_palloc(queue->pool, sizeof(*node));
    }
    node->use = *use;
    node->use.spot.slot = AT_SPOT_NONE;
    apr_hash_set(queue->pending, &node->use.id, sizeof(use->id), node);
    queue->count++;
    return node;
}

int at_lastused_queue_note(at_lastused_queue_t *queue, const at_use_t *use)
{
    node_t *node;

    pthread_mutex_lock(&queue->lock);
    node = find(queue, &use->id);
    if (!node) {
        node = add(queue, use);
    }
    else if (node->use.when < use->when) {
        node->use.when = use->when;
    }
    pthread_mutex_unlock(&queue->lock);
    return node != NULL;
}

void at_lastused_queue_copy(at_lastused_queue_t *queue,
                            apr_array_header_t *uses)
{
    apr_hash_index_t *i;

    pthread_mutex_lock(&queue->lock);
    for (i = apr_hash_first(NULL, queue->pending); i; i = apr_hash_next(i)) {
        APR_ARRAY_PUSH(uses, at_use_t) = ((node_t *)apr_hash_this_val(i))->use;
    }
    pthread_mutex_unlock(&queue->lock);
}

void at_lastused_queue_remove(at_lastused_queue_t *queue, const at_use_t *use)
{
    node_t *node;

    pthread_mutex_lock(&queue->lock);
    node = find(queue, &use->id);
    if (node && node->use.when <= use->when) {
        apr_hash_set(queue->pending, &node->use.id, sizeof(use->id), NULL);
        node->next = queue->spare;
        queue->spare = node;
        queue->count--;
    }
    pthread_mutex_unlock(&queue->lock);
}

apr_int64_t at_lastused_queue_of(at_lastused_queue_t *queue, const at_id_t *id)
{
    apr_int64_t when;
    node_t *node;

    if (queue->count == 0) {
        return AT_TIME_NONE;
    }
    pthread_mutex_lock(&queue->lock);
    node = find(queue, id);
    when = node ? node->use.when : AT_TIME_NONE;
    pthread_mutex_unlock(&queue->lock);
    return when;
}

int at_lastused_queue_count(const at_lastused_queue_t *queue)
{
    return queue->count;
}
