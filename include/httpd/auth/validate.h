/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one validator: every door that takes a token comes through here.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_VALIDATE_H
#define ACCESSTOKEN_HTTPD_AUTH_VALIDATE_H

#include <httpd.h>

#include "core/token/terms.h"

/** What a request's credentials are worth. */
typedef enum {
    AT_UNASKED, /* the zero of fresh memory: lets nobody in */
    AT_ACCEPTED,
    AT_NO_TOKEN,  /* none, or another scheme */
    AT_MALFORMED, /* RFC 6750 calls it invalid_request */
    AT_INVALID,
    AT_EXPIRED,
    AT_UNDECIDED /* the table could not be asked */
} at_judgement_e;

/**
 * Judge a token for this request, log why it is refused, note its use.
 *
 * @param terms  set if it is AT_ACCEPTED; lives as long as p
 * @return AT_ACCEPTED, AT_INVALID, AT_EXPIRED or AT_UNDECIDED.
 */
at_judgement_e at_validate(request_rec *r, const char *text, apr_pool_t *p,
                           const at_terms_t **terms);

#endif
