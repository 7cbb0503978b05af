/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Last uses in the shelf, beside the rows: noted by every request of every
 * process, collected now and then to be written to the table. No lock anywhere.
 */
#ifndef ACCESSTOKEN_CORE_USES_H
#define ACCESSTOKEN_CORE_USES_H

#include <apr_tables.h>

#include "core/shelf.h"

/**
 * Note a use. The latest one stays, whoever comes first.
 *
 * @param when  wall clock in milliseconds
 * @return false if another token stands at that spot by now: nothing was noted.
 */
int at_uses_note(at_shelf_t *shelf, at_spot_t spot, apr_int64_t when);

/** The last use of a token that the shelf knows of, or AT_TIME_NONE. */
apr_int64_t at_uses_of(const at_shelf_t *shelf, const at_id_t *id);

/** Uses that the table does not know yet: an array of at_use_t. */
apr_array_header_t *at_uses_pending(const at_shelf_t *shelf, apr_pool_t *p);

/** How many those are. */
apr_uint32_t at_uses_count(const at_shelf_t *shelf);

/** The table knows of this use now. */
void at_uses_written(at_shelf_t *shelf, const at_use_t *use);

/** When they were written last, on at_time_monotonic(); 0: they should be now. */
apr_int64_t at_uses_last_written(const at_shelf_t *shelf);
void at_uses_set_written(at_shelf_t *shelf, apr_int64_t moment);

#endif
