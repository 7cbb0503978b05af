/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lookups under way on this machine, so that of many requests with one cold
 * token a single one asks the table.
 */
#ifndef ACCESSTOKEN_CORE_FLIGHTS_H
#define ACCESSTOKEN_CORE_FLIGHTS_H

#include "core/shelf.h"

/** A lookup that this request has announced, or another one's. */
typedef struct at_flight_t {
    apr_uint32_t place;
    apr_uint64_t mark;
    int own;
} at_flight_t;

/**
 * Announce a lookup, or learn of one under way.
 *
 * @param now   at_time_monotonic()
 * @param most  milliseconds after which a lookup counts as gone
 * @return true if this request should ask now; it must land after. False if it
 *         should wait for another's.
 */
int at_flights_begin(at_shelf_t *shelf, const at_id_t *id, apr_int64_t now,
                     apr_int64_t most, at_flight_t *flight);

/**
 * Wait until the other's lookup has landed, counts as gone, or its process has
 * died.
 *
 * @param most  as for at_flights_begin(): the mark's age counts, not the wait's
 */
void at_flights_await(at_shelf_t *shelf, const at_flight_t *flight,
                      apr_int64_t most);

/** The own lookup is over, whatever it brought. */
void at_flights_land(at_shelf_t *shelf, const at_flight_t *flight);

#endif
