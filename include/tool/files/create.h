/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Creates the file of a SQLite database for httpd.
 */
#ifndef ACCESSTOKEN_TOOL_FILES_CREATE_H
#define ACCESSTOKEN_TOOL_FILES_CREATE_H

#include <apr_pools.h>

#include "tool/cli/exit_status.h"

/**
 * Create an empty file, unless it exists. If root creates it, httpd's user
 * owns it.
 *
 * @param server_user    httpd's user; NULL: not known
 * @param makes_folder   create the folder, too, if it is missing
 * @return AT_EXIT_DONE; AT_EXIT_FILE, and the reason was written.
 */
at_exit_e at_create_database_file(const char *path, const char *server_user,
                                  int makes_folder, apr_pool_t *p);

#endif
