/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one connection of a command, and the message and exit status when it
 * fails.
 */
#ifndef ACCESSTOKEN_TOOL_DATABASE_CONNECTION_H
#define ACCESSTOKEN_TOOL_DATABASE_CONNECTION_H

#include "core/db/driver.h"
#include "core/db/schema.h"
#include "core/db/store.h"
#include "tool/database/datasource.h"

typedef struct at_connection_t {
    const at_datasource_t *datasource;
    const at_sql_t *sql;
    at_database_t *database;
    at_op_t op; /* see at_connection_op(); never creates a table */
    apr_pool_t *pool;
} at_connection_t;

/**
 * Prepare a connection, which is opened when it is first used.
 *
 * @return AT_EXIT_DONE; AT_EXIT_USAGE without parameters or
 *         AT_EXIT_UNREACHABLE without the driver, and the reason was written.
 */
at_exit_e at_connection_prepare(const at_datasource_t *datasource,
                                at_connection_t **connection, apr_pool_t *p);

/**
 * Check that the file of a SQLite database exists and may be read. SQLite
 * itself would create a missing file.
 *
 * @return AT_EXIT_DONE; AT_EXIT_FILE, and the reason was written.
 */
at_exit_e at_connection_check_file(const at_connection_t *connection);

/** How to create a missing database file, as the end of a sentence. */
const char *at_connection_file_hint(const char *path);

/**
 * Prepare a connection to a database that exists, and name the database on
 * standard error unless the data source is quiet.
 *
 * @return as at_connection_prepare() and at_connection_check_file().
 */
at_exit_e at_connection_open(const at_datasource_t *datasource,
                             at_connection_t **connection, apr_pool_t *p);

/** Why the caller may not write to a SQLite file; NULL if the caller may, or
 *  the database is no file. */
const char *at_connection_read_only_reason(const at_connection_t *connection);

/**
 * A new operation on the connection, whose deadline begins now. There is one
 * at a time.
 *
 * @param p  what the operation returns lives as long
 */
at_op_t *at_connection_op(at_connection_t *connection, apr_pool_t *p);

/**
 * Report a failure with AT_EUNAVAILABLE: find its kind, and write it with what
 * to do about it.
 *
 * @param doing  what failed, as in "could not list the tokens"
 * @return the exit status for it.
 */
at_exit_e at_connection_report(at_connection_t *connection, const char *doing);

#endif
