/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing to the cache: rows are put, dropped and invalidated.
 *
 * A writer holds the robust lock of the set. If it dies while it writes, the
 * slot has an odd sequence number: readers skip it, and the next writer treats
 * it as free; nothing else has to be repaired. The version of a set rises with
 * each deletion in it, and a row is put only if the version is still that from
 * before its lookup. So a deletion wins over each lookup that was running,
 * even if the cache did not have the token.
 */
#include <string.h>

#include "core/cache/cache_uses.h"
#include "core/token/clock.h"
#include "cache_layout.h"

static void begin_writing(at_slot_t *slot)
{
    at_cache_store(&slot->sequence, at_cache_load(&slot->sequence) | 1);
}

static void end_writing(at_slot_t *slot)
{
    at_cache_store(&slot->sequence, at_cache_load(&slot->sequence) + 1);
}

static int is_free(at_set_t *set, int way)
{
    return at_cache_load(&set->slots[way].sequence) & 1 ||
           atomic_load(&set->hints[way]) == 0;
}

/* The way of an id, or -1; the set's lock is held. */
static int way_of(at_set_t *set, const at_id_t *id)
{
    int way;

    for (way = 0; way < AT_CACHE_WAYS; way++) {
        if (!is_free(set, way) && at_cache_has_id(&set->slots[way], id)) {
            return way;
        }
    }
    return -1;
}

static int is_pending(at_set_t *set, int way)
{
    return at_cache_is_pending(&set->slots[way].used, &set->slots[way].written);
}

/* How much would be lost with a slot. In this order slots are taken: free
 * ones, those with an invalid row, those that were used (if uses are not
 * noted: read) longest ago, and last those whose use is not written yet. */
static apr_uint64_t worth(const at_cache_t *cache, at_set_t *set, int way)
{
    at_slot_t *slot = &set->slots[way];
    apr_uint64_t used;

    if (is_free(set, way)) {
        return 0;
    }
    if (at_cache_load(&slot->read_at) <=
        at_cache_load(&cache->header->valid_from)) {
        return 1;
    }
    used = (apr_uint64_t)at_cache_ms(at_cache_load(&slot->used));
    if (is_pending(set, way)) {
        return 2 + AT_CACHE_MS_MASK + used;
    }
    return 2 + (used > 0 ? used : at_cache_load(&slot->read_at));
}

static int choose(const at_cache_t *cache, at_set_t *set)
{
    apr_uint64_t least = worth(cache, set, 0);
    int chosen = 0;
    int way;

    for (way = 1; way < AT_CACHE_WAYS && least > 0; way++) {
        apr_uint64_t other = worth(cache, set, way);

        if (other < least) {
            least = other;
            chosen = way;
        }
    }
    return chosen;
}

/*
 * Begins a new generation: from now on uses of the old token are not noted
 * here, and its last use is returned if it is not written yet. This is done
 * before the id changes, so that `used` belongs to the id beside it, or has no
 * use, even in a slot whose writer has died.
 */
static void begin_generation(at_slot_t *slot, at_use_t *unwritten)
{
    unsigned int next = at_cache_generation(at_cache_load(&slot->used)) + 1;
    apr_int64_t written = at_cache_ms(at_cache_load(&slot->written));
    apr_int64_t used =
        at_cache_ms(atomic_exchange(&slot->used, at_cache_use(next, 0)));

    at_cache_store(&slot->written, at_cache_use(next, 0));
    unwritten->when = used > written ? used : AT_TIME_NONE;
}

/*
 * The token loses its slot. Its use is displaced before the slot loses it, so
 * that it is in one of the two places, even if this process dies in between,
 * for a process that collects uses. If a later use is noted in the meantime,
 * that one is displaced, too.
 */
static void vacate(at_cache_t *cache, at_set_t *set, int way,
                   at_use_t *unwritten)
{
    at_slot_t *slot = &set->slots[way];
    apr_uint64_t half[2];

    half[0] = at_cache_load(&slot->id[0]);
    half[1] = at_cache_load(&slot->id[1]);
    memcpy(unwritten->id.data, half, sizeof(half));
    unwritten->when = at_cache_ms(at_cache_load(&slot->used));
    if (is_pending(set, way)) {
        at_cache_displaced_keep(cache, set, unwritten);
    }
    begin_generation(slot, unwritten);
    if (unwritten->when != AT_TIME_NONE &&
        at_cache_displaced_keep(cache, set, unwritten)) {
        unwritten->when = AT_TIME_NONE;
    }
}

