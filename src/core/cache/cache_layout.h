/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the cache's memory is laid out: what cache.c and caching.c (rows), uses.c
 * and displaced.c (last uses), contact.c (how fresh it is), duties.c (who does what), flights.c
 * (lookups under way) and counters.c (counters) share, and nobody else sees.
 *
 * Everything that another process may touch is atomic. A slot's sequence number
 * is odd while somebody writes it; who reads copies, and looks whether the
 * number is still the same. Words are loaded with acquire and stored with
 * release, so that no copy can pass the look at its number.
 */
#ifndef ACCESSTOKEN_CORE_CACHE_CACHE_LAYOUT_H
#define ACCESSTOKEN_CORE_CACHE_CACHE_LAYOUT_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "core/cache/cache.h"
#include "core/cache/counters.h"
#include "core/cache/freshness.h"
#include "core/cache/lease.h"
#include "core/cache/notices.h"
#include "core/token/siphash.h"
#include "core/token/token.h"

/** AT_CACHE_VERSION changes with every change of the structures below. */
#define AT_CACHE_LAYOUT (APR_UINT64_C(0x6163746f6b000000) + AT_CACHE_VERSION)

#define AT_CACHE_LINE 64
#define AT_CACHE_WAYS 8
#define AT_CACHE_DISPLACED 8
#define AT_CACHE_LOCKS 64
#define AT_CACHE_LOOKUPS 1024
#define AT_CACHE_STRIPES 64
#define AT_CACHE_MEMBERS 1024
#define AT_CACHE_TERMS_UNITS (sizeof(at_terms_t) / sizeof(apr_uint64_t))

#define AT_CACHE_REASON_UNITS (AT_FRESHNESS_REASON_SIZE / sizeof(apr_uint64_t))

typedef _Atomic(apr_uint64_t) at_atomic64_t;

/* Else there would be locks beside the words, in each process its own. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "words of 64 bits are atomic");

/* A time of use and its slot's generation, in one word so that a use can never
 * be counted for the token that took the slot over. */
#define AT_CACHE_MS_BITS 48
#define AT_CACHE_MS_MASK ((APR_UINT64_C(1) << AT_CACHE_MS_BITS) - 1)

typedef struct at_slot_t {
    at_atomic64_t sequence;
    at_atomic64_t id[2];
    at_atomic64_t tag[2];
    at_atomic64_t read_at; /* monotonic: when the lookup of this row began */
    at_atomic64_t used;    /* generation, and when it was used last */
    at_atomic64_t written; /* generation, and what the table knows of that */
} at_slot_t;

/* The last use of a token that has left its slot. */
typedef struct at_displaced_t {
    at_atomic64_t id[2];
    at_atomic64_t used;
    at_atomic64_t written;
} at_displaced_t;

typedef struct at_set_t {
    _Alignas(AT_CACHE_LINE) _Atomic(apr_uint32_t) hints[AT_CACHE_WAYS];
    at_atomic64_t version;       /* rises with every deletion in this set */
    at_atomic64_t has_displaced; /* something has ever stood in `displaced` */
    _Alignas(AT_CACHE_LINE) at_slot_t slots[AT_CACHE_WAYS];
    at_atomic64_t terms[AT_CACHE_WAYS][AT_CACHE_TERMS_UNITS];
    at_displaced_t displaced[AT_CACHE_DISPLACED];
} at_set_t;

typedef struct at_stripe_t {
    _Alignas(AT_CACHE_LINE) at_atomic64_t counts[AT_COUNTERS];
} at_stripe_t;

typedef struct at_cache_header_t {
    at_atomic64_t layout;
    at_atomic64_t made_at;
    unsigned char key[AT_SIPHASH_KEY_SIZE];
    apr_uint32_t sets;
    _Atomic(apr_uint32_t) processes; /* that ever opened it */

    /* Read with every hit, written once an interval. Times are monotonic. */
    _Alignas(AT_CACHE_LINE)
        at_atomic64_t asked_at;     /* the last answered question */
    at_atomic64_t unanswered_since; /* the first one after it */
    at_atomic64_t valid_from;       /* what was read before is forgotten */
    at_outage_t outages[AT_OUTAGES];

    _Alignas(AT_CACHE_LINE) at_atomic64_t last_put;
    at_atomic64_t known_wall; /* asked_at, or else made_at, on the wall clock */
    at_atomic64_t written_at; /* last uses, for the last time */
    at_atomic64_t uses_are_written; /* by some process */
    at_atomic64_t loss_told; /* when processes ended with uses unwritten */
    at_atomic64_t displaced_crowd; /* a set has little room for more of them */
    at_atomic64_t file; /* inode of the table's file, where it is one */
    at_atomic64_t purged_at;
    at_atomic64_t in_use; /* a request has asked for this table */
    at_atomic64_t
        reason[AT_CACHE_REASON_UNITS]; /* the table could not be asked */
    at_atomic64_t notices[AT_NOTICES];
    at_atomic64_t leases[AT_LEASES];

    /* When somebody looked whether it is crowded, and what was counted then. */
    at_atomic64_t looked_at;
    at_atomic64_t looked_hits;
    at_atomic64_t looked_cold;
    at_atomic64_t looked_evicted;

    _Alignas(AT_CACHE_LINE) at_breaker_t breaker;

    _Alignas(AT_CACHE_LINE) pthread_mutex_t locks[AT_CACHE_LOCKS];
    _Alignas(AT_CACHE_LINE) at_atomic64_t lookups[AT_CACHE_LOOKUPS];
    _Alignas(AT_CACHE_LINE) at_atomic64_t members[AT_CACHE_MEMBERS];
    at_stripe_t stripes[AT_CACHE_STRIPES];
} at_cache_header_t;

