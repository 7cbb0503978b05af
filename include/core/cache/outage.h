/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An outage as a state that all processes of a server share: when it began,
 * how many requests it failed, and which process logs it.
 *
 * All times are at_clock_monotonic().
 */
#ifndef ACCESSTOKEN_CORE_CACHE_OUTAGE_H
#define ACCESSTOKEN_CORE_CACHE_OUTAGE_H

#include <stdatomic.h>

#include <apr.h>

/** In shared memory. All zero: there is no outage. */
typedef struct at_outage_t {
    _Atomic(apr_uint64_t) since;
    _Atomic(apr_uint64_t) latest;  /* failure */
    _Atomic(apr_uint64_t) logged;  /* when it was logged last */
    _Atomic(apr_uint64_t) refused; /* requests */
} at_outage_t;

/**
 * An operation failed.
 *
 * @param refused  the requests that were refused for it; becomes the number of
 *                 all that were refused during this outage so far
 * @return whether the caller should log it: once at the beginning, and once in
 *         ten seconds.
 */
int at_outage_note(at_outage_t *outage, apr_int64_t now, apr_uint64_t *refused);

/** Is there an outage? A single load. */
int at_outage_lasts(at_outage_t *outage);

/** An outage that is over. */
typedef struct at_outage_end_t {
    apr_int64_t length; /* milliseconds */
    apr_uint64_t refused;
} at_outage_end_t;

/**
 * An operation succeeded at that time. The outage is over if none failed
 * during the second before: if only some processes cannot reach the database,
 * it goes on.
 *
 * @return whether it ended by this call, so that the caller should log it.
 */
int at_outage_over(at_outage_t *outage, apr_int64_t when, at_outage_end_t *end);

#endif
