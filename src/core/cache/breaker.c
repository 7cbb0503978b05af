/* SPDX-License-Identifier: Apache-2.0 */
/*
 * open_until is the time before which all calls are refused; 0 while the
 * database answers. After it, the process whose compare-and-swap advances it
 * sends the probe. others_until does the same for calls that prove nothing if
 * they have no answer.
 *
 * open_until stays set until the database has answered, even if no call is
 * made for long: a breaker that closed by itself would let all requests of a
 * machine wait for a database that still does not answer.
 */
#include "core/cache/breaker.h"

#define INTERVAL_MS 1000 /* between two probes */
#define TRIED_MS 50      /* most answers to a probe have come by then */

int at_breaker_refuses(at_breaker_t *breaker, int is_probe, apr_int64_t now)
{
    apr_uint64_t until = atomic_load(&breaker->open_until);
    _Atomic(apr_uint64_t) *next =
        is_probe ? &breaker->open_until : &breaker->others_until;
    apr_uint64_t before;

    if (until == 0) {
        return 0;
    }
    before = is_probe ? until : atomic_load(next);
    if (now < (apr_int64_t)until || now < (apr_int64_t)before) {
        return 1;
    }
    return !atomic_compare_exchange_strong(next, &before,
                                           (apr_uint64_t)(now + INTERVAL_MS)) &&
           before != 0;
}

void at_breaker_open(at_breaker_t *breaker, apr_int64_t now)
{
    atomic_store(&breaker->open_until, (apr_uint64_t)(now + INTERVAL_MS));
}

/* Mostly it is closed: without a store, processors share its cache line. */
void at_breaker_close(at_breaker_t *breaker)
{
    if (atomic_load(&breaker->open_until) != 0) {
        atomic_store(&breaker->open_until, 0);
    }
}

int at_breaker_is_open(at_breaker_t *breaker)
{
    return atomic_load(&breaker->open_until) != 0;
}

int at_breaker_is_tried(at_breaker_t *breaker, apr_int64_t now)
{
    apr_uint64_t until = atomic_load(&breaker->open_until);

    return until != 0 && now < (apr_int64_t)until - INTERVAL_MS + TRIED_MS;
}
