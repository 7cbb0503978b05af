/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each process counts in its stripe; the sum is over all stripes. Counters are
 * stored with release and loaded with acquire: a thread that sees a count also
 * sees what was done before it.
 */
#include "core/cache/counters.h"

#include <string.h>

#include "cache_layout.h"

#define CHECK_MS 60000
#define GOOD_RATE 90 /* percent: some sets are full long before the cache is */

void at_counters_add(at_cache_t *cache, at_counter_e counter,
                     apr_uint64_t amount)
{
    atomic_fetch_add_explicit(&cache->stripe->counts[counter], amount,
                              memory_order_release);
}

apr_uint64_t at_counters_sum(const at_cache_t *cache, at_counter_e counter)
{
    apr_uint64_t sum = 0;
    int i;

    for (i = 0; i < AT_CACHE_STRIPES; i++) {
        sum += at_cache_load(&cache->header->stripes[i].counts[counter]);
    }
    return sum;
}

/* How much a counter has risen since this was called before. */
static apr_uint64_t increase(const at_cache_t *cache, at_counter_e counter,
                             at_atomic64_t *before)
{
    apr_uint64_t sum = at_counters_sum(cache, counter);

    return sum - atomic_exchange(before, sum);
}

int at_counters_low_hit_rate(at_cache_t *cache, apr_int64_t now)
{
    at_cache_header_t *header = cache->header;
    apr_uint64_t last = at_cache_load(&header->rate_checked_at);
    apr_uint64_t hits, cold, evicted;

    if (last != 0 && now - (apr_int64_t)last < CHECK_MS) {
        return -1;
    }
    if (!atomic_compare_exchange_strong(&header->rate_checked_at, &last,
                                        (apr_uint64_t)now)) {
        return -1;
    }
    hits = increase(cache, AT_COUNTER_HITS, &header->rate_hits);
    cold = increase(cache, AT_COUNTER_COLD, &header->rate_cold);
    evicted = increase(cache, AT_COUNTER_EVICTED, &header->rate_evicted);
    if (last == 0 || evicted == 0 || hits + cold == 0 ||
        hits * 100 / (hits + cold) >= GOOD_RATE) {
        return -1;
    }
    return (int)(hits * 100 / (hits + cold));
}
