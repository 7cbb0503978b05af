/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Last uses in the cache, beside the rows. Every request of every process
 * notes them; at intervals they are collected and written to the table. Noting
 * and collecting need no lock.
 */
#ifndef ACCESSTOKEN_CORE_CACHE_CACHE_USES_H
#define ACCESSTOKEN_CORE_CACHE_CACHE_USES_H

#include <apr_tables.h>

#include "core/cache/cache.h"

/**
 * Note a use. The latest one stays, in whatever order they are noted.
 *
 * @param when  wall clock in milliseconds
 * @return false if another token has the slot by now: nothing was noted.
 */
int at_cache_uses_note(at_cache_t *cache, at_spot_t spot, apr_int64_t when);

/**
 * Keep a use whose token has no slot, or has lost it.
 *
 * @return false if its set has no free place, or last uses are not written.
 */
int at_cache_uses_keep(at_cache_t *cache, const at_use_t *use);

/** The last use of a token in the cache, or AT_TIME_NONE. */
apr_int64_t at_cache_uses_of(const at_cache_t *cache, const at_id_t *id);

/** Uses of all tokens, or of those that were evicted. */
typedef enum {
    AT_CACHE_USES_ALL,
    AT_CACHE_USES_DISPLACED
} at_cache_uses_kind_e;

/**
 * Uses that are not written to the table yet: an array of at_use_t. A token
 * that was evicted and has come back may be among them twice.
 */
apr_array_header_t *at_cache_uses_pending(const at_cache_t *cache,
                                          at_cache_uses_kind_e kind,
                                          apr_pool_t *p);

/** The number of all of them. */
apr_uint32_t at_cache_uses_count(const at_cache_t *cache);

/** This use is in the table now. */
void at_cache_uses_written(at_cache_t *cache, const at_use_t *use);

/** When uses were written last, at_clock_monotonic(); 0: never, so that they
 *  are due. */
apr_int64_t at_cache_uses_last_written(const at_cache_t *cache);
void at_cache_uses_set_written(at_cache_t *cache, apr_int64_t when);

/** Are the places for displaced uses of some set nearly full? Resets that
 *  state. */
int at_cache_uses_take_nearly_full(at_cache_t *cache);

/** The last processes have ended, and last uses are lost: of processes that
 *  end together, one gets true and logs it. */
int at_cache_uses_should_log_loss(at_cache_t *cache, apr_int64_t now);

/** Are last uses written? They are once a virtual host with this table has
 *  called at_cache_uses_begin_writing(). */
int at_cache_uses_are_written(const at_cache_t *cache);
void at_cache_uses_begin_writing(at_cache_t *cache);

#endif
