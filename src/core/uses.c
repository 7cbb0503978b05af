/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each slot has two words: when its token was used last, and what the table
 * knows of that. Both carry the slot's generation, so that a word is only ever
 * exchanged for a later one of the same token.
 */
#include "core/uses.h"

#include <string.h>

#include "core/time.h"
#include "shelf_inside.h"

static at_slot_t *slot_at(const at_shelf_t *shelf, apr_uint32_t slot)
{
    return &shelf->sets[slot / AT_SHELF_WAYS].slots[slot % AT_SHELF_WAYS];
}

int at_uses_note(at_shelf_t *shelf, at_spot_t spot, apr_int64_t when)
{
    return at_shelf_advance(&slot_at(shelf, spot.slot)->used, spot.generation,
                            when);
}

void at_uses_written(at_shelf_t *shelf, const at_use_t *use)
{
    at_shelf_advance(&slot_at(shelf, use->spot.slot)->written,
                     use->spot.generation, use->when);
}

/* The use that stands in a slot, with the id that it belongs to: a slot takes on
 * a new generation, without a use, before it takes on a new id. */
static int read_use(at_slot_t *slot, at_use_t *use)
{
    apr_uint64_t used = at_shelf_load(&slot->used);
    apr_uint64_t half[2];

    half[0] = at_shelf_load(&slot->id[0]);
    half[1] = at_shelf_load(&slot->id[1]);
    memcpy(use->id.data, half, sizeof(half));
    use->when = at_shelf_ms(used);
    use->spot.generation = at_shelf_generation(used);
    return use->when > 0 && at_shelf_generation(at_shelf_load(&slot->used)) ==
                                use->spot.generation;
}

apr_int64_t at_uses_of(const at_shelf_t *shelf, const at_id_t *id)
{
    at_set_t *set = at_shelf_set(shelf, at_shelf_spread_id(id));
    at_use_t use;
    int way;

    for (way = 0; way < AT_SHELF_WAYS; way++) {
        if (read_use(&set->slots[way], &use) &&
            memcmp(&use.id, id, sizeof(*id)) == 0) {
            return use.when;
        }
    }
    return AT_TIME_NONE;
}

/* Most sets of a large shelf may be empty. */
static int is_empty(at_set_t *set)
{
    apr_uint32_t any = 0;
    int way;

    for (way = 0; way < AT_SHELF_WAYS; way++) {
        any |= atomic_load_explicit(&set->hints[way], memory_order_relaxed);
    }
    return any == 0;
}

/* The next slot from this one on with a use that is pending, or the end. */
static apr_uint32_t next_pending(const at_shelf_t *shelf, apr_uint32_t slot)
{
    apr_uint32_t room = at_shelf_room(shelf);

    while (slot < room && !at_shelf_is_pending(slot_at(shelf, slot))) {
        slot++;
        while (slot < room && slot % AT_SHELF_WAYS == 0 &&
               is_empty(&shelf->sets[slot / AT_SHELF_WAYS])) {
            slot += AT_SHELF_WAYS;
        }
    }
    return slot;
}

apr_array_header_t *at_uses_pending(const at_shelf_t *shelf, apr_pool_t *p)
{
    apr_array_header_t *uses = apr_array_make(p, 64, sizeof(at_use_t));
    apr_uint32_t room = at_shelf_room(shelf);
    apr_uint32_t i;

    for (i = next_pending(shelf, 0); i < room; i = next_pending(shelf, i + 1)) {
        at_use_t use;

        if (read_use(slot_at(shelf, i), &use)) {
            use.spot.slot = i;
            APR_ARRAY_PUSH(uses, at_use_t) = use;
        }
    }
    return uses;
}

apr_uint32_t at_uses_count(const at_shelf_t *shelf)
{
    apr_uint32_t room = at_shelf_room(shelf);
    apr_uint32_t count = 0;
    apr_uint32_t i;

    for (i = next_pending(shelf, 0); i < room; i = next_pending(shelf, i + 1)) {
        count++;
    }
    return count;
}

apr_int64_t at_uses_last_written(const at_shelf_t *shelf)
{
    return (apr_int64_t)at_shelf_load(&shelf->header->written_at);
}

void at_uses_set_written(at_shelf_t *shelf, apr_int64_t moment)
{
    at_shelf_store(&shelf->header->written_at, (apr_uint64_t)moment);
}
