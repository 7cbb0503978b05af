/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Last uses that cannot be written, told to the error log as a state: when it
 * begins, when it ends, and now and then while it lasts; and those that a stop
 * has left behind.
 */
#ifndef ACCESSTOKEN_HTTPD_USELOG_H
#define ACCESSTOKEN_HTTPD_USELOG_H

#include <httpd.h>

#include "core/clerk.h"

typedef struct at_uselog_t at_uselog_t;

/** The log of one table. It lives as long as `p`, which should be the desk's. */
at_uselog_t *at_uselog_make(apr_pool_t *p, at_shelf_t *shelf,
                            const char *table);

/** An at_scribe_heed_t, whose baton is an at_uselog_t. */
void at_uselog_heed(void *baton, int left, const char *words, apr_int64_t when);

/** So many last uses are lost with this process, if any are. */
void at_uselog_lost(const at_uselog_t *log, int left);

#endif
