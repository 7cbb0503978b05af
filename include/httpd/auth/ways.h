/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the token of a request in the ways that its location accepts
 * (AccessTokenAccept).
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_WAYS_H
#define ACCESSTOKEN_HTTPD_AUTH_WAYS_H

#include <httpd.h>

#include "httpd/auth/decision.h"

/**
 * The ways that the location accepts; 0: it takes no tokens.
 *
 * @param type  its AuthType, or NULL
 */
unsigned int at_ways_accepted(const request_rec *r, const char *type);

/**
 * Find the token, and the fields other than Authorization that have to be
 * removed.
 *
 * @param decision  new; its way, fields and token are set
 * @param reason    set for the log, without AT_ACCEPTED; it has no secrets
 * @return AT_ACCEPTED: there is a token to validate; AT_NO_TOKEN, AT_MALFORMED
 *         or AT_INVALID.
 */
at_judgement_e at_ways_find(const request_rec *r, at_decision_t *decision,
                            const char **reason);

/**
 * Have Authorization removed, too. Credentials that are not what the decision
 * has judged, and contain no token, are not the module's to remove.
 *
 * @param decision  with its judgement
 */
void at_ways_carry_authorization(const request_rec *r, at_decision_t *decision);

/**
 * Find the fields that carry a token in a request for which httpd needed no
 * authentication.
 *
 * @param decision  new; its fields are set
 */
void at_ways_find_unneeded(const request_rec *r, at_decision_t *decision);

#endif
