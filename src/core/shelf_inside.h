/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the shelf's memory is laid out: what shelf.c and shelving.c (rows), uses.c
 * and displaced.c (last uses), contact.c (how fresh it is), duties.c (who does what), flights.c
 * (lookups under way) and tally.c (counters) share, and nobody else sees.
 *
 * Everything that another process may touch is atomic. A slot's sequence number
 * is odd while somebody writes it; who reads copies, and looks whether the
 * number is still the same. Words are loaded with acquire and stored with
 * release, so that no copy can pass the look at its number.
 */
#ifndef ACCESSTOKEN_CORE_SHELF_INSIDE_H
#define ACCESSTOKEN_CORE_SHELF_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "core/contact.h"
#include "core/duties.h"
#include "core/news.h"
#include "core/shelf.h"
#include "core/siphash.h"
#include "core/tally.h"
#include "core/token.h"

/** AT_SHELF_VERSION changes with every change of the structures below. */
#define AT_SHELF_LAYOUT (APR_UINT64_C(0x6163746f6b000000) + AT_SHELF_VERSION)

#define AT_SHELF_LINE 64
#define AT_SHELF_WAYS 8
#define AT_SHELF_DISPLACED 8
#define AT_SHELF_LOCKS 64
#define AT_SHELF_FLIGHTS 1024
#define AT_SHELF_STRIPES 64
#define AT_SHELF_ROSTER 1024
#define AT_SHELF_GRANT_WORDS (sizeof(at_grant_t) / sizeof(apr_uint64_t))

#define AT_SHELF_WHY_WORDS (AT_CONTACT_WHY_SIZE / sizeof(apr_uint64_t))

typedef _Atomic(apr_uint64_t) at_word_t;

/* Else there would be locks beside the words, in each process its own. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "words of 64 bits are atomic");

/* A time of use and its slot's generation, in one word so that a use can never
 * be counted for the token that took the slot over. */
#define AT_SHELF_MS_BITS 48
#define AT_SHELF_MS_MASK ((APR_UINT64_C(1) << AT_SHELF_MS_BITS) - 1)

typedef struct at_slot_t {
    at_word_t sequence;
    at_word_t id[2];
    at_word_t tag[2];
    at_word_t read_at; /* monotonic: when the lookup of this row began */
    at_word_t used;    /* generation, and when it was used last */
    at_word_t written; /* generation, and what the table knows of that */
} at_slot_t;

/* The last use of a token that has left its slot. */
typedef struct at_displaced_t {
    at_word_t id[2];
    at_word_t used;
    at_word_t written;
} at_displaced_t;

typedef struct at_set_t {
    _Alignas(AT_SHELF_LINE) _Atomic(apr_uint32_t) hints[AT_SHELF_WAYS];
    at_word_t version;       /* rises with every deletion in this set */
    at_word_t has_displaced; /* something has ever stood in `displaced` */
    _Alignas(AT_SHELF_LINE) at_slot_t slots[AT_SHELF_WAYS];
    at_word_t grants[AT_SHELF_WAYS][AT_SHELF_GRANT_WORDS];
    at_displaced_t displaced[AT_SHELF_DISPLACED];
} at_set_t;

typedef struct at_stripe_t {
    _Alignas(AT_SHELF_LINE) at_word_t counts[AT_TALLIES];
} at_stripe_t;

typedef struct at_shelf_header_t {
    at_word_t layout;
    at_word_t made_at;
    unsigned char key[AT_SIPHASH_KEY_SIZE];
    apr_uint32_t sets;
    _Atomic(apr_uint32_t) processes; /* that ever opened it */

    /* Read with every hit, written once an interval. Times are monotonic. */
    _Alignas(AT_SHELF_LINE) at_word_t asked_at; /* the last answered question */
    at_word_t unanswered_since;                 /* the first one after it */
    at_word_t valid_from; /* what was read before is forgotten */
    at_outage_t outages[AT_OUTAGES];

    _Alignas(AT_SHELF_LINE) at_word_t last_put;
    at_word_t known_wall; /* asked_at, or else made_at, on the wall clock */
    at_word_t written_at; /* last uses, for the last time */
    at_word_t uses_are_written; /* by some process */
    at_word_t loss_told;        /* when processes ended with uses unwritten */
    at_word_t displaced_crowd;  /* a set has little room for more of them */
    at_word_t file;             /* inode of the table's file, where it is one */
    at_word_t purged_at;
    at_word_t in_use;                  /* a request has asked for this table */
    at_word_t why[AT_SHELF_WHY_WORDS]; /* the table could not be asked */
    at_word_t news[AT_NEWS];
    at_word_t duties[AT_DUTIES];

    /* When somebody looked whether it is crowded, and what was counted then. */
    at_word_t looked_at;
    at_word_t looked_hits;
    at_word_t looked_cold;
    at_word_t looked_evicted;

    _Alignas(AT_SHELF_LINE) at_breaker_t breaker;

    _Alignas(AT_SHELF_LINE) pthread_mutex_t locks[AT_SHELF_LOCKS];
    _Alignas(AT_SHELF_LINE) at_word_t flights[AT_SHELF_FLIGHTS];
    _Alignas(AT_SHELF_LINE) at_word_t roster[AT_SHELF_ROSTER];
    at_stripe_t stripes[AT_SHELF_STRIPES];
} at_shelf_header_t;

