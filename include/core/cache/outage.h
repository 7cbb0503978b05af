/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An outage as a state that all processes of a server share: when it began, what
 * it cost, and who tells the log about it.
 *
 * All times are at_clock_monotonic().
 */
#ifndef ACCESSTOKEN_CORE_CACHE_OUTAGE_H
#define ACCESSTOKEN_CORE_CACHE_OUTAGE_H

#include <stdatomic.h>

#include <apr.h>

/** In shared memory; all zero is none. */
typedef struct at_outage_t {
    _Atomic(apr_uint64_t) since;
    _Atomic(apr_uint64_t) latest; /* failure */
    _Atomic(apr_uint64_t) told;
    _Atomic(apr_uint64_t) refused;
} at_outage_t;

/**
 * Something failed.
 *
 * @param refused  requests refused for it; becomes all of this outage so far
 * @return whether the caller should tell: at the beginning, then now and then.
 */
int at_outage_note(at_outage_t *outage, apr_int64_t now, apr_uint64_t *refused);

/** Is there one? A single read. */
int at_outage_lasts(at_outage_t *outage);

/** What an outage was, once it is over. */
typedef struct at_outage_end_t {
    apr_int64_t length; /* milliseconds */
    apr_uint64_t refused;
} at_outage_end_t;

/**
 * Something succeeded at that moment. The outage is over if nothing failed for
 * a while before: where only some processes are cut off it goes on.
 *
 * @return whether it ended just now, and the caller should tell.
 */
int at_outage_over(at_outage_t *outage, apr_int64_t when, at_outage_end_t *end);

#endif
