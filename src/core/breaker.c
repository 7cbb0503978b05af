/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One word: until when nobody asks; 0 while the database answers. Who moves it
 * on from a moment that is over is the one who may ask.
 */
#include "core/breaker.h"

#define APART_MS 1000 /* between two questions */
#define STALE_MS 5000 /* without one it says nothing any more */

int at_breaker_refuses(at_breaker_t *breaker, int probes, apr_int64_t now)
{
    apr_uint64_t until = atomic_load(&breaker->open_until);

    if (until == 0 || now - (apr_int64_t)until > STALE_MS) {
        return 0;
    }
    if (now < (apr_int64_t)until) {
        return 1;
    }
    return probes &&
           !atomic_compare_exchange_strong(&breaker->open_until, &until,
                                           (apr_uint64_t)(now + APART_MS)) &&
           until != 0;
}

void at_breaker_open(at_breaker_t *breaker, apr_int64_t now)
{
    atomic_store(&breaker->open_until, (apr_uint64_t)(now + APART_MS));
}

/* Mostly it is closed, and the line stays shared between processors. */
void at_breaker_close(at_breaker_t *breaker)
{
    if (atomic_load(&breaker->open_until) != 0) {
        atomic_store(&breaker->open_until, 0);
    }
}

int at_breaker_is_open(at_breaker_t *breaker, apr_int64_t now)
{
    apr_uint64_t until = atomic_load(&breaker->open_until);

    return until != 0 && now - (apr_int64_t)until <= STALE_MS;
}
