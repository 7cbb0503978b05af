/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removes rows of tokens that expired or were deleted long ago.
 */
#ifndef ACCESSTOKEN_CORE_DB_PURGE_H
#define ACCESSTOKEN_CORE_DB_PURGE_H

#include "core/db/op.h"

/** Rows are removed that expired, or were deleted, before these times. */
typedef struct at_purge_t {
    apr_int64_t expired_before;
    apr_int64_t deleted_before;
} at_purge_t;

/**
 * Remove some rows, at most op->limit of either kind; any number of servers may
 * do so at the same time. Rows whose times are no numbers stay.
 *
 * @param removed  the number of rows
 * @param more     whether there may be more of them
 * @return APR_SUCCESS; AT_EUNAVAILABLE.
 */
apr_status_t at_purge_some(at_op_t *op, const at_purge_t *purge, int *removed,
                           int *more);

/**
 * The latest time at which the table shows that it was in use. What ended
 * before that has ended, even if the clock is wrong by years now.
 *
 * @param until  later times do not count
 * @param when   the last time that a token was generated or deleted;
 *               AT_TIME_NONE if there was none
 * @return APR_SUCCESS; AT_EUNAVAILABLE.
 */
apr_status_t at_purge_last_use(at_op_t *op, apr_int64_t until,
                               apr_int64_t *when);

#endif
