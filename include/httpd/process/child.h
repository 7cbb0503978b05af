/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hooks that run before requests: checks of the configuration, and the
 * start of each server process.
 */
#ifndef ACCESSTOKEN_HTTPD_PROCESS_CHILD_H
#define ACCESSTOKEN_HTTPD_PROCESS_CHILD_H

#include <httpd.h>

/**
 * Hook: check_config, which apachectl -t runs; requires the database drivers.
 */
int at_child_check_config(apr_pool_t *pconf, apr_pool_t *plog,
                          apr_pool_t *ptemp, server_rec *server);

/** Hook: post_config; creates the folder of the default database, as root. */
int at_child_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                         server_rec *server);

/** Hook: child_init; opens the services of the process. */
void at_child_init(apr_pool_t *pchild, server_rec *server);

#endif
