/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each slot has two words: when its token was used last, and what the table
 * knows of that. Both carry the slot's generation, so that a word is only ever
 * exchanged for a later one of the same token. Tokens that had to go have such
 * words in places beside the slots; those come after all slots in a spot's number.
 */
#include "core/uses.h"

#include <string.h>

#include "core/time.h"
#include "shelf_inside.h"

#define LOSS_MS 10000 /* which processes end together */

static at_slot_t *slot_at(const at_shelf_t *shelf, apr_uint32_t slot)
{
    return &shelf->sets[slot / AT_SHELF_WAYS].slots[slot % AT_SHELF_WAYS];
}

int at_uses_note(at_shelf_t *shelf, at_spot_t spot, apr_int64_t when)
{
    return at_shelf_advance(&slot_at(shelf, spot.slot)->used, spot.generation,
                            when);
}

/* Where the words of a use stand. */
typedef struct place_t {
    at_word_t *id;
    at_word_t *used;
    at_word_t *written;
} place_t;

static place_t slots_place(at_slot_t *slot)
{
    return (place_t){slot->id, &slot->used, &slot->written};
}

static place_t displaced_place(at_displaced_t *displaced)
{
    return (place_t){displaced->id, &displaced->used, &displaced->written};
}

static place_t place_at(const at_shelf_t *shelf, apr_uint32_t spot)
{
    apr_uint32_t room = at_shelf_room(shelf);

    if (spot < room) {
        return slots_place(slot_at(shelf, spot));
    }
    spot -= room;
    return displaced_place(&shelf->sets[spot / AT_SHELF_DISPLACED]
                                .displaced[spot % AT_SHELF_DISPLACED]);
}

void at_uses_written(at_shelf_t *shelf, const at_use_t *use)
{
    at_shelf_advance(place_at(shelf, use->spot.slot).written,
                     use->spot.generation, use->when);
}

/* The use that stands in a place, with the id that it belongs to: a place takes
 * on a new generation, without a use, before it takes on a new id. */
static int read_use(place_t place, at_use_t *use)
{
    apr_uint64_t used = at_shelf_load(place.used);
    apr_uint64_t half[2];

    half[0] = at_shelf_load(&place.id[0]);
    half[1] = at_shelf_load(&place.id[1]);
    memcpy(use->id.data, half, sizeof(half));
    use->when = at_shelf_ms(used);
    use->spot.generation = at_shelf_generation(used);
    return use->when > 0 && at_shelf_generation(at_shelf_load(place.used)) ==
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

apr_int64_t at_uses_of(const at_shelf_t *shelf, const at_id_t *id)
{
    at_set_t *set = at_shelf_set(shelf, at_shelf_spread_id(id));
    apr_int64_t latest = AT_TIME_NONE;
    int i;

    for (i = 0; i < AT_SHELF_WAYS; i++) {
        take_later(slots_place(&set->slots[i]), id, &latest);
    }
    for (i = 0; i < AT_SHELF_DISPLACED; i++) {
        take_later(displaced_place(&set->displaced[i]), id, &latest);
    }
    return latest;
}

/* Most sets of a large shelf may be empty. */
static int is_empty(at_set_t *set)
{
    apr_uint32_t any = 0;
    int way;

    for (way = 0; way < AT_SHELF_WAYS; way++) {
        any |= atomic_load_explicit(&set->hints[way], memory_order_relaxed);
    }
    return any == 0 && at_shelf_load(&set->has_displaced) == 0;
}

#define PLACES (AT_SHELF_WAYS + AT_SHELF_DISPLACED) /* of a set */

/* Set after set, and in each of them the slots first: a use that is displaced
 * meanwhile stands in its new place before it leaves the old one. */
static apr_uint32_t spot_of(const at_shelf_t *shelf, apr_uint32_t number)
{
    apr_uint32_t set = number / PLACES;
    apr_uint32_t place = number % PLACES;

    return place < AT_SHELF_WAYS
               ? set * AT_SHELF_WAYS + place
               : at_shelf_room(shelf) + set * AT_SHELF_DISPLACED + place -
                     AT_SHELF_WAYS;
}

static int is_pending_at(const at_shelf_t *shelf, apr_uint32_t number)
{
    place_t place = place_at(shelf, spot_of(shelf, number));

    return at_shelf_is_pending(place.used, place.written);
}

static int is_wanted(at_uses_kind_e kind, apr_uint32_t number)
{
    return kind == AT_USES_ALL || number % PLACES >= AT_SHELF_WAYS;
}

/* The next place from this one on with a use that is pending, or the end. */
static apr_uint32_t next_pending(const at_shelf_t *shelf, at_uses_kind_e kind,
                                 apr_uint32_t number)
{
    apr_uint32_t end = shelf->count * PLACES;

    while (number < end) {
        if (number % PLACES == 0 && is_empty(&shelf->sets[number / PLACES])) {
            number += PLACES;
        }
        else if (is_wanted(kind, number) && is_pending_at(shelf, number)) {
            break;
        }
        else {
            number++;
        }
    }
    return number;
}

apr_array_header_t *at_uses_pending(const at_shelf_t *shelf,
                                    at_uses_kind_e kind, apr_pool_t *p)
{
    apr_array_header_t *uses = apr_array_make(p, 64, sizeof(at_use_t));
    apr_uint32_t end = shelf->count * PLACES;
    apr_uint32_t i;

    for (i = next_pending(shelf, kind, 0); i < end;
         i = next_pending(shelf, kind, i + 1)) {
        at_use_t use = {.spot.slot = spot_of(shelf, i)};

        if (read_use(place_at(shelf, use.spot.slot), &use)) {
            APR_ARRAY_PUSH(uses, at_use_t) = use;
        }
    }
    return uses;
}

apr_uint32_t at_uses_count(const at_shelf_t *shelf)
{
    apr_uint32_t end = shelf->count * PLACES;
    apr_uint32_t count = 0;
    apr_uint32_t i;

    for (i = next_pending(shelf, AT_USES_ALL, 0); i < end;
         i = next_pending(shelf, AT_USES_ALL, i + 1)) {
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

int at_uses_loss_is_news(at_shelf_t *shelf, apr_int64_t now)
{
    at_word_t *told = &shelf->header->loss_told;
    apr_uint64_t before = at_shelf_load(told);

    return (before == 0 || now - (apr_int64_t)before > LOSS_MS) &&
           atomic_compare_exchange_strong(told, &before, (apr_uint64_t)now);
}

int at_uses_are_written(const at_shelf_t *shelf)
{
    return at_shelf_load(&shelf->header->uses_are_written) != 0;
}

void at_uses_begin_writing(at_shelf_t *shelf)
{
    at_shelf_store(&shelf->header->uses_are_written, 1);
}
