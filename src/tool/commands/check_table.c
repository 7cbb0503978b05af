/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks the table, its columns, indexes and collations, and the rights on it.
 */
#include <apr_strings.h>

#include "tool/commands/check.h"

static void check_indexes(at_check_t *check, const at_schema_t *schema)
{
    apr_pool_t *p = check->tool->pool;
    const char *table = check->tool->datasource->table;
    int missing = 0;
    int i;

    for (i = 0; i < AT_INDEXES; i++) {
        if (!schema->has_index[i]) {
            missing++;
            at_check_fault(
                check, AT_EXIT_SCHEMA, "index",
                apr_psprintf(p,
                             "there is none over (%s); 'httoken init' creates "
                             "%s_%s",
                             at_indexes[i].columns, table, at_indexes[i].name));
        }
    }
    if (!missing) {
        at_check_ok("indexes", "all there");
    }
}

static void check_columns(at_check_t *check, const at_schema_t *schema)
{
    const at_column_t *foreign = at_schema_foreign(schema);
    apr_pool_t *p = check->tool->pool;
    int i;

    for (i = 0; i < AT_COLUMNS; i++) {
        if (!schema->has_column[i]) {
            at_check_fault(
                check, AT_EXIT_SCHEMA, "columns",
                apr_psprintf(p, "%s is missing%s", at_columns[i].name,
                             foreign ? "; the table is another program's"
                                     : "; 'httoken init' adds it"));
        }
    }
    if (at_schema_is_usable(schema)) {
        at_check_ok("columns", "all there");
    }
}

int at_check_table(at_check_t *check)
{
    apr_pool_t *p = check->tool->pool;
    const char *table = check->tool->datasource->table;
    at_schema_t schema;

    if (at_schema_read(check->connection->database,
                       check->tool->datasource->driver, check->connection->sql,
                       &schema, p) != APR_SUCCESS) {
        at_check_fault(check, AT_EXIT_REFUSED, "table",
                       at_database_error(check->connection->database));
        return 0;
    }
    if (!schema.exists) {
        at_check_fault(
            check, AT_EXIT_SCHEMA, "table",
            apr_psprintf(p,
                         "there is no table %s, or you may not see it; "
                         "'httoken init' creates it",
                         table));
        return 0;
    }
    at_check_ok("table", apr_psprintf(p, "%s, schema version %d of %d", table,
                                      schema.version, at_schema_newest()));
    check_columns(check, &schema);
    check_indexes(check, &schema);
    if (schema.collation) {
        at_check_fault(check, AT_EXIT_SCHEMA, "collation", schema.collation);
    }
    else {
        at_check_ok("collation", "names are compared byte by byte");
    }
    return at_schema_is_usable(&schema);
}

int at_check_rights(at_check_t *check)
{
    static const char *const names[AT_RIGHTS] = {[AT_RIGHT_SELECT] = "SELECT",
                                                 [AT_RIGHT_INSERT] = "INSERT",
                                                 [AT_RIGHT_UPDATE] = "UPDATE",
                                                 [AT_RIGHT_DELETE] = "DELETE"};
    apr_pool_t *p = check->tool->pool;
    int missing = 0;
    int i;

    for (i = 0; i < AT_RIGHTS; i++) {
        if (at_schema_right(check->connection->database, check->connection->sql,
                            (at_right_e)i, p) != APR_SUCCESS) {
            missing++;
            at_check_fault(
                check, AT_EXIT_REFUSED, "rights",
                apr_psprintf(p, "%s is refused: %s", names[i],
                             at_database_error(check->connection->database)));
        }
    }
    if (!missing) {
        at_check_ok("rights", "SELECT, INSERT, UPDATE, DELETE");
    }
    return 1;
}
