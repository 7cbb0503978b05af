/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON of the manager: tokens in responses, and requests for a new token.
 * The text of a token is never part of it.
 */
#ifndef ACCESSTOKEN_CORE_TOKEN_JSON_H
#define ACCESSTOKEN_CORE_TOKEN_JSON_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <jansson.h>

#include "core/token/row.h"

/** lifetimeSeconds was not given. */
#define AT_JSON_LIFETIME_DEFAULT ((apr_int64_t)0)
/** lifetimeSeconds was -1: the token never expires. */
#define AT_JSON_LIFETIME_NEVER APR_INT64_C(-1)

/** What a request says about the new token. */
typedef struct at_new_token_t {
    apr_int64_t lifetime;    /* seconds, or one of the two above */
    const char *description; /* "" if none was given */
    const char *scopes;      /* NULL if none were given */
} at_new_token_t;

/** A fault of a request's body. */
typedef struct at_fault_t {
    const char *pointer; /* where: RFC 6901, 6 (as a fragment of a URI) */
    const char *detail;
} at_fault_t;

/**
 * A token as the manager shows it. A text that is not UTF-8 was written by
 * another program; U+FFFD is shown instead of it.
 *
 * @param now        decides between Active and Expired
 * @param with_user  add the member "user"
 * @return a reference that the caller owns; NULL only if memory ran out.
 */
json_t *at_json_token(const at_row_t *row, apr_int64_t now, int with_user);

/**
 * Read the body of a POST that generates a token.
 *
 * @param new_token    set on success only
 * @param faults  an array of at_fault_t; the pointer "#" means the whole body
 * @return APR_SUCCESS; APR_EINVAL with at least one fault.
 */
apr_status_t at_json_read_new_token(const char *body, apr_size_t length,
                                    at_new_token_t *new_token,
                                    apr_array_header_t *faults);

#endif
