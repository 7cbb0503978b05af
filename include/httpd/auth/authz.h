/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Require accesstoken: the request was authenticated by an access token.
 * Require accesstoken-scope: and that token has one of the scopes, or is not
 * limited to scopes.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_AUTHZ_H
#define ACCESSTOKEN_HTTPD_AUTH_AUTHZ_H

#include <httpd.h>

/**
 * Hook: check_authz, before mod_authz_core's; answers 403 to a missing scope.
 */
int at_authz_answer(request_rec *r);

/** Register the authorization providers. */
void at_authz_register(apr_pool_t *p);

#endif
