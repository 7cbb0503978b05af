/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts in the stripe of the process, and sums all stripes when asked. What was
 * done before something was counted is seen by who sees the count.
 */
#include "core/cache/counters.h"

#include <string.h>

#include "cache_layout.h"

#define LOOK_MS 60000
#define GOOD_RATE 90 /* percent: a few sets are full long before the cache is */

void at_counters_add(at_cache_t *cache, at_counter_e which, apr_uint64_t amount)
{
    atomic_fetch_add_explicit(&cache->stripe->counts[which], amount,
                              memory_order_release);
}

apr_uint64_t at_counters_sum(const at_cache_t *cache, at_counter_e which)
{
    apr_uint64_t sum = 0;
    int i;

    for (i = 0; i < AT_CACHE_STRIPES; i++) {
        sum += at_cache_load(&cache->header->stripes[i].counts[which]);
    }
    return sum;
}

static apr_uint64_t risen(const at_cache_t *cache, at_counter_e which,
                          at_atomic64_t *before)
{
    apr_uint64_t sum = at_counters_sum(cache, which);

    return sum - atomic_exchange(before, sum);
}

int at_counters_crowded(at_cache_t *cache, apr_int64_t now)
{
    at_cache_header_t *header = cache->header;
    apr_uint64_t last = at_cache_load(&header->looked_at);
    apr_uint64_t hits, cold, evicted;

    if (last != 0 && now - (apr_int64_t)last < LOOK_MS) {
        return -1;
    }
    if (!atomic_compare_exchange_strong(&header->looked_at, &last,
                                        (apr_uint64_t)now)) {
        return -1;
    }
    hits = risen(cache, AT_COUNTER_HITS, &header->looked_hits);
    cold = risen(cache, AT_COUNTER_COLD, &header->looked_cold);
    evicted = risen(cache, AT_COUNTER_EVICTED, &header->looked_evicted);
    if (last == 0 || evicted == 0 || hits + cold == 0 ||
        hits * 100 / (hits + cold) >= GOOD_RATE) {
        return -1;
    }
    return (int)(hits * 100 / (hits + cold));
}
