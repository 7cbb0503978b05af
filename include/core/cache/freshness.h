/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far the cache may be trusted. The revocation job polls the table for
 * tokens that were deleted elsewhere; the cache is fresh if the last poll was
 * not long ago. And is it still the table from which the rows were read?
 *
 * All times are at_clock_monotonic(), which all processes of a machine share.
 */
#ifndef ACCESSTOKEN_CORE_CACHE_FRESHNESS_H
#define ACCESSTOKEN_CORE_CACHE_FRESHNESS_H

#include "core/cache/cache.h"

/** Milliseconds by which a poll may be late, since a process died or was
 *  slow. */
#define AT_FRESHNESS_SLACK_MS 500

typedef struct at_freshness_rules_t {
    apr_int64_t interval; /* milliseconds between two polls */
    apr_int64_t stale;    /* how long a row is trusted while polls fail */
} at_freshness_rules_t;

typedef enum {
    AT_TRUST_FULL,           /* answer from the cache */
    AT_TRUST_STALE,          /* likewise, though the table does not answer */
    AT_TRUST_IF_UNAVAILABLE, /* only if a lookup in the table fails */
    AT_TRUST_NONE
} at_trust_e;

/**
 * How far a row in the cache may be trusted now.
 *
 * While a poll is running or has failed, the answer to the one before it is
 * still good, but only if the poll was begun in time: otherwise the deletions
 * of a long time might be unknown here.
 *
 * @param read_at  when the row's lookup began; for this row it counts as a
 *                 poll
 */
at_trust_e at_freshness_trust(const at_cache_t *cache,
                              const at_freshness_rules_t *rules,
                              apr_int64_t read_at, apr_int64_t now);

/** Milliseconds since the last poll or, if that was later, the row's lookup. */
apr_int64_t at_freshness_age(const at_cache_t *cache, apr_int64_t read_at,
                             apr_int64_t now);

/** A poll begins. */
void at_freshness_begin(at_cache_t *cache, apr_int64_t now);

/** The poll that began at `begun` was answered, and all deletions that it
 *  found have been applied to the cache. */
void at_freshness_confirm(at_cache_t *cache, apr_int64_t begun);

/** Bytes of the reason why a poll failed, with its NUL. */
#define AT_FRESHNESS_REASON_SIZE 160

/** The poll failed, for this reason. */
void at_freshness_failed(at_cache_t *cache, const char *reason);

/**
 * Why the last poll failed; "" if it did not, or the reason is unknown. If two
 * processes set it at the same time, it may be a mixture of both.
 */
void at_freshness_reason(const at_cache_t *cache,
                         char reason[AT_FRESHNESS_REASON_SIZE]);

/** When the last poll that was answered began; 0: there was none. */
apr_int64_t at_freshness_last(const at_cache_t *cache);

/** Up to when deletions are known: the same or, before, when the cache was
 *  made. */
apr_int64_t at_freshness_confirmed(const at_cache_t *cache);

/** The same time on the wall clock, as it was set then. */
apr_int64_t at_freshness_confirmed_wall(const at_cache_t *cache);

/** Has a poll begun that is not answered yet, or failed? */
int at_freshness_is_pending(const at_cache_t *cache);

/**
 * A connection has seen that the table is in this file (at_database_file()); 0
 * if it is not in a file.
 *
 * @return whether it was in another file before.
 */
int at_freshness_saw_file(at_cache_t *cache, apr_uint64_t file);

#endif
