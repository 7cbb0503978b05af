/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scribe: writes the last uses that the shelf has collected, all in one go,
 * once in an interval for a whole machine; and what is left when a process ends.
 */
#ifndef ACCESSTOKEN_CORE_SCRIBE_H
#define ACCESSTOKEN_CORE_SCRIBE_H

#include "core/desk.h"
#include "core/shelf.h"

typedef struct at_scribe_t at_scribe_t;

/**
 * Start writing, with a chore of the desk. Every process does; one of them acts.
 *
 * @param interval  milliseconds between two writes; 0: when woken
 */
at_scribe_t *at_scribe_open(at_desk_t *desk, const at_sql_t *sql,
                            at_shelf_t *shelf, apr_int64_t interval);

/** A use was noted that is to be written at once. */
void at_scribe_wake(at_scribe_t *scribe);

#endif
