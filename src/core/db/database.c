/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection over apr_dbd that recovers from errors.
 *
 * If the connection of a prepared statement was lost, or the schema was
 * changed, apr_dbd's drivers behave in different ways, and none recovers; so
 * after an error nothing of the connection is used again. All that belongs to
 * a connection lives in one pool, and dropping the connection means destroying
 * that pool.
 *
 * Only random access by row number returns, with all three drivers, every row
 * and the errors of PostgreSQL; so no other access is used here.
 */
#include "core/db/database.h"

#include <string.h>

#include <apr_dbd.h>
#include <apr_hash.h>
#include <apr_strings.h>

#include "core/db/connect_params.h"
#include "core/db/dbfile.h"
#include "core/db/session.h"
#include "core/token/clock.h"
#include "rows_inside.h"

#define ERROR_SIZE 600
#define CHECK_MS 500 /* between two checks whether the file was replaced */

/* The engines' codes for the lock of another session. PostgreSQL's driver has
 * no code for it. */
#define SQLITE_BUSY_CODE 5
#define SQLITE_LOCKED_CODE 6
#define MYSQL_LOCK_WAIT_CODE 1205
#define MYSQL_DEADLOCK_CODE 1213
#define MYSQL_CHANGED_CODE 1020 /* another session has changed the row */

struct at_database_t {
    const apr_dbd_driver_t *driver;
    const char *driver_name;
    const char *params;
    apr_pool_t *pool;       /* as long as this object */
    apr_pool_t *connection; /* as long as the handle */
    apr_dbd_t *handle;
    int is_ready;           /* the session has all settings */
    at_dbfile_t *file;      /* of SQLite; NULL for other engines */
    apr_int64_t checked_at; /* when `file` was checked last: monotonic */
    apr_int64_t used_at;    /* the connection; monotonic */
    apr_int64_t timeout;    /* of making a connection; 0: without limit */
    int probe;              /* see at_connect_params() */
    apr_hash_t *statements; /* address of the SQL -> apr_dbd_prepared_t * */
    int code;
    char error[ERROR_SIZE];
};

apr_status_t at_database_driver_check(const char *driver, apr_pool_t *p)
{
    const apr_dbd_driver_t *found;

    return apr_dbd_get_driver(p, driver, &found);
}

at_database_t *at_database_make(const char *driver, const char *params,
                                apr_pool_t *p)
{
    at_database_t *database = apr_pcalloc(p, sizeof(*database));

    database->pool = p;
    database->driver_name = apr_pstrdup(p, driver);
    database->params = apr_pstrdup(p, params);
    if (at_sql_is_sqlite(driver)) {
        database->file = at_dbfile_make(params, p);
    }
    return database;
}

/* `code` is that of the engine, or 0. */
static apr_status_t fail(at_database_t *database, int code, const char *reason)
{
    int has_path = at_sql_is_sqlite(database->driver_name);
    char number[16] = "";

    if (code != 0) {
        apr_snprintf(number, sizeof(number), " %d", code);
    }
    database->code = code;
    /* Only the parameters of SQLite have no secrets. */
    apr_snprintf(database->error, sizeof(database->error), "%s (%s%s%s%s)",
                 reason && *reason ? reason : "no message",
                 database->driver_name, number, has_path ? ", " : "",
                 has_path ? database->params : "");
    return AT_EUNAVAILABLE;
}

static apr_status_t fail_by_driver(at_database_t *database, int code)
{
    return fail(database, code,
                apr_dbd_error(database->driver, database->handle, code));
}

static apr_status_t close_handle(void *data)
{
    at_database_t *database = data;

    apr_dbd_close(database->driver, database->handle);
    database->handle = NULL;
    return APR_SUCCESS;
}

void at_database_drop(at_database_t *database)
{
    if (database->connection) {
        apr_pool_destroy(database->connection);
    }
    database->connection = NULL;
    database->handle = NULL;
    database->is_ready = 0;
    database->statements = NULL;
}

void at_database_refresh(at_database_t *database)
{
    apr_int64_t now = at_clock_monotonic();

    if (!database->handle || !database->file ||
        now - database->checked_at < CHECK_MS) {
        return;
    }
    database->checked_at = now;
    if (at_dbfile_is_other(database->file)) {
        at_database_drop(database);
    }
}

apr_uint64_t at_database_file(const at_database_t *database)
{
    return database->handle && database->file ? at_dbfile_number(database->file)
                                              : 0;
}

int at_database_is_open(const at_database_t *database)
{
    return database->handle != NULL;
}

int at_database_is_idle(const at_database_t *database, apr_int64_t idle)
{
    return database->handle && at_clock_monotonic() - database->used_at >= idle;
}

void at_database_limit_connecting(at_database_t *database, apr_int64_t timeout,
                                  int probe)
{
    database->timeout = timeout;
    database->probe = probe;
}

static apr_status_t open_handle(at_database_t *database)
{
    const char *params;
    const char *reason = NULL;
    apr_status_t status;
    int code;

    apr_pool_create(&database->connection, database->pool);
    params = at_connect_params(database->driver_name, database->params,
                               database->timeout, database->probe,
                               database->connection);
    if (!params) {
        return fail(database, 0, "no connection in time");
    }
    params =
        at_session_params(database->driver_name, params, database->connection);
    status = apr_dbd_open_ex(database->driver, database->connection, params,
                             &database->handle, &reason);
    if (status != APR_SUCCESS) {
        database->handle = NULL;
        /* The status is always the same, and the engine's code is unknown. */
        return fail(database, 0,
                    reason
                        ? at_connect_params_redacted(database->params, reason)
                        : "cannot be opened");
    }
    /* Registered before any statement is prepared, so that it runs after the
     * cleanups of all statements. */
    apr_pool_cleanup_register(database->connection, database, close_handle,
                              apr_pool_cleanup_null);
    database->statements = apr_hash_make(database->connection);
    code = at_session_begin(database->driver, database->driver_name,
                            database->handle, database->connection);
    return code == 0 ? APR_SUCCESS : fail_by_driver(database, code);
}

