/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last-used flush: writes the last uses that the cache has collected, all in one go,
 * once in an interval for a whole machine; and what is left when a process ends.
 */
#ifndef ACCESSTOKEN_CORE_JOBS_LASTUSED_FLUSH_H
#define ACCESSTOKEN_CORE_JOBS_LASTUSED_FLUSH_H

#include "core/cache/cache.h"
#include "core/pool/dbpool.h"

typedef struct at_lastused_flush_t at_lastused_flush_t;

/**
 * What has become of writing, told again while it lasts; on a worker's thread.
 *
 * @param left   last uses that could not be written; 0: all were, at this moment
 * @param words  why
 * @param when   on at_clock_monotonic()
 */
typedef void at_lastused_report_t(void *data, int left, const char *reason,
                                  apr_int64_t when);

typedef struct at_lastused_flush_config_t {
    /** Milliseconds between two writes; 0: when woken; negative: what stands on
     *  the cache is left there, which no virtual host with it wants written. */
    apr_int64_t interval;
    at_lastused_report_t *log; /* or NULL */
    void *data;                /* lives as long as the connection pool */
} at_lastused_flush_config_t;

/** Start writing, with a background job of the connection pool. Every process does; one of them acts. */
at_lastused_flush_t *at_lastused_flush_open(
    at_dbpool_t *dbpool, const at_sql_t *sql, at_cache_t *cache,
    const at_lastused_flush_config_t *config);

/** A use was noted that is to be written at once. */
void at_lastused_flush_wake(at_lastused_flush_t *flush);

/** Have a use written for which the cache has no place; cannot fail. */
void at_lastused_flush_note(at_lastused_flush_t *flush, const at_use_t *use);

/** The last use of a token for which the cache had no place, or AT_TIME_NONE. */
apr_int64_t at_lastused_flush_last_use(const at_lastused_flush_t *flush,
                                       const at_id_t *id);

/**
 * This process goes: how many last uses go with it? Those are its own; and all
 * that stand on the cache, if no other process is left to write them. May be
 * called in a signal handler.
 */
int at_lastused_flush_leave(at_lastused_flush_t *flush);

#endif
