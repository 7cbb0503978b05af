/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows in shared memory, a table of sets with eight slots each: how it is made,
 * and how it is read without a lock. Writing is in shelving.c.
 */
#include "core/shelf.h"

#include <string.h>

#include <openssl/rand.h>

#include "shelf_inside.h"

_Static_assert(sizeof(at_grant_t) % sizeof(apr_uint64_t) == 0,
               "a grant is copied in words");
_Static_assert(offsetof(at_grant_t, user) % sizeof(apr_uint64_t) == 0,
               "a grant ends with whole words before the user");
_Static_assert(sizeof(at_slot_t) == AT_SHELF_LINE, "a slot is a cache line");

/* How much of a grant stands before the user. */
#define FIXED_WORDS (offsetof(at_grant_t, user) / sizeof(apr_uint64_t))

/* Making */

static void *aligned(void *memory)
{
    apr_uintptr_t at = (apr_uintptr_t)memory + AT_SHELF_LINE - 1;

    return (char *)memory +
           (at / AT_SHELF_LINE * AT_SHELF_LINE - (apr_uintptr_t)memory);
}

static at_set_t *sets_of(at_shelf_header_t *header)
{
    return aligned(header + 1);
}

static apr_status_t make_locks(at_shelf_header_t *header)
{
    pthread_mutexattr_t shared;
    int i, failed;

    pthread_mutexattr_init(&shared);
    failed = pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED) ||
             pthread_mutexattr_setrobust(&shared, PTHREAD_MUTEX_ROBUST);
    for (i = 0; i < AT_SHELF_LOCKS && !failed; i++) {
        failed = pthread_mutex_init(&header->locks[i], &shared);
    }
    pthread_mutexattr_destroy(&shared);
    return failed ? APR_EGENERAL : APR_SUCCESS;
}

