/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows to be taken back: inserts whose COMMIT was sent and never answered. If
 * one held, there is a token that nobody was told of.
 */
#ifndef ACCESSTOKEN_CORE_WITHDRAWALS_H
#define ACCESSTOKEN_CORE_WITHDRAWALS_H

#include "core/desk.h"
#include "core/row.h"

typedef struct at_withdrawals_t at_withdrawals_t;

/** Open a collection for one table. It lives as long as the desk. */
at_withdrawals_t *at_withdrawals_open(at_desk_t *desk, const at_sql_t *sql);

/** See that a row is gone as soon as the table can be written. */
void at_withdrawals_note(at_withdrawals_t *withdrawals, const at_row_t *row);

#endif
