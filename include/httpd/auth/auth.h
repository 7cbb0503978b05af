/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AuthType AccessToken: authenticates requests by Bearer credentials (RFC
 * 6750).
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_AUTH_H
#define ACCESSTOKEN_HTTPD_AUTH_AUTH_H

#include <httpd.h>

#include "httpd/auth/validate.h"

/** The decision about a client's request, which is made once. */
typedef struct at_decision_t {
    at_judgement_e judgement; /* AT_UNASKED: httpd needed no authentication */
    const char *field;        /* name of the field with the credentials */
    const char *value;        /* as the client sent it; NULL: none of ours */
    const char *token;        /* the word after Bearer, if it is a single one */
    int is_hidden;            /* the field has been removed for good */
    const at_terms_t *terms;  /* set if the judgement is AT_ACCEPTED */
} at_decision_t;

/**
 * The decision about this request, or about the client's request that httpd
 * derived it from, which had the same credentials.
 *
 * @return NULL if there is none yet.
 */
at_decision_t *at_auth_decision(const request_rec *r);

/**
 * Record that a request carries a token although httpd needed no
 * authentication, so that this token is kept from backends like any other.
 *
 * @return NULL if the AuthType of the location is another one, or the request
 *         carries no token.
 */
at_decision_t *at_auth_note_unneeded(request_rec *r);

/** Is the AuthType of this request AccessToken? */
int at_auth_is_ours(request_rec *r);

/** Is the request's user authenticated by an access token? */
int at_auth_by_token(const request_rec *r);

/**
 * The scopes that this token is limited to (scopes.h); NULL: no limit, no
 * token.
 */
const char *at_auth_scopes(const request_rec *r);

/** Set the challenge of RFC 6750, 3; `error` follows the realm. */
void at_auth_challenge(request_rec *r, const char *error);

/** In an ErrorDocument's request: the challenge set before it; NULL if none. */
const char *at_auth_challenge_before(const request_rec *r);

/** Undo at_auth_challenge(): set the challenge `before` again, or none. */
void at_auth_restore_challenge(request_rec *r, const char *before);

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

/** Hook: note_auth_failure; sets the challenge where authorization failed. */
int at_auth_note_failure(request_rec *r, const char *type);

#endif