apr_status_t at_shelf_format(void *memory, apr_size_t size)
{
    at_shelf_header_t *header = aligned(memory);
    const char *end = (const char *)memory + size;

    if (size < AT_SHELF_LEAST) {
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
    at_shelf_store(&header->made_at, (apr_uint64_t)at_time_monotonic());
    at_shelf_store(&header->known_wall, (apr_uint64_t)at_time_now());
    at_shelf_store(&header->layout, AT_SHELF_LAYOUT);
    return APR_SUCCESS;
}

at_shelf_t *at_shelf_open(void *memory, apr_pool_t *p)
{
    at_shelf_header_t *header = aligned(memory);
    at_shelf_t *shelf;

    if (at_shelf_load(&header->layout) != AT_SHELF_LAYOUT) {
        return NULL;
    }
    shelf = apr_pcalloc(p, sizeof(*shelf));
    shelf->header = header;
    shelf->sets = sets_of(header);
    shelf->count = header->sets;
    shelf->stripe = &header->stripes[atomic_fetch_add(&header->processes, 1) %
                                     AT_SHELF_STRIPES];
    return shelf;
}

apr_uint32_t at_shelf_room(const at_shelf_t *shelf)
{
    return shelf->count * AT_SHELF_WAYS;
}

apr_uint32_t at_shelf_entries(const at_shelf_t *shelf)
{
    apr_uint32_t entries = 0;
    apr_uint32_t i;

    for (i = 0; i < at_shelf_room(shelf); i++) {
        entries += atomic_load_explicit(
                       &shelf->sets[i / AT_SHELF_WAYS].hints[i % AT_SHELF_WAYS],
                       memory_order_relaxed) != 0;
    }
    return entries;
}

void at_shelf_set_in_use(const at_shelf_t *shelf)
{
    if (!at_shelf_is_in_use(shelf)) {
        at_shelf_store(&shelf->header->in_use, 1);
    }
}

int at_shelf_is_in_use(const at_shelf_t *shelf)
{
    return at_shelf_load(&shelf->header->in_use) != 0;
}

at_breaker_t *at_shelf_breaker(const at_shelf_t *shelf)
{
    return &shelf->header->breaker;
}

at_outage_t *at_shelf_outage(const at_shelf_t *shelf, at_outage_e kind)
{
    return &shelf->header->outages[kind];
}

/* Reading */

void at_shelf_tag(const at_shelf_t *shelf, const char *text, apr_size_t length,
                  at_tag_t *tag)
{
    at_siphash(text, length, shelf->header->key, tag->half);
}

/* Whole or torn: the sequence number will tell. The copy ends with the texts;
 * a length that cannot be must not be believed. */
static at_grant_t *copy_grant(at_word_t *words, apr_pool_t *p)
{
    apr_uint64_t last = at_shelf_load(&words[FIXED_WORDS - 1]);
    apr_uint16_t length;
    apr_size_t count;
    apr_uint64_t *copy;
    apr_size_t i;

    memcpy(&length,
           (char *)&last + offsetof(at_grant_t, text_length) % sizeof(last),
           sizeof(length));
    if (length > AT_TEXT_USER_MAX) {
        return NULL;
    }
    count = FIXED_WORDS + length / sizeof(*copy) + 1;
    copy = apr_palloc(p, count * sizeof(*copy));
    for (i = 0; i < count; i++) {
        copy[i] = at_shelf_load(&words[i]);
    }
    return (at_grant_t *)(void *)copy;
}

/* Both halves are always looked at: the time must not tell how far it fits. */
static int is_tagged(at_slot_t *slot, const at_tag_t *tag)
{
    return ((at_shelf_load(&slot->tag[0]) ^ tag->half[0]) |
            (at_shelf_load(&slot->tag[1]) ^ tag->half[1])) == 0;
}

static int read_slot(const at_shelf_t *shelf, at_set_t *set, int way,
                     const at_tag_t *tag, at_hit_t *hit, apr_pool_t *p)
{
    at_slot_t *slot = &set->slots[way];
    apr_uint64_t sequence = at_shelf_load(&slot->sequence);
    apr_uint64_t id[2];

    if (sequence & 1) {
        return 0;
    }
    id[0] = at_shelf_load(&slot->id[0]);
    id[1] = at_shelf_load(&slot->id[1]);
    memcpy(hit->id.data, id, sizeof(id));
    hit->proven = is_tagged(slot, tag);
    hit->read_at = (apr_int64_t)at_shelf_load(&slot->read_at);
    hit->spot.slot =
        (apr_uint32_t)(set - shelf->sets) * AT_SHELF_WAYS + (apr_uint32_t)way;
    hit->spot.generation = at_shelf_generation(at_shelf_load(&slot->used));
    hit->grant = hit->proven ? copy_grant(set->grants[way], p) : NULL;
    return at_shelf_load(&slot->sequence) == sequence &&
           (hit->grant || !hit->proven) &&
           hit->read_at >
               (apr_int64_t)at_shelf_load(&shelf->header->valid_from);
}

static int has_hint(at_set_t *set, int way, apr_uint64_t spread)
{
    return atomic_load_explicit(&set->hints[way], memory_order_acquire) ==
           at_shelf_hint(spread);
}

int at_shelf_recognize(const at_shelf_t *shelf, const char *digits,
                       const at_tag_t *tag, at_hit_t *hit, apr_pool_t *p)
{
    apr_uint64_t spread = at_shelf_spread(digits);
    at_set_t *set = at_shelf_set(shelf, spread);
    int way;

    for (way = 0; way < AT_SHELF_WAYS; way++) {
        if (has_hint(set, way, spread) &&
            read_slot(shelf, set, way, tag, hit, p) && hit->proven) {
            return 1;
        }
    }
    return 0;
}

int at_shelf_get(const at_shelf_t *shelf, const at_id_t *id,
                 const at_tag_t *tag, at_hit_t *hit, apr_pool_t *p)
{
    apr_uint64_t spread = at_shelf_spread_id(id);
    at_set_t *set = at_shelf_set(shelf, spread);
    int way;

    for (way = 0; way < AT_SHELF_WAYS; way++) {
        if (has_hint(set, way, spread) &&
            read_slot(shelf, set, way, tag, hit, p) &&
            memcmp(&hit->id, id, sizeof(*id)) == 0) {
            return 1;
        }
    }
    return 0;
}

at_ticket_t at_shelf_ticket(const at_shelf_t *shelf, const at_id_t *id,
                            apr_int64_t now)
{
    apr_uint64_t spread = at_shelf_spread_id(id);
    at_set_t *set = at_shelf_set(shelf, spread);
    at_ticket_t ticket = {.read_at = now,
                          .version = at_shelf_load(&set->version),
                          .spread = spread};

    return ticket;
}
