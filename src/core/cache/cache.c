/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache in shared memory, a set-associative array with eight slots in each
 * set: how it is made, locked, and read without a lock. cache_write.c writes
 * it.
 */
#include "core/cache/cache.h"

#include <errno.h>
#include <string.h>

#include <openssl/rand.h>

#include "cache_layout.h"

_Static_assert(sizeof(at_terms_t) % sizeof(apr_uint64_t) == 0,
               "the terms are copied in words");
_Static_assert(offsetof(at_terms_t, user) % sizeof(apr_uint64_t) == 0,
               "the user begins with a new word");
_Static_assert(sizeof(at_slot_t) == AT_CACHE_LINE, "a slot is a cache line");

/* Words of the terms before the user. */
#define FIXED_WORDS (offsetof(at_terms_t, user) / sizeof(apr_uint64_t))

/* Making */

static void *aligned(void *memory)
{
    apr_uintptr_t at = (apr_uintptr_t)memory + AT_CACHE_LINE - 1;

    return (char *)memory +
           (at / AT_CACHE_LINE * AT_CACHE_LINE - (apr_uintptr_t)memory);
}

static at_set_t *sets_of(at_cache_header_t *header)
{
    return aligned(header + 1);
}

static apr_status_t make_locks(at_cache_header_t *header)
{
    pthread_mutexattr_t shared;
    int i, failed;

    pthread_mutexattr_init(&shared);
    failed = pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED) ||
             pthread_mutexattr_setrobust(&shared, PTHREAD_MUTEX_ROBUST);
    for (i = 0; i < AT_CACHE_LOCKS && !failed; i++) {
        failed = pthread_mutex_init(&header->locks[i], &shared);
    }
    pthread_mutexattr_destroy(&shared);
    return failed ? APR_EGENERAL : APR_SUCCESS;
}

apr_status_t at_cache_format(void *memory, apr_size_t size)
{
    at_cache_header_t *header = aligned(memory);
    const char *end = (const char *)memory + size;

    if (size < AT_CACHE_SIZE_MIN) {
        return APR_ENOSPC;
    }
    if (RAND_bytes(header->key, sizeof(header->key)) != 1) {
        return AT_ENORANDOM;
    }
    header->sets = (apr_uint32_t)((apr_size_t)(end - (char *)sets_of(header)) /
                                  sizeof(at_set_t));
    if (make_locks(header) != APR_SUCCESS) {
        return APR_EGENERAL;
    }
    at_cache_store(&header->made_at, (apr_uint64_t)at_clock_monotonic());
    at_cache_store(&header->polled_wall, (apr_uint64_t)at_clock_now());
    at_cache_store(&header->layout, AT_CACHE_LAYOUT);
    return APR_SUCCESS;
}

void at_cache_begin_generation(void *memory)
{
    at_cache_header_t *header = aligned(memory);

    atomic_fetch_add(&header->generation, 1);
}

int at_cache_has_successor(const at_cache_t *cache)
{
    return at_cache_load(&cache->header->generation) != cache->generation;
}

at_cache_t *at_cache_open(void *memory, apr_pool_t *p)
{
    at_cache_header_t *header = aligned(memory);
    at_cache_t *cache;

    if (at_cache_load(&header->layout) != AT_CACHE_LAYOUT) {
        return NULL;
    }
    cache = apr_pcalloc(p, sizeof(*cache));
    cache->header = header;
    cache->sets = sets_of(header);
    cache->count = header->sets;
    cache->generation = at_cache_load(&header->generation);
    cache->stripe = &header->stripes[atomic_fetch_add(&header->processes, 1) %
                                     AT_CACHE_STRIPES];
    return cache;
}

apr_uint32_t at_cache_capacity(const at_cache_t *cache)
{
    return cache->count * AT_CACHE_WAYS;
}

apr_uint32_t at_cache_entries(const at_cache_t *cache)
{
    apr_uint32_t entries = 0;
    apr_uint32_t i;

    for (i = 0; i < at_cache_capacity(cache); i++) {
        entries += atomic_load_explicit(
                       &cache->sets[i / AT_CACHE_WAYS].hints[i % AT_CACHE_WAYS],
                       memory_order_relaxed) != 0;
    }
    return entries;
}

void at_cache_set_in_use(const at_cache_t *cache)
{
    if (!at_cache_is_in_use(cache)) {
        at_cache_store(&cache->header->in_use, 1);
    }
}

int at_cache_is_in_use(const at_cache_t *cache)
{
    return at_cache_load(&cache->header->in_use) != 0;
}

at_breaker_t *at_cache_breaker(const at_cache_t *cache)
{
    return &cache->header->breaker;
}

at_outage_t *at_cache_outage(const at_cache_t *cache, at_outage_e kind)
{
    return &cache->header->outages[kind];
}

/* Locks */

static pthread_mutex_t *lock_of(const at_cache_t *cache, const at_set_t *set)
{
    return &cache->header->locks[(set - cache->sets) % AT_CACHE_LOCKS];
}

