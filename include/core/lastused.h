/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Last uses on their way to the table: how a collection of them is written, and
 * where those wait that found no place on the shelf.
 */
#ifndef ACCESSTOKEN_CORE_LASTUSED_H
#define ACCESSTOKEN_CORE_LASTUSED_H

#include <apr_tables.h>

#include "core/shelf.h"
#include "core/store.h"

typedef struct at_lastused_t at_lastused_t;

/**
 * Write uses to the table, some hundred in a transaction. What cannot be written
 * holds up no other, until three transactions in a row have failed.
 *
 * @param uses   an array of at_use_t; those that were written are taken off it
 * @param shelf  where those with a spot are marked as written, or NULL
 * @param own    from where the others are taken when they are written, or NULL
 * @param until  begin no other transaction from this at_time_monotonic() on
 * @return APR_SUCCESS; else, with the rest still in the array: AT_ELOCKED if
 *         other sessions have locked their rows, for half a second or more;
 *         AT_EUNAVAILABLE.
 */
apr_status_t at_lastused_write(at_store_t *store, apr_array_header_t *uses,
                               at_shelf_t *shelf, at_lastused_t *own,
                               apr_int64_t until);

/** Open a collection in this process's memory. p lives as long as that. */
at_lastused_t *at_lastused_open(apr_pool_t *p);

/**
 * Collect a use, the latest of each token; cheap, never waits for a table.
 *
 * @return false if there are too many already: it is lost.
 */
int at_lastused_note(at_lastused_t *lastused, const at_use_t *use);

/** Append copies of all that are there, without a spot, to an array of at_use_t. */
void at_lastused_copy(at_lastused_t *lastused, apr_array_header_t *uses);

/** The table has this use, which was copied: forget it, if none came later. */
void at_lastused_forget(at_lastused_t *lastused, const at_use_t *use);

/** The last use of a token that is there, or AT_TIME_NONE. */
apr_int64_t at_lastused_of(at_lastused_t *lastused, const at_id_t *id);

/** How many there are. May be called in a signal handler: it waits for nobody. */
int at_lastused_count(const at_lastused_t *lastused);

#endif
