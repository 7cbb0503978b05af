/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two times say how fresh the cache is: when the last answered poll began, and
 * when the first poll after it began that is not answered.
 */
#include "core/cache/freshness.h"

#include <string.h>

#include <apr_strings.h>

#include "core/token/clock.h"
#include "cache_layout.h"

/* The last poll, or the row's own lookup if that was later. */
static apr_int64_t last_poll(const at_cache_t *cache, apr_int64_t read_at)
{
    apr_int64_t polled = at_freshness_last(cache);

    return polled > read_at ? polled : read_at;
}

apr_int64_t at_freshness_age(const at_cache_t *cache, apr_int64_t read_at,
                             apr_int64_t now)
{
    return now - last_poll(cache, read_at);
}

at_trust_e at_freshness_trust(const at_cache_t *cache,
                              const at_freshness_rules_t *rules,
                              apr_int64_t read_at, apr_int64_t now)
{
    apr_int64_t in_time = rules->interval + AT_FRESHNESS_SLACK_MS;
    apr_int64_t polled = last_poll(cache, read_at);
    apr_int64_t unanswered;

    if (now - polled <= in_time) {
        return AT_TRUST_FULL;
    }
    if (now - polled > rules->stale) {
        return AT_TRUST_NONE;
    }
    unanswered = (apr_int64_t)at_cache_load(&cache->header->unanswered_since);
    return unanswered != 0 && unanswered - polled <= in_time
               ? AT_TRUST_STALE
               : AT_TRUST_IF_UNAVAILABLE;
}

void at_freshness_begin(at_cache_t *cache, apr_int64_t now)
{
    apr_uint64_t none = 0;

    atomic_compare_exchange_strong(&cache->header->unanswered_since, &none,
                                   (apr_uint64_t)now);
}

/* The order of these stores is safe: a reader in between sees a poll that is
 * not answered, begun in time or not, and at worst looks the token up. */
void at_freshness_confirm(at_cache_t *cache, apr_int64_t begun)
{
    apr_uint64_t before = at_cache_load(&cache->header->polled_at);
    apr_int64_t ago = at_clock_monotonic() - begun;

    at_cache_store(&cache->header->polled_wall,
                   (apr_uint64_t)(at_clock_now() - ago));

    while (before < (apr_uint64_t)begun &&
           !atomic_compare_exchange_weak(&cache->header->polled_at, &before,
                                         (apr_uint64_t)begun)) {
        continue;
    }
    at_cache_store(&cache->header->unanswered_since, 0);
    at_cache_store(&cache->header->reason[0], 0);
}

void at_freshness_failed(at_cache_t *cache, const char *reason)
{
    apr_uint64_t units[AT_CACHE_REASON_UNITS] = {0};
    apr_size_t i;

    apr_cpystrn((char *)units, reason, sizeof(units));
    for (i = 0; i < AT_CACHE_REASON_UNITS; i++) {
        at_cache_store(&cache->header->reason[i], units[i]);
    }
}

void at_freshness_reason(const at_cache_t *cache,
                         char reason[AT_FRESHNESS_REASON_SIZE])
{
    apr_uint64_t units[AT_CACHE_REASON_UNITS];
    apr_size_t i;

    for (i = 0; i < AT_CACHE_REASON_UNITS; i++) {
        units[i] = at_cache_load(&cache->header->reason[i]);
    }
    apr_cpystrn(reason, (const char *)units, AT_FRESHNESS_REASON_SIZE);
}

apr_int64_t at_freshness_last(const at_cache_t *cache)
{
    return (apr_int64_t)at_cache_load(&cache->header->polled_at);
}

apr_int64_t at_freshness_confirmed(const at_cache_t *cache)
{
    apr_int64_t last = at_freshness_last(cache);

    return last != 0 ? last
                     : (apr_int64_t)at_cache_load(&cache->header->made_at);
}

apr_int64_t at_freshness_confirmed_wall(const at_cache_t *cache)
{
    return (apr_int64_t)at_cache_load(&cache->header->polled_wall);
}

int at_freshness_is_pending(const at_cache_t *cache)
{
    return at_cache_load(&cache->header->unanswered_since) != 0;
}

int at_freshness_saw_file(at_cache_t *cache, apr_uint64_t file)
{
    apr_uint64_t before = at_cache_load(&cache->header->file);

    if (file == 0) {
        return 0;
    }
    at_cache_store(&cache->header->file, file);
    return before != 0 && before != file;
}
