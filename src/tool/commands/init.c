/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httoken init, and httoken schema, which prints what init would run.
 */
#include <stdio.h>
#include <sys/stat.h>

#include <apr_strings.h>

#include "core/db/sql.h"
#include "tool/commands/command.h"
#include "tool/files/access.h"
#include "tool/files/create.h"
#include "tool/output/messages.h"
#include "tool/output/output.h"

at_exit_e at_run_schema(at_tool_t *tool)
{
    const at_datasource_t *datasource = tool->datasource;
    const at_sql_t *sql =
        at_sql_compose(datasource->driver, datasource->table, tool->pool);
    const char *const *statement =
        at_schema_statements(datasource->driver, sql, tool->pool);

    for (; *statement; statement++) {
        printf("%s;\n", *statement);
    }
    return at_output_flush();
}

static void print_statement(void *data, const char *statement)
{
    (void)data;
    at_message_note("%s", statement);
}

static at_exit_e look(at_tool_t *tool, at_schema_t *schema)
{
    at_connection_t *connection = tool->connection;

    return at_schema_read(connection->database, tool->datasource->driver,
                          connection->sql, schema, tool->pool) == APR_SUCCESS
               ? AT_EXIT_DONE
               : at_connection_report(connection,
                                      "read the definition of the table");
}

/* Print what a user with more rights has to run. For an older table this is
 * not what httoken schema prints. */
static void print_missing(at_tool_t *tool)
{
    const char *driver = tool->datasource->driver;
    at_connection_t *connection = tool->connection;
    const char *const *statement;
    at_schema_t schema;

    if (at_schema_read(connection->database, driver, connection->sql, &schema,
                       tool->pool) != APR_SUCCESS) {
        return;
    }
    if (!schema.exists) {
        at_message_note("'httoken schema' prints what a user with the right to "
                        "create tables has to run.");
        return;
    }
    at_message_note("A user with the right to change the table has to run:");
    statement = at_schema_missing(driver, connection->sql, &schema, tool->pool);
    for (; *statement; statement++) {
        at_message_note("%s;", *statement);
    }
}

static at_exit_e upgrade(at_tool_t *tool, const at_schema_t *schema)
{
    at_connection_t *connection = tool->connection;
    const at_column_t *foreign = at_schema_foreign(schema);

    if (foreign) {
        at_message_error(
            "the table %s has no column %s: it is another program's, "
            "so nothing was changed",
            tool->datasource->table, foreign->name);
        return AT_EXIT_SCHEMA;
    }
    if (at_schema_upgrade(connection->database, tool->datasource->driver,
                          connection->sql, schema, print_statement, NULL,
                          tool->pool) == APR_SUCCESS) {
        return AT_EXIT_DONE;
    }
    at_message_error("could not %s: %s",
                     schema->exists ? "bring the table up to date"
                                    : "create the table",
                     at_database_error(connection->database));
    print_missing(tool);
    return AT_EXIT_REFUSED;
}

static at_exit_e report(at_tool_t *tool, const at_schema_t *before,
                        const at_schema_t *after)
{
    const char *done = !before->exists ? "created"
                       : before->version < at_schema_newest()
                           ? "brought up to date"
                           : "up to date, nothing to do";
    const char *column = at_schema_first_missing(after);
    const at_index_t *index = at_schema_missing_index(after);

    if (column || index) {
        at_message_error(
            "the table %s still has no %s %s, though it was created",
            tool->datasource->table, column ? "column" : "index",
            column ? column : index->name);
        return AT_EXIT_SCHEMA;
    }
    printf("%s: %s (schema version %d)\n", tool->datasource->table, done,
           after->version);
    if (after->collation) {
        at_message_error("%s", after->collation);
        return AT_EXIT_SCHEMA;
    }
    return at_output_flush();
}

at_exit_e at_run_init(at_tool_t *tool)
{
    at_schema_t before, after;
    at_exit_e status =
        at_connection_prepare(tool->datasource, &tool->connection, tool->pool);

    if (status == AT_EXIT_DONE && at_sql_is_sqlite(tool->datasource->driver)) {
        status = at_create_database_file(
            tool->datasource->params,
            at_access_server_user(tool->datasource->server_user),
            tool->datasource->is_default, tool->pool);
    }
    if (status == AT_EXIT_DONE) {
        status = at_connection_check_file(tool->connection);
    }
    if (status == AT_EXIT_DONE) {
        status = look(tool, &before);
    }
    if (status == AT_EXIT_DONE && before.version < at_schema_newest()) {
        status = upgrade(tool, &before);
    }
    if (status == AT_EXIT_DONE) {
        status = look(tool, &after);
    }
    return status == AT_EXIT_DONE ? report(tool, &before, &after) : status;
}
