/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The breaker: who has waited for a database in vain spares all others the wait,
 * in whatever process they are, until one question a second has shown that it
 * answers again.
 */
#ifndef ACCESSTOKEN_CORE_CACHE_BREAKER_H
#define ACCESSTOKEN_CORE_CACHE_BREAKER_H

#include <stdatomic.h>

#include <apr.h>

/** In shared memory, or a process's own; all zero is closed. */
typedef struct at_breaker_t {
    _Atomic(apr_uint64_t) open_until;
    _Atomic(apr_uint64_t) others_until;
} at_breaker_t;

/**
 * Should this question not be asked? While the breaker is open, however long,
 * one a second may, and one a second of those that do not probe.
 *
 * @param probes  its silence will show that the database does not answer
 * @param now     at_clock_monotonic()
 */
int at_breaker_refuses(at_breaker_t *breaker, int probes, apr_int64_t now);

/** A question had no answer in time. */
void at_breaker_open(at_breaker_t *breaker, apr_int64_t now);

/** There was an answer. */
void at_breaker_close(at_breaker_t *breaker);

/** Is it open: has the database not answered since a question went unanswered? */
int at_breaker_is_open(at_breaker_t *breaker);

/** Is it open, and was a probe sent so short a time ago that its answer is near? */
int at_breaker_is_tried(at_breaker_t *breaker, apr_int64_t now);

#endif
