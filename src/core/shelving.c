/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing to the shelf: rows are put, dropped and forgotten.
 *
 * Who writes holds one of a few robust locks. One who dies in the middle leaves
 * an odd sequence number behind, which readers pass by and the next writer takes
 * for a free slot; nothing else has to be repaired. A set's version rises with
 * each deletion in it, and a row is put only if the version is the one from
 * before its lookup: so a deletion wins over every lookup that was under way,
 * also of a token that is not here.
 */
#include <errno.h>
#include <string.h>

#include "core/time.h"
#include "core/uses.h"
#include "shelf_inside.h"

static pthread_mutex_t *lock_of(const at_shelf_t *shelf, const at_set_t *set)
{
    return &shelf->header->locks[(set - shelf->sets) % AT_SHELF_LOCKS];
}

/* What somebody who died has left is repaired as it is met: see choose(). */
int at_shelf_lock(at_shelf_t *shelf, at_set_t *set)
{
    pthread_mutex_t *mutex = lock_of(shelf, set);
    int failed = pthread_mutex_lock(mutex);

    if (failed == EOWNERDEAD) {
        failed = pthread_mutex_consistent(mutex);
    }
    return !failed;
}

void at_shelf_unlock(at_shelf_t *shelf, at_set_t *set)
{
    pthread_mutex_unlock(lock_of(shelf, set));
}

static void begin_writing(at_slot_t *slot)
{
    at_shelf_store(&slot->sequence, at_shelf_load(&slot->sequence) | 1);
}

static void end_writing(at_slot_t *slot)
{
    at_shelf_store(&slot->sequence, at_shelf_load(&slot->sequence) + 1);
}

static int is_free(at_set_t *set, int way)
{
    return at_shelf_load(&set->slots[way].sequence) & 1 ||
           atomic_load(&set->hints[way]) == 0;
}

/* The way of an id, or -1. Under the lock. */
static int way_of(at_set_t *set, const at_id_t *id)
{
    int way;

    for (way = 0; way < AT_SHELF_WAYS; way++) {
        if (!is_free(set, way) && at_shelf_is(&set->slots[way], id)) {
            return way;
        }
    }
    return -1;
}

static int is_pending(at_set_t *set, int way)
{
    return at_shelf_is_pending(&set->slots[way].used, &set->slots[way].written);
}

/* How much would be lost with it: first nothing, then what is forgotten, then
 * what was used longest ago (or is here, where uses are not noted), last what has
 * a use that is not written yet. */
static apr_uint64_t worth(const at_shelf_t *shelf, at_set_t *set, int way)
{
    at_slot_t *slot = &set->slots[way];
    apr_uint64_t used;

    if (is_free(set, way)) {
        return 0;
    }
    if (at_shelf_load(&slot->read_at) <=
        at_shelf_load(&shelf->header->valid_from)) {
        return 1;
    }
    used = (apr_uint64_t)at_shelf_ms(at_shelf_load(&slot->used));
    if (is_pending(set, way)) {
        return 2 + AT_SHELF_MS_MASK + used;
    }
    return 2 + (used > 0 ? used : at_shelf_load(&slot->read_at));
}

static int choose(const at_shelf_t *shelf, at_set_t *set)
{
    apr_uint64_t least = worth(shelf, set, 0);
    int chosen = 0;
    int way;

    for (way = 1; way < AT_SHELF_WAYS && least > 0; way++) {
        apr_uint64_t here = worth(shelf, set, way);

        if (here < least) {
            least = here;
            chosen = way;
        }
    }
    return chosen;
}

/*
 * A new generation: from here on uses that were meant for the token before go
 * nowhere, and the last one that came is handed out if it is not written yet.
 * This comes before the id changes. So also in a slot whose writer has died,
 * what stands in `used` is of the id beside it, or nothing.
 */
static void renew(at_slot_t *slot, at_use_t *unwritten)
{
    unsigned int next = at_shelf_generation(at_shelf_load(&slot->used)) + 1;
    apr_int64_t written = at_shelf_ms(at_shelf_load(&slot->written));
    apr_int64_t used =
        at_shelf_ms(atomic_exchange(&slot->used, at_shelf_use(next, 0)));

    at_shelf_store(&slot->written, at_shelf_use(next, 0));
    unwritten->when = used > written ? used : AT_TIME_NONE;
}

/*
 * The token leaves its slot. Its use is kept beside before it is taken away here,
 * so that a process that dies in between, or one that collects uses, finds it in
 * one of the places; and once more if a later one has come meanwhile.
 */
static void vacate(at_shelf_t *shelf, at_set_t *set, int way,
                   at_use_t *unwritten)
{
    at_slot_t *slot = &set->slots[way];
    apr_uint64_t half[2];

    half[0] = at_shelf_load(&slot->id[0]);
    half[1] = at_shelf_load(&slot->id[1]);
    memcpy(unwritten->id.data, half, sizeof(half));
    unwritten->when = at_shelf_ms(at_shelf_load(&slot->used));
    if (is_pending(set, way)) {
        at_displaced_keep(shelf, set, unwritten);
    }
    renew(slot, unwritten);
    if (unwritten->when != AT_TIME_NONE &&
        at_displaced_keep(shelf, set, unwritten)) {
        unwritten->when = AT_TIME_NONE;
    }
}

