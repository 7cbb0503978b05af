/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs that last uses cannot be written. This is a state: a line when it
 * begins, a line when it ends, and one from time to time in between. Also logs
 * how many last uses are lost at a stop.
 */
#ifndef ACCESSTOKEN_HTTPD_PROCESS_LASTUSED_LOG_H
#define ACCESSTOKEN_HTTPD_PROCESS_LASTUSED_LOG_H

#include <httpd.h>

#include "core/lookup.h"

typedef struct at_lastused_log_t at_lastused_log_t;

/** The log of one table. `p` should be the pool of the connection pool. */
at_lastused_log_t *at_lastused_log_make(apr_pool_t *p, at_cache_t *cache,
                                        const char *table);

/** An at_lastused_report_t; its data is an at_lastused_log_t. */
void at_lastused_log_write(void *data, int left, const char *reason,
                           apr_int64_t when);

/** Log that this process ends with so many last uses unwritten, if any. */
void at_lastused_log_lost(const at_lastused_log_t *log, int left);

#endif
