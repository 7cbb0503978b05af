/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Samples: tokens that the tests put into the cache. Each is made from a
 * number.
 */
#ifndef ACCESSTOKEN_TESTS_FIXTURE_ROWS_H
#define ACCESSTOKEN_TESTS_FIXTURE_ROWS_H

#include "support.h"

/* cache_layout.h itself includes only what it needs, so it is not included
 * first. */
#include "cache_layout.h"

typedef struct sample_t {
    at_id_t id;
    at_tag_t tag;
    at_terms_t terms;
} sample_t;

/** Make the sample with the id of support_row() for that number. */
void sample_make(const at_cache_t *cache, int number, sample_t *sample);

/** Make samples that all belong to the same set. */
void sample_make_same_set(const at_cache_t *cache, sample_t *sample, int count);

/** The entry of a lookup that began with this ticket. */
at_entry_t sample_entry(const sample_t *sample, at_ticket_t ticket);

/** Put it into the cache, as read at that time; it must find a slot. */
at_spot_t sample_put(at_cache_t *cache, const sample_t *sample,
                     apr_int64_t read_at);

/** The same, if it may be refused: whether the cache has it. */
int sample_try_put(at_cache_t *cache, const sample_t *sample,
                   at_ticket_t ticket);

/** Does the cache have it, with its terms? */
int sample_is_cached(const at_cache_t *cache, const sample_t *sample);

/** The slot of a spot. */
at_slot_t *sample_slot(const at_cache_t *cache, at_spot_t spot);

#endif
