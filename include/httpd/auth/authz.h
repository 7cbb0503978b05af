/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Require accesstoken: the request was authenticated by an access token. Require
 * accesstoken-scope: and by one with such a scope, or that is not limited.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_AUTHZ_H
#define ACCESSTOKEN_HTTPD_AUTH_AUTHZ_H

#include <httpd.h>

/** Hook: check_authz, before mod_authz_core's; a lacking scope is 403. */
int at_authz_answer(request_rec *r);

/** Register the providers. */
void at_authz_register(apr_pool_t *p);

#endif
