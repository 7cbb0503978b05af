/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens on standard output: as a table, as JSON or as CSV, row by row.
 */
#ifndef ACCESSTOKEN_TOOL_OUTPUT_H
#define ACCESSTOKEN_TOOL_OUTPUT_H

#include <apr_tables.h>

#include "core/token/row.h"
#include "tool/args.h"

typedef enum { AT_FORMAT_TABLE, AT_FORMAT_JSON, AT_FORMAT_CSV } at_format_e;

/**
 * The word of --format.
 *
 * @return AT_EXIT_DONE; AT_EXIT_USAGE, and it has been said why.
 */
at_exit_e at_output_format(const at_args_t *args, at_format_e *format);

/** A list that is being written. */
typedef struct at_output_t at_output_t;

/** Begin a list. */
at_output_t *at_output_begin(at_format_e format, apr_int64_t now,
                             apr_pool_t *p);

/** Write a page of at_row_t *; a table takes its widths from the first one. */
void at_output_page(at_output_t *output, const apr_array_header_t *rows,
                    apr_pool_t *p);

/** End the list, as complete. */
void at_output_end(at_output_t *output);

/** Write one token, in full. */
void at_output_token(at_format_e format, const at_row_t *row, apr_int64_t now,
                     apr_pool_t *p);

/** One line for a token that something was done to: id, user, description. */
void at_output_line(const char *done, const at_row_t *row, apr_pool_t *p);

/**
 * Was all of it written?
 *
 * @return AT_EXIT_DONE; AT_EXIT_FILE, and it has been said why.
 */
at_exit_e at_output_flush(void);

#endif
