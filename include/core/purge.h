/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removes rows of tokens that have been of no use for long.
 */
#ifndef ACCESSTOKEN_CORE_PURGE_H
#define ACCESSTOKEN_CORE_PURGE_H

#include "core/store.h"

/** What is to go: what expired or was deleted before these moments. */
typedef struct at_purge_t {
    apr_int64_t expired_before;
    apr_int64_t deleted_before;
} at_purge_t;

/**
 * Remove some rows; any number of servers may do so at the same time. Rows whose
 * times are no times stay.
 *
 * @param limit    of either kind
 * @param removed  how many went
 * @param more     whether there may be more of them
 * @return APR_SUCCESS; AT_EUNAVAILABLE.
 */
apr_status_t at_purge_some(at_store_t *store, const at_purge_t *purge,
                           int limit, int *removed, int *more);

/**
 * Does the table itself show that it was in use between these moments? If not,
 * the clock may be wrong by years.
 *
 * @param seen  whether a token was generated or deleted then
 * @return APR_SUCCESS; AT_EUNAVAILABLE.
 */
apr_status_t at_purge_confirm(at_store_t *store, apr_int64_t since,
                              apr_int64_t until, int *seen, apr_pool_t *p);

#endif
