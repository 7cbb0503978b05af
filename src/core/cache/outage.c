/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `since` says whether there is an outage; the process whose compare-and-swap
 * changes it has begun or ended one. The other fields only decide what is
 * logged when.
 */
#include "core/cache/outage.h"

#define LOG_MS 10000  /* between two log lines */
#define QUIET_MS 1000 /* without a failure, before it is over */

int at_outage_note(at_outage_t *outage, apr_int64_t now, apr_uint64_t *refused)
{
    apr_uint64_t none = 0;
    apr_uint64_t logged;

    atomic_store(&outage->latest, (apr_uint64_t)now);
    atomic_compare_exchange_strong(&outage->since, &none, (apr_uint64_t)now);
    *refused += atomic_fetch_add(&outage->refused, *refused);
    logged = atomic_load(&outage->logged);
    return (logged == 0 || now - (apr_int64_t)logged >= LOG_MS) &&
           atomic_compare_exchange_strong(&outage->logged, &logged,
                                          (apr_uint64_t)now);
}

int at_outage_lasts(at_outage_t *outage)
{
    return atomic_load_explicit(&outage->since, memory_order_acquire) != 0;
}

int at_outage_over(at_outage_t *outage, apr_int64_t when, at_outage_end_t *end)
{
    apr_uint64_t since = atomic_load(&outage->since);

    if (since == 0 ||
        when - (apr_int64_t)atomic_load(&outage->latest) < QUIET_MS ||
        !atomic_compare_exchange_strong(&outage->since, &since, 0)) {
        return 0;
    }
    atomic_store(&outage->logged, 0);
    end->length = when - (apr_int64_t)since;
    end->refused = atomic_exchange(&outage->refused, 0);
    return 1;
}
