/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts in the stripe of the process, and sums all stripes when asked.
 */
#include "core/tally.h"

#include <string.h>

#include "shelf_inside.h"

void at_tally_add(at_shelf_t *shelf, at_tally_e which, apr_uint64_t amount)
{
    atomic_fetch_add_explicit(&shelf->stripe->counts[which], amount,
                              memory_order_relaxed);
}

apr_uint64_t at_tally_sum(const at_shelf_t *shelf, at_tally_e which)
{
    apr_uint64_t sum = 0;
    int i;

    for (i = 0; i < AT_SHELF_STRIPES; i++) {
        sum += atomic_load_explicit(&shelf->header->stripes[i].counts[which],
                                    memory_order_relaxed);
    }
    return sum;
}
