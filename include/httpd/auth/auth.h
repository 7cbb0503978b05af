/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AuthType AccessToken: the Bearer door.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_AUTH_H
#define ACCESSTOKEN_HTTPD_AUTH_AUTH_H

#include <httpd.h>

#include "httpd/auth/validate.h"

/** What was decided about a client's request, once. */
typedef struct at_decision_t {
    at_judgement_e judgement; /* AT_UNASKED: httpd needed no authentication */
    const char *field;        /* name of the field with the credentials */
    const char *value;        /* as the client sent it; NULL: nothing of ours */
    const char *token;        /* what follows Bearer, if that is one word */
    int is_hidden;            /* the field is out of the request for good */
    const at_terms_t *terms;  /* if it was AT_ACCEPTED */
} at_decision_t;

/**
 * What was decided about this request or the one it came from, which had the
 * same credentials.
 *
 * @return NULL if its credentials have not been looked at yet.
 */
at_decision_t *at_auth_decision(const request_rec *r);

/**
 * Note that a request carries a token that httpd did not need, so that it goes
 * no further than one that was needed.
 *
 * @return NULL if its location has another AuthType, or it carries none.
 */
at_decision_t *at_auth_note_unneeded(request_rec *r);

/** Is this request's AuthType AccessToken? */
int at_auth_is_ours(request_rec *r);

/** Is the request's user authenticated by an access token? */
int at_auth_by_token(const request_rec *r);

/** What such a token is limited to (scopes.h); NULL: to nothing, or it is none. */
const char *at_auth_scopes(const request_rec *r);

/** Challenge as RFC 6750, 3 says; `error` follows the realm. */
void at_auth_challenge(request_rec *r, const char *error);

/** The challenge of the request whose ErrorDocument this is; NULL if none. */
const char *at_auth_challenge_before(const request_rec *r);

/** Nothing was refused after all; what there was `before` stays. */
void at_auth_withdraw_challenge(request_rec *r, const char *before);

/** Give up for now: 503 that says so, and that a client may retry. */
int at_auth_unavailable(request_rec *r);

/**
 * Hook: check_authn, before the modules for Basic and Digest: these would write
 * the name of a user whom they do not know to the log, and it may be a token.
 */
int at_auth_check(request_rec *r);

/**
 * Hook: fixups, before the configuration changes Authorization for a backend: the
 * variables, also after an internal redirect; tokens that were not needed.
 */
int at_auth_variables(request_rec *r);

/** Hook: note_auth_failure; the challenge where authorization failed. */
int at_auth_note_failure(request_rec *r, const char *type);

#endif
