/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watches whether the wall clock was set, for what must not be done because a
 * clock says so alone.
 */
#ifndef ACCESSTOKEN_CORE_CLOCKWATCH_H
#define ACCESSTOKEN_CORE_CLOCKWATCH_H

#include "core/shelf.h"

/** So much between two looks is a jump. */
#define AT_CLOCKWATCH_JUMP_MS 300000

/**
 * Look at both clocks; to be done once a minute or so, by any process.
 *
 * @param now   at_time_monotonic()
 * @param wall  at_time_now()
 * @return for how many milliseconds the wall clock was not set, as far as was
 *         watched; at most `most`, which is also the answer if it never was.
 */
apr_int64_t at_clockwatch_look(at_shelf_t *shelf, apr_int64_t now,
                               apr_int64_t wall, apr_int64_t most);

#endif
