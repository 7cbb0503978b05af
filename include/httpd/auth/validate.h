/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The validator. Everything that accepts a token calls it.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_VALIDATE_H
#define ACCESSTOKEN_HTTPD_AUTH_VALIDATE_H

#include <httpd.h>

#include "core/cache/cache.h"
#include "core/token/terms.h"

/** The result of examining a request's credentials. */
typedef enum {
    AT_UNASKED, /* the zero of fresh memory, which accepts no request */
    AT_ACCEPTED,
    AT_NO_TOKEN,  /* none, or in a way that the location does not accept */
    AT_MALFORMED, /* RFC 6750's invalid_request */
    AT_INVALID,
    AT_EXPIRED,
    AT_UNDECIDED /* the table could not be read */
} at_judgement_e;

/** A token as a request presents it, not yet validated. */
typedef struct at_presented_t {
    const char *text;
    apr_size_t length;
    const char *user;    /* sent with it; NULL: none was */
    int needs_owner;     /* the user must be the token's owner */
    int may_be_password; /* what is no token may be known to another module */
    int is_from_memo;    /* of the connection */
    int is_tagged;
    at_tag_t tag; /* of the text, for the cache; at_validate() sets it */
} at_presented_t;

/**
 * Validate a token for this request: judge it, log the reason of a refusal,
 * and note the use of an accepted one.
 *
 * @param terms  set with AT_ACCEPTED; lives as long as p
 * @return AT_ACCEPTED, AT_INVALID, AT_EXPIRED or AT_UNDECIDED; AT_NO_TOKEN if
 *         it is no token by its syntax or check, which is not logged yet.
 */
at_judgement_e at_validate(request_rec *r, at_presented_t *presented,
                           apr_pool_t *p, const at_terms_t **terms);

/** Log and count a text that is no token by its syntax or check. */
at_judgement_e at_validate_refuse_text(request_rec *r);

#endif
