/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Require accesstoken: the request was authenticated by an access token.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTHZ_H
#define ACCESSTOKEN_HTTPD_AUTHZ_H

#include <apr_pools.h>

void at_authz_register(apr_pool_t *p);

#endif
