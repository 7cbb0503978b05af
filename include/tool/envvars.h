/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The variables that a script gives to httpd before it starts, as Debian's
 * /etc/apache2/envvars does. No shell is run.
 */
#ifndef ACCESSTOKEN_TOOL_ENVVARS_H
#define ACCESSTOKEN_TOOL_ENVVARS_H

#include <apr_pools.h>

/**
 * Read the script; what it exports is put into the environment, unless it has
 * such a variable already. A variable is left out if its value depends on what
 * only a shell can find out. A script that cannot be read exports nothing.
 *
 * @return false if there is no such file.
 */
int at_envvars_read(const char *path, apr_pool_t *p);

#endif
