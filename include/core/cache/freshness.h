/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far the cache may be trusted: as far as the table was asked, not long ago,
 * which of its tokens were deleted elsewhere; and whether it is still that table.
 *
 * All times are at_clock_monotonic(), which all processes of a machine share.
 */
#ifndef ACCESSTOKEN_CORE_CACHE_FRESHNESS_H
#define ACCESSTOKEN_CORE_CACHE_FRESHNESS_H

#include "core/cache/cache.h"

/** Milliseconds that asking may be late, because a process died or was slow. */
#define AT_FRESHNESS_SLACK_MS 500

typedef struct at_freshness_rules_t {
    apr_int64_t interval; /* how often the table is asked */
    apr_int64_t stale;    /* how long an answer holds while it cannot be */
} at_freshness_rules_t;

typedef enum {
    AT_TRUST_FULL,           /* the cache may answer */
    AT_TRUST_STALE,          /* likewise, and the table cannot be asked */
    AT_TRUST_IF_UNAVAILABLE, /* only if the table is asked first, and cannot be */
    AT_TRUST_NONE
} at_trust_e;

/**
 * How far a row on the cache may be trusted now.
 *
 * A question that is on its way, or had no answer, leaves the answer before it
 * good, but only where it was asked in time: else deletions of a long while
 * might be unknown here.
 *
 * @param read_at  when the row's lookup began; that was a question, too
 */
at_trust_e at_freshness_trust(const at_cache_t *cache,
                              const at_freshness_rules_t *rules,
                              apr_int64_t read_at, apr_int64_t now);

/** How long ago the table was asked, at best, on behalf of such a row. */
apr_int64_t at_freshness_age(const at_cache_t *cache, apr_int64_t read_at,
                             apr_int64_t now);

/** The question is about to be asked. */
void at_freshness_begin(at_cache_t *cache, apr_int64_t now);

/** It was answered, and all that came of it is done; it began at `begun`. */
void at_freshness_confirm(at_cache_t *cache, apr_int64_t begun);

/** Room for the reason why a question had no answer. */
#define AT_FRESHNESS_REASON_SIZE 160

/** It had no answer, for this reason. */
void at_freshness_failed(at_cache_t *cache, const char *reason);

/**
 * Why the last question had no answer; "" if it had one, or nobody knows. Of
 * reasons that come at the same time it may be a mixture.
 */
void at_freshness_reason(const at_cache_t *cache,
                         char reason[AT_FRESHNESS_REASON_SIZE]);

/** When the question that was answered last began; 0 if none was. */
apr_int64_t at_freshness_last(const at_cache_t *cache);

/** Up to when deletions are known: the same, or when the cache was made. */
apr_int64_t at_freshness_confirmed(const at_cache_t *cache);

/** The same moment on the wall clock, as that was then. */
apr_int64_t at_freshness_confirmed_wall(const at_cache_t *cache);

/** Is there a question that has no answer yet? */
int at_freshness_is_pending(const at_cache_t *cache);

/**
 * This is the file that the table is in; 0 where it is in none.
 *
 * @return true if it was another one before.
 */
int at_freshness_saw_file(at_cache_t *cache, apr_uint64_t file);

#endif