/* A slot that a process has left half written, since it died, is repaired when
 * it is used next: see choose() in cache_write.c. */
int at_cache_lock(at_cache_t *cache, at_set_t *set)
{
    pthread_mutex_t *mutex = lock_of(cache, set);
    int failed = pthread_mutex_lock(mutex);

    if (failed == EOWNERDEAD) {
        failed = pthread_mutex_consistent(mutex);
    }
    return !failed;
}

void at_cache_unlock(at_cache_t *cache, at_set_t *set)
{
    pthread_mutex_unlock(lock_of(cache, set));
}

/* Reading */

void at_cache_tag(const at_cache_t *cache, const char *text, apr_size_t length,
                  at_tag_t *tag)
{
    at_siphash(text, length, cache->header->key, tag->half);
}

/* The copy may be torn, which the sequence number shows later. It ends with
 * the texts; a torn length must not be used if it is too large. */
static at_terms_t *copy_terms(at_atomic64_t *words, apr_pool_t *p)
{
    apr_uint64_t last = at_cache_load(&words[FIXED_WORDS - 1]);
    apr_uint16_t length;
    apr_size_t count;
    apr_uint64_t *copy;
    apr_size_t i;

    memcpy(&length,
           (char *)&last + offsetof(at_terms_t, text_length) % sizeof(last),
           sizeof(length));
    if (length > AT_TEXT_USER_MAX) {
        return NULL;
    }
    count = FIXED_WORDS + length / sizeof(*copy) + 1;
    copy = apr_palloc(p, count * sizeof(*copy));
    for (i = 0; i < count; i++) {
        copy[i] = at_cache_load(&words[i]);
    }
    return (at_terms_t *)(void *)copy;
}

/* In constant time: the duration must not show how much of the tag matches. */
static int has_tag(at_slot_t *slot, const at_tag_t *tag)
{
    return ((at_cache_load(&slot->tag[0]) ^ tag->half[0]) |
            (at_cache_load(&slot->tag[1]) ^ tag->half[1])) == 0;
}

static int read_slot(const at_cache_t *cache, at_set_t *set, int way,
                     const at_tag_t *tag, at_hit_t *hit, apr_pool_t *p)
{
    at_slot_t *slot = &set->slots[way];
    apr_uint64_t sequence = at_cache_load(&slot->sequence);
    apr_uint64_t id[2];

    if (sequence & 1) {
        return 0;
    }
    id[0] = at_cache_load(&slot->id[0]);
    id[1] = at_cache_load(&slot->id[1]);
    memcpy(hit->id.data, id, sizeof(id));
    hit->proven = has_tag(slot, tag);
    hit->read_at = (apr_int64_t)at_cache_load(&slot->read_at);
    hit->spot.slot =
        (apr_uint32_t)(set - cache->sets) * AT_CACHE_WAYS + (apr_uint32_t)way;
    hit->spot.generation = at_cache_generation(at_cache_load(&slot->used));
    hit->terms = hit->proven ? copy_terms(set->terms[way], p) : NULL;
    return at_cache_load(&slot->sequence) == sequence &&
           (hit->terms || !hit->proven) &&
           hit->read_at >
               (apr_int64_t)at_cache_load(&cache->header->valid_from);
}

static int has_hint(at_set_t *set, int way, apr_uint64_t spread)
{
    return atomic_load_explicit(&set->hints[way], memory_order_acquire) ==
           at_cache_hint(spread);
}

int at_cache_find_text(const at_cache_t *cache, const char *digits,
                       const at_tag_t *tag, at_hit_t *hit, apr_pool_t *p)
{
    apr_uint64_t spread = at_cache_spread(digits);
    at_set_t *set = at_cache_set(cache, spread);
    int way;

    for (way = 0; way < AT_CACHE_WAYS; way++) {
        if (has_hint(set, way, spread) &&
            read_slot(cache, set, way, tag, hit, p) && hit->proven) {
            return 1;
        }
    }
    return 0;
}

int at_cache_find_id(const at_cache_t *cache, const at_id_t *id,
                     const at_tag_t *tag, at_hit_t *hit, apr_pool_t *p)
{
    apr_uint64_t spread = at_cache_spread_id(id);
    at_set_t *set = at_cache_set(cache, spread);
    int way;

    for (way = 0; way < AT_CACHE_WAYS; way++) {
        if (has_hint(set, way, spread) &&
            read_slot(cache, set, way, tag, hit, p) &&
            memcmp(&hit->id, id, sizeof(*id)) == 0) {
            return 1;
        }
    }
    return 0;
}

at_ticket_t at_cache_ticket(const at_cache_t *cache, const at_id_t *id,
                            apr_int64_t now)
{
    apr_uint64_t spread = at_cache_spread_id(id);
    at_set_t *set = at_cache_set(cache, spread);
    at_ticket_t ticket = {.read_at = now,
                          .version = at_cache_load(&set->version),
                          .spread = spread};

    return ticket;
}
