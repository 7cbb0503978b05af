/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters of a cache, for whoever watches the server: what was answered from
 * memory, what had to be looked up, what was refused. They only ever rise.
 */
#ifndef ACCESSTOKEN_CORE_CACHE_COUNTERS_H
#define ACCESSTOKEN_CORE_CACHE_COUNTERS_H

#include <apr.h>

typedef enum {
    AT_COUNTER_HITS,        /* let in by the cache */
    AT_COUNTER_STALE,       /* of those: though the table could not be asked */
    AT_COUNTER_COLD,        /* let in by the table */
    AT_COUNTER_LOOKUPS,     /* the table was asked for a token */
    AT_COUNTER_LOOKUP_USEC, /* and that took, in all */
    AT_COUNTER_SHARED,      /* waited for another request's lookup instead */
    AT_COUNTER_MALFORMED,   /* refused: not a token by its syntax or check */
    AT_COUNTER_UNKNOWN,
    AT_COUNTER_WRONG_SECRET,
    AT_COUNTER_DELETED,
    AT_COUNTER_EXPIRED,
    AT_COUNTER_BROKEN,    /* its row cannot be used */
    AT_COUNTER_SCOPE,     /* let in, and then 403: it lacks a scope */
    AT_COUNTER_UNDECIDED, /* 503 */
    AT_COUNTER_WRITTEN,   /* last uses written to the table */
    AT_COUNTER_PURGED,    /* rows removed from the table */
    AT_COUNTER_EVICTED,   /* rows that had to go for others */
    AT_COUNTER_DISPLACED, /* rows that had to go for others before their use was
                           written */
    AT_COUNTER_LOST,      /* last uses that were given up: too many waited */
    AT_COUNTERS
} at_counter_e;

struct at_cache_t;

/** Count; each process has counters of its own, so nobody waits for them. */
void at_counters_add(struct at_cache_t *cache, at_counter_e which,
                     apr_uint64_t amount);

/** The sum of all processes since the cache was made. */
apr_uint64_t at_counters_sum(const struct at_cache_t *cache,
                             at_counter_e which);

/**
 * Is the cache too small for the tokens in use? Says so once a minute at most,
 * whichever process asks.
 *
 * @param now  at_clock_monotonic()
 * @return how many percent of the requests in the meantime were let in by the
 *         cache; -1 if it is not too small, or not time to say so.
 */
int at_counters_crowded(struct at_cache_t *cache, apr_int64_t now);

#endif
