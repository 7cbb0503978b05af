/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values as text for display: numbers, times, and texts of the table.
 */
#ifndef ACCESSTOKEN_TOOL_OUTPUT_DISPLAY_H
#define ACCESSTOKEN_TOOL_OUTPUT_DISPLAY_H

#include <apr_pools.h>

#include "core/token/row.h"

#define AT_DISPLAY_NUMBER_SIZE 32

/** A number with commas between thousands. */
void at_display_number(apr_int64_t number, char text[AT_DISPLAY_NUMBER_SIZE]);

/** A time relative to now: "in 3 months", "2 days ago", "just now". */
const char *at_display_relative(apr_int64_t moment, apr_int64_t now,
                                apr_pool_t *p);

/** A duration in seconds, roughly: "90 days". */
const char *at_display_duration(apr_int64_t seconds, apr_pool_t *p);

/** A time in UTC, in the manager's format; `none` for AT_TIME_NONE. */
const char *at_display_utc(apr_int64_t moment, const char *none, apr_pool_t *p);

/**
 * A text of the table, made safe for a terminal and for one line: each control
 * character and each byte that is not UTF-8 becomes U+FFFD. NULL becomes "".
 */
const char *at_display_safe(const char *text, apr_pool_t *p);

/** Columns that a text of at_display_safe() takes on a terminal. */
int at_display_width(const char *text);

/** The same text, truncated to `width` columns with an ellipsis. */
const char *at_display_truncate(const char *text, int width, apr_pool_t *p);

/** Active, Expired, Deleted or Broken. */
const char *at_display_status(const at_row_t *row, apr_int64_t now);

#endif
