/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the Authorization field: Bearer credentials, and tokens in places
 * where they do not belong.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_CREDENTIALS_H
#define ACCESSTOKEN_HTTPD_AUTH_CREDENTIALS_H

#include <httpd.h>

#include "httpd/auth/validate.h"

/** The name of the field that holds this request's credentials. */
const char *at_credentials_field(const request_rec *r);

/** The text after the scheme Bearer (RFC 6750, 2.1); it should be a token. */
const char *at_credentials_after_bearer(const char *value);

/**
 * Why Bearer credentials are malformed, for the log; NULL: they are a single
 * word. What is a token by its syntax need not be asked for.
 */
const char *at_credentials_why_malformed(const char *value);

/**
 * Judge a value, or NULL, that is not of the scheme Bearer.
 *
 * @param reason  set for the log, without the value
 * @return AT_NO_TOKEN or AT_MALFORMED.
 */
at_judgement_e at_credentials_read_other(const char *value,
                                         const char **reason);

/** Are these credentials of the scheme Bearer, or Basic? */
int at_credentials_is_bearer(const char *value);
int at_credentials_is_basic(const char *value);

/** Did the request have two Authorization fields, which httpd has joined? */
int at_credentials_has_second_field(const char *value);

/** The reason for the log where it did. */
extern const char at_credentials_several_fields[];

/**
 * Does the value contain an access token, judged by syntax and check alone?
 *
 * The token may be anywhere in it: as Bearer credentials, as user name or
 * password of Basic credentials, or in a form of the client's own.
 */
int at_credentials_carry_token(const char *value, apr_pool_t *p);

/**
 * Is one of the words in the text a token, judged by syntax and check alone,
 * whatever separates the words?
 */
int at_credentials_hold_token(const char *text);

/**
 * Does the text contain what may be an access token with a typing error: a word
 * of letters, digits and underscores that is about as long?
 */
int at_credentials_resemble_token(const char *text);

/**
 * Is the token where a module for Basic or Digest would log it: in the user
 * name, or as the scheme?
 */
int at_credentials_name_token(const char *value, apr_pool_t *p);

#endif
