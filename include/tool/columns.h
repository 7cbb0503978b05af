/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of tokens for people: columns that fit the terminal, or, into a pipe,
 * full columns with tabs between them.
 */
#ifndef ACCESSTOKEN_TOOL_COLUMNS_H
#define ACCESSTOKEN_TOOL_COLUMNS_H

#include <apr_tables.h>

#include "core/token/row.h"

typedef struct at_columns_t at_columns_t;

/** Begin a table. */
at_columns_t *at_columns_begin(apr_int64_t now, apr_pool_t *p);

/** Write a page; the first one decides how wide the columns are. */
void at_columns_page(at_columns_t *columns, const apr_array_header_t *rows,
                     apr_pool_t *p);

/** The colour in which a token's status is written. */
const char *at_columns_colour(const at_row_t *row, apr_int64_t now);

#endif
