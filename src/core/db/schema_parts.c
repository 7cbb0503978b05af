/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Composes the statements from the description of the columns and from the one
 * list of indexes. A new index is a line here, with the next version.
 */
#include "core/db/schema_parts.h"

#include <apr_strings.h>

const at_index_t at_indexes[AT_INDEXES] = {
    {"user", 1, "user_name, created_at, token_id"},
    {"created", 1, "created_at, token_id"},
    {"deleted", 1, "deleted_at, token_id"},
    {"expires", 2, "expires_at"},
};

int at_schema_newest(void)
{
    int newest = 0;
    int i;

    for (i = 0; i < AT_COLUMNS; i++) {
        if (at_columns[i].version > newest) {
            newest = at_columns[i].version;
        }
    }
    for (i = 0; i < AT_INDEXES; i++) {
        if (at_indexes[i].version > newest) {
            newest = at_indexes[i].version;
        }
    }
    return newest;
}

static const char *type_of(const at_schema_style_t *style,
                           const at_column_t *column, apr_pool_t *p)
{
    if (column->kind == AT_KIND_TIME) {
        return "BIGINT";
    }
    if (column->kind == AT_KIND_TEXT) {
        return style->text;
    }
    return apr_psprintf(p, "%s(%d)", style->exact, column->size);
}

static const char *define(const at_schema_style_t *style,
                          const at_column_t *column, apr_pool_t *p)
{
    return apr_pstrcat(p, column->name, " ", type_of(style, column, p),
                       column->is_required ? " NOT NULL" : " NULL",
                       column->kind == AT_KIND_ID ? " PRIMARY KEY" : "", NULL);
}

static const char *index_name(const at_schema_style_t *style,
                              const at_index_t *index, apr_pool_t *p)
{
    return apr_pstrcat(p, style->quote, style->name, "_", index->name,
                       style->quote, NULL);
}

const char *at_schema_create_table(const at_schema_style_t *style,
                                   apr_pool_t *p)
{
    const char *parts = "";
    int i;

    for (i = 0; i < AT_COLUMNS; i++) {
        parts = apr_pstrcat(p, parts, i > 0 ? ", " : "",
                            define(style, &at_columns[i], p), NULL);
    }
    for (i = 0; i < AT_INDEXES && style->inner_indexes; i++) {
        parts = apr_pstrcat(p, parts, ", INDEX ",
                            index_name(style, &at_indexes[i], p), " (",
                            at_indexes[i].columns, ")", NULL);
    }
    return apr_pstrcat(p, "CREATE TABLE IF NOT EXISTS ", style->table, " (",
                       parts, ")", style->table_end, NULL);
}

const char *at_schema_add_column(const at_schema_style_t *style,
                                 const at_column_t *column, apr_pool_t *p)
{
    return apr_pstrcat(p, "ALTER TABLE ", style->table, " ADD COLUMN ",
                       define(style, column, p), NULL);
}

const char *at_schema_create_index(const at_schema_style_t *style,
                                   const at_index_t *index, int guarded,
                                   apr_pool_t *p)
{
    return apr_pstrcat(p, "CREATE INDEX ", guarded ? "IF NOT EXISTS " : "",
                       index_name(style, index, p), " ON ", style->table, " (",
                       index->columns, ")", NULL);
}

const char *at_schema_drop_index(const at_schema_style_t *style,
                                 const at_index_t *index, apr_pool_t *p)
{
    /* An inner index has its name in the table's name space. */
    return apr_pstrcat(p, "DROP INDEX ", index_name(style, index, p),
                       style->inner_indexes ? " ON " : "",
                       style->inner_indexes ? style->table : "", NULL);
}
