/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The purge job: a background job that removes rows of tokens that expired or
 * were deleted long ago. One process of a server runs it; several servers may
 * do so with the same table.
 */
#ifndef ACCESSTOKEN_CORE_JOBS_PURGE_JOB_H
#define ACCESSTOKEN_CORE_JOBS_PURGE_JOB_H

#include "core/cache/cache.h"
#include "core/pool/dbpool.h"

typedef struct at_purge_job_t at_purge_job_t;

/** Milliseconds. */
typedef struct at_purge_job_config_t {
    apr_int64_t after; /* the age at which such a row is removed */
    /**
     * A deleted token's row stays at least for ttl, timeout and a minute, since
     * other servers must learn that it was deleted: they may have it in the
     * cache for the ttl, poll with the timeout, and have another clock.
     */
    apr_int64_t ttl;
    apr_int64_t timeout;
} at_purge_job_config_t;

/** Start the purge job of a table; it lives as long as the connection pool. */
at_purge_job_t *at_purge_job_open(at_dbpool_t *dbpool, const at_sql_t *sql,
                                  at_cache_t *cache,
                                  const at_purge_job_config_t *config);

#endif
