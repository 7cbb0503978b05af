/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last-used flush: a background job that writes the last uses in the cache
 * to the table, once in an interval for a whole machine; and what is left when
 * a process ends.
 */
#ifndef ACCESSTOKEN_CORE_JOBS_LASTUSED_FLUSH_H
#define ACCESSTOKEN_CORE_JOBS_LASTUSED_FLUSH_H

#include "core/cache/cache.h"
#include "core/pool/dbpool.h"

typedef struct at_lastused_flush_t at_lastused_flush_t;

/**
 * Called with the result of each write, and again while a write hangs; on a
 * worker's thread.
 *
 * @param left    number of last uses that could not be written; 0: all were
 * @param reason  why not; NULL: they were
 * @param when    the time of this result, at_clock_monotonic()
 */
typedef void at_lastused_report_t(void *data, int left, const char *reason,
                                  apr_int64_t when);

typedef struct at_lastused_flush_config_t {
    /** Milliseconds between two writes; 0: when woken; negative: uses in the
     *  cache are not written, since no virtual host with it wants that. */
    apr_int64_t interval;
    at_lastused_report_t *log; /* or NULL */
    void *data; /* of log; lives as long as the connection pool */
} at_lastused_flush_config_t;

/** Start the background job. Every process does; one of them writes. */
at_lastused_flush_t *at_lastused_flush_open(
    at_dbpool_t *dbpool, const at_sql_t *sql, at_cache_t *cache,
    const at_lastused_flush_config_t *config);

/** A use was noted in the cache and is to be written at once. */
void at_lastused_flush_wake(at_lastused_flush_t *flush);

/** Write a use for which the cache has no place. If too many are queued, it is
 *  dropped and counted. */
void at_lastused_flush_note(at_lastused_flush_t *flush, const at_use_t *use);

/** The last use of a token in the queue of this process, or AT_TIME_NONE. */
apr_int64_t at_lastused_flush_last_use(const at_lastused_flush_t *flush,
                                       const at_id_t *id);

/**
 * This process ends. It may be called in a signal handler.
 *
 * @return how many last uses are lost with it: those in its queue and, if no
 *         other process is left to write them, those in the cache.
 */
int at_lastused_flush_leave(at_lastused_flush_t *flush);

#endif
