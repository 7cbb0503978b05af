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

/**
 * Keep a use whose token has no spot, or has lost it.
 *
 * @return false if there is no room for it, or last uses are not written.
 */
int at_uses_keep(at_shelf_t *shelf, const at_use_t *use);

/** The last use of a token that the shelf knows of, or AT_TIME_NONE. */
apr_int64_t at_uses_of(const at_shelf_t *shelf, const at_id_t *id);

/** Of which tokens: of all, or of those that had to go for others. */
typedef enum { AT_USES_ALL, AT_USES_DISPLACED } at_uses_kind_e;

/**
 * Uses that the table does not know yet: an array of at_use_t. A token that had
 * to go and has come back may be among them twice.
 */
apr_array_header_t *at_uses_pending(const at_shelf_t *shelf,
                                    at_uses_kind_e kind, apr_pool_t *p);

/** How many there are in all. */
apr_uint32_t at_uses_count(const at_shelf_t *shelf);

/** The table knows of this use now. */
void at_uses_written(at_shelf_t *shelf, const at_use_t *use);

/** When they were written last, on at_time_monotonic(); 0: they should be now. */
apr_int64_t at_uses_last_written(const at_shelf_t *shelf);
void at_uses_set_written(at_shelf_t *shelf, apr_int64_t moment);

/** Has the room for those that had to go become scarce, since this was asked? */
int at_uses_take_crowd(at_shelf_t *shelf);

/** Last uses go with the last processes: of those that end together one is told
 *  so. */
int at_uses_loss_is_news(at_shelf_t *shelf, apr_int64_t now);

/** Does any virtual host with this table have last uses written? From when one
 *  says so on, for ever. */
int at_uses_are_written(const at_shelf_t *shelf);
void at_uses_begin_writing(at_shelf_t *shelf);

#endif
