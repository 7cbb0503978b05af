/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every SQL text of the product, for one driver and one table.
 *
 * Parameters are apr_dbd's: %s for text, %lld for 64-bit integers, passed to the
 * binary calls, so that each engine compares numbers with numbers. The SQL only
 * fetches and stores; whether a token is valid is decided in C.
 */
#ifndef ACCESSTOKEN_CORE_DB_SQL_H
#define ACCESSTOKEN_CORE_DB_SQL_H

#include <apr_pools.h>

#include "core/db/schema_parts.h"

/** Which tokens a list shows. */
typedef enum { AT_SQL_ANY, AT_SQL_ACTIVE, AT_SQL_EXPIRED } at_sql_status_e;

/** Columns that find and list select, in this order. */
typedef enum {
    AT_COLUMN_TOKEN_ID,
    AT_COLUMN_TOKEN_HASH,
    AT_COLUMN_USER_NAME,
    AT_COLUMN_DESCRIPTION,
    AT_COLUMN_CREATED_AT,
    AT_COLUMN_EXPIRES_AT,
    AT_COLUMN_LAST_USED,
    AT_COLUMN_DELETED_AT,
    AT_COLUMN_SCOPES,
    AT_COLUMNS
} at_column_e;

#define AT_SQL_CREATE_MAX (AT_PARTS_MAX + 1)

/** For how many rows there are statements, where each row is a parameter. */
#define AT_SQL_BATCHES 2

extern const int at_sql_batches[AT_SQL_BATCHES];

typedef struct at_sql_t {
    const char *driver;
    const char *table;
    /** Starts a transaction that will write. */
    const char *begin;
    /** Makes the table and its indexes where they lack; NULL ends them. */
    const char *create[AT_SQL_CREATE_MAX];
    /** How the parts of the table are written. */
    at_schema_style_t style;

    /** The columns of all rows, for who puts a condition behind it. */
    const char *select;
    /** token_id */
    const char *find;
    /** token_id, user_name */
    const char *find_own;
    /**
     * token_id: within a transaction that has tried to change the row, which is
     * seen as others left it, and not as it was when the transaction began;
     * NULL where `find` does that.
     */
    const char *find_current;
    /** the columns but last_used and deleted_at */
    const char *insert;
    /**
     * user_name: lets no other transaction count this user's tokens until this
     * one ends; NULL where beginning does that already. Selects 0 in vain.
     */
    const char *stale;
    /** user_name: ends that; NULL where the end of the transaction does. */
    const char *together;
    /** user_name, now: how many live tokens the user has */
    const char *count_live;
    /** deleted_at, token_id */
    const char *mark_deleted;
    /** deleted_at, token_id, user_name */
    const char *mark_deleted_own;
    /** a moment twice, number: rows that expired, or were deleted, before it */
    const char *purge_expired;
    const char *purge_deleted;
    /** a moment: when a token was generated, or deleted, last, up to it */
    const char *last_generated;
    const char *last_deleted;
    /** token_id, token_hash: takes back an insert that nobody waits for */
    const char *withdraw;
    /*
     * Last uses, which never go back. Rows that another session has locked are
     * skipped where the engine can do that. Each driver has one of three ways.
     */
    /** One: last_used, token_id, last_used. */
    const char *touch;
    /**
     * Another: the ids and the last uses of many rows, as texts of SQL arrays;
     * and which of them have not come so far.
     */
    const char *touch_all;
    const char *touch_missed;
    /**
     * The third, for at_sql_batches[i] rows in a transaction: locks those of
     * these ids that it can get, and selects them; writes (id and last_used of
     * each, then all ids); and selects those of these ids that exist.
     */
    const char *touch_lock[AT_SQL_BATCHES];
    const char *touch_rows[AT_SQL_BATCHES];
    const char *touch_there[AT_SQL_BATCHES];
    /** The deleted_at of a place is a text: SQLite may have fractions there. */
    int place_is_text;
    /**
     * deleted_at, deleted_at, token_id, number: ids of what was deleted after
     * that place, with deleted_at, in that order.
     */
    const char *deleted;
    /**
     * [0] everybody's, [1] one user's.
     * Parameters: user_name if [1], now unless AT_SQL_ANY, then the keyset
     * (created_at twice, token_id) to stay below, and the number of rows.
     */
    const char *list[2][3];
} at_sql_t;

/**
 * Compose the texts.
 *
 * @param driver  an apr_dbd driver's name
 * @param table   one that at_text_is_identifier() accepts
 */
const at_sql_t *at_sql_compose(const char *driver, const char *table,
                               apr_pool_t *p);

/** How a driver's last uses are written, for at_sql_compose(). */
typedef void at_sql_lastused_t(at_sql_t *sql, const char *table, apr_pool_t *p);

at_sql_lastused_t at_sql_lastused_each;
at_sql_lastused_t at_sql_lastused_arrays;
at_sql_lastused_t at_sql_lastused_locked;

/** Is the driver's engine SQLite, which locks a whole file? */
int at_sql_is_sqlite(const char *driver);

#endif
