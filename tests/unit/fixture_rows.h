/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goods: what the tests of the cache put on it. Each is made of a number.
 */
#ifndef ACCESSTOKEN_TESTS_GOODS_H
#define ACCESSTOKEN_TESTS_GOODS_H

#include "support.h"

/* The cache's inside names these only where it needs them. */
#include "cache_layout.h"

typedef struct sample_t {
    at_id_t id;
    at_tag_t tag;
    at_terms_t terms;
} sample_t;

/** One token's: the id of support_row() for that number. */
void sample_make(const at_cache_t *cache, int number, sample_t *sample);

/** Some whose rows all want to stand in the same set. */
void sample_make_neighbours(const at_cache_t *cache, sample_t *sample,
                            int count);

/** As they come from a lookup that began with this ticket. */
at_entry_t sample_entry(const sample_t *sample, at_ticket_t ticket);

/** Put them on the cache, read at that moment; they must find a place. */
at_spot_t sample_put(at_cache_t *cache, const sample_t *sample,
                     apr_int64_t read_at);

/** The same, if they may have to be refused: whether they are there. */
int sample_offer(at_cache_t *cache, const sample_t *sample, at_ticket_t ticket);

/** Are they on the cache, with their terms? */
int sample_are_there(const at_cache_t *cache, const sample_t *sample);

/** The slot of a spot. */
at_slot_t *sample_slot(const at_cache_t *cache, at_spot_t spot);

#endif
