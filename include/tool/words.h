/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers, times and foreign texts as a person reads them.
 */
#ifndef ACCESSTOKEN_TOOL_WORDS_H
#define ACCESSTOKEN_TOOL_WORDS_H

#include <apr_pools.h>

#include "core/token/row.h"

#define AT_WORDS_NUMBER_SIZE 32

/** A number with commas between thousands. */
void at_words_number(apr_int64_t number, char text[AT_WORDS_NUMBER_SIZE]);

/** How far a moment is from now: "in 3 months", "2 days ago", "just now". */
const char *at_words_moment(apr_int64_t moment, apr_int64_t now, apr_pool_t *p);

/** A duration in seconds, roughly: "90 days". */
const char *at_words_duration(apr_int64_t seconds, apr_pool_t *p);

/** A moment in UTC as the manager writes it; `none` for AT_TIME_NONE. */
const char *at_words_utc(apr_int64_t moment, const char *none, apr_pool_t *p);

/**
 * A text of the table, fit for a terminal and for one line: control characters
 * and what is no UTF-8 become U+FFFD. NULL becomes "".
 */
const char *at_words_safe(const char *text, apr_pool_t *p);

/** Columns that a text of at_words_safe() takes on a terminal. */
int at_words_columns(const char *text);

/** The same text cut to so many columns, with an ellipsis. */
const char *at_words_cut(const char *text, int columns, apr_pool_t *p);

/** Active, Expired, Deleted or Broken. */
const char *at_words_status(const at_row_t *row, apr_int64_t now);

#endif
