/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes collected last uses to the table.
 */
#ifndef ACCESSTOKEN_CORE_JOBS_LASTUSED_WRITE_H
#define ACCESSTOKEN_CORE_JOBS_LASTUSED_WRITE_H

#include <apr_tables.h>

#include "core/cache/cache.h"
#include "core/db/store.h"
#include "core/jobs/lastused_queue.h"

/**
 * Write uses to the table, some hundred in a transaction. What cannot be written
 * holds up no other, until three transactions in a row have failed.
 *
 * @param uses   an array of at_use_t; those that were written are taken off it
 * @param cache  where those with a spot are marked as written, or NULL
 * @param own    from where the others are taken when they are written, or NULL
 * @param until  begin no other transaction from this at_clock_monotonic() on
 * @return APR_SUCCESS; else, with the rest still in the array: AT_ELOCKED if
 *         other sessions have locked their rows, for half a second or more;
 *         AT_EUNAVAILABLE.
 */
apr_status_t at_lastused_write(at_op_t *op, apr_array_header_t *uses,
                               at_cache_t *cache, at_lastused_queue_t *own,
                               apr_int64_t until);

#endif
