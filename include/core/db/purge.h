/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removes rows of tokens that have been of no use for long.
 */
#ifndef ACCESSTOKEN_CORE_DB_PURGE_H
#define ACCESSTOKEN_CORE_DB_PURGE_H

#include "core/db/store.h"

/** What is to go: what expired or was deleted before these moments. */
typedef struct at_purge_t {
    apr_int64_t expired_before;
    apr_int64_t deleted_before;
} at_purge_t;

/**
 * Remove some rows; any number of servers may do so at the same time. Rows whose
 * times are no numbers stay.
 *
 * @param limit    of either kind
 * @param removed  how many went
 * @param more     whether there may be more of them
 * @return APR_SUCCESS; AT_EUNAVAILABLE.
 */
apr_status_t at_purge_some(at_op_t *op, const at_purge_t *purge, int limit,
                           int *removed, int *more);

/**
 * When does the table show that it was in use last? Whatever ended before that
 * has ended, also if the clock is wrong by years now.
 *
 * @param until  what is younger does not count
 * @param when   the last time that a token was generated or deleted;
 *               AT_TIME_NONE if there was none
 * @return APR_SUCCESS; AT_EUNAVAILABLE.
 */
apr_status_t at_purge_last_use(at_op_t *op, apr_int64_t until,
                               apr_int64_t *when, apr_pool_t *p);

#endif
