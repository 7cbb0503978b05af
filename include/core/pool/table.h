/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table as a server process sees it: each question goes over the connection pool and
 * comes back before the deadline, with an answer or with AT_EUNAVAILABLE.
 */
#ifndef ACCESSTOKEN_CORE_POOL_TABLE_H
#define ACCESSTOKEN_CORE_POOL_TABLE_H

#include "core/cache/cache.h"
#include "core/db/store.h"
#include "core/pool/dbpool.h"

typedef struct at_table_t at_table_t;

/** How a table is to be used; times in milliseconds. */
typedef struct at_table_config_t {
    const char *name; /* one that at_text_is_identifier() accepts */
    int create;       /* make a missing table */
    apr_int64_t timeout;
    at_cache_t
        *cache; /* forgets its rows when the table is made anew; or NULL */
} at_table_config_t;

/** Open a table; it lives as long as the connection pool, and asks nothing yet. */
at_table_t *at_table_open(at_dbpool_t *dbpool, const char *driver,
                          const at_table_config_t *config);

/** The texts for this table. */
const at_sql_t *at_table_sql(const at_table_t *table);

/**
 * One asker: a request, or whoever has a pool. What the functions below return
 * lives as long as that pool.
 */
typedef struct at_ask_t {
    at_table_t *table;
    apr_pool_t *pool;
    const char *reason; /* after AT_EUNAVAILABLE: why, without any secret */
    /** Until when all its questions together wait; set by the first. */
    apr_int64_t deadline;
} at_ask_t;

/** Begin to wait, if the asker has not begun yet; at_clock_monotonic(). */
void at_table_begin(at_ask_t *ask, apr_int64_t now);

/** As at_store_find(). */
apr_status_t at_table_find(at_ask_t *ask, const at_id_t *id, const char *user,
                           at_row_t **row);

/** As at_store_list(). */
apr_status_t at_table_list(at_ask_t *ask, const at_list_t *list,
                           apr_array_header_t **rows);

/**
 * As at_store_insert(). A row that is committed after the asker was told
 * AT_EUNAVAILABLE is removed again.
 */
apr_status_t at_table_insert(at_ask_t *ask, const at_row_t *row,
                             apr_int64_t limit);

/** As at_store_delete(). */
apr_status_t at_table_delete(at_ask_t *ask, const at_id_t *id, const char *user,
                             apr_int64_t when);

#endif
