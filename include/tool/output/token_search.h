/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds access tokens in any text.
 */
#ifndef ACCESSTOKEN_TOOL_OUTPUT_TOKEN_SEARCH_H
#define ACCESSTOKEN_TOOL_OUTPUT_TOKEN_SEARCH_H

#include <apr_tables.h>

#include "core/token/token.h"

/**
 * Find every token in a text, each once. If there is none, find tokens that
 * are broken by line ends, blanks or quotes; for this the text is changed.
 *
 * @return an array of at_credential_t
 */
apr_array_header_t *at_token_search(char *text, apr_size_t length,
                                    apr_pool_t *p);

/** Overwrite every token in a text with asterisks. */
void at_token_search_mask(char *text);

/** Is there a token in the text? */
int at_token_search_any(const char *text);

#endif
