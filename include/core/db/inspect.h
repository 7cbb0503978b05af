/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All rows of a table for an administrator: chosen by what they are, page by
 * page, deleted and broken ones too.
 */
#ifndef ACCESSTOKEN_CORE_DB_INSPECT_H
#define ACCESSTOKEN_CORE_DB_INSPECT_H

#include "core/db/purge.h"

typedef enum {
    AT_INSPECT_LIVE, /* not deleted: active or expired */
    AT_INSPECT_ACTIVE,
    AT_INSPECT_EXPIRED,
    AT_INSPECT_DELETED,
    AT_INSPECT_ALL
} at_inspect_e;

/** Which rows; all conditions hold together. */
typedef struct at_inspect_t {
    const char *user; /* NULL: everybody's */
    at_inspect_e status;
    apr_int64_t now;
    /** Active, and over at this moment or before; AT_TIME_NONE: any. */
    apr_int64_t over_by;
    /** Neither used nor created since; AT_TIME_NONE: any. */
    apr_int64_t idle_since;
    int limit; /* rows of a page */
} at_inspect_t;

/** A list that is being read. */
typedef struct at_inspection_t at_inspection_t;

/**
 * Begin a list; asks nothing yet. `wanted` is copied, its user is not.
 *
 * @param p  lives as long as the store's database, as at_database_select() wants
 */
at_inspection_t *at_inspect_begin(at_op_t *op, const at_inspect_t *wanted,
                                  apr_pool_t *p);

/**
 * The next page, newest first by (created_at, token_id). Rows whose created_at
 * is no number, which only SQLite can have, come last.
 *
 * @param rows  an array of at_row_t *, some perhaps with a fault; may be empty
 * @param p     what the page lives in; may be cleared before the next one
 * @return APR_SUCCESS; APR_EOF behind the last page; AT_EUNAVAILABLE, after
 *         which the same page may be asked for again.
 */
apr_status_t at_inspect_next(at_inspection_t *inspection,
                             apr_array_header_t **rows, apr_pool_t *p);

/**
 * Names of owners in the engine's order, at most `limit`, those behind `after`;
 * "" is before all. Owners of deleted tokens alone are among them.
 *
 * @param names  an array of const char *
 * @param p      lives as long as the store's database
 * @return APR_SUCCESS; AT_EUNAVAILABLE.
 */
apr_status_t at_inspect_owners(at_op_t *op, const char *after, int limit,
                               apr_array_header_t **names, apr_pool_t *p);

/** How many tokens of an owner are neither deleted nor expired. */
apr_status_t at_inspect_count_live(at_op_t *op, const char *user,
                                   apr_int64_t now, apr_int64_t *number,
                                   apr_pool_t *p);

/**
 * How many rows at_purge_some() would remove.
 *
 * @param p  lives as long as the store's database
 * @return APR_SUCCESS; AT_EUNAVAILABLE.
 */
apr_status_t at_inspect_count_old(at_op_t *op, const at_purge_t *purge,
                                  apr_int64_t *number, apr_pool_t *p);

#endif
