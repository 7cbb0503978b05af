/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is it still the table whose rows the cache has?
 */
#ifndef ACCESSTOKEN_CORE_POOL_TABLE_CHANGES_H
#define ACCESSTOKEN_CORE_POOL_TABLE_CHANGES_H

#include "core/cache/cache.h"
#include "core/db/store.h"

/**
 * Call after every statement that a server process has run.
 *
 * If the table is in another file, or did not exist and was created, all rows
 * of the cache become invalid. These events, and a reconnection, become
 * notices.
 */
void at_table_check_changes(const at_op_t *op, at_cache_t *cache);

#endif
