/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps tokens out of httpd's own trace log, which at LogLevel trace4 writes
 * every header of a request.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_TRACELOG_H
#define ACCESSTOKEN_HTTPD_AUTH_TRACELOG_H

#include <httpd.h>

/** Hook: post_config; finds out which module writes that log. */
int at_tracelog_prepare(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                        server_rec *server);

/** Hook: post_read_request, last; httpd writes the log right after it. */
int at_tracelog_hide(request_rec *r);

/** Hook: quick_handler, first; httpd has written the log by then. */
int at_tracelog_restore(request_rec *r, int lookup);

#endif
