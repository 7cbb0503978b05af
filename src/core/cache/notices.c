/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A word for each piece of news; mostly there is none, and it is only read.
 */
#include "core/cache/notices.h"

#include "cache_layout.h"

void at_notices_note(at_cache_t *cache, at_notice_e what)
{
    atomic_fetch_add(&cache->header->notices[what], 1);
}

apr_uint64_t at_notices_take(at_cache_t *cache, at_notice_e what)
{
    at_atomic64_t *word = &cache->header->notices[what];

    return at_cache_load(word) == 0 ? 0 : atomic_exchange(word, 0);
}
