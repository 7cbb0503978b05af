/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in the Authorization field: Bearer credentials, and tokens in
 * places where they do not belong.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_CREDENTIALS_H
#define ACCESSTOKEN_HTTPD_AUTH_CREDENTIALS_H

#include <httpd.h>

#include "httpd/auth/validate.h"

/** The name of the field that holds this request's credentials. */
const char *at_credentials_field(const request_rec *r);

/**
 * Read Bearer credentials (RFC 6750, 2.1).
 *
 * @param value   of the field, or NULL
 * @param token   the token's text, not validated, if it is AT_ACCEPTED
 * @param reason  for the log, if it is not; says nothing of the value
 * @return AT_ACCEPTED, AT_NO_TOKEN or AT_MALFORMED.
 */
at_judgement_e at_credentials_read(const char *value, const char **token,
                                   const char **reason);

/**
 * Does the field carry an access token, as far as syntax and check tell?
 *
 * Wherever it stands: as Bearer credentials, as user name or password of Basic
 * ones, or as clients write it that know neither.
 */
int at_credentials_carry_token(const char *value, apr_pool_t *p);

/**
 * Does it stand where a module for Basic or Digest would write it to the log: in
 * the user name, or as the scheme?
 */
int at_credentials_name_token(const char *value, apr_pool_t *p);

#endif
