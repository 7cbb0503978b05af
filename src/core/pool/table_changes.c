/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares what a statement saw of the table with what the cache was filled
 * from.
 */
#include "core/pool/table_changes.h"

#include "core/cache/freshness.h"
#include "core/cache/notices.h"

#define SETTLE_MS 1000 /* until all connections have seen the new file */

void at_table_check_changes(const at_op_t *op, at_cache_t *cache)
{
    apr_uint64_t file = at_database_file(op->database);

    if (op->reconnected) {
        at_notices_note(cache, AT_NOTICE_RECONNECTED);
    }
    if (at_freshness_saw_file(cache, file)) {
        at_notices_note(cache, AT_NOTICE_REPLACED);
        at_cache_invalidate(cache, at_clock_monotonic() + SETTLE_MS);
    }
    if (op->created) {
        at_notices_note(cache, AT_NOTICE_CREATED);
        at_cache_invalidate(cache, at_clock_monotonic());
    }
}
