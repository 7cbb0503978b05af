/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The purge job: in the background, one process of a server now and then removes
 * what has been of no use for long. Many servers may do so with one table.
 */
#ifndef ACCESSTOKEN_CORE_JOBS_PURGE_JOB_H
#define ACCESSTOKEN_CORE_JOBS_PURGE_JOB_H

#include "core/cache/cache.h"
#include "core/pool/dbpool.h"

typedef struct at_purge_job_t at_purge_job_t;

/** Milliseconds. */
typedef struct at_purge_job_config_t {
    apr_int64_t after; /* what expired or was deleted so long ago goes */
    /**
     * What was deleted stays at least so long, for other servers must learn of
     * it: they may have known the token for the cache's ttl, ask with the
     * timeout, and have another clock.
     */
    apr_int64_t ttl;
    apr_int64_t timeout;
} at_purge_job_config_t;

/** Begin to purge a table. Lives as long as the connection pool. */
at_purge_job_t *at_purge_job_open(at_dbpool_t *dbpool, const at_sql_t *sql,
                                  at_cache_t *cache,
                                  const at_purge_job_config_t *config);

#endif
