/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the engine's catalog, and creates what is missing.
 *
 * A failed statement costs the connection, so every statement here is one that
 * is known to succeed; only the one that tries a right may fail.
 */
#include "core/db/schema.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "core/db/catalog.h"
#include "core/token/clock.h"

/* Looking */

/* Does an index over these columns serve every statement that one over the
 * wanted columns serves? It does when it begins with them. */
static int serves(const char *columns, const char *wanted)
{
    apr_size_t length = strlen(wanted);

    return strncmp(columns, wanted, length) == 0 &&
           (columns[length] == '\0' || columns[length] == ',');
}

static void note_index(at_schema_t *schema, const char *columns)
{
    int i;

    for (i = 0; i < AT_INDEXES; i++) {
        schema->has_index[i] |= serves(columns, at_indexes[i].columns);
    }
}

static void note_name(at_schema_t *schema, const char *table, const char *name)
{
    apr_size_t length = strlen(table);
    int i;

    if (strncmp(name, table, length) != 0 || name[length] != '_') {
        return;
    }
    for (i = 0; i < AT_INDEXES; i++) {
        schema->named[i] |= strcmp(at_indexes[i].name, name + length + 1) == 0;
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
    int i, j;

    for (i = 0; i < rows->count; i++) {
        for (j = 0; j < AT_COLUMNS && rows->values[i]; j++) {
            schema->has_column[j] |=
                strcmp(at_columns[j].name, rows->values[i]) == 0;
        }
    }
}

static int version_of(const at_schema_t *schema)
{
    int version = at_schema_newest();
    int i;

    for (i = 0; i < AT_COLUMNS; i++) {
        if (!schema->has_column[i] && at_columns[i].version <= version) {
            version = at_columns[i].version - 1;
        }
    }
    for (i = 0; i < AT_INDEXES; i++) {
        if (!schema->has_index[i] && at_indexes[i].version <= version) {
            version = at_indexes[i].version - 1;
        }
    }
    return version;
}

apr_status_t at_schema_read_columns(at_database_t *database,
                                    const at_sql_t *sql, at_schema_t *schema,
                                    apr_pool_t *p)
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

static apr_status_t read_all(at_database_t *database,
                             const at_catalog_t *catalog, const at_sql_t *sql,
                             at_schema_t *schema, apr_pool_t *p)
{
    const void *args[] = {catalog->quoted ? sql->style.table : sql->table};
    at_schema_t seen;
    at_rows_t *rows;
    apr_status_t status = at_schema_read_columns(database, sql, &seen, p);

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

apr_status_t at_schema_read(at_database_t *database, const char *driver,
                            const at_sql_t *sql, at_schema_t *schema,
                            apr_pool_t *p)
{
    const at_catalog_t *catalog = at_catalog_of(driver);

    if (read_all(database, catalog, sql, schema, p) == APR_SUCCESS) {
        return APR_SUCCESS;
    }
    at_database_drop(database); /* its statements may be of another schema */
    return read_all(database, catalog, sql, schema, p);
}

const char *at_schema_first_missing(const at_schema_t *schema)
{
    int i;

    for (i = 0; i < AT_COLUMNS; i++) {
        if (!schema->has_column[i]) {
            return at_columns[i].name;
        }
    }
    return NULL;
}

const at_index_t *at_schema_missing_index(const at_schema_t *schema)
{
    int i;

    for (i = 0; i < AT_INDEXES; i++) {
        if (!schema->has_index[i]) {
            return &at_indexes[i];
        }
    }
    return NULL;
}

int at_schema_is_usable(const at_schema_t *schema)
{
    return schema->exists && !at_schema_first_missing(schema);
}

const at_column_t *at_schema_foreign(const at_schema_t *schema)
{
    int i;

    for (i = 0; i < AT_COLUMNS && schema->exists; i++) {
        if (!schema->has_column[i] && at_columns[i].is_required) {
            return &at_columns[i];
        }
    }
    return NULL;
}

/* Creating */

static int add_index(const char **statements, const char *driver,
                     const at_sql_t *sql, const at_index_t *index, int is_taken,
                     apr_pool_t *p)
{
    int n = 0;

    if (is_taken) {
        statements[n++] = at_schema_drop_index(&sql->style, index, p);
    }
    statements[n++] = at_schema_create_index(
        &sql->style, index, at_catalog_of(driver)->guarded_index, p);
    return n;
}

const char *const *at_schema_missing(const char *driver, const at_sql_t *sql,
                                     const at_schema_t *schema, apr_pool_t *p)
{
    const char **statements =
        apr_pcalloc(p, sizeof(char *) * (AT_COLUMNS + 2 * AT_INDEXES + 2));
    int n = 0;
    int i;

    if (!schema->exists) {
        statements[n++] = at_schema_create_table(&sql->style, p);
    }
    for (i = 0; i < AT_COLUMNS && schema->exists; i++) {
        if (!schema->has_column[i]) {
            statements[n++] =
                at_schema_add_column(&sql->style, &at_columns[i], p);
        }
    }
    for (i = 0; i < AT_INDEXES; i++) {
        int is_inner = !schema->exists && sql->style.inner_indexes;

        if (!schema->has_index[i] && !is_inner) {
            n += add_index(statements + n, driver, sql, &at_indexes[i],
                           schema->named[i], p);
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
    at_database_drop(database); /* its statements are of the old table */
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

/* An engine checks the rights before it reads rows. */
apr_status_t at_schema_right(at_database_t *database, const at_sql_t *sql,
                             at_right_e right, apr_pool_t *p)
{
    static const char *const patterns[AT_RIGHTS] = {
        [AT_RIGHT_INSERT] = "INSERT INTO %s (%s) SELECT %s FROM %s "
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
            database, apr_psprintf(p, patterns[right], table, sql->inserted,
                                   sql->inserted, table));
    }
    if (status != APR_SUCCESS) {
        at_database_drop(database);
    }
    return status;
}
