/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Last uses on their way to the table: how a collection of them is written, and
 * where those wait that found no place on the shelf.
 */
#ifndef ACCESSTOKEN_CORE_LASTUSED_H
#define ACCESSTOKEN_CORE_LASTUSED_H

#include <apr_tables.h>

#include "core/desk.h"
#include "core/shelf.h"
#include "core/store.h"

/**
 * Write uses to the table, some hundred in a transaction.
 *
 * @param uses   an array of at_use_t; those that were written are taken off it
 * @param shelf  where they were noted and are to be marked as written, or NULL
 * @return APR_SUCCESS; AT_EUNAVAILABLE, with the rest still in the array.
 */
apr_status_t at_lastused_write(at_store_t *store, apr_array_header_t *uses,
                               at_shelf_t *shelf);

typedef struct at_lastused_t at_lastused_t;

/** Open a collection in this process's memory. It lives as long as the desk. */
at_lastused_t *at_lastused_open(at_desk_t *desk, const at_sql_t *sql);

/**
 * Have a use written as soon as that can be done; cheap, cannot fail, never
 * waits for a table.
 */
void at_lastused_note(at_lastused_t *lastused, const at_use_t *use);

#endif
