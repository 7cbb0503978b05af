/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Last uses in the cache, beside the rows: noted by every request of every
 * process, collected now and then to be written to the table. No lock anywhere.
 */
#ifndef ACCESSTOKEN_CORE_CACHE_CACHE_USES_H
#define ACCESSTOKEN_CORE_CACHE_CACHE_USES_H

#include <apr_tables.h>

#include "core/cache/cache.h"

/**
 * Note a use. The latest one stays, whoever comes first.
 *
 * @param when  wall clock in milliseconds
 * @return false if another token stands at that spot by now: nothing was noted.
 */
int at_cache_uses_note(at_cache_t *cache, at_spot_t spot, apr_int64_t when);

/**
 * Keep a use whose token has no spot, or has lost it.
 *
 * @return false if there is no room for it, or last uses are not written.
 */
int at_cache_uses_keep(at_cache_t *cache, const at_use_t *use);

/** The last use of a token that the cache knows of, or AT_TIME_NONE. */
apr_int64_t at_cache_uses_of(const at_cache_t *cache, const at_id_t *id);

/** Of which tokens: of all, or of those that had to go for others. */
typedef enum {
    AT_CACHE_USES_ALL,
    AT_CACHE_USES_DISPLACED
} at_cache_uses_kind_e;

/**
 * Uses that the table does not know yet: an array of at_use_t. A token that had
 * to go and has come back may be among them twice.
 */
apr_array_header_t *at_cache_uses_pending(const at_cache_t *cache,
                                          at_cache_uses_kind_e kind,
                                          apr_pool_t *p);

/** How many there are in all. */
apr_uint32_t at_cache_uses_count(const at_cache_t *cache);

/** The table knows of this use now. */
void at_cache_uses_written(at_cache_t *cache, const at_use_t *use);

/** When they were written last, on at_clock_monotonic(); 0: they should be now. */
apr_int64_t at_cache_uses_last_written(const at_cache_t *cache);
void at_cache_uses_set_written(at_cache_t *cache, apr_int64_t moment);

/** Has the room for those that had to go become scarce, since this was asked? */
int at_cache_uses_take_crowd(at_cache_t *cache);

/** Last uses go with the last processes: of those that end together one is told
 *  so. */
int at_cache_uses_loss_is_first(at_cache_t *cache, apr_int64_t now);

/** Does any virtual host with this table have last uses written? From when one
 *  says so on, for ever. */
int at_cache_uses_are_written(const at_cache_t *cache);
void at_cache_uses_begin_writing(at_cache_t *cache);

#endif
