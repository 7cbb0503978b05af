/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httoken init, and httoken schema, which prints what it would run.
 */
#include <stdio.h>
#include <sys/stat.h>

#include <apr_strings.h>

#include "core/db/sql.h"
#include "tool/output.h"
#include "tool/owner.h"
#include "tool/terminal.h"
#include "tool/tool.h"

at_exit_e at_run_schema(at_tool_t *tool)
{
    const at_target_t *target = tool->target;
    const at_sql_t *sql =
        at_sql_compose(target->driver, target->table, tool->pool);
    const char *const *statement =
        at_schema_statements(target->driver, sql, tool->pool);

    for (; *statement; statement++) {
        printf("%s;\n", *statement);
    }
    return at_output_flush();
}

static void tell(void *data, const char *statement)
{
    (void)data;
    at_term_note("%s", statement);
}

static at_exit_e look(at_tool_t *tool, at_schema_t *schema)
{
    at_link_t *link = tool->link;

    return at_schema_look(link->database, tool->target->driver, link->sql,
                          schema, tool->pool) == APR_SUCCESS
               ? AT_EXIT_DONE
               : at_link_blame(link, "look at the table");
}

/* What is left for somebody else; of an older table, schema does not print it. */
static void tell_what_lacks(at_tool_t *tool)
{
    const char *driver = tool->target->driver;
    at_link_t *link = tool->link;
    const char *const *statement;
    at_schema_t schema;

    if (at_schema_look(link->database, driver, link->sql, &schema,
                       tool->pool) != APR_SUCCESS) {
        return;
    }
    if (!schema.exists) {
        at_term_note("'httoken schema' prints what somebody with the right to "
                     "do it has to run.");
        return;
    }
    at_term_note("Somebody with the right to do it has to run:");
    statement = at_schema_missing(driver, link->sql, &schema, tool->pool);
    for (; *statement; statement++) {
        at_term_note("%s;", *statement);
    }
}

static at_exit_e upgrade(at_tool_t *tool, const at_schema_t *schema)
{
    at_link_t *link = tool->link;
    const at_column_t *foreign = at_schema_foreign(schema);

    if (foreign) {
        at_term_say("the table %s has no column %s: it is another program's, "
                    "so nothing was changed",
                    tool->target->table, foreign->name);
        return AT_EXIT_SCHEMA;
    }
    if (at_schema_upgrade(link->database, tool->target->driver, link->sql,
                          schema, tell, NULL, tool->pool) == APR_SUCCESS) {
        return AT_EXIT_DONE;
    }
    at_term_say("could not %s: %s",
                schema->exists ? "bring the table up to date"
                               : "make the table",
                at_database_error(link->database));
    tell_what_lacks(tool);
    return AT_EXIT_REFUSED;
}

static at_exit_e report(at_tool_t *tool, const at_schema_t *before,
                        const at_schema_t *after)
{
    const char *done = !before->exists ? "made"
                       : before->version < at_schema_newest()
                           ? "brought up to date"
                           : "up to date, nothing to do";
    const char *column = at_schema_first_missing(after);
    const at_index_t *index = at_schema_missing_index(after);

    if (column || index) {
        at_term_say("the table %s still has no %s %s, though it was created",
                    tool->target->table, column ? "column" : "index",
                    column ? column : index->name);
        return AT_EXIT_SCHEMA;
    }
    printf("%s: %s (schema version %d)\n", tool->target->table, done,
           after->version);
    if (after->collation) {
        at_term_say("%s", after->collation);
        return AT_EXIT_SCHEMA;
    }
    return at_output_flush();
}

at_exit_e at_run_init(at_tool_t *tool)
{
    at_schema_t before, after;
    at_exit_e status = at_link_make(tool->target, &tool->link, tool->pool);

    if (status == AT_EXIT_DONE && at_sql_is_sqlite(tool->target->driver)) {
        status = at_owner_make_file(tool->target, tool->pool);
    }
    if (status == AT_EXIT_DONE) {
        status = at_link_check_file(tool->link);
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
