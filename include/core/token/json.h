/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON of the manager: tokens going out, wishes for a new token coming in.
 * Token values never pass through here.
 */
#ifndef ACCESSTOKEN_CORE_TOKEN_JSON_H
#define ACCESSTOKEN_CORE_TOKEN_JSON_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <jansson.h>

#include "core/token/row.h"

/** lifetimeSeconds was not given. */
#define AT_JSON_LIFETIME_UNSAID ((apr_int64_t)0)
/** lifetimeSeconds was -1: the token never expires. */
#define AT_JSON_LIFETIME_NEVER APR_INT64_C(-1)

/** What a caller wants of a new token. */
typedef struct at_wish_t {
    apr_int64_t lifetime;    /* seconds, or one of the two above */
    const char *description; /* "" if none was given */
    const char *scopes;      /* NULL if none were given */
} at_wish_t;

/** One thing wrong with a body: where (RFC 6901, as a fragment), and what. */
typedef struct at_fault_t {
    const char *pointer;
    const char *detail;
} at_fault_t;

/**
 * A token as the manager shows it. A description or user that is not UTF-8
 * cannot come from us; it is shown with U+FFFD in its place.
 *
 * @param now        decides between Active and Expired
 * @param with_user  add the member "user"
 * @return the caller's reference; NULL only if memory ran out.
 */
json_t *at_json_token(const at_row_t *row, apr_int64_t now, int with_user);

/**
 * Read the body of a POST that generates a token.
 *
 * @param wish    set on success only
 * @param faults  of at_fault_t; a fault with pointer "#" concerns the whole
 * @return APR_SUCCESS; APR_EINVAL with at least one fault.
 */
apr_status_t at_json_read_wish(const char *body, apr_size_t length,
                               at_wish_t *wish, apr_array_header_t *faults);

#endif
