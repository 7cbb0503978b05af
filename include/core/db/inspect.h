/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists all rows of a table for an administrator, with filters and page by
 * page, deleted and unusable rows too.
 */
#ifndef ACCESSTOKEN_CORE_DB_INSPECT_H
#define ACCESSTOKEN_CORE_DB_INSPECT_H

#include "core/db/op.h"
#include "core/db/purge.h"

typedef enum {
    AT_INSPECT_LIVE, /* not deleted: active or expired */
    AT_INSPECT_ACTIVE,
    AT_INSPECT_EXPIRED,
    AT_INSPECT_DELETED,
    AT_INSPECT_ALL
} at_inspect_e;

/** Which rows; all conditions must hold. */
typedef struct at_inspect_t {
    const char *user; /* NULL: of all users */
    at_inspect_e status;
    apr_int64_t now;
    /** Active, and expires at this time or before; AT_TIME_NONE: any. */
    apr_int64_t over_by;
    /** Neither used nor created since; AT_TIME_NONE: any. */
    apr_int64_t idle_since;
    int limit; /* rows of a page */
} at_inspect_t;

/** A list that is being read. */
typedef struct at_inspection_t at_inspection_t;

/**
 * Begin a list; runs no statement yet. `wanted` is copied, its user is not.
 *
 * @param p  lives as long as op->database, as at_database_select() requires
 */
at_inspection_t *at_inspect_begin(at_op_t *op, const at_inspect_t *wanted,
                                  apr_pool_t *p);

/**
 * Read the next page, newest first by (created_at, token_id). Rows whose
 * created_at is no number, which only SQLite can have, come last.
 *
 * @param rows  an array of at_row_t *, some perhaps with a reason why they
 *              cannot be used; may be empty
 * @param p     lives as long as the page; may be cleared before the next one
 * @return APR_SUCCESS; APR_EOF after the last page; AT_EUNAVAILABLE, and the
 *         same page may be read again.
 */
apr_status_t at_inspect_next(at_inspection_t *inspection,
                             apr_array_header_t **rows, apr_pool_t *p);

/**
 * Names of owners in the engine's order, at most op->limit, those that follow
 * `after`; "" is before all. Owners of deleted tokens only are among them.
 *
 * @param names  an array of const char *
 * @return APR_SUCCESS; AT_EUNAVAILABLE.
 */
apr_status_t at_inspect_owners(at_op_t *op, const char *after,
                               apr_array_header_t **names);

/** The number of tokens of op->user that are live at op->when. */
apr_status_t at_inspect_count_live(at_op_t *op, apr_int64_t *number);

/**
 * The number of rows that at_purge_some() would remove.
 *
 * @return APR_SUCCESS; AT_EUNAVAILABLE.
 */
apr_status_t at_inspect_count_old(at_op_t *op, const at_purge_t *purge,
                                  apr_int64_t *number);

#endif
