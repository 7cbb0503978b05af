/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terms of a token: the part of its row that decides whether it is valid
 * and that a request gets to know. The cache stores these, not the row. Times
 * are milliseconds, see clock.h.
 */
#ifndef ACCESSTOKEN_CORE_TOKEN_TERMS_H
#define ACCESSTOKEN_CORE_TOKEN_TERMS_H

#include "core/token/row.h"
#include "core/token/text.h"

/** Bytes of a token id as text (36 characters) with its terminating NUL. */
#define AT_TERMS_ID_SIZE (APR_UUID_FORMATTED_LENGTH + 1)
/** Bytes of a time in RFC 3339, up to the year 9999, with its NUL. */
#define AT_TERMS_TIME_SIZE 25

/**
 * Numbers and ready texts, without pointers, so that all processes can read it
 * in shared memory. The user and, after its NUL, the scopes are last: a copy
 * may end with them.
 */
typedef struct at_terms_t {
    apr_int64_t expires_at; /* AT_TIME_NONE: never */
    apr_int64_t deleted_at; /* AT_TIME_NONE: not deleted */
    char id_text[AT_TERMS_ID_SIZE];
    char expires_text[AT_TERMS_TIME_SIZE]; /* RFC 3339, or "never" */
    apr_uint16_t text_length; /* of user and scopes, without the last NUL */
    char user[AT_TEXT_USER_MAX + 1];
} at_terms_t;

/** Fill the terms from a row that can be used. */
void at_terms_fill(at_terms_t *terms, const at_row_t *row);

/** The token's scopes (scopes.h); NULL: it is not limited. */
const char *at_terms_scopes(const at_terms_t *terms);

#endif
