/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that an Include of httpd's configuration names.
 */
#ifndef ACCESSTOKEN_TOOL_CONF_INCLUDES_H
#define ACCESSTOKEN_TOOL_CONF_INCLUDES_H

#include <apr_tables.h>

/** What to do about a file that httoken may not read. */
#define AT_INCLUDES_ADVICE "run httoken as root, or name the database with -d"

/**
 * Find files and folders by a pattern, in httpd's order.
 *
 * @param paths  appended to
 * @return false if a folder may not be read, so that there may be more files.
 */
int at_includes_find(const char *pattern, apr_array_header_t *paths,
                     apr_pool_t *p);

/** Find all files and folders in a folder, hidden ones too, as httpd does. */
int at_includes_folder(const char *folder, apr_array_header_t *paths,
                       apr_pool_t *p);

#endif
