/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The variables that the shell script envvars gives to httpd, as Debian's
 * /etc/apache2/envvars does. apachectl runs the script with sh, and so does
 * httoken.
 */
#ifndef ACCESSTOKEN_TOOL_CONF_ENVVARS_H
#define ACCESSTOKEN_TOOL_CONF_ENVVARS_H

#include <apr_pools.h>

/**
 * Run the script, and add the variables that it exports to the environment. A
 * variable that is in the environment already keeps its value.
 *
 * The script is run only if no user other than root and the caller could have
 * written it. A script that is not run, that fails or that does not end
 * exports nothing, and a note on standard error says so.
 *
 * @return false if there is no such file.
 */
int at_envvars_read(const char *path, apr_pool_t *p);

#endif