static void write_words(at_word_t *words, const void *from, apr_size_t count)
{
    const apr_uint64_t *copy = from;
    apr_size_t i;

    for (i = 0; i < count; i++) {
        at_shelf_store(&words[i], copy[i]);
    }
}

static void write_slot(at_set_t *set, int way, const at_entry_t *entry)
{
    at_slot_t *slot = &set->slots[way];
    apr_uint64_t half[2];

    memcpy(half, entry->id->data, sizeof(half));
    write_words(slot->id, half, 2);
    write_words(slot->tag, entry->tag->half, 2);
    at_shelf_store(&slot->read_at, (apr_uint64_t)entry->ticket.read_at);
    at_shelf_advance(&slot->written,
                     at_shelf_generation(at_shelf_load(&slot->written)),
                     entry->last_used);
    write_words(set->grants[way], entry->grant, AT_SHELF_GRANT_WORDS);
}

/* Lookups may overtake each other: what was read later stays. */
static int is_younger(at_set_t *set, int way, const at_entry_t *entry)
{
    return (apr_int64_t)at_shelf_load(&set->slots[way].read_at) >
           entry->ticket.read_at;
}

/* The way where the token's row stands from now on. */
static int put(at_shelf_t *shelf, at_set_t *set, apr_uint32_t hint,
               const at_entry_t *entry, at_use_t *evicted)
{
    int way = way_of(set, entry->id);
    int is_new = way < 0;

    if (!is_new && is_younger(set, way, entry)) {
        return way;
    }
    if (is_new) {
        way = choose(shelf, set);
        at_tally_add(shelf, AT_TALLY_EVICTED, worth(shelf, set, way) > 1);
        at_tally_add(shelf, AT_TALLY_DISPLACED,
                     at_uses_are_written(shelf) && is_pending(set, way));
    }
    begin_writing(&set->slots[way]);
    if (is_new) {
        vacate(shelf, set, way, evicted);
    }
    write_slot(set, way, entry);
    atomic_store(&set->hints[way], hint);
    end_writing(&set->slots[way]);
    return way;
}

int at_shelf_put(at_shelf_t *shelf, const at_entry_t *entry, at_spot_t *spot,
                 at_use_t *evicted)
{
    apr_uint64_t spread = entry->ticket.spread;
    at_set_t *set = at_shelf_set(shelf, spread);
    int way = -1;

    evicted->when = AT_TIME_NONE;
    if (!at_shelf_lock(shelf, set)) {
        return 0;
    }
    if (at_shelf_load(&set->version) == entry->ticket.version) {
        way = put(shelf, set, at_shelf_hint(spread), entry, evicted);
        spot->slot = (apr_uint32_t)(set - shelf->sets) * AT_SHELF_WAYS +
                     (apr_uint32_t)way;
        spot->generation =
            at_shelf_generation(at_shelf_load(&set->slots[way].used));
        at_shelf_store(&shelf->header->last_put,
                       (apr_uint64_t)entry->ticket.read_at);
    }
    at_shelf_unlock(shelf, set);
    return way >= 0;
}

static void clear(at_shelf_t *shelf, at_set_t *set, int way,
                  at_use_t *unwritten)
{
    static const apr_uint64_t nothing[2];
    at_slot_t *slot = &set->slots[way];

    begin_writing(slot);
    vacate(shelf, set, way, unwritten);
    write_words(slot->id, nothing, 2);
    write_words(slot->tag, nothing, 2);
    atomic_store(&set->hints[way], 0);
    end_writing(slot);
}

void at_shelf_drop(at_shelf_t *shelf, const at_id_t *id, at_use_t *unwritten)
{
    at_set_t *set = at_shelf_set(shelf, at_shelf_spread_id(id));
    int way;

    unwritten->when = AT_TIME_NONE;
    if (!at_shelf_lock(shelf, set)) {
        at_shelf_forget(shelf, at_time_monotonic()); /* the row is among them */
        return;
    }
    atomic_fetch_add(&set->version, 1);
    way = way_of(set, id);
    if (way >= 0) {
        clear(shelf, set, way, unwritten);
    }
    at_shelf_unlock(shelf, set);
}

void at_shelf_forget(at_shelf_t *shelf, apr_int64_t now)
{
    apr_uint64_t before = at_shelf_load(&shelf->header->valid_from);

    while (before < (apr_uint64_t)now &&
           !atomic_compare_exchange_weak(&shelf->header->valid_from, &before,
                                         (apr_uint64_t)now)) {
        continue;
    }
}

apr_int64_t at_shelf_last_put(const at_shelf_t *shelf)
{
    return (apr_int64_t)at_shelf_load(&shelf->header->last_put);
}
