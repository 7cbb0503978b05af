/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lookups under way on this machine, so that of many requests with one cold
 * token a single one asks the table.
 */
#ifndef ACCESSTOKEN_CORE_CACHE_SINGLEFLIGHT_H
#define ACCESSTOKEN_CORE_CACHE_SINGLEFLIGHT_H

#include "core/cache/cache.h"

/** A lookup that this request has announced, or another one's. */
typedef struct at_singleflight_t {
    apr_uint32_t place;
    apr_uint64_t mark;
    int own;
} at_singleflight_t;

/**
 * Announce a lookup, or learn of one under way.
 *
 * @param now   at_clock_monotonic()
 * @param most  milliseconds after which a lookup counts as gone
 * @return true if this request should ask now; it must land after. False if it
 *         should wait for another's.
 */
int at_singleflight_begin(at_cache_t *cache, const at_id_t *id, apr_int64_t now,
                          apr_int64_t most, at_singleflight_t *singleflight);

/**
 * Wait until the other's lookup has landed, counts as gone, or its process has
 * died.
 *
 * @param most  as for at_singleflight_begin(): the mark's age counts, not the wait's
 */
void at_singleflight_await(at_cache_t *cache,
                           const at_singleflight_t *singleflight,
                           apr_int64_t most);

/** The own lookup is over, whatever it brought. */
void at_singleflight_end(at_cache_t *cache,
                         const at_singleflight_t *singleflight);

#endif
