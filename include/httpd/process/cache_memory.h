/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared memory for the caches: one for each table that the configuration
 * names, older than any child and as old as the parent.
 */
#ifndef ACCESSTOKEN_HTTPD_PROCESS_CACHE_MEMORY_H
#define ACCESSTOKEN_HTTPD_PROCESS_CACHE_MEMORY_H

#include <httpd.h>

/** Hook: post_config; sees that each server's settings know their memory. */
int at_cache_memory_prepare(apr_pool_t *pconf, apr_pool_t *plog,
                            apr_pool_t *ptemp, server_rec *server);

#endif
