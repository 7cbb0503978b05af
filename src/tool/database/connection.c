/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connects, and finds the kind of a failure: the core reports only that the
 * table could not be asked. Reading the engine's catalog again distinguishes a
 * database that cannot be reached, a table that does not exist, and a refusal.
 */
#include "tool/database/connection.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/db/dbfile.h"
#include "tool/files/access.h"
#include "tool/output/messages.h"

#define TIMEOUT_MS 5000 /* also for a lock on SQLite's file */

static int is_file(const at_connection_t *connection)
{
    return at_sql_is_sqlite(connection->datasource->driver);
}

at_exit_e at_connection_prepare(const at_datasource_t *datasource,
                                at_connection_t **connection, apr_pool_t *p)
{
    at_connection_t *made = apr_pcalloc(p, sizeof(*made));

    if (!*datasource->params) {
        at_message_error(
            "%s names only the driver %s; write its parameters behind "
            "it%s",
            datasource->named_by, datasource->driver,
            at_sql_is_sqlite(datasource->driver)
                ? ", the path of the database file"
                : "");
        return AT_EXIT_USAGE;
    }
    if (at_database_driver_check(datasource->driver, p) != APR_SUCCESS) {
        at_message_error(
            "the apr_dbd driver %s is not installed; Debian has it in "
            "the package %s",
            datasource->driver, at_driver_package(datasource->driver, p));
        return AT_EXIT_UNREACHABLE;
    }
    made->datasource = datasource;
    made->pool = p;
    made->sql = at_sql_compose(datasource->driver, datasource->table, p);
    made->database =
        at_database_make(datasource->driver, datasource->params, p);
    *connection = made;
    return AT_EXIT_DONE;
}

at_op_t *at_connection_op(at_connection_t *connection, apr_pool_t *p)
{
    connection->op = (at_op_t){.pool = p,
                               .database = connection->database,
                               .sql = connection->sql,
                               .deadline = at_clock_monotonic() + TIMEOUT_MS};
    return &connection->op;
}

/* Files */

const char *at_connection_file_hint(const char *path)
{
    return at_dbfile_is_in_tmp(path)
               ? ", or httpd has it in a temporary folder of its own "
                 "(systemd's PrivateTmp), which no other program can see; "
                 "'httoken init' creates one here"
               : "; 'httoken init' creates it";
}

at_exit_e at_connection_check_file(const at_connection_t *connection)
{
    const char *path = connection->datasource->params;
    struct stat found;

    if (!is_file(connection)) {
        return AT_EXIT_DONE;
    }
    if (stat(path, &found) != 0) {
        at_message_error("the database file %s %s", path,
                         errno == ENOENT
                             ? apr_pstrcat(connection->pool, "does not exist",
                                           at_connection_file_hint(path), NULL)
                             : apr_psprintf(connection->pool,
                                            "cannot be used: %s",
                                            strerror(errno)));
        return AT_EXIT_FILE;
    }
    if (!S_ISREG(found.st_mode)) {
        at_message_error(
            "%s is not a regular file, so it is not a SQLite database", path);
        return AT_EXIT_FILE;
    }
    if (access(path, R_OK) != 0) {
        at_message_error(
            "the database file %s may not be read by %s; it belongs to "
            "%s",
            path, at_access_user_name(geteuid(), connection->pool),
            at_access_user_name(found.st_uid, connection->pool));
        return AT_EXIT_FILE;
    }
    return AT_EXIT_DONE;
}

/* Users see on which database a command works. */
static void name_database(const at_datasource_t *datasource, apr_pool_t *p)
{
    if (!datasource->is_quiet) {
        at_message_note("Database: %s, table %s, named by %s.",
                        at_datasource_describe(datasource, p),
                        datasource->table, datasource->named_by);
    }
}

at_exit_e at_connection_open(const at_datasource_t *datasource,
                             at_connection_t **connection, apr_pool_t *p)
{
    at_exit_e status = at_connection_prepare(datasource, connection, p);

    if (status == AT_EXIT_DONE) {
        status = at_connection_check_file(*connection);
    }
    if (status == AT_EXIT_DONE) {
        name_database(datasource, p);
    }
    return status;
}

const char *at_connection_read_only_reason(const at_connection_t *connection)
{
    const char *path = connection->datasource->params;
    struct stat found;

    if (!is_file(connection) || stat(path, &found) != 0) {
        return NULL;
    }
    if (access(path, W_OK) != 0) {
        return apr_psprintf(
            connection->pool,
            "%s may not be written by %s; it "
            "belongs to %s",
            path, at_access_user_name(geteuid(), connection->pool),
            at_access_user_name(found.st_uid, connection->pool));
    }
    path = at_access_folder(path, connection->pool);
    if (access(path, W_OK | X_OK) != 0) {
        return apr_psprintf(
            connection->pool,
            "SQLite keeps a journal beside the file, and %s may "
            "not write to %s",
            at_access_user_name(geteuid(), connection->pool), path);
    }
    return NULL;
}

/* Failures */

static at_exit_e report_schema(const at_connection_t *connection,
                               const at_schema_t *schema)
{
    const at_column_t *foreign = at_schema_foreign(schema);

    if (!schema->exists) {
        at_message_error(
            "there is no table %s in %s, or you may not see it; "
            "'httoken init' creates it",
            connection->datasource->table,
            at_datasource_describe(connection->datasource, connection->pool));
    }
    else if (foreign) {
        at_message_error(
            "the table %s has no column %s: it is another program's",
            connection->datasource->table, foreign->name);
    }
    else {
        at_message_error(
            "the table %s has no column %s: an older version created it; "
            "'httoken init' brings it up to date",
            connection->datasource->table, at_schema_first_missing(schema));
    }
    return AT_EXIT_SCHEMA;
}

/* The error message of the engine, in one line. */
static const char *engine_error(const at_connection_t *connection)
{
    char *message =
        apr_pstrdup(connection->pool, at_database_error(connection->database));
    char *in, *out;

    for (in = out = message; *in; in++) {
        if (!apr_isspace(*in)) {
            *out++ = *in;
        }
        else if (out > message && out[-1] != ' ') {
            *out++ = ' ';
        }
    }
    *out = '\0';
    return message;
}

at_exit_e at_connection_report(at_connection_t *connection, const char *doing)
{
    const char *message = engine_error(connection);
    const char *file = at_connection_read_only_reason(connection);
    at_schema_t schema;

    if (file && strstr(message, "readonly")) {
        at_message_error("could not %s: %s", doing, file);
        return AT_EXIT_FILE;
    }
    at_database_drop(connection->database);
    if (at_schema_read(connection->database, connection->datasource->driver,
                       connection->sql, &schema,
                       connection->pool) == APR_SUCCESS) {
        if (!at_schema_is_usable(&schema)) {
            return report_schema(connection, &schema);
        }
        at_message_error("could not %s: %s", doing, message);
        return AT_EXIT_REFUSED;
    }
    message = engine_error(connection);
    if (!is_file(connection)) {
        at_message_error(
            "%s cannot be reached: %s",
            at_datasource_describe(connection->datasource, connection->pool),
            message);
        return AT_EXIT_UNREACHABLE;
    }
    if (file) {
        at_message_error("could not %s: %s", doing, file);
        return AT_EXIT_FILE;
    }
    at_message_error("could not %s: %s", doing, message);
    return strstr(message, "unable to open") ||
                   strstr(message, "not a database") ||
                   strstr(message, "that end in -wal")
               ? AT_EXIT_FILE
               : AT_EXIT_REFUSED;
}