struct at_cache_t {
    at_cache_header_t *header;
    at_set_t *sets;
    apr_uint32_t count;
    at_stripe_t *stripe; /* this process's */
};

/** Is this process of the same server still there? */
int at_cache_is_alive(pid_t process);

static inline apr_uint64_t at_cache_load(at_atomic64_t *word)
{
    return atomic_load_explicit(word, memory_order_acquire);
}

static inline void at_cache_store(at_atomic64_t *word, apr_uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_release);
}

/* Where a token stands, by the digits that name its id: the last sixteen, which
 * are random for ids that are, and mixed for those that others chose. */
static inline apr_uint64_t at_cache_spread(const char *digits)
{
    apr_uint64_t half[2];

    memcpy(half, digits + AT_TOKEN_ID_DIGITS - sizeof(half), sizeof(half));
    half[0] = (half[0] ^ half[1] >> 32) * APR_UINT64_C(0x9e3779b97f4a7c15);
    half[0] = (half[0] ^ half[1]) * APR_UINT64_C(0xd6e8feb86659fd93);
    return half[0] ^ half[0] >> 32;
}

static inline apr_uint64_t at_cache_spread_id(const at_id_t *id)
{
    char digits[AT_TOKEN_ID_DIGITS];

    at_token_write_digits(id, digits);
    return at_cache_spread(digits);
}

static inline at_set_t *at_cache_set(const at_cache_t *cache,
                                     apr_uint64_t spread)
{
    return &cache->sets[(spread >> 32) * cache->count >> 32];
}

static inline apr_uint32_t at_cache_hint(apr_uint64_t spread)
{
    return (apr_uint32_t)spread ? (apr_uint32_t)spread : 1;
}

/** Is the slot, whose sequence number must be checked after, this id's? */
static inline int at_cache_is(at_slot_t *slot, const at_id_t *id)
{
    apr_uint64_t half[2];

    memcpy(half, id->data, sizeof(half));
    return at_cache_load(&slot->id[0]) == half[0] &&
           at_cache_load(&slot->id[1]) == half[1];
}

/** The lock of a set; false if it can never be had again. */
int at_cache_lock(at_cache_t *cache, at_set_t *set);
void at_cache_unlock(at_cache_t *cache, at_set_t *set);

/**
 * Keep a use whose token leaves its slot, in its set, whose lock is held.
 *
 * @return false if there is no room, or last uses are not written.
 */
int at_cache_displaced_keep(at_cache_t *cache, at_set_t *set,
                            const at_use_t *use);

static inline unsigned int at_cache_generation(apr_uint64_t use)
{
    return (unsigned int)(use >> AT_CACHE_MS_BITS);
}

static inline apr_int64_t at_cache_ms(apr_uint64_t use)
{
    return (apr_int64_t)(use & AT_CACHE_MS_MASK);
}

static inline apr_uint64_t at_cache_use(unsigned int generation, apr_int64_t ms)
{
    return (apr_uint64_t)(generation & 0xffff) << AT_CACHE_MS_BITS |
           ((apr_uint64_t)ms & AT_CACHE_MS_MASK);
}

/** Exchange a use for a later one of the same generation; false if that has
 *  gone. */
static inline int at_cache_advance(at_atomic64_t *word, unsigned int generation,
                                   apr_int64_t when)
{
    apr_uint64_t before = at_cache_load(word);

    do {
        if (at_cache_generation(before) != generation) {
            return 0;
        }
        if (at_cache_ms(before) >= when) {
            return 1;
        }
    } while (!atomic_compare_exchange_weak(word, &before,
                                           at_cache_use(generation, when)));
    return 1;
}

/** Is there a use that the table does not know of yet? */
static inline int at_cache_is_pending(at_atomic64_t *used,
                                      at_atomic64_t *written)
{
    return at_cache_ms(at_cache_load(used)) >
           at_cache_ms(at_cache_load(written));
}

#endif
