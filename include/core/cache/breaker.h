/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The circuit breaker of a database. A call that had no answer in time opens
 * it, for all processes of the server: other requests are then refused at once
 * and need not wait. Once a second one call is let through as a probe; if the
 * database answers it, the breaker closes.
 */
#ifndef ACCESSTOKEN_CORE_CACHE_BREAKER_H
#define ACCESSTOKEN_CORE_CACHE_BREAKER_H

#include <stdatomic.h>

#include <apr.h>

/** In shared memory, or in that of one process. All zero: closed. */
typedef struct at_breaker_t {
    _Atomic(apr_uint64_t) open_until;   /* then the next probe; 0: closed */
    _Atomic(apr_uint64_t) others_until; /* then the next call, if no probe */
} at_breaker_t;

/**
 * Is this call refused? While the breaker is open, one probe a second is not,
 * and one other call a second.
 *
 * @param is_probe  if it has no answer, the database does not answer
 * @param now       at_clock_monotonic()
 */
int at_breaker_refuses(at_breaker_t *breaker, int is_probe, apr_int64_t now);

/** A call had no answer in time. */
void at_breaker_open(at_breaker_t *breaker, apr_int64_t now);

/** The database answered. */
void at_breaker_close(at_breaker_t *breaker);

/** Is it open: has the database not answered since a call had no answer? */
int at_breaker_is_open(at_breaker_t *breaker);

/** Is it open, and was a probe sent so recently that its answer may be near? */
int at_breaker_is_tried(at_breaker_t *breaker, apr_int64_t now);

#endif
