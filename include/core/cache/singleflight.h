/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Singleflight: if many requests present the same token and the cache does not
 * have it, one of them looks it up in the table, and the others wait for that.
 */
#ifndef ACCESSTOKEN_CORE_CACHE_SINGLEFLIGHT_H
#define ACCESSTOKEN_CORE_CACHE_SINGLEFLIGHT_H

#include "core/cache/cache.h"

/** A lookup that this request, or another one, has begun. */
typedef struct at_singleflight_t {
    apr_uint32_t place; /* of its mark in the shared array */
    apr_uint64_t mark;  /* token, process and time of the beginning */
    int own;            /* it is this request's */
} at_singleflight_t;

/**
 * Begin a lookup, unless another request has begun one of the same token.
 *
 * @param now      at_clock_monotonic()
 * @param max_age  milliseconds after which the lookup of another counts as
 *                 failed
 * @return true if this request should read the table now, and then call
 *         at_singleflight_end(); false if it should wait for the other lookup.
 */
int at_singleflight_begin(at_cache_t *cache, const at_id_t *id, apr_int64_t now,
                          apr_int64_t max_age, at_singleflight_t *singleflight);

/**
 * Wait until the lookup of another request has ended, counts as failed, or its
 * process has died.
 *
 * @param max_age  of the lookup, as in at_singleflight_begin(); not of the
 *                 wait
 */
void at_singleflight_await(at_cache_t *cache,
                           const at_singleflight_t *singleflight,
                           apr_int64_t max_age);

/** This request's lookup has ended, with whatever result. */
void at_singleflight_end(at_cache_t *cache,
                         const at_singleflight_t *singleflight);

#endif
