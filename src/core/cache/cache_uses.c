/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each slot has two words: the last use of its token, and the last use in the
 * table. Both have the slot's generation, so that a word is only exchanged for
 * a later one of the same token. Displaced uses have such words in places
 * beside the slots. In a spot, the numbers of these places follow those of all
 * slots.
 */
#include "core/cache/cache_uses.h"

#include <string.h>

#include "core/token/clock.h"
#include "cache_layout.h"

#define LOSS_MS 10000 /* processes that end within this time end together */

static at_slot_t *slot_at(const at_cache_t *cache, apr_uint32_t slot)
{
    return &cache->sets[slot / AT_CACHE_WAYS].slots[slot % AT_CACHE_WAYS];
}

int at_cache_uses_note(at_cache_t *cache, at_spot_t spot, apr_int64_t when)
{
    return at_cache_advance(&slot_at(cache, spot.slot)->used, spot.generation,
                            when);
}

/* The words of a use, in a slot or displaced. */
typedef struct place_t {
    at_atomic64_t *id;
    at_atomic64_t *used;
    at_atomic64_t *written;
} place_t;

static place_t slot_place(at_slot_t *slot)
{
    return (place_t){slot->id, &slot->used, &slot->written};
}

static place_t displaced_place(at_displaced_t *displaced)
{
    return (place_t){displaced->id, &displaced->used, &displaced->written};
}

static place_t place_at(const at_cache_t *cache, apr_uint32_t spot)
{
    apr_uint32_t slots = at_cache_capacity(cache);

    if (spot < slots) {
        return slot_place(slot_at(cache, spot));
    }
    spot -= slots;
    return displaced_place(&cache->sets[spot / AT_CACHE_DISPLACED]
                                .displaced[spot % AT_CACHE_DISPLACED]);
}

void at_cache_uses_written(at_cache_t *cache, const at_use_t *use)
{
    at_cache_advance(place_at(cache, use->spot.slot).written,
                     use->spot.generation, use->when);
}

/* Reads a use with the id that it belongs to: a place gets a new generation,
 * without a use, before it gets a new id. False if it has no use. */
static int read_use(place_t place, at_use_t *use)
{
    apr_uint64_t used = at_cache_load(place.used);
    apr_uint64_t half[2];

    half[0] = at_cache_load(&place.id[0]);
    half[1] = at_cache_load(&place.id[1]);
    memcpy(use->id.data, half, sizeof(half));
    use->when = at_cache_ms(used);
    use->spot.generation = at_cache_generation(used);
    return use->when > 0 && at_cache_generation(at_cache_load(place.used)) ==
                                use->spot.generation;
}

static void take_later(place_t place, const at_id_t *id, apr_int64_t *latest)
{
    at_use_t use;

    if (read_use(place, &use) && use.when > *latest &&
        memcmp(&use.id, id, sizeof(*id)) == 0) {
        *latest = use.when;
    }
}

apr_int64_t at_cache_uses_of(const at_cache_t *cache, const at_id_t *id)
{
    at_set_t *set = at_cache_set(cache, at_cache_spread_id(id));
    apr_int64_t latest = AT_TIME_NONE;
    int i;

    for (i = 0; i < AT_CACHE_WAYS; i++) {
        take_later(slot_place(&set->slots[i]), id, &latest);
    }
    for (i = 0; i < AT_CACHE_DISPLACED; i++) {
        take_later(displaced_place(&set->displaced[i]), id, &latest);
    }
    return latest;
}

/* Worth checking first: most sets of a large cache may be empty. */
static int is_empty(at_set_t *set)
{
    apr_uint32_t any = 0;
    int way;

    for (way = 0; way < AT_CACHE_WAYS; way++) {
        any |= atomic_load_explicit(&set->hints[way], memory_order_relaxed);
    }
    return any == 0 && at_cache_load(&set->has_displaced) == 0;
}

#define PLACES (AT_CACHE_WAYS + AT_CACHE_DISPLACED) /* of a set */

/* In this order places are read: set after set, and in each set the slots
 * first. A use that is displaced in the meantime is in its new place before it
 * leaves the old one, so it is not missed. */
static apr_uint32_t spot_of(const at_cache_t *cache, apr_uint32_t number)
{
    apr_uint32_t set = number / PLACES;
    apr_uint32_t place = number % PLACES;

    return place < AT_CACHE_WAYS
               ? set * AT_CACHE_WAYS + place
               : at_cache_capacity(cache) + set * AT_CACHE_DISPLACED + place -
                     AT_CACHE_WAYS;
}

static int is_pending_at(const at_cache_t *cache, apr_uint32_t number)
{
    place_t place = place_at(cache, spot_of(cache, number));

    return at_cache_is_pending(place.used, place.written);
}

static int is_of_kind(at_cache_uses_kind_e kind, apr_uint32_t number)
{
    return kind == AT_CACHE_USES_ALL || number % PLACES >= AT_CACHE_WAYS;
}

/* The first place from `number` on whose use is not written yet, or the end. */
static apr_uint32_t next_pending(const at_cache_t *cache,
                                 at_cache_uses_kind_e kind, apr_uint32_t number)
{
    apr_uint32_t end = cache->count * PLACES;

    while (number < end) {
        if (number % PLACES == 0 && is_empty(&cache->sets[number / PLACES])) {
            number += PLACES;
        }
        else if (is_of_kind(kind, number) && is_pending_at(cache, number)) {
            break;
        }
        else {
            number++;
        }
    }
    return number;
}

apr_array_header_t *at_cache_uses_pending(const at_cache_t *cache,
                                          at_cache_uses_kind_e kind,
                                          apr_pool_t *p)
{
    apr_array_header_t *uses = apr_array_make(p, 64, sizeof(at_use_t));
    apr_uint32_t end = cache->count * PLACES;
    apr_uint32_t i;

    for (i = next_pending(cache, kind, 0); i < end;
         i = next_pending(cache, kind, i + 1)) {
        at_use_t use = {.spot.slot = spot_of(cache, i)};

        if (read_use(place_at(cache, use.spot.slot), &use)) {
            APR_ARRAY_PUSH(uses, at_use_t) = use;
        }
    }
    return uses;
}

apr_uint32_t at_cache_uses_count(const at_cache_t *cache)
{
    apr_uint32_t end = cache->count * PLACES;
    apr_uint32_t count = 0;
    apr_uint32_t i;

    for (i = next_pending(cache, AT_CACHE_USES_ALL, 0); i < end;
         i = next_pending(cache, AT_CACHE_USES_ALL, i + 1)) {
        count++;
    }
    return count;
}

apr_int64_t at_cache_uses_last_written(const at_cache_t *cache)
{
    return (apr_int64_t)at_cache_load(&cache->header->written_at);
}

void at_cache_uses_set_written(at_cache_t *cache, apr_int64_t when)
{
    at_cache_store(&cache->header->written_at, (apr_uint64_t)when);
}

int at_cache_uses_should_log_loss(at_cache_t *cache, apr_int64_t now)
{
    at_atomic64_t *logged = &cache->header->loss_logged;
    apr_uint64_t before = at_cache_load(logged);

    return (before == 0 || now - (apr_int64_t)before > LOSS_MS) &&
           atomic_compare_exchange_strong(logged, &before, (apr_uint64_t)now);
}

int at_cache_uses_are_written(const at_cache_t *cache)
{
    return at_cache_load(&cache->header->uses_are_written) != 0;
}

void at_cache_uses_begin_writing(at_cache_t *cache)
{
    at_cache_store(&cache->header->uses_are_written, 1);
}
