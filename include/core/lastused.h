/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Last uses on their way to the table: noted by requests in memory, written
 * soon after by a chore of the desk, kept while the table cannot be written.
 */
#ifndef ACCESSTOKEN_CORE_LASTUSED_H
#define ACCESSTOKEN_CORE_LASTUSED_H

#include "core/desk.h"
#include "core/row.h"

typedef struct at_lastused_t at_lastused_t;

/**
 * Open a collection for one table. It lives as long as the desk.
 *
 * @param interval  milliseconds in which one token is written at most once;
 *                  negative: never
 */
at_lastused_t *at_lastused_open(at_desk_t *desk, const at_sql_t *sql,
                                apr_int64_t interval);

/** Note a use of the row's token; cheap, cannot fail, never waits for a table. */
void at_lastused_note(at_lastused_t *lastused, const at_row_t *row,
                      apr_int64_t now);

#endif
