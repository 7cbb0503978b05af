/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far the wall clock is ahead of the monotonic one stays the same but for a
 * drift of milliseconds, unless somebody sets it or the machine was suspended.
 */
#include "core/clockwatch.h"

#include <stdlib.h>

#include "shelf_inside.h"

apr_int64_t at_clockwatch_look(at_shelf_t *shelf, apr_int64_t now,
                               apr_int64_t wall, apr_int64_t most)
{
    at_shelf_header_t *header = shelf->header;
    apr_int64_t ahead = wall - now;
    apr_int64_t before = (apr_int64_t)at_shelf_load(&header->ahead);
    apr_int64_t jumped;

    /* In this order: who sees the new difference sees the jump, too, and who is
     * killed in between leaves it to the next look. */
    if (llabs(ahead - before) > AT_CLOCKWATCH_JUMP_MS) {
        at_shelf_store(&header->jumped_at, (apr_uint64_t)now);
    }
    at_shelf_store(&header->ahead, (apr_uint64_t)ahead);
    jumped = (apr_int64_t)at_shelf_load(&header->jumped_at);
    return jumped == 0 || now - jumped > most ? most : now - jumped;
}
