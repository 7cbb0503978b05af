/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes samples, and puts and finds them in the cache.
 */
#include "fixture_rows.h"

void sample_make(const at_cache_t *cache, int number, sample_t *sample)
{
    char text[32];
    apr_pool_t *pool;

    memset(sample, 0, sizeof(*sample));
    apr_pool_create(&pool, NULL);
    sample->id = support_row(pool, number)->id;
    at_terms_fill(&sample->terms, support_row(pool, number));
    apr_snprintf(text, sizeof(text), "token-%d", number);
    at_cache_tag(cache, text, strlen(text), &sample->tag);
    apr_pool_destroy(pool);
}

void sample_make_same_set(const at_cache_t *cache, sample_t *sample, int count)
{
    const at_set_t *set;
    int number = 0;
    int made;

    sample_make(cache, number, &sample[0]);
    set = at_cache_set(cache, at_cache_spread_id(&sample[0].id));
    for (made = 1; made < count;) {
        sample_make(cache, ++number, &sample[made]);
        made +=
            at_cache_set(cache, at_cache_spread_id(&sample[made].id)) == set;
        assert_true(number < 0x10000); /* support_row() knows no more */
    }
}

at_entry_t sample_entry(const sample_t *sample, at_ticket_t ticket)
{
    return (at_entry_t){.id = &sample->id,
                        .tag = &sample->tag,
                        .terms = &sample->terms,
                        .last_used = AT_TIME_NONE,
                        .ticket = ticket};
}

int sample_try_put(at_cache_t *cache, const sample_t *sample,
                   at_ticket_t ticket)
{
    at_entry_t entry = sample_entry(sample, ticket);
    at_use_t evicted;
    at_spot_t spot;

    return at_cache_put(cache, &entry, &spot, &evicted);
}

at_spot_t sample_put(at_cache_t *cache, const sample_t *sample,
                     apr_int64_t read_at)
{
    at_entry_t entry =
        sample_entry(sample, at_cache_ticket(cache, &sample->id, read_at));
    at_use_t evicted;
    at_spot_t spot;

    assert_true(at_cache_put(cache, &entry, &spot, &evicted));
    return spot;
}

int sample_is_cached(const at_cache_t *cache, const sample_t *sample)
{
    apr_pool_t *pool;
    at_hit_t hit;
    int there;

    apr_pool_create(&pool, NULL);
    there =
        at_cache_find_id(cache, &sample->id, &sample->tag, &hit, pool) &&
        hit.proven &&
        memcmp(hit.terms, &sample->terms,
               offsetof(at_terms_t, user) + sample->terms.text_length + 1) == 0;
    apr_pool_destroy(pool);
    return there;
}

at_slot_t *sample_slot(const at_cache_t *cache, at_spot_t spot)
{
    return &cache->sets[spot.slot / AT_CACHE_WAYS]
                .slots[spot.slot % AT_CACHE_WAYS];
}
