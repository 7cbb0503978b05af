/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection over apr_dbd that heals: it opens itself when it is used,
 * prepares each statement once, and after any error is thrown away whole.
 *
 * Not for two threads at once. The reasons for owning this rather than using
 * mod_dbd stand in docs/architecture.md.
 */
#ifndef ACCESSTOKEN_CORE_DB_DATABASE_H
#define ACCESSTOKEN_CORE_DB_DATABASE_H

#include <apr_pools.h>

#include "core/db/sql.h"
#include "core/token/status.h"

typedef struct at_database_t at_database_t;

/** Rows that were selected: copies, free of the connection. */
typedef struct at_rows_t {
    int count;
    int columns;
    /** count * columns texts, row by row; NULL is SQL NULL. */
    const char **values;
} at_rows_t;

/**
 * Load apr_dbd's driver of that name; call apr_dbd_init() before.
 *
 * @return APR_SUCCESS, or what says that this driver is not installed.
 */
apr_status_t at_database_driver_check(const char *driver, apr_pool_t *p);

/** Make a connection that opens itself when first used. Never fails. */
at_database_t *at_database_make(const char *driver, const char *params,
                                apr_pool_t *p);

/**
 * Select rows.
 *
 * @param sql   a text that stays where it is: its address finds the statement
 * @param args  one pointer a parameter: to the text, or to an apr_int64_t; NULL
 *              is SQL NULL
 * @return APR_SUCCESS; AT_EUNAVAILABLE, see at_database_error().
 */
apr_status_t at_database_select(at_database_t *database, const char *sql,
                                const void **args, int columns,
                                at_rows_t **rows, apr_pool_t *p);

/**
 * Run a statement that changes rows.
 *
 * @param changed  how many rows it changed
 * @return as at_database_select().
 */
apr_status_t at_database_execute(at_database_t *database, const char *sql,
                                 const void **args, int *changed);

/** Run a statement without parameters and rows, such as COMMIT. */
apr_status_t at_database_command(at_database_t *database, const char *sql);

/** Close the connection; the next use opens a fresh one. */
void at_database_drop(at_database_t *database);

/**
 * Before a piece of work: close the connection if SQLite's file was replaced,
 * which SQLite itself would never notice. Looks twice a second at most.
 */
void at_database_refresh(at_database_t *database);

/** Which file SQLite has open, as a number; 0 where there is none. */
apr_uint64_t at_database_file(const at_database_t *database);

/**
 * How long the next connection may take to be made.
 *
 * @param patience  milliseconds; 0, as at first: without limit
 * @param wary      calls on other connections hang, see at_connect_params()
 */
void at_database_limit_connecting(at_database_t *database, apr_int64_t patience, int wary);

/** Is there a connection, as far as is known? */
int at_database_is_open(const at_database_t *database);

/** Is there a connection that was not used for so many milliseconds? */
int at_database_is_idle(const at_database_t *database, apr_int64_t idle);

/** The engine's own words for the last failure; never NULL. */
const char *at_database_error(const at_database_t *database);

/** Put other words in their place, or add some. */
void at_database_set_error(at_database_t *database, const char *reason);
void at_database_add_reason(at_database_t *database, const char *reason);

/**
 * Did the last failure come from somebody else's lock: on SQLite's file, or on
 * rows so that two waited for each other? Then the work may be tried again.
 */
int at_database_locked(const at_database_t *database);

#endif
