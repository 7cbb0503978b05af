/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Displaced uses: last uses of tokens that lost their slots before these were
 * written. Each set keeps some beside its slots, so that they outlive the
 * process that noted them. They are read and marked as written without a lock,
 * like those of slots; they are added under the lock of their set.
 */
#include <string.h>

#include "core/cache/cache_uses.h"
#include "core/token/clock.h"
#include "cache_layout.h"

/* As in slots, `used` belongs to the id beside it, or has no use: the
 * generation changes before the id. */
static void take_over(at_displaced_t *place, const at_id_t *id)
{
    unsigned int next = at_cache_generation(at_cache_load(&place->used)) + 1;
    apr_uint64_t half[2];

    memcpy(half, id->data, sizeof(half));
    at_cache_store(&place->used, at_cache_use(next, 0));
    at_cache_store(&place->written, at_cache_use(next, 0));
    at_cache_store(&place->id[0], half[0]);
    at_cache_store(&place->id[1], half[1]);
}

static int has_id(at_displaced_t *place, const at_id_t *id)
{
    apr_uint64_t half[2];

    memcpy(half, id->data, sizeof(half));
    return at_cache_load(&place->id[0]) == half[0] &&
           at_cache_load(&place->id[1]) == half[1];
}

/* The place of this token, else the oldest one whose use is written, else
 * NULL. A written use stays as long as possible: a list may have read the row
 * before the use was written to it. */
static at_displaced_t *find_place(at_set_t *set, const at_id_t *id,
                                  int *pending)
{
    at_displaced_t *oldest = NULL;
    int i;

    *pending = 0;
    for (i = 0; i < AT_CACHE_DISPLACED; i++) {
        at_displaced_t *place = &set->displaced[i];

        if (has_id(place, id)) {
            return place;
        }
        if (at_cache_is_pending(&place->used, &place->written)) {
            ++*pending;
        }
        else if (!oldest || at_cache_ms(at_cache_load(&place->used)) <
                                at_cache_ms(at_cache_load(&oldest->used))) {
            oldest = place;
        }
    }
    return oldest;
}

int at_cache_displaced_keep(at_cache_t *cache, at_set_t *set,
                            const at_use_t *use)
{
    at_displaced_t *place;
    int pending;

    if (!at_cache_uses_are_written(cache)) {
        return 0;
    }
    place = find_place(set, &use->id, &pending);
    if (pending >= AT_CACHE_DISPLACED / 2) {
        at_cache_store(&cache->header->displaced_nearly_full, 1);
    }
    if (!place) {
        return 0;
    }
    if (!has_id(place, &use->id)) {
        take_over(place, &use->id);
    }
    at_cache_store(&set->has_displaced, 1);
    at_cache_advance(&place->used,
                     at_cache_generation(at_cache_load(&place->used)),
                     use->when);
    return 1;
}

int at_cache_uses_take_nearly_full(at_cache_t *cache)
{
    at_atomic64_t *state = &cache->header->displaced_nearly_full;

    return at_cache_load(state) != 0 && atomic_exchange(state, 0) != 0;
}

int at_cache_uses_keep(at_cache_t *cache, const at_use_t *use)
{
    at_set_t *set = at_cache_set(cache, at_cache_spread_id(&use->id));
    int kept;

    if (!at_cache_lock(cache, set)) {
        return 0;
    }
    kept = at_cache_displaced_keep(cache, set, use);
    at_cache_unlock(cache, set);
    return kept;
}
