/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trouble with a table, told to the error log as a state and not per request:
 * when it begins, when it ends, and now and then while it lasts.
 */
#ifndef ACCESSTOKEN_HTTPD_TROUBLE_H
#define ACCESSTOKEN_HTTPD_TROUBLE_H

#include <httpd.h>

#include "core/outage.h"

typedef struct at_trouble_t at_trouble_t;

/**
 * One kind of trouble with one table.
 *
 * @param outage  its state, which all processes of the server share
 * @param what    the part that fails, such as "the table tokens cannot be read"
 */
at_trouble_t *at_trouble_make(apr_pool_t *p, at_outage_t *outage,
                              const char *what);

/**
 * That part does not work, for this reason.
 *
 * @param refused  whether the request could not be decided or served for it
 */
void at_trouble_note(at_trouble_t *trouble, request_rec *r, const char *words,
                     int refused);

/** Has it been noted, and not that it is over? Costs one atomic read. */
int at_trouble_lasts(at_trouble_t *trouble);

/** That part has worked, at this at_time_monotonic(). */
void at_trouble_over(at_trouble_t *trouble, request_rec *r, apr_int64_t when);

#endif
