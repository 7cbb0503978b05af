/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of tokens: on a terminal, columns that fit its width; into a pipe,
 * full columns, separated by tabs.
 */
#ifndef ACCESSTOKEN_TOOL_OUTPUT_COLUMNS_H
#define ACCESSTOKEN_TOOL_OUTPUT_COLUMNS_H

#include <apr_tables.h>

#include "core/token/row.h"

typedef struct at_columns_t at_columns_t;

/** Begin a table. */
at_columns_t *at_columns_begin(apr_int64_t now, apr_pool_t *p);

/** Write a page. The first one sets the widths of the columns. */
void at_columns_page(at_columns_t *columns, const apr_array_header_t *rows,
                     apr_pool_t *p);

/** The colour of the status of a token. */
const char *at_columns_colour(const at_row_t *row, apr_int64_t now);

#endif
