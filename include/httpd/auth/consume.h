/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials that were consumed go no further than the server.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_CONSUME_H
#define ACCESSTOKEN_HTTPD_AUTH_CONSUME_H

#include <httpd.h>

/** Make the filter known; when hooks are registered. */
void at_consume_register(void);

/** Hook: post_config; is there a cache that must know of credentials? */
int at_consume_prepare(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                       server_rec *server);

/** Hook: create_request; a derived request has the client's credentials. */
int at_consume_inherit(request_rec *r);

/**
 * Hook: handler; takes consumed credentials out, also for an ErrorDocument.
 * After httpd's own upgrade to HTTP/2, which reads the request anew, and before
 * whatever could pass them on.
 */
int at_consume(request_rec *r);

/** Hook: log_transaction, first; takes them out of what an access log can see. */
int at_consume_for_log(request_rec *r);

#endif
