/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hooks with which a server process begins.
 */
#ifndef ACCESSTOKEN_HTTPD_PROCESS_CHILD_H
#define ACCESSTOKEN_HTTPD_PROCESS_CHILD_H

#include <httpd.h>

/** Hook: is every driver there? In time for apachectl -t. */
int at_child_check_config(apr_pool_t *pconf, apr_pool_t *plog,
                          apr_pool_t *ptemp, server_rec *server);

/** Hook: make the folder of the default database, as root still. */
int at_child_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                         server_rec *server);

/** Hook: a process begins. */
void at_child_init(apr_pool_t *pchild, server_rec *server);

#endif
