/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a configuration file, split into lines and words as httpd splits
 * it.
 */
#ifndef ACCESSTOKEN_TOOL_CONF_LEXER_H
#define ACCESSTOKEN_TOOL_CONF_LEXER_H

#include <apr_pools.h>

/** Read a file. @return NULL; or a sentence that says why it cannot be
 *  read. */
const char *at_lexer_load(const char *path, char **text, apr_pool_t *p);

/**
 * End the line that begins at `text` with a NUL. A line that ends in a
 * backslash goes on in the next one.
 *
 * @param lines  raised by the number of lines that were joined to the first
 * @return where the next line begins.
 */
char *at_lexer_line(char *text, int *lines);

/**
 * Take the next word of a line, with quotes and backslashes as httpd reads
 * them.
 *
 * @param rest  advanced behind the word
 * @return the word; "" at the end.
 */
const char *at_lexer_word(const char **rest, apr_pool_t *p);

#endif
