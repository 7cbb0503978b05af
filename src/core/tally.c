/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts in the stripe of the process, and sums all stripes when asked. What was
 * done before something was counted is seen by who sees the count.
 */
#include "core/tally.h"

#include <string.h>

#include "shelf_inside.h"

#define LOOK_MS 60000
#define GOOD_RATE 90 /* percent: a few sets are full long before the shelf is */

void at_tally_add(at_shelf_t *shelf, at_tally_e which, apr_uint64_t amount)
{
    atomic_fetch_add_explicit(&shelf->stripe->counts[which], amount,
                              memory_order_release);
}

apr_uint64_t at_tally_sum(const at_shelf_t *shelf, at_tally_e which)
{
    apr_uint64_t sum = 0;
    int i;

    for (i = 0; i < AT_SHELF_STRIPES; i++) {
        sum += at_shelf_load(&shelf->header->stripes[i].counts[which]);
    }
    return sum;
}

static apr_uint64_t risen(const at_shelf_t *shelf, at_tally_e which,
                          at_word_t *before)
{
    apr_uint64_t sum = at_tally_sum(shelf, which);

    return sum - atomic_exchange(before, sum);
}

int at_tally_crowded(at_shelf_t *shelf, apr_int64_t now)
{
    at_shelf_header_t *header = shelf->header;
    apr_uint64_t last = at_shelf_load(&header->looked_at);
    apr_uint64_t hits, cold, evicted;

    if (last != 0 && now - (apr_int64_t)last < LOOK_MS) {
        return -1;
    }
    if (!atomic_compare_exchange_strong(&header->looked_at, &last,
                                        (apr_uint64_t)now)) {
        return -1;
    }
    hits = risen(shelf, AT_TALLY_HITS, &header->looked_hits);
    cold = risen(shelf, AT_TALLY_COLD, &header->looked_cold);
    evicted = risen(shelf, AT_TALLY_EVICTED, &header->looked_evicted);
    if (last == 0 || evicted == 0 || hits + cold == 0 ||
        hits * 100 / (hits + cold) >= GOOD_RATE) {
        return -1;
    }
    return (int)(hits * 100 / (hits + cold));
}
