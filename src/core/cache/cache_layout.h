/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout of the cache's memory, for the files of this folder alone.
 *
 * All words that another process may write are atomic. The sequence number of
 * a slot is odd while a process writes the slot. A reader copies the slot, and
 * then checks that the number has not changed. Words are loaded with acquire
 * and stored with release, so that no load of the copy is moved past the
 * check.
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

/** AT_CACHE_VERSION rises with every change of the structures below. */
#define AT_CACHE_LAYOUT (APR_UINT64_C(0x6163746f6b000000) + AT_CACHE_VERSION)

#define AT_CACHE_LINE 64     /* bytes */
#define AT_CACHE_WAYS 8      /* slots of a set */
#define AT_CACHE_DISPLACED 8 /* places of a set for displaced uses */
#define AT_CACHE_LOCKS 64
#define AT_CACHE_LOOKUPS 1024
#define AT_CACHE_STRIPES 64
#define AT_CACHE_MEMBERS 1024
#define AT_CACHE_TERMS_UNITS (sizeof(at_terms_t) / sizeof(apr_uint64_t))

#define AT_CACHE_REASON_UNITS (AT_FRESHNESS_REASON_SIZE / sizeof(apr_uint64_t))

typedef _Atomic(apr_uint64_t) at_atomic64_t;

/* Otherwise the compiler would add locks, of which each process has its own. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "words of 64 bits are atomic");

/* The time of a use and the generation of its slot are one word, so that a use
 * is never noted for a token that got the slot later. */
#define AT_CACHE_MS_BITS 48
#define AT_CACHE_MS_MASK ((APR_UINT64_C(1) << AT_CACHE_MS_BITS) - 1)

typedef struct at_slot_t {
    at_atomic64_t sequence;
    at_atomic64_t id[2];
    at_atomic64_t tag[2];
    at_atomic64_t read_at; /* when the lookup of this row began: monotonic */
    at_atomic64_t used;    /* generation, and last use */
    at_atomic64_t written; /* generation, and last use in the table */
} at_slot_t;

/* A displaced use: the last use of a token that has lost its slot. */
typedef struct at_displaced_t {
    at_atomic64_t id[2];
    at_atomic64_t used;
    at_atomic64_t written;
} at_displaced_t;

typedef struct at_set_t {
    /* Bits of the hash of each slot's id; 0: the slot is free. */
    _Alignas(AT_CACHE_LINE) _Atomic(apr_uint32_t) hints[AT_CACHE_WAYS];
    at_atomic64_t version;       /* rises with each deletion in this set */
    at_atomic64_t has_displaced; /* `displaced` has ever been used */
    _Alignas(AT_CACHE_LINE) at_slot_t slots[AT_CACHE_WAYS];
    at_atomic64_t terms[AT_CACHE_WAYS][AT_CACHE_TERMS_UNITS];
    at_displaced_t displaced[AT_CACHE_DISPLACED];
} at_set_t;

/* The counters of some processes. */
typedef struct at_stripe_t {
    _Alignas(AT_CACHE_LINE) at_atomic64_t counts[AT_COUNTERS];
} at_stripe_t;

typedef struct at_cache_header_t {
    at_atomic64_t layout;
    at_atomic64_t made_at;
    unsigned char key[AT_SIPHASH_KEY_SIZE];
    apr_uint32_t sets;
    _Atomic(apr_uint32_t) processes; /* that have ever opened it */

    /* Read with each hit, written once an interval. Times are monotonic. */
    _Alignas(AT_CACHE_LINE)
        at_atomic64_t polled_at;    /* the last answered poll */
    at_atomic64_t unanswered_since; /* the first poll after it */
    at_atomic64_t valid_from;       /* rows read until then are invalid */
    at_outage_t outages[AT_OUTAGES];

    _Alignas(AT_CACHE_LINE) at_atomic64_t last_put;
    at_atomic64_t polled_wall;      /* polled_at or made_at on the wall clock */
    at_atomic64_t written_at;       /* when last uses were written last */
    at_atomic64_t uses_are_written; /* see at_cache_uses_are_written() */
    at_atomic64_t loss_logged;      /* when the loss of last uses was logged */
    at_atomic64_t displaced_nearly_full; /* in some set */
    at_atomic64_t file; /* at_database_file() of the table; 0: none */
    at_atomic64_t purged_at;
    at_atomic64_t generation; /* rises when a configuration begins to use it */
    at_atomic64_t in_use;     /* see at_cache_is_in_use() */
    at_atomic64_t reason[AT_CACHE_REASON_UNITS]; /* why the poll failed */
    at_atomic64_t notices[AT_NOTICES];
    at_atomic64_t leases[AT_LEASES];

    /* When the hit rate was checked last, and the counters at that time. */
    at_atomic64_t rate_checked_at;
    at_atomic64_t rate_hits;
    at_atomic64_t rate_cold;
    at_atomic64_t rate_evicted;

    _Alignas(AT_CACHE_LINE) at_breaker_t breaker;

    _Alignas(AT_CACHE_LINE) pthread_mutex_t locks[AT_CACHE_LOCKS];
    _Alignas(AT_CACHE_LINE) at_atomic64_t lookups[AT_CACHE_LOOKUPS];
    _Alignas(AT_CACHE_LINE) at_atomic64_t members[AT_CACHE_MEMBERS];
    at_stripe_t stripes[AT_CACHE_STRIPES];
} at_cache_header_t;

struct at_cache_t {
    at_cache_header_t *header;
    at_set_t *sets;
    apr_uint32_t count;      /* of sets */
    at_stripe_t *stripe;     /* of this process */
    apr_uint64_t generation; /* the header's, when it was opened */
};

/** Is this process of the same server alive? */
int at_cache_is_alive(pid_t process);

static inline apr_uint64_t at_cache_load(at_atomic64_t *word)
{
    return atomic_load_explicit(word, memory_order_acquire);
}

static inline void at_cache_store(at_atomic64_t *word, apr_uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_release);
}

/* The hash that chooses the set of a token and its hint, from the last sixteen
 * digits of its id. They are random if the id is; they are mixed in case
 * another program chose the id. */
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

/** Does the slot have this id? The caller checks its sequence number after
 *  this. */
static inline int at_cache_has_id(at_slot_t *slot, const at_id_t *id)
{
    apr_uint64_t half[2];

    memcpy(half, id->data, sizeof(half));
    return at_cache_load(&slot->id[0]) == half[0] &&
           at_cache_load(&slot->id[1]) == half[1];
}

/** Take the lock of a set; false if it can never be taken again. */
int at_cache_lock(at_cache_t *cache, at_set_t *set);
void at_cache_unlock(at_cache_t *cache, at_set_t *set);

/**
 * Keep the use of a token that loses its slot, in its set, whose lock is held.
 *
 * @return false if no place is free, or last uses are not written.
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

/** Set a use, unless it has a later one; false if the generation is another. */
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

/** Is there a use that is not written to the table? */
static inline int at_cache_is_pending(at_atomic64_t *used,
                                      at_atomic64_t *written)
{
    return at_cache_ms(at_cache_load(used)) >
           at_cache_ms(at_cache_load(written));
}

#endif
