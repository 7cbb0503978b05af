/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small table of marks: which token (some bits of its id), and since when. A
 * mark that another token has taken, or that somebody left who died, costs a
 * lookup more or a wait that ends.
 */
#include "core/flights.h"

#include <string.h>

#include <apr_time.h>

#include "core/time.h"
#include "shelf_inside.h"

#define SINCE_BITS 40
#define SINCE_MASK ((APR_UINT64_C(1) << SINCE_BITS) - 1)
#define POLL_MS 1

static int is_same_token(apr_uint64_t a, apr_uint64_t b)
{
    return a >> SINCE_BITS == b >> SINCE_BITS;
}

int at_flights_begin(at_shelf_t *shelf, const at_id_t *id, apr_int64_t now,
                     apr_int64_t most, at_flight_t *flight)
{
    apr_uint64_t spread = at_shelf_spread_id(id);
    apr_uint64_t own =
        (spread & ~SINCE_MASK) | ((apr_uint64_t)now & SINCE_MASK);
    at_word_t *word;
    apr_uint64_t there;

    flight->place = (apr_uint32_t)(spread % AT_SHELF_FLIGHTS);
    word = &shelf->header->flights[flight->place];
    there = at_shelf_load(word);
    flight->own = 0;
    flight->mark = there;
    if (there != 0 && now - (apr_int64_t)(there & SINCE_MASK) <= most) {
        return !is_same_token(there, own);
    }
    flight->own = atomic_compare_exchange_strong(word, &there, own);
    flight->mark = flight->own ? own : there;
    return flight->own || !is_same_token(there, own);
}

void at_flights_await(at_shelf_t *shelf, const at_flight_t *flight,
                      apr_int64_t until)
{
    at_word_t *word = &shelf->header->flights[flight->place];

    while (at_shelf_load(word) == flight->mark && at_time_monotonic() < until) {
        apr_sleep(POLL_MS * 1000);
    }
}

void at_flights_land(at_shelf_t *shelf, const at_flight_t *flight)
{
    apr_uint64_t own = flight->mark;

    if (flight->own) {
        atomic_compare_exchange_strong(&shelf->header->flights[flight->place],
                                       &own, 0);
    }
}
