/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a configuration file, and its lines.
 */
#ifndef ACCESSTOKEN_TOOL_CONFTEXT_H
#define ACCESSTOKEN_TOOL_CONFTEXT_H

#include <apr_pools.h>

/** Read a file. @return NULL; or a sentence that says why it cannot be read. */
const char *at_conftext_load(const char *path, char **text, apr_pool_t *p);

/**
 * End the line that begins at `text`, joined with those that follow a backslash.
 *
 * @param lines  raised by those that were joined to it
 * @return where the next line begins.
 */
char *at_conftext_line(char *text, int *lines);

#endif
