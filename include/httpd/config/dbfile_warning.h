/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Warnings about a SQLite file whose place does not last.
 */
#ifndef ACCESSTOKEN_HTTPD_CONFIG_DBFILE_WARNING_H
#define ACCESSTOKEN_HTTPD_CONFIG_DBFILE_WARNING_H

#include <httpd.h>

/** Hook: post_config; warns about each file in a place where it may be lost. */
int at_dbfile_warning_check(apr_pool_t *pconf, apr_pool_t *plog,
                            apr_pool_t *ptemp, server_rec *server);

#endif
