/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks at a table through the engine's catalog, and makes what lacks.
 *
 * Nothing here runs a statement of which it is not known that it can succeed,
 * but to find out about a right, since a failed one costs the connection.
 */
#include "core/db/schema.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "core/db/catalog.h"
#include "core/token/clock.h"

/* Looking */

static const at_part_t *part_named(at_part_kind_e kind, const char *name)
{
    int i;

    for (i = 0; at_parts[i].name; i++) {
        if (at_parts[i].kind == kind && strcmp(at_parts[i].name, name) == 0) {
            return &at_parts[i];
        }
    }
    return NULL;
}

/* Does an index over these columns serve for all questions that one over those
 * of the part serves? It does when it begins with them. */
static int serves(const char *columns, const char *wanted)
{
    apr_size_t length = strlen(wanted);

    return strncmp(columns, wanted, length) == 0 &&
           (columns[length] == '\0' || columns[length] == ',');
}

static void note_index(at_schema_t *schema, const char *columns)
{
    int i;

    for (i = 0; at_parts[i].name; i++) {
        if (at_parts[i].kind == AT_PART_INDEX &&
            serves(columns, at_parts[i].definition)) {
            schema->has[i] = 1;
        }
    }
}

static void note_name(at_schema_t *schema, const char *table, const char *name)
{
    apr_size_t length = strlen(table);
    const at_part_t *part;

    if (strncmp(name, table, length) != 0 || name[length] != '_') {
        return;
    }
    part = part_named(AT_PART_INDEX, name + length + 1);
    if (part) {
        schema->named[part - at_parts] = 1;
    }
}

static void note_indexes(at_schema_t *schema, const char *table,
                         const at_rows_t *rows, apr_pool_t *p)
{
    const char *name = NULL;
    const char *columns = "";
    int i;

    for (i = 0; i < rows->count; i++) {
        const char *index = rows->values[2 * i];
        const char *column = rows->values[2 * i + 1];

        if (name && index && strcmp(name, index) == 0) {
            columns = apr_pstrcat(p, columns, ", ", column ? column : "", NULL);
        }
        else {
            columns = column ? column : "";
        }
        name = index ? index : "";
        note_name(schema, table, name);
        note_index(schema, columns);
    }
}

static void note_columns(at_schema_t *schema, const at_rows_t *rows)
{
    int i;

    for (i = 0; i < rows->count; i++) {
        const at_part_t *part =
            rows->values[i] ? part_named(AT_PART_COLUMN, rows->values[i])
                            : NULL;

        if (part) {
            schema->has[part - at_parts] = 1;
        }
    }
}

static int version_of(const at_schema_t *schema)
{
    int version = at_parts_newest();
    int i;

    for (i = 0; at_parts[i].name; i++) {
        if (!schema->has[i] && at_parts[i].version <= version) {
            version = at_parts[i].version - 1;
        }
    }
    return version;
}

apr_status_t at_schema_glance(at_database_t *database, const at_sql_t *sql,
                              at_schema_t *schema, apr_pool_t *p)
{
    const at_catalog_t *catalog = at_catalog_of(sql->driver);
    const void *args[] = {catalog->quoted ? sql->style.table : sql->table};
    at_schema_t seen = {0};
    at_rows_t *rows;
    apr_status_t status;

    status = at_database_select(database, catalog->table, args, 1, &rows, p);
    if (status != APR_SUCCESS) {
        return status;
    }
    seen.exists = rows->count > 0;
    status = at_database_select(database, catalog->columns, args, 1, &rows, p);
    if (status != APR_SUCCESS) {
        return status;
    }
    note_columns(&seen, rows);
    *schema = seen;
    return APR_SUCCESS;
}

static apr_status_t look(at_database_t *database, const at_catalog_t *catalog,
                         const at_sql_t *sql, at_schema_t *schema,
                         apr_pool_t *p)
{
    const void *args[] = {catalog->quoted ? sql->style.table : sql->table};
    at_schema_t seen;
    at_rows_t *rows;
    apr_status_t status = at_schema_glance(database, sql, &seen, p);

    if (status != APR_SUCCESS) {
        return status;
    }
    status = at_database_select(database, catalog->indexes, args, 2, &rows, p);
    if (status != APR_SUCCESS) {
        return status;
    }
    note_indexes(&seen, sql->table, rows, p);
    status =
        at_database_select(database, catalog->collation, args, 1, &rows, p);
    if (status != APR_SUCCESS) {
        return status;
    }
    seen.collation = rows->count > 0 ? rows->values[0] : NULL;
    seen.version = version_of(&seen);
    *schema = seen;
    return APR_SUCCESS;
}

apr_status_t at_schema_look(at_database_t *database, const char *driver,
                            const at_sql_t *sql, at_schema_t *schema,
                            apr_pool_t *p)
{
    const at_catalog_t *catalog = at_catalog_of(driver);

    if (look(database, catalog, sql, schema, p) == APR_SUCCESS) {
        return APR_SUCCESS;
    }
    at_database_drop(database); /* what was prepared may be of another schema */
    return look(database, catalog, sql, schema, p);
}

const char *at_schema_first_missing(const at_schema_t *schema)
{
    int i;

    for (i = 0; at_parts[i].name; i++) {
        if (at_parts[i].kind == AT_PART_COLUMN && !schema->has[i]) {
            return at_parts[i].name;
        }
    }
    return NULL;
}

