/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of a server's processes use a cache, and which of them does what only
 * one should do at a time. Who dies is missed without having said goodbye.
 *
 * All times are at_clock_monotonic().
 */
#ifndef ACCESSTOKEN_CORE_CACHE_LEASE_H
#define ACCESSTOKEN_CORE_CACHE_LEASE_H

#include "core/cache/cache.h"

typedef enum {
    AT_LEASE_REVOCATION, /* asks for deletions */
    AT_LEASE_LASTUSED,   /* writes last uses, as a rule */
    AT_LEASE_WRITING     /* is writing them just now */
} at_lease_e;

#define AT_LEASES 3

/** A lease that ends when its process gives the duty back or dies. */
#define AT_LEASE_UNTIL_RELEASED (APR_INT64_C(1) << 40)

/**
 * Take a duty on, or keep it, for some milliseconds. A process that dies loses
 * it at once.
 *
 * @return whether it is this process's now.
 */
int at_lease_take(at_cache_t *cache, at_lease_e which, apr_int64_t now,
                  apr_int64_t lease);

/** Give a duty back, if it is this process's. */
void at_lease_release(at_cache_t *cache, at_lease_e which);

/**
 * Is it time again for what a server purges once in a period? Only one process is
 * told so.
 *
 * @param first  how long after the cache was made it begins
 */
int at_lease_purge_is_due(at_cache_t *cache, apr_int64_t now, apr_int64_t first,
                          apr_int64_t period);

/** This process is there; to be said again within AT_MEMBERS_MS. */
void at_members_join(at_cache_t *cache, apr_int64_t now);

#define AT_MEMBERS_MS 10000

/**
 * This process goes.
 *
 * @return whether others stay.
 */
int at_members_leave(at_cache_t *cache, apr_int64_t now);

#endif
