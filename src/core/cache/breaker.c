/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One word: until when nobody asks; 0 while the database answers. After that
 * moment the process whose compare-and-swap moves it on sends the probe. A
 * second word does the same for what proves nothing by its silence.
 *
 * The word stays until the database has answered, however long nobody asks: a
 * breaker that closed by itself would let all requests of a machine wait for a
 * database that is still silent.
 */
#include "core/cache/breaker.h"

#define APART_MS 1000 /* between two probes */
#define TRIED_MS 50   /* a probe that is answered is mostly answered by then */

int at_breaker_refuses(at_breaker_t *breaker, int probes, apr_int64_t now)
{
    apr_uint64_t until = atomic_load(&breaker->open_until);
    _Atomic(apr_uint64_t) *turn =
        probes ? &breaker->open_until : &breaker->others_until;
    apr_uint64_t before;

    if (until == 0) {
        return 0;
    }
    before = probes ? until : atomic_load(turn);
    if (now < (apr_int64_t)until || now < (apr_int64_t)before) {
        return 1;
    }
    return !atomic_compare_exchange_strong(turn, &before,
                                           (apr_uint64_t)(now + APART_MS)) &&
           before != 0;
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

int at_breaker_is_open(at_breaker_t *breaker)
{
    return atomic_load(&breaker->open_until) != 0;
}

int at_breaker_is_tried(at_breaker_t *breaker, apr_int64_t now)
{
    apr_uint64_t until = atomic_load(&breaker->open_until);

    return until != 0 && now < (apr_int64_t)until - APART_MS + TRIED_MS;
}
