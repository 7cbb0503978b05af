/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes last uses to the table.
 */
#ifndef ACCESSTOKEN_CORE_JOBS_LASTUSED_WRITE_H
#define ACCESSTOKEN_CORE_JOBS_LASTUSED_WRITE_H

#include <apr_tables.h>

#include "core/cache/cache.h"
#include "core/db/store.h"
#include "core/jobs/lastused_queue.h"

/**
 * Write uses to the table, some hundreds in a transaction. If one transaction
 * fails, the others are still tried, until three in a row have failed.
 *
 * @param uses   an array of at_use_t; those that were written are removed from
 *               it
 * @param cache  uses with a spot are marked as written in it; or NULL
 * @param queue  the others are removed from it; or NULL
 * @param until  begin no transaction at or after this time,
 *               at_clock_monotonic()
 * @return APR_SUCCESS; otherwise the rest is still in the array: AT_ELOCKED if
 *         other sessions have locked the rows for half a second or more;
 *         AT_EUNAVAILABLE.
 */
apr_status_t at_lastused_write(at_op_t *op, apr_array_header_t *uses,
                               at_cache_t *cache, at_lastused_queue_t *queue,
                               apr_int64_t until);

#endif
