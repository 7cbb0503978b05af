/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table as a server process uses it: each operation runs on a connection of
 * the pool and returns before its deadline, with an answer or AT_EUNAVAILABLE.
 */
#ifndef ACCESSTOKEN_CORE_POOL_TABLE_H
#define ACCESSTOKEN_CORE_POOL_TABLE_H

#include "core/cache/cache.h"
#include "core/db/op.h"
#include "core/pool/dbpool.h"

typedef struct at_table_t at_table_t;

/** How a table is used; times in milliseconds. */
typedef struct at_table_config_t {
    const char *name; /* at_text_is_identifier() accepts it */
    int create;       /* create the table if it does not exist */
    apr_int64_t timeout;
    at_cache_t *cache; /* invalidated if the table is created; or NULL */
} at_table_config_t;

/** Open a table; it lives as long as the pool, and runs no statement yet. */
at_table_t *at_table_open(at_dbpool_t *dbpool, const char *driver,
                          const at_table_config_t *config);

/** The texts for this table. */
const at_sql_t *at_table_sql(const at_table_t *table);

/*
 * The functions below take op->table and op->pool, and what the function of
 * store.h reads. The operation is copied for the worker, so the requester may
 * leave at its deadline; what comes back is put into the requester's `op` and
 * lives as long as its pool. After AT_EUNAVAILABLE op->reason says why. Several
 * operations with one `op` have one deadline together.
 */

/** Set the deadline from `now`, at_clock_monotonic(), if it is not set yet. */
void at_table_begin(at_op_t *op, apr_int64_t now);

/** As at_store_find(). */
apr_status_t at_table_find(at_op_t *op);

/** As at_store_list(). */
apr_status_t at_table_list(at_op_t *op);

/**
 * As at_store_insert(). A row that is committed after the requester was told
 * AT_EUNAVAILABLE is removed again.
 */
apr_status_t at_table_insert(at_op_t *op);

/** As at_store_delete(). */
apr_status_t at_table_delete(at_op_t *op);

#endif
