/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inserts to be undone: their COMMIT was sent and never answered. If one of
 * them was committed, the table has a token that no client knows.
 */
#ifndef ACCESSTOKEN_CORE_POOL_UNDO_H
#define ACCESSTOKEN_CORE_POOL_UNDO_H

#include "core/pool/dbpool.h"
#include "core/token/row.h"

typedef struct at_undo_t at_undo_t;

/** Open the list of one table. It lives as long as the connection pool. */
at_undo_t *at_undo_open(at_dbpool_t *dbpool, const at_sql_t *sql);

/** Remove that row from the table as soon as it can be written. */
void at_undo_note(at_undo_t *undo, const at_row_t *row);

#endif
