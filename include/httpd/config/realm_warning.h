/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Managers whose users may be different people, and that write to one table.
 */
#ifndef ACCESSTOKEN_HTTPD_CONFIG_REALM_WARNING_H
#define ACCESSTOKEN_HTTPD_CONFIG_REALM_WARNING_H

#include <httpd.h>

/** Hook: post_config; one warning at start for the first two such managers. */
int at_realm_warning_check(apr_pool_t *pconf, apr_pool_t *plog,
                           apr_pool_t *ptemp, server_rec *server);

#endif
