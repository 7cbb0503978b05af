/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks the connection, the defaults of the database server, the journal of
 * SQLite and the clocks.
 */
#include <string.h>

#include <apr_strings.h>

#include "core/token/clock.h"
#include "tool/commands/check.h"
#include "tool/files/access.h"

/* A larger difference deserves attention; it is a fault where servers could
 * miss deletions, since each reads those of the last minute again. */
#define CLOCK_NOTE_MS 1000
#define CLOCK_FAULT_MS 60000

int at_check_connection(at_check_t *check)
{
    apr_pool_t *p = check->tool->pool;
    const char *engine = at_schema_engine(check->connection->database,
                                          check->tool->datasource->driver, p);

    if (!engine) {
        at_check_fault(check,
                       at_sql_is_sqlite(check->tool->datasource->driver)
                           ? AT_EXIT_FILE
                           : AT_EXIT_UNREACHABLE,
                       "connection",
                       at_database_error(check->connection->database));
        return 0;
    }
    at_check_ok("connection", apr_pstrcat(p, engine, ", ",
                                          at_datasource_describe(
                                              check->connection->datasource, p),
                                          NULL));
    return 1;
}

int at_check_session(at_check_t *check)
{
    const char *text =
        at_schema_session(check->connection->database,
                          check->tool->datasource->driver, check->tool->pool);

    if (text) {
        at_check_note("session", text);
    }
    return 1;
}

int at_check_journal(at_check_t *check)
{
    static const char statement[] = "PRAGMA journal_mode";
    apr_pool_t *p = check->tool->pool;
    at_rows_t *rows;

    if (!at_sql_is_sqlite(check->tool->datasource->driver)) {
        return 1;
    }
    if (at_database_select(check->connection->database, statement, NULL, 1,
                           &rows, p) != APR_SUCCESS) {
        const char *reason = at_connection_read_only_reason(check->connection);

        at_check_fault(
            check, reason ? AT_EXIT_FILE : AT_EXIT_REFUSED, "journal",
            reason ? reason : at_database_error(check->connection->database));
        return 0;
    }
    if (rows->count == 1 && rows->values[0] &&
        strcmp(rows->values[0], "wal") == 0) {
        at_check_ok("journal", "WAL");
        return 1;
    }
    at_check_fault(
        check, AT_EXIT_FILE, "journal",
        apr_psprintf(p,
                     "WAL is not possible in %s, so each writer blocks all "
                     "lookups; WAL needs a local, writable folder",
                     at_access_folder(check->tool->datasource->params, p)));
    return 1;
}

int at_check_clock(at_check_t *check)
{
    apr_pool_t *p = check->tool->pool;
    apr_int64_t before = at_clock_now();
    apr_int64_t database_time, difference;
    const char *text;

    if (at_schema_clock(check->connection->database,
                        check->tool->datasource->driver, &database_time,
                        p) != APR_SUCCESS ||
        database_time == AT_TIME_NONE) {
        return 1;
    }
    difference = database_time - (before + at_clock_now()) / 2;
    text =
        apr_psprintf(p,
                     "the database's clock is %" APR_INT64_T_FMT " ms %s this "
                     "machine's",
                     difference < 0 ? -difference : difference,
                     difference < 0 ? "behind" : "ahead of");
    difference = difference < 0 ? -difference : difference;
    if (difference > CLOCK_FAULT_MS) {
        at_check_fault(
            check, AT_EXIT_REFUSED, "clock",
            apr_pstrcat(p, text,
                        "; where servers differ by more than a minute, "
                        "deletions may take effect late",
                        NULL));
    }
    else if (difference > CLOCK_NOTE_MS) {
        at_check_note("clock", text);
    }
    else {
        at_check_ok("clock", text);
    }
    return 1;
}