struct at_shelf_t {
    at_shelf_header_t *header;
    at_set_t *sets;
    apr_uint32_t count;
    at_stripe_t *stripe; /* this process's */
};

/** Is this process of the same server still there? */
int at_shelf_is_alive(pid_t process);

static inline apr_uint64_t at_shelf_load(at_word_t *word)
{
    return atomic_load_explicit(word, memory_order_acquire);
}

static inline void at_shelf_store(at_word_t *word, apr_uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_release);
}

/* Where a token stands, by the digits that name its id: the last sixteen, which
 * are random for ids that are, and mixed for those that others chose. */
static inline apr_uint64_t at_shelf_spread(const char *digits)
{
    apr_uint64_t half[2];

    memcpy(half, digits + AT_TOKEN_ID_DIGITS - sizeof(half), sizeof(half));
    half[0] = (half[0] ^ half[1] >> 32) * APR_UINT64_C(0x9e3779b97f4a7c15);
    half[0] = (half[0] ^ half[1]) * APR_UINT64_C(0xd6e8feb86659fd93);
    return half[0] ^ half[0] >> 32;
}

static inline apr_uint64_t at_shelf_spread_id(const at_id_t *id)
{
    char digits[AT_TOKEN_ID_DIGITS];

    at_token_write_digits(id, digits);
    return at_shelf_spread(digits);
}

static inline at_set_t *at_shelf_set(const at_shelf_t *shelf,
                                     apr_uint64_t spread)
{
    return &shelf->sets[(spread >> 32) * shelf->count >> 32];
}

static inline apr_uint32_t at_shelf_hint(apr_uint64_t spread)
{
    return (apr_uint32_t)spread ? (apr_uint32_t)spread : 1;
}

/** Is the slot, whose sequence number must be checked after, this id's? */
static inline int at_shelf_is(at_slot_t *slot, const at_id_t *id)
{
    apr_uint64_t half[2];

    memcpy(half, id->data, sizeof(half));
    return at_shelf_load(&slot->id[0]) == half[0] &&
           at_shelf_load(&slot->id[1]) == half[1];
}

/** The lock of a set; false if it can never be had again. */
int at_shelf_lock(at_shelf_t *shelf, at_set_t *set);
void at_shelf_unlock(at_shelf_t *shelf, at_set_t *set);

/**
 * Keep a use whose token leaves its slot, in its set, whose lock is held.
 *
 * @return false if there is no room, or last uses are not written.
 */
int at_displaced_keep(at_shelf_t *shelf, at_set_t *set, const at_use_t *use);

static inline unsigned int at_shelf_generation(apr_uint64_t use)
{
    return (unsigned int)(use >> AT_SHELF_MS_BITS);
}

static inline apr_int64_t at_shelf_ms(apr_uint64_t use)
{
    return (apr_int64_t)(use & AT_SHELF_MS_MASK);
}

static inline apr_uint64_t at_shelf_use(unsigned int generation, apr_int64_t ms)
{
    return (apr_uint64_t)(generation & 0xffff) << AT_SHELF_MS_BITS |
           ((apr_uint64_t)ms & AT_SHELF_MS_MASK);
}

/** Exchange a use for a later one of the same generation; false if that has
 *  gone. */
static inline int at_shelf_advance(at_word_t *word, unsigned int generation,
                                   apr_int64_t when)
{
    apr_uint64_t before = at_shelf_load(word);

    do {
        if (at_shelf_generation(before) != generation) {
            return 0;
        }
        if (at_shelf_ms(before) >= when) {
            return 1;
        }
    } while (!atomic_compare_exchange_weak(word, &before,
                                           at_shelf_use(generation, when)));
    return 1;
}

/** Is there a use that the table does not know of yet? */
static inline int at_shelf_is_pending(at_word_t *used, at_word_t *written)
{
    return at_shelf_ms(at_shelf_load(used)) >
           at_shelf_ms(at_shelf_load(written));
}

#endif
