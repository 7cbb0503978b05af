/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection over apr_dbd that recovers from errors: it is opened when it
 * is used, prepares each statement once, and after any error its owner drops
 * it whole.
 *
 * Only one thread may use it at a time. docs/architecture.md has the reasons
 * why mod_dbd is not used.
 */
#ifndef ACCESSTOKEN_CORE_DB_DATABASE_H
#define ACCESSTOKEN_CORE_DB_DATABASE_H

#include <apr_pools.h>

#include "core/db/sql.h"
#include "core/token/status.h"

typedef struct at_database_t at_database_t;

/** Rows that were selected: copies that do not depend on the connection. */
typedef struct at_rows_t {
    int count;
    int columns;
    /** An array of count * columns texts, row by row; NULL is SQL NULL. */
    const char **values;
} at_rows_t;

/**
 * Load the driver of that name; call apr_dbd_init() before.
 *
 * @return APR_SUCCESS; else apr_dbd's status: the driver is not installed.
 */
apr_status_t at_database_driver_check(const char *driver, apr_pool_t *p);

/** Make a connection; it is opened when it is first used. This cannot fail. */
at_database_t *at_database_make(const char *driver, const char *params,
                                apr_pool_t *p);

/**
 * Select rows.
 *
 * @param sql      its address identifies the prepared statement, so the text
 *                 must live as long as the connection
 * @param args     a pointer for each parameter: to its text or its
 *                 apr_int64_t; NULL is SQL NULL
 * @param columns  of a row
 * @return APR_SUCCESS; AT_EUNAVAILABLE, see at_database_error().
 */
apr_status_t at_database_select(at_database_t *database, const char *sql,
                                const void **args, int columns,
                                at_rows_t **rows, apr_pool_t *p);

/**
 * Run a statement that changes rows.
 *
 * @param changed  the number of rows that it changed
 * @return as at_database_select().
 */
apr_status_t at_database_execute(at_database_t *database, const char *sql,
                                 const void **args, int *changed);

/** Run a statement without parameters and rows, such as COMMIT. */
apr_status_t at_database_command(at_database_t *database, const char *sql);

/** Close the connection; the next use opens a new one. */
void at_database_drop(at_database_t *database);

/**
 * Call before each operation: it closes the connection if SQLite's file was
 * replaced, which SQLite itself does not notice. It checks twice a second at
 * most.
 */
void at_database_refresh(at_database_t *database);

/** A number that identifies the file that SQLite has open; 0: there is none. */
apr_uint64_t at_database_file(const at_database_t *database);

/**
 * Limit the time in which the next connection is made.
 *
 * @param timeout  milliseconds; 0, the default: without limit
 * @param probe    probe the server first, see at_connect_params()
 */
void at_database_limit_connecting(at_database_t *database, apr_int64_t timeout,
                                  int probe);

/** Is the connection open, as far as is known? */
int at_database_is_open(const at_database_t *database);

/** Is the connection open, and has not been used for `idle` milliseconds? */
int at_database_is_idle(const at_database_t *database, apr_int64_t idle);

/** The engine's message for the last failure, or what was set; never NULL. */
const char *at_database_error(const at_database_t *database);

/** Replace that message; or append to it. */
void at_database_set_error(at_database_t *database, const char *reason);
void at_database_add_reason(at_database_t *database, const char *reason);

/**
 * Was the last failure due to a lock of another session: on SQLite's file, or a
 * lock wait or deadlock on rows? Then the operation may be tried again.
 */
int at_database_locked(const at_database_t *database);

#endif
