/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the credentials that the module consumed from handlers, backends and
 * logs.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_CONSUME_H
#define ACCESSTOKEN_HTTPD_AUTH_CONSUME_H

#include <httpd.h>

/** Register the output filter; called with the hooks. */
void at_consume_register(void);

/** Hook: post_config; finds out whether mod_cache is loaded. */
int at_consume_prepare(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                       server_rec *server);

/** Hook: create_request; gives a derived request the client's credentials. */
int at_consume_inherit(request_rec *r);

/**
 * Hook: handler; removes consumed credentials, also for an ErrorDocument. It
 * runs after httpd's own upgrade to HTTP/2, which reads the request again, and
 * before every handler that could pass them on.
 */
int at_consume(request_rec *r);

/**
 * Hook: log_transaction, first; removes them from what an access log can read.
 */
int at_consume_for_log(request_rec *r);

#endif
