/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Last uses that cannot be written, told to the error log as a state: when it
 * begins, when it ends, and now and then while it lasts; and those that a stop
 * has left behind.
 */
#ifndef ACCESSTOKEN_HTTPD_PROCESS_LASTUSED_LOG_H
#define ACCESSTOKEN_HTTPD_PROCESS_LASTUSED_LOG_H

#include <httpd.h>

#include "core/lookup.h"

typedef struct at_lastused_log_t at_lastused_log_t;

/** The log of one table. It lives as long as `p`, which should be the connection pool's. */
at_lastused_log_t *at_lastused_log_make(apr_pool_t *p, at_cache_t *cache,
                                        const char *table);

/** An at_lastused_report_t, whose data is an at_lastused_log_t. */
void at_lastused_log_write(void *data, int left, const char *reason,
                           apr_int64_t when);

/** So many last uses are lost with this process, if any are. */
void at_lastused_log_lost(const at_lastused_log_t *log, int left);

#endif
