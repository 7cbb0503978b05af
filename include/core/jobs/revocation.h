/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The revocation job: a background job that polls the table, once in an
 * interval for a whole machine, for tokens that were deleted elsewhere, and
 * drops them from the cache.
 */
#ifndef ACCESSTOKEN_CORE_JOBS_REVOCATION_H
#define ACCESSTOKEN_CORE_JOBS_REVOCATION_H

#include "core/cache/freshness.h"
#include "core/jobs/lastused_flush.h"

typedef struct at_revocation_t at_revocation_t;

/** Times in milliseconds. */
typedef struct at_revocation_config_t {
    apr_int64_t revocation; /* between two polls, a second at least */
    apr_int64_t ttl;        /* rows in the cache that are older are not used */
    apr_int64_t timeout;    /* how late a deletion may be committed */
    int cache;              /* false: the cache is never trusted: no polls */
    int create;             /* create the table if it does not exist */
} at_revocation_config_t;

/**
 * Start the background job. Every process does; one of them polls.
 *
 * @param flush  writes the last uses of tokens that are dropped from the cache
 */
at_revocation_t *at_revocation_open(at_dbpool_t *dbpool, const at_sql_t *sql,
                                    at_cache_t *cache,
                                    at_lastused_flush_t *flush,
                                    const at_revocation_config_t *config);

#endif
