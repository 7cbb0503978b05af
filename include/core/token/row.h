/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token as a row of the table. It never has the text of the token, only the
 * SHA-256 of that.
 */
#ifndef ACCESSTOKEN_CORE_TOKEN_ROW_H
#define ACCESSTOKEN_CORE_TOKEN_ROW_H

#include <apr_uuid.h>

#include "core/token/clock.h"

/** A token id: a random UUID (RFC 9562, version 4). */
typedef apr_uuid_t at_id_t;

/** Bytes of a SHA-256. */
#define AT_HASH_SIZE 32

typedef struct at_row_t {
    at_id_t id;
    /** token_id as the table has it, also where it is no UUID. */
    const char *id_text;
    unsigned char hash[AT_HASH_SIZE];
    const char *user;
    const char *description;
    const char *scopes; /* see scopes.h; NULL: not limited */
    /** token_id of the token that this one was rotated from; NULL: none. */
    const char *replaces;
    apr_int64_t created_at;
    apr_int64_t expires_at; /* AT_TIME_NONE: never */
    apr_int64_t last_used;  /* AT_TIME_NONE: never used */
    apr_int64_t deleted_at; /* AT_TIME_NONE: not deleted */
    /** Why the row cannot be used; NULL: it can. */
    const char *reason;
} at_row_t;

#endif
