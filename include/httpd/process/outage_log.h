/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trouble with a table, told to the error log as a state and not per request:
 * when it begins, when it ends, and now and then while it lasts.
 */
#ifndef ACCESSTOKEN_HTTPD_PROCESS_OUTAGE_LOG_H
#define ACCESSTOKEN_HTTPD_PROCESS_OUTAGE_LOG_H

#include <httpd.h>

#include "core/cache/outage.h"

typedef struct at_outage_log_t at_outage_log_t;

/**
 * One kind of trouble with one table.
 *
 * @param outage  its state, which all processes of the server share
 * @param what    the part that fails, such as "the table tokens cannot be read"
 */
at_outage_log_t *at_outage_log_make(apr_pool_t *p, at_outage_t *outage,
                                    const char *what);

/**
 * That part does not work, for this reason.
 *
 * @param refused  whether the request could not be decided or served for it
 */
void at_outage_log_note(at_outage_log_t *trouble, request_rec *r,
                        const char *reason, int refused);

/** Has it been noted, and not that it is over? Costs one atomic read. */
int at_outage_log_lasts(at_outage_log_t *trouble);

/** That part has worked, at this at_clock_monotonic(). */
void at_outage_log_over(at_outage_log_t *trouble, request_rec *r,
                        apr_int64_t when);

#endif
