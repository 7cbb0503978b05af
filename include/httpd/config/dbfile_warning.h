/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doubtful places of a SQLite file, told when httpd starts.
 */
#ifndef ACCESSTOKEN_HTTPD_CONFIG_DBFILE_WARNING_H
#define ACCESSTOKEN_HTTPD_CONFIG_DBFILE_WARNING_H

#include <httpd.h>

/** Hook: warn of each file that lies where it may be lost. */
int at_dbfile_warning_check(apr_pool_t *pconf, apr_pool_t *plog,
                            apr_pool_t *ptemp, server_rec *server);

#endif
