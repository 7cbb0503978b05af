/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table's rows: find, list, insert, delete.
 *
 * Every function runs again on another connection if the first attempt failed,
 * creates the table where that is allowed, and while SQLite's file is locked
 * tries until the deadline. It returns what the table decides, or
 * AT_EUNAVAILABLE, never a guess.
 */
#ifndef ACCESSTOKEN_CORE_DB_STORE_H
#define ACCESSTOKEN_CORE_DB_STORE_H

#include "core/db/op.h"

/**
 * Look up the token `id`, of `user`.
 *
 * @return APR_SUCCESS, and `row`; APR_NOTFOUND; AT_EUNAVAILABLE.
 */
apr_status_t at_store_find(at_op_t *op);

/**
 * List tokens that are not deleted, as `list` says.
 *
 * @return APR_SUCCESS, and `rows`, of which some may have a reason why they
 *         cannot be used; AT_EUNAVAILABLE.
 */
apr_status_t at_store_list(at_op_t *op);

/**
 * Insert `row`; after APR_SUCCESS it is committed. `limit` is the number of
 * live tokens that its user may have with it; 0: any number.
 *
 * @return APR_SUCCESS; AT_ELIMIT; AT_EUNAVAILABLE.
 */
apr_status_t at_store_insert(at_op_t *op);

/**
 * Mark the token `id`, of `user`, as deleted at `when`.
 *
 * @return APR_SUCCESS; APR_NOTFOUND if there is no such live token;
 *         AT_EUNAVAILABLE.
 */
apr_status_t at_store_delete(at_op_t *op);

/**
 * Remove `row`, whose insert was not answered.
 *
 * @return APR_SUCCESS, also if there is no such row; AT_EUNAVAILABLE.
 */
apr_status_t at_store_undo(at_op_t *op);

#endif
