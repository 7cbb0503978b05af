/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every SQL text of the product, for one driver and one table.
 *
 * Parameters are apr_dbd's: %s for text, %lld for 64-bit integers, passed to
 * the binary calls, so that each engine compares numbers with numbers. The SQL
 * only fetches and stores; whether a token is valid is decided in C.
 */
#ifndef ACCESSTOKEN_CORE_DB_SQL_H
#define ACCESSTOKEN_CORE_DB_SQL_H

#include <apr_pools.h>

#include "core/db/schema_parts.h"

/** Which tokens a list shows. */
typedef enum { AT_SQL_ANY, AT_SQL_ACTIVE, AT_SQL_EXPIRED } at_sql_status_e;

#define AT_SQL_CREATE_MAX (AT_INDEXES + 2)

/** For how many rows there are statements, where each row is a parameter. */
#define AT_SQL_BATCHES 2

extern const int at_sql_batches[AT_SQL_BATCHES];

typedef struct at_sql_t {
    const char *driver;
    const char *table;
    /** Starts a transaction that will write. */
    const char *begin;
    /** CREATE … IF NOT EXISTS: the table, then its indexes; NULL ends them. */
    const char *create[AT_SQL_CREATE_MAX];
    /** How the engine writes the table's columns and indexes. */
    at_schema_style_t style;

    /** SELECT of AT_COLUMNS columns FROM the table; a WHERE may follow. */
    const char *select;
    /** token_id */
    const char *find;
    /** token_id, user_name */
    const char *find_own;
    /**
     * token_id: within a transaction that has tried to change the row. Reads
     * the row as other transactions left it, not as it was when this one began;
     * NULL where `find` does that.
     */
    const char *find_current;
    /** The columns that an INSERT sets, separated by commas. */
    const char *inserted;
    /** Those columns. */
    const char *insert;
    /**
     * user_name: locks this user's tokens against being counted by another
     * transaction; NULL where `begin` does that already. Selects 0 if it
     * failed.
     */
    const char *lock_user;
    /** user_name: unlocks them; NULL where the end of the transaction does. */
    const char *unlock_user;
    /** user_name, now: how many live tokens the user has */
    const char *count_live;
    /** user_name, number: names of owners that follow it */
    const char *owners;
    /** deleted_at, token_id */
    const char *mark_deleted;
    /** deleted_at, token_id, user_name */
    const char *mark_deleted_own;
    /** a time twice, number: rows that expired, or were deleted, before it */
    const char *purge_expired;
    const char *purge_deleted;
    /** a time; a time twice: how many rows the two statements above remove */
    const char *count_expired;
    const char *count_deleted;
    /** a time: the last generation, or deletion, of a token up to it */
    const char *last_generated;
    const char *last_deleted;
    /** token_id, token_hash: removes a row whose requester had no answer */
    const char *undo_insert;
    /*
     * Last uses; last_used never decreases. Rows that another session has
     * locked are skipped where the engine can do that. Each driver has one of
     * three ways.
     */
    /** First way: last_used, token_id, last_used. */
    const char *use_one;
    /**
     * Second way: the ids and the last uses of many rows, as texts of SQL
     * arrays; and the ids among them that have an older last_used still.
     */
    const char *use_all;
    const char *use_missed;
    /**
     * Third way, for at_sql_batches[i] rows in a transaction: locks the rows of
     * these ids that are free, and selects their ids; writes them (id and
     * last_used of each, then all ids); and selects the ids that exist.
     */
    const char *use_lock[AT_SQL_BATCHES];
    const char *use_write[AT_SQL_BATCHES];
    const char *use_exist[AT_SQL_BATCHES];
    /** The deleted_at of a place is a text: SQLite may have fractions there. */
    int place_is_text;
    /**
     * deleted_at, deleted_at, token_id, number: token_id and deleted_at of what
     * was deleted after that place, in the order of deleted_at and token_id.
     */
    const char *deleted;
    /**
     * [0] of all users, [1] of one user.
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

/** Composes the statements that write last uses; one for each way. */
typedef void at_sql_lastused_t(at_sql_t *sql, const char *table, apr_pool_t *p);

at_sql_lastused_t at_sql_lastused_each;
at_sql_lastused_t at_sql_lastused_arrays;
at_sql_lastused_t at_sql_lastused_locked;

/** Is the driver's engine SQLite, which locks a whole file? */
int at_sql_is_sqlite(const char *driver);

#endif
