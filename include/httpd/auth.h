/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AuthType AccessToken: the Bearer door.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_H
#define ACCESSTOKEN_HTTPD_AUTH_H

#include <httpd.h>

#include "httpd/validate.h"

/** What was decided about a client's request, once. */
typedef struct at_decision_t {
    at_judgement_e judgement;
    int is_hidden; /* the credentials are out of the request for good */
    const at_grant_t *grant; /* if it was AT_ACCEPTED */
} at_decision_t;

/**
 * What was decided about this request or the one it came from, which had the
 * same credentials.
 *
 * @return NULL if nobody has asked yet.
 */
at_decision_t *at_auth_decision(const request_rec *r);

/** Is the request's user authenticated by an access token? */
int at_auth_by_token(const request_rec *r);

/** What such a token is limited to (scopes.h); NULL: to nothing, or it is none. */
const char *at_auth_scopes(const request_rec *r);

/** Challenge as RFC 6750, 3 says; `error` follows the realm. */
void at_auth_challenge(request_rec *r, const char *error);

/** The field that holds this request's credentials. */
const char *at_auth_field(const request_rec *r);

/** Give up for now: 503 that says so, and that a client may retry. */
int at_auth_unavailable(request_rec *r);

/** Hook: check_authn. */
int at_auth_check(request_rec *r);

/** Hook: fixups; the variables, also after an internal redirect. */
int at_auth_variables(request_rec *r);

/** Hook: note_auth_failure; the challenge where authorization failed. */
int at_auth_note_failure(request_rec *r, const char *type);

#endif
