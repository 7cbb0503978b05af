/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows to be taken back: inserts whose COMMIT was sent and never answered. If
 * one held, there is a token that nobody was told of.
 */
#ifndef ACCESSTOKEN_CORE_POOL_UNDO_H
#define ACCESSTOKEN_CORE_POOL_UNDO_H

#include "core/pool/dbpool.h"
#include "core/token/row.h"

typedef struct at_undo_t at_undo_t;

/** Open a collection for one table. It lives as long as the connection pool. */
at_undo_t *at_undo_open(at_dbpool_t *dbpool, const at_sql_t *sql);

/** See that a row is gone as soon as the table can be written. */
void at_undo_note(at_undo_t *undo, const at_row_t *row);

#endif
