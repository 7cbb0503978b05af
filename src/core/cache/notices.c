/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One count for each kind of event; mostly it is 0, and only read.
 */
#include "core/cache/notices.h"

#include "cache_layout.h"

void at_notices_note(at_cache_t *cache, at_notice_e event)
{
    atomic_fetch_add(&cache->header->notices[event], 1);
}

apr_uint64_t at_notices_take(at_cache_t *cache, at_notice_e event)
{
    at_atomic64_t *count = &cache->header->notices[event];

    return at_cache_load(count) == 0 ? 0 : atomic_exchange(count, 0);
}
