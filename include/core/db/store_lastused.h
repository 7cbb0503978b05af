/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a slice of last uses to the table, in one transaction.
 */
#ifndef ACCESSTOKEN_CORE_DB_STORE_LASTUSED_H
#define ACCESSTOKEN_CORE_DB_STORE_LASTUSED_H

#include "core/db/op.h"
#include "core/token/use.h"

/**
 * Write last uses; last_used of a row never decreases. Where the engine can, a
 * row that another session has locked is left out and its use is marked as
 * skipped; else the call waits for it.
 *
 * @param uses   an array of at_use_t, sorted by id and, for one id, by time
 * @param first  index of the first of `count` uses that are written
 * @param table_failed  set if other slices would fail as well
 * @return APR_SUCCESS: all are written but those that are marked;
 *         AT_EUNAVAILABLE: perhaps none is.
 */
apr_status_t at_store_write_uses(at_op_t *op, const apr_array_header_t *uses,
                                 int first, int count, int *table_failed);

#endif
