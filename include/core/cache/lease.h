/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leases, for work that only one process of a server may do at a time; and the
 * members, which are the processes that use the cache. A process that has died
 * is detected by its process id.
 *
 * All times are at_clock_monotonic().
 */
#ifndef ACCESSTOKEN_CORE_CACHE_LEASE_H
#define ACCESSTOKEN_CORE_CACHE_LEASE_H

#include "core/cache/cache.h"

typedef enum {
    AT_LEASE_REVOCATION, /* to poll the table for deletions */
    AT_LEASE_LASTUSED,   /* to write last uses at intervals */
    AT_LEASE_WRITING     /* held while last uses are being written */
} at_lease_e;

#define AT_LEASES 3

/** The duration of a lease that ends when its process releases it or dies. */
#define AT_LEASE_UNTIL_RELEASED (APR_INT64_C(1) << 40)

/**
 * Take a lease, or extend it. A process that dies loses it at once.
 *
 * @param duration  milliseconds
 * @return whether this process holds it now.
 */
int at_lease_take(at_cache_t *cache, at_lease_e lease, apr_int64_t now,
                  apr_int64_t duration);

/** Release a lease, if this process holds it. */
void at_lease_release(at_cache_t *cache, at_lease_e lease);

/**
 * Is the purge due, which a server runs once in a period? Only one process
 * gets true.
 *
 * @param first   milliseconds from the making of the cache to the first purge
 * @param period  milliseconds between two purges
 */
int at_lease_purge_is_due(at_cache_t *cache, apr_int64_t now, apr_int64_t first,
                          apr_int64_t period);

/** A member that does not join again for so many milliseconds counts as
 *  gone. */
#define AT_MEMBERS_MS 10000

/** Make this process a member, or keep it one. */
void at_members_join(at_cache_t *cache, apr_int64_t now);

/**
 * This process is no longer a member.
 *
 * @return whether there are other members.
 */
int at_members_leave(at_cache_t *cache, apr_int64_t now);

#endif