/* SQLite creates the WAL of a new database when it is first read. */
static const char *note_file(at_database_t *database)
{
    const char *reason = at_dbfile_after_open(database->file);
    apr_dbd_results_t *results = NULL;

    database->checked_at = at_clock_monotonic();
    if (reason || at_dbfile_has_wal(database->file)) {
        return reason;
    }
    apr_dbd_select(database->driver, database->connection, database->handle,
                   &results, "PRAGMA schema_version", 1);
    return at_dbfile_after_open(database->file);
}

/* Twice, because an overlay file system copies the file to another one when it
 * is first opened for writing. */
static apr_status_t open_file(at_database_t *database)
{
    const char *reason = NULL;
    apr_status_t status;
    int tries;

    for (tries = 0; tries < 2; tries++) {
        reason = at_dbfile_before_open(database->file);
        if (reason) {
            break;
        }
        status = open_handle(database);
        if (status != APR_SUCCESS) {
            return status;
        }
        reason = note_file(database);
        if (!reason) {
            return APR_SUCCESS;
        }
        at_database_drop(database);
    }
    return fail(database, 0, reason);
}

static apr_status_t open_connection(at_database_t *database)
{
    apr_status_t status;

    database->used_at = at_clock_monotonic();
    if (database->is_ready) {
        return APR_SUCCESS;
    }
    status = apr_dbd_get_driver(database->pool, database->driver_name,
                                &database->driver);
    if (status != APR_SUCCESS) {
        return fail(database, 0, "apr_dbd has no such driver");
    }
    at_database_drop(database);
    status = database->file ? open_file(database) : open_handle(database);
    database->is_ready = status == APR_SUCCESS;
    return status;
}

/* Without a label: PostgreSQL's named statements do not work through a pooler
 * of transactions. */
static apr_status_t prepare(at_database_t *database, const char *sql,
                            apr_dbd_prepared_t **statement)
{
    apr_status_t status = open_connection(database);
    int code;

    if (status != APR_SUCCESS) {
        return status;
    }
    *statement = apr_hash_get(database->statements, &sql, sizeof(sql));
    if (*statement) {
        return APR_SUCCESS;
    }
    code = apr_dbd_prepare(database->driver, database->connection,
                           database->handle, sql, NULL, statement);
    if (code != 0) {
        return fail_by_driver(database, code);
    }
    apr_hash_set(database->statements,
                 apr_pmemdup(database->connection, &sql, sizeof(sql)),
                 sizeof(sql), *statement);
    return APR_SUCCESS;
}

apr_status_t at_database_select(at_database_t *database, const char *sql,
                                const void **args, int columns,
                                at_rows_t **rows, apr_pool_t *p)
{
    apr_dbd_prepared_t *statement;
    apr_dbd_results_t *results = NULL;
    at_rows_t *copy;
    apr_pool_t *scratch;
    apr_status_t status = prepare(database, sql, &statement);
    int code;

    if (status != APR_SUCCESS) {
        return status;
    }
    /* Results refer to the connection, so they are freed before it. */
    apr_pool_create(&scratch, database->connection);
    code = apr_dbd_pbselect(database->driver, scratch, database->handle,
                            &results, statement, 1, args);
    if (code != 0 || !results) {
        status = fail_by_driver(database, code);
    }
    else {
        copy = at_rows_copy(database->driver, results, columns, scratch, p);
        if (copy) {
            *rows = copy;
        }
        else {
            status = fail(database, 0, "a row cannot be read");
        }
    }
    apr_pool_destroy(scratch);
    return status;
}

apr_status_t at_database_execute(at_database_t *database, const char *sql,
                                 const void **args, int *changed)
{
    apr_dbd_prepared_t *statement;
    apr_pool_t *scratch;
    apr_status_t status = prepare(database, sql, &statement);
    int rows = 0;
    int code;

    if (status != APR_SUCCESS) {
        return status;
    }
    apr_pool_create(&scratch, database->connection);
    code = apr_dbd_pbquery(database->driver, scratch, database->handle, &rows,
                           statement, args);
    if (code != 0) {
        status = fail_by_driver(database, code);
    }
    else {
        *changed = rows;
    }
    apr_pool_destroy(scratch);
    return status;
}

apr_status_t at_database_command(at_database_t *database, const char *sql)
{
    apr_status_t status = open_connection(database);
    int rows = 0;
    int code;

    if (status != APR_SUCCESS) {
        return status;
    }
    code = apr_dbd_query(database->driver, database->handle, &rows, sql);
    return code == 0 ? APR_SUCCESS : fail_by_driver(database, code);
}

const char *at_database_error(const at_database_t *database)
{
    return database->error;
}

void at_database_set_error(at_database_t *database, const char *reason)
{
    database->code = 0;
    apr_cpystrn(database->error, reason, sizeof(database->error));
}

void at_database_add_reason(at_database_t *database, const char *reason)
{
    apr_size_t length = strlen(database->error);

    apr_cpystrn(database->error + length, reason,
                sizeof(database->error) - length);
}

int at_database_locked(const at_database_t *database)
{
    if (at_sql_is_sqlite(database->driver_name)) {
        return database->code == SQLITE_BUSY_CODE ||
               database->code == SQLITE_LOCKED_CODE;
    }
    return database->code == MYSQL_LOCK_WAIT_CODE ||
           database->code == MYSQL_DEADLOCK_CODE ||
           database->code == MYSQL_CHANGED_CODE;
}
