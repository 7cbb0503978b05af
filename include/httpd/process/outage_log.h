/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs an outage of a table as a state and not per request: a line when it
 * begins, a line when it ends, and one from time to time in between.
 */
#ifndef ACCESSTOKEN_HTTPD_PROCESS_OUTAGE_LOG_H
#define ACCESSTOKEN_HTTPD_PROCESS_OUTAGE_LOG_H

#include <httpd.h>

#include "core/cache/outage.h"

typedef struct at_outage_log_t at_outage_log_t;

/**
 * The log of one operation on one table.
 *
 * @param outage     the state, which all processes of the server share
 * @param operation  the participle: "read" or "written"
 */
at_outage_log_t *at_outage_log_make(apr_pool_t *p, at_outage_t *outage,
                                    const char *table, const char *operation);

/**
 * The operation failed, for this reason.
 *
 * @param refused  true if the request got 503 because of it
 */
void at_outage_log_failed(at_outage_log_t *log, request_rec *r,
                          const char *reason, int refused);

/** Is there an outage? Costs one atomic read. */
int at_outage_log_lasts(at_outage_log_t *log);

/** The operation succeeded, at this at_clock_monotonic(). */
void at_outage_log_succeeded(at_outage_log_t *log, request_rec *r,
                             apr_int64_t when);

#endif
