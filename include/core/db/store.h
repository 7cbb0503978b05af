/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table's rows: find, list, insert, delete, withdraw.
 *
 * Every function asks again on a fresh connection where the first try failed,
 * makes the table where that is allowed, and while SQLite's file is locked goes
 * on trying until the deadline. What comes back is a decision of the table's or
 * AT_EUNAVAILABLE, never a guess.
 */
#ifndef ACCESSTOKEN_CORE_DB_STORE_H
#define ACCESSTOKEN_CORE_DB_STORE_H

#include <apr_tables.h>

#include "core/db/database.h"
#include "core/token/row.h"

typedef struct at_op_t {
    at_database_t *database;
    const at_sql_t *sql;
    int create_table;     /* make a missing table */
    apr_int64_t deadline; /* at_clock_monotonic() */
    /**
     * Asked before each COMMIT: does anybody still wait for the answer? A false
     * rolls the change back. NULL: always.
     */
    int (*claim)(void *asker);
    void *asker;
    /** Set when a COMMIT was sent, whatever became of it. */
    int committing;
    /** Set when the table was missing and was made. */
    int created;
    /** Set when a connection was dead and a fresh one has answered. */
    int reconnected;
} at_op_t;

/** Which tokens to list, newest first. */
typedef struct at_list_t {
    const char *user; /* NULL: everybody's */
    at_sql_status_e status;
    apr_int64_t now; /* decides between active and expired */
    int limit;
    /** Only what comes after this place; before_created AT_TIME_NONE: all. */
    apr_int64_t before_created;
    const char *before_id; /* token_id there */
} at_list_t;

/**
 * Look a token up by its id.
 *
 * @param user  only if it is this user's; NULL: whoever's
 * @return APR_SUCCESS; APR_NOTFOUND; AT_EUNAVAILABLE.
 */
apr_status_t at_store_find(at_op_t *op, const at_id_t *id, const char *user,
                           at_row_t **row, apr_pool_t *p);

/**
 * List tokens that are not deleted.
 *
 * @param rows  an array of at_row_t *, some perhaps with a fault
 * @return APR_SUCCESS; AT_EUNAVAILABLE.
 */
apr_status_t at_store_list(at_op_t *op, const at_list_t *list,
                           apr_array_header_t **rows, apr_pool_t *p);

/**
 * Insert a new token; on success it is committed.
 *
 * @param limit  how many live tokens the user may have with it; 0: any number
 * @return APR_SUCCESS; AT_ELIMIT; AT_EUNAVAILABLE.
 */
apr_status_t at_store_insert(at_op_t *op, const at_row_t *row,
                             apr_int64_t limit, apr_pool_t *p);

/**
 * Mark a token deleted.
 *
 * @param user  only if it is this user's; NULL: whoever's
 * @return APR_SUCCESS; APR_NOTFOUND if there is no such live token;
 *         AT_EUNAVAILABLE.
 */
apr_status_t at_store_delete(at_op_t *op, const at_id_t *id, const char *user,
                             apr_int64_t when, apr_pool_t *p);

/**
 * Remove the row of an insert that nobody was told of.
 *
 * @return APR_SUCCESS, also if there is no such row; AT_EUNAVAILABLE.
 */
apr_status_t at_store_undo(at_op_t *op, const at_row_t *row, apr_pool_t *p);

#endif