int at_schema_is_usable(const at_schema_t *schema)
{
    return schema->exists && !at_schema_first_missing(schema);
}

const at_part_t *at_schema_foreign(const at_schema_t *schema)
{
    int i;

    for (i = 0; schema->exists && at_parts[i].name; i++) {
        if (!schema->has[i] && !at_parts_is_addable(&at_parts[i])) {
            return &at_parts[i];
        }
    }
    return NULL;
}

/* Making */

static const char *statement_for(const char *driver, const at_sql_t *sql,
                                 const at_part_t *part, apr_pool_t *p)
{
    if (part->kind == AT_PART_COLUMN) {
        return at_parts_column(&sql->style, part, p);
    }
    return at_parts_index(&sql->style, part,
                          at_catalog_of(driver)->guarded_index, p);
}

/* Does the statement that makes the table make it, too? */
static int is_inner(const at_sql_t *sql, int part)
{
    return at_parts[part].kind == AT_PART_COLUMN || sql->style.inner_indexes;
}

const char *const *at_schema_missing(const char *driver, const at_sql_t *sql,
                                     const at_schema_t *schema, apr_pool_t *p)
{
    const char **statements = apr_pcalloc(p, sizeof(char *) * 2 * AT_PARTS_MAX);
    int n = 0;
    int i;

    if (!schema->exists) {
        statements[n++] = at_parts_table(&sql->style, p);
    }
    for (i = 0; at_parts[i].name; i++) {
        if (!schema->has[i] && schema->named[i]) {
            statements[n++] = at_parts_drop(&sql->style, &at_parts[i], p);
        }
        if (!schema->has[i] && (schema->exists || !is_inner(sql, i))) {
            statements[n++] = statement_for(driver, sql, &at_parts[i], p);
        }
    }
    return statements;
}

apr_status_t at_schema_upgrade(at_database_t *database, const char *driver,
                               const at_sql_t *sql, const at_schema_t *schema,
                               void (*told)(void *data, const char *statement),
                               void *data, apr_pool_t *p)
{
    const char *const *statement = at_schema_missing(driver, sql, schema, p);
    apr_status_t status = APR_SUCCESS;

    for (; *statement && status == APR_SUCCESS; statement++) {
        status = at_database_command(database, *statement);
        if (status == APR_SUCCESS && told) {
            told(data, *statement);
        }
    }
    at_database_drop(database); /* with what was prepared for the old table */
    return status;
}

const char *const *at_schema_statements(const char *driver, const at_sql_t *sql,
                                        apr_pool_t *p)
{
    static const at_schema_t nothing;

    return at_schema_missing(driver, sql, &nothing, p);
}

/* The engine */

static const char *one_value(at_database_t *database, const char *sql,
                             apr_pool_t *p, apr_status_t *status)
{
    at_rows_t *rows;

    *status = at_database_select(database, sql, NULL, 1, &rows, p);
    return *status == APR_SUCCESS && rows->count > 0 ? rows->values[0] : NULL;
}

apr_status_t at_schema_clock(at_database_t *database, const char *driver,
                             apr_int64_t *ms, apr_pool_t *p)
{
    const char *sql = at_catalog_of(driver)->clock;
    apr_status_t status = APR_SUCCESS;
    const char *value = sql ? one_value(database, sql, p, &status) : NULL;

    if (status == APR_SUCCESS) {
        *ms = value ? strtoll(value, NULL, 10) : AT_TIME_NONE;
    }
    return status;
}

const char *at_schema_engine(at_database_t *database, const char *driver,
                             apr_pool_t *p)
{
    apr_status_t status;

    return one_value(database, at_catalog_of(driver)->engine, p, &status);
}

const char *at_schema_session(at_database_t *database, const char *driver,
                              apr_pool_t *p)
{
    const char *sql = at_catalog_of(driver)->session;
    apr_status_t status = APR_SUCCESS;
    const char *defaults = sql ? one_value(database, sql, p, &status) : NULL;

    if (status != APR_SUCCESS) {
        return apr_pstrdup(p, at_database_error(database));
    }
    return defaults ? apr_pstrcat(p, "the server's defaults have ", defaults,
                                  "; each connection sets what it needs", NULL)
                    : NULL;
}

/* An engine looks at the rights before it looks for rows. */
apr_status_t at_schema_right(at_database_t *database, const at_sql_t *sql,
                             at_right_e right, apr_pool_t *p)
{
    static const char *const patterns[AT_RIGHTS] = {
        [AT_RIGHT_INSERT] =
            "INSERT INTO %s (token_id, token_hash, user_name, description, "
            "created_at, expires_at, scopes) SELECT token_id, token_hash, "
            "user_name, description, created_at, expires_at, scopes FROM %s "
            "WHERE 1 = 0",
        [AT_RIGHT_UPDATE] = "UPDATE %s SET last_used = NULL, "
                            "deleted_at = NULL WHERE 1 = 0",
        [AT_RIGHT_DELETE] = "DELETE FROM %s WHERE 1 = 0",
    };
    const char *table = sql->style.table;
    apr_status_t status;
    at_rows_t *rows;
    const void *args[] = {""};

    if (right == AT_RIGHT_SELECT) {
        status =
            at_database_select(database, sql->find, args, AT_COLUMNS, &rows, p);
    }
    else {
        status = at_database_command(
            database, apr_psprintf(p, patterns[right], table, table));
    }
    if (status != APR_SUCCESS) {
        at_database_drop(database);
    }
    return status;
}
