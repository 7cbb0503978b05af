/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The purger: in the background, one process of a server now and then removes
 * what has been of no use for long. Many servers may do so with one table.
 */
#ifndef ACCESSTOKEN_CORE_PURGER_H
#define ACCESSTOKEN_CORE_PURGER_H

#include "core/desk.h"
#include "core/shelf.h"

typedef struct at_purger_t at_purger_t;

/** Milliseconds. */
typedef struct at_purger_config_t {
    apr_int64_t after; /* what expired or was deleted so long ago goes */
    /**
     * What was deleted stays at least so long, for other servers must learn of
     * it: they may have known the token for the cache's ttl, ask with the
     * timeout, and have another clock.
     */
    apr_int64_t ttl;
    apr_int64_t timeout;
} at_purger_config_t;

/** Begin to purge a table. Lives as long as the desk. */
at_purger_t *at_purger_open(at_desk_t *desk, const at_sql_t *sql,
                            at_shelf_t *shelf,
                            const at_purger_config_t *config);

#endif
