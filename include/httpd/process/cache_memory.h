/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared memory for the caches: one segment for each table of the
 * configuration. The parent process creates it before its children, and keeps
 * it until it ends.
 */
#ifndef ACCESSTOKEN_HTTPD_PROCESS_CACHE_MEMORY_H
#define ACCESSTOKEN_HTTPD_PROCESS_CACHE_MEMORY_H

#include <httpd.h>

/** Hook: post_config; creates the segments and sets `memory` of each server. */
int at_cache_memory_prepare(apr_pool_t *pconf, apr_pool_t *plog,
                            apr_pool_t *ptemp, server_rec *server);

#endif
