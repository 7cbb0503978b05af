/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters of a cache, for monitoring: what was answered from the cache, what
 * was looked up in the table, what was refused. They never decrease.
 */
#ifndef ACCESSTOKEN_CORE_CACHE_COUNTERS_H
#define ACCESSTOKEN_CORE_CACHE_COUNTERS_H

#include <apr.h>

typedef enum {
    AT_COUNTER_HITS,        /* authenticated from the cache */
    AT_COUNTER_STALE,       /* of those: while the table did not answer */
    AT_COUNTER_COLD,        /* authenticated from the table */
    AT_COUNTER_LOOKUPS,     /* lookups in the table */
    AT_COUNTER_LOOKUP_USEC, /* the sum of their microseconds */
    AT_COUNTER_SHARED,      /* waits for the lookup of another request */
    AT_COUNTER_MALFORMED,   /* refused: not a token by its syntax or check */
    AT_COUNTER_UNKNOWN,
    AT_COUNTER_WRONG_SECRET,
    AT_COUNTER_DELETED,
    AT_COUNTER_EXPIRED,
    AT_COUNTER_BROKEN,     /* its row cannot be used */
    AT_COUNTER_WRONG_USER, /* a user name other than its owner's was sent */
    AT_COUNTER_SCOPE,      /* authenticated, then 403: it lacks a scope */
    AT_COUNTER_UNDECIDED,  /* 503 */
    AT_COUNTER_WRITTEN,    /* last uses written to the table */
    AT_COUNTER_PURGED,     /* rows removed from the table */
    AT_COUNTER_EVICTED,    /* rows evicted from the cache for others */
    AT_COUNTER_DISPLACED,  /* of those: before their last use was written */
    AT_COUNTER_LOST,       /* last uses dropped, since too many were queued */
    AT_COUNTERS
} at_counter_e;

struct at_cache_t;

/** Add to a counter. Processes have counters of their own, so that their
 *  processors do not share cache lines. */
void at_counters_add(struct at_cache_t *cache, at_counter_e counter,
                     apr_uint64_t amount);

/** The sum over all processes since the cache was made. */
apr_uint64_t at_counters_sum(const struct at_cache_t *cache,
                             at_counter_e counter);

/**
 * Is the cache too small for the tokens in use? At most one process a minute
 * learns that.
 *
 * @param now  at_clock_monotonic()
 * @return the hit rate in percent since the check before; -1 if it is high
 *         enough, no row was evicted, or the check is not due.
 */
int at_counters_low_hit_rate(struct at_cache_t *cache, apr_int64_t now);

#endif
