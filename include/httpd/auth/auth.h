/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authenticates requests by access tokens: AuthType AccessToken, and
 * AuthBasicProvider accesstoken.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_AUTH_H
#define ACCESSTOKEN_HTTPD_AUTH_AUTH_H

#include <httpd.h>

/**
 * Record the tokens that a request carries although httpd needed no
 * authentication, so that they are kept from backends like any other.
 */
void at_auth_note_unneeded(request_rec *r);

/** Answer 503 with the fields that let a client try again later. */
int at_auth_unavailable(request_rec *r);

/**
 * Hook: check_authn, before the modules for Basic and Digest. These log the
 * name of an unknown user, and a client may send a token as user name.
 */
int at_auth_check(request_rec *r);

/**
 * Hook: fixups, before the configuration changes Authorization for a backend.
 * Sets the variables, also after an internal redirect, and records a token
 * that httpd did not need.
 */
int at_auth_variables(request_rec *r);

/** Hook: note_auth_failure; sets the challenges where authorization failed. */
int at_auth_note_failure(request_rec *r, const char *type);

#endif
