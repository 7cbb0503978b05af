/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls to a desk whose driver may hang, for the tests of what becomes of them.
 */
#ifndef ACCESSTOKEN_TESTS_CALLS_H
#define ACCESSTOKEN_TESTS_CALLS_H

#include "support.h"

#include "desk_inside.h"

#define CALLS_SOON_MS 50 /* a deadline that is meant to be missed */

/** Work that succeeds at once. */
at_desk_work_t calls_succeed;

/** Of a driver that is not SQLite's, whose calls may hang; none is made. */
at_desk_t *calls_hanging_desk(int connections);

/** Ask, and let go of the job. */
apr_status_t calls_ask(at_desk_t *desk, at_desk_kind_e kind,
                       at_desk_work_t *work, void *baton, apr_int64_t timeout);

/** A field of the desk, read under its lock. */
int calls_field(at_desk_t *desk, const int *of);

#endif
