/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens on standard output: as a table, as JSON or as CSV, row by row.
 */
#ifndef ACCESSTOKEN_TOOL_OUTPUT_OUTPUT_H
#define ACCESSTOKEN_TOOL_OUTPUT_OUTPUT_H

#include <apr_tables.h>

#include "core/token/row.h"
#include "tool/cli/args.h"
#include "tool/cli/exit_status.h"

typedef enum { AT_FORMAT_TABLE, AT_FORMAT_JSON, AT_FORMAT_CSV } at_format_e;

/**
 * Read the option --format.
 *
 * @return AT_EXIT_DONE; AT_EXIT_USAGE, and the reason was written.
 */
at_exit_e at_output_format(const at_args_t *args, at_format_e *format);

/** A list that is being written. */
typedef struct at_output_t at_output_t;

/** Begin a list. */
at_output_t *at_output_begin(at_format_e format, apr_int64_t now,
                             apr_pool_t *p);

/** Write a page of at_row_t *. The first page sets the widths of a table. */
void at_output_page(at_output_t *output, const apr_array_header_t *rows,
                    apr_pool_t *p);

/** End the list. A list that was not ended is not complete. */
void at_output_end(at_output_t *output);

/** Write all fields of one token. */
void at_output_token(at_format_e format, const at_row_t *row, apr_int64_t now,
                     apr_pool_t *p);

/** Write one line for a token that was changed: id, user, description. */
void at_output_line(const char *done, const at_row_t *row, apr_pool_t *p);

/**
 * Flush standard output.
 *
 * @return AT_EXIT_DONE; AT_EXIT_FILE if not all was written, and the reason
 *         was written to standard error.
 */
at_exit_e at_output_flush(void);

#endif