static void write_words(at_atomic64_t *words, const void *from,
                        apr_size_t count)
{
    const apr_uint64_t *copy = from;
    apr_size_t i;

    for (i = 0; i < count; i++) {
        at_cache_store(&words[i], copy[i]);
    }
}

static void write_slot(at_set_t *set, int way, const at_entry_t *entry)
{
    at_slot_t *slot = &set->slots[way];
    apr_uint64_t half[2];

    memcpy(half, entry->id->data, sizeof(half));
    write_words(slot->id, half, 2);
    write_words(slot->tag, entry->tag->half, 2);
    at_cache_store(&slot->read_at, (apr_uint64_t)entry->ticket.read_at);
    at_cache_advance(&slot->written,
                     at_cache_generation(at_cache_load(&slot->written)),
                     entry->last_used);
    write_words(set->terms[way], entry->terms, AT_CACHE_TERMS_UNITS);
}

/* One lookup may overtake another: the row that was read later stays. */
static int was_read_later(at_set_t *set, int way, const at_entry_t *entry)
{
    return (apr_int64_t)at_cache_load(&set->slots[way].read_at) >
           entry->ticket.read_at;
}

/* Returns the way of the token. */
static int put(at_cache_t *cache, at_set_t *set, apr_uint32_t hint,
               const at_entry_t *entry, at_use_t *evicted)
{
    int way = way_of(set, entry->id);
    int is_new = way < 0;

    if (!is_new && was_read_later(set, way, entry)) {
        return way;
    }
    if (is_new) {
        way = choose(cache, set);
        at_counters_add(cache, AT_COUNTER_EVICTED, worth(cache, set, way) > 1);
        at_counters_add(cache, AT_COUNTER_DISPLACED,
                        at_cache_uses_are_written(cache) &&
                            is_pending(set, way));
    }
    begin_writing(&set->slots[way]);
    if (is_new) {
        vacate(cache, set, way, evicted);
    }
    write_slot(set, way, entry);
    atomic_store(&set->hints[way], hint);
    end_writing(&set->slots[way]);
    return way;
}

int at_cache_put(at_cache_t *cache, const at_entry_t *entry, at_spot_t *spot,
                 at_use_t *evicted)
{
    apr_uint64_t spread = entry->ticket.spread;
    at_set_t *set = at_cache_set(cache, spread);
    int way = -1;

    evicted->when = AT_TIME_NONE;
    if (!at_cache_lock(cache, set)) {
        return 0;
    }
    if (at_cache_load(&set->version) == entry->ticket.version) {
        way = put(cache, set, at_cache_hint(spread), entry, evicted);
        spot->slot = (apr_uint32_t)(set - cache->sets) * AT_CACHE_WAYS +
                     (apr_uint32_t)way;
        spot->generation =
            at_cache_generation(at_cache_load(&set->slots[way].used));
        at_cache_store(&cache->header->last_put,
                       (apr_uint64_t)entry->ticket.read_at);
    }
    at_cache_unlock(cache, set);
    return way >= 0;
}

static void clear(at_cache_t *cache, at_set_t *set, int way,
                  at_use_t *unwritten)
{
    static const apr_uint64_t nothing[2];
    at_slot_t *slot = &set->slots[way];

    begin_writing(slot);
    vacate(cache, set, way, unwritten);
    write_words(slot->id, nothing, 2);
    write_words(slot->tag, nothing, 2);
    atomic_store(&set->hints[way], 0);
    end_writing(slot);
}

void at_cache_drop(at_cache_t *cache, const at_id_t *id, at_use_t *unwritten)
{
    at_set_t *set = at_cache_set(cache, at_cache_spread_id(id));
    int way;

    unwritten->when = AT_TIME_NONE;
    if (!at_cache_lock(cache, set)) {
        at_cache_invalidate(cache, at_clock_monotonic()); /* all rows */
        return;
    }
    atomic_fetch_add(&set->version, 1);
    way = way_of(set, id);
    if (way >= 0) {
        clear(cache, set, way, unwritten);
    }
    at_cache_unlock(cache, set);
}

void at_cache_invalidate(at_cache_t *cache, apr_int64_t now)
{
    apr_uint64_t before = at_cache_load(&cache->header->valid_from);

    while (before < (apr_uint64_t)now &&
           !atomic_compare_exchange_weak(&cache->header->valid_from, &before,
                                         (apr_uint64_t)now)) {
        continue;
    }
}

apr_int64_t at_cache_last_put(const at_cache_t *cache)
{
    return (apr_int64_t)at_cache_load(&cache->header->last_put);
}
