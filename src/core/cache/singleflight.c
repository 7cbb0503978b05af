/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small array of marks: which process looks up which token (some bits of a
 * hash of its id), and since when. If a mark is overwritten by another token,
 * the table is read once more; if its process dies, the wait for it ends.
 */
#include "core/cache/singleflight.h"

#include <string.h>
#include <unistd.h>

#include <apr_time.h>

#include "core/token/clock.h"
#include "cache_layout.h"

/* On Linux a process id has 22 bits at most; 22 bits of milliseconds are
 * enough for ages of half an hour; the other bits distinguish tokens that
 * share a place. */
#define BITS 22
#define MASK ((APR_UINT64_C(1) << BITS) - 1)
#define TOKEN_SHIFT (2 * BITS)

#define POLL_MS 1
#define ALIVE_MS 20 /* between two checks whether the process is alive */

static int is_same_token(apr_uint64_t a, apr_uint64_t b)
{
    return a >> TOKEN_SHIFT == b >> TOKEN_SHIFT;
}

/* 0 if the other request has read the clock a little later than this one. */
static apr_int64_t age_of(apr_uint64_t mark, apr_int64_t now)
{
    apr_uint64_t age = ((apr_uint64_t)now - mark) & MASK;

    return age <= MASK / 2 ? (apr_int64_t)age : 0;
}

static int is_alive(apr_uint64_t mark)
{
    return at_cache_is_alive((pid_t)(mark >> BITS & MASK));
}

int at_singleflight_begin(at_cache_t *cache, const at_id_t *id, apr_int64_t now,
                          apr_int64_t max_age, at_singleflight_t *singleflight)
{
    apr_uint64_t spread = at_cache_spread_id(id);
    apr_uint64_t own = spread >> TOKEN_SHIFT << TOKEN_SHIFT |
                       (apr_uint64_t)getpid() << BITS |
                       ((apr_uint64_t)now & MASK);
    at_atomic64_t *word;
    apr_uint64_t there;

    singleflight->place = (apr_uint32_t)(spread % AT_CACHE_LOOKUPS);
    word = &cache->header->lookups[singleflight->place];
    there = at_cache_load(word);
    singleflight->own = 0;
    singleflight->mark = there;
    if (there != 0 && age_of(there, now) <= max_age && is_alive(there)) {
        return !is_same_token(there, own);
    }
    singleflight->own = atomic_compare_exchange_strong(word, &there, own);
    singleflight->mark = singleflight->own ? own : there;
    return singleflight->own || !is_same_token(there, own);
}

void at_singleflight_await(at_cache_t *cache,
                           const at_singleflight_t *singleflight,
                           apr_int64_t max_age)
{
    at_atomic64_t *word = &cache->header->lookups[singleflight->place];
    apr_int64_t now = at_clock_monotonic();
    apr_int64_t until = now + max_age - age_of(singleflight->mark, now);
    apr_int64_t check = now;

    while (at_cache_load(word) == singleflight->mark && now < until) {
        if (now >= check) {
            if (!is_alive(singleflight->mark)) {
                return;
            }
            check = now + ALIVE_MS;
        }
        apr_sleep(POLL_MS * 1000);
        now = at_clock_monotonic();
    }
}

void at_singleflight_end(at_cache_t *cache,
                         const at_singleflight_t *singleflight)
{
    apr_uint64_t own = singleflight->mark;

    if (singleflight->own) {
        atomic_compare_exchange_strong(
            &cache->header->lookups[singleflight->place], &own, 0);
    }
}
