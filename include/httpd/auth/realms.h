/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Managers whose users may be different people, and that write to one table.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_REALMS_H
#define ACCESSTOKEN_HTTPD_AUTH_REALMS_H

#include <httpd.h>

/** Hook: post_config; one warning at start for the first two such managers. */
int at_realms_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                    server_rec *server);

#endif
