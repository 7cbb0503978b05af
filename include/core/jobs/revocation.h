/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The revocation job: asks the table, once in an interval for a whole machine, which
 * tokens were deleted elsewhere, and takes them off the cache.
 */
#ifndef ACCESSTOKEN_CORE_JOBS_REVOCATION_H
#define ACCESSTOKEN_CORE_JOBS_REVOCATION_H

#include "core/cache/freshness.h"
#include "core/jobs/lastused_flush.h"

typedef struct at_revocation_t at_revocation_t;

/** Times in milliseconds. */
typedef struct at_revocation_config_t {
    apr_int64_t revocation; /* between two questions, a second at least */
    apr_int64_t ttl;        /* rows older than this are not trusted anyway */
    apr_int64_t timeout;    /* how late a deletion may be committed */
    int cache;              /* false: nothing on the cache is trusted */
    int create;             /* make a missing table */
} at_revocation_config_t;

/**
 * Start keeping, with a background job of the connection pool. Every process does; one of them acts.
 *
 * @param last-used flush  for uses of tokens that are taken off the cache
 */
at_revocation_t *at_revocation_open(at_dbpool_t *dbpool, const at_sql_t *sql,
                                    at_cache_t *cache,
                                    at_lastused_flush_t *flush,
                                    const at_revocation_config_t *config);

#endif
