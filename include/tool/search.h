/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens in the middle of other text. Nothing of the text is kept.
 */
#ifndef ACCESSTOKEN_TOOL_SEARCH_H
#define ACCESSTOKEN_TOOL_SEARCH_H

#include <apr_tables.h>

#include "core/token/token.h"

/**
 * Find every token in a text, each once; if there is none, also those that are
 * broken by line ends. The text is changed by that.
 *
 * @return an array of at_credential_t
 */
apr_array_header_t *at_search(char *text, apr_size_t length, apr_pool_t *p);

/** Overwrite every token in a text with asterisks. */
void at_search_cover(char *text);

/** Is there any in this text? */
int at_search_any(const char *text);

#endif
