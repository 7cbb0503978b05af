/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of a row that decides about a token and that a request is told: what
 * the cache keeps of it. Times are milliseconds as in time.h.
 */
#ifndef ACCESSTOKEN_CORE_TOKEN_TERMS_H
#define ACCESSTOKEN_CORE_TOKEN_TERMS_H

#include "core/token/row.h"
#include "core/token/text.h"

/** Room for a token id as text (36 characters) with its end. */
#define AT_TERMS_ID_SIZE (APR_UUID_FORMATTED_LENGTH + 1)
/** Room for a moment in RFC 3339, up to the year 9999, with its end. */
#define AT_TERMS_TIME_SIZE 25

/**
 * Numbers and ready texts, without a pointer, so that it means the same in
 * every process. The user, and behind its end the scopes, stand last: a copy may
 * end behind them.
 */
typedef struct at_terms_t {
    apr_int64_t expires_at; /* AT_TIME_NONE: never */
    apr_int64_t deleted_at; /* AT_TIME_NONE: not deleted */
    char id_text[AT_TERMS_ID_SIZE];
    char expires_text[AT_TERMS_TIME_SIZE]; /* RFC 3339, or "never" */
    apr_uint16_t text_length; /* of what stands in user, without its end */
    char user[AT_TEXT_USER_MAX + 1];
} at_terms_t;

/** Fill a terms from a row without a fault. */
void at_terms_fill(at_terms_t *terms, const at_row_t *row);

/** What the token is limited to (scopes.h); NULL: it is not. */
const char *at_terms_scopes(const at_terms_t *terms);

#endif
