/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slice of last uses on its way into rows, in one transaction.
 */
#ifndef ACCESSTOKEN_CORE_DB_STORE_LASTUSED_H
#define ACCESSTOKEN_CORE_DB_STORE_LASTUSED_H

#include "core/db/store.h"
#include "core/token/use.h"

/**
 * Write last uses; a row's last_used never goes back. A row that another session
 * has locked is left out, and its use marked as skipped, where the engine can do
 * that; else the call waits for it.
 *
 * @param uses   an array of at_use_t, in the order of their ids and, of one id, of
 *               their times
 * @param first  the first of `count` that are written
 * @param table_failed  set when other slices would fare no better
 * @return APR_SUCCESS: all are written but those that are marked;
 *         AT_EUNAVAILABLE: perhaps none.
 */
apr_status_t at_store_write_uses(at_op_t *op, const apr_array_header_t *uses,
                                 int first, int count, int *table_failed,
                                 apr_pool_t *p);

#endif
