/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passwords beside tokens: Basic credentials that are no token are left to the
 * other providers of AuthBasicProvider.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_PASSWORDS_H
#define ACCESSTOKEN_HTTPD_AUTH_PASSWORDS_H

#include <httpd.h>

#include "httpd/auth/decision.h"

/** May other providers know the credentials, or does mod_ssl make some? */
int at_passwords_has(request_rec *r, const at_decision_t *decision);

/**
 * Have the other providers decide: where the AuthType is Basic, mod_auth_basic
 * and the modules after it, for which the hook of this one declines; else the
 * providers themselves.
 *
 * @return OK with r->user set; DECLINED; or a status, with 401 the challenges
 *         are set.
 */
int at_passwords_decide(request_rec *r, at_decision_t *decision);

/** Register the provider that AuthBasicProvider accesstoken names. */
void at_passwords_register(apr_pool_t *p);

#endif
