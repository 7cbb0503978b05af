/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A warning about managers that have different users but share a table.
 */
#ifndef ACCESSTOKEN_HTTPD_CONFIG_REALM_WARNING_H
#define ACCESSTOKEN_HTTPD_CONFIG_REALM_WARNING_H

#include <httpd.h>

/** Hook: post_config; warns about the first two such managers, once. */
int at_realm_warning_check(apr_pool_t *pconf, apr_pool_t *plog,
                           apr_pool_t *ptemp, server_rec *server);

#endif
