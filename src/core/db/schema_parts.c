/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one list of the table's parts. A new version of the schema is a new line
 * here, with the next number.
 */
#include "core/db/schema_parts.h"

#include <string.h>

#include <apr_strings.h>

const at_part_t at_parts[AT_PARTS_MAX] = {
    {AT_PART_COLUMN, 1, "token_id", "(36) NOT NULL PRIMARY KEY", AT_PART_EXACT},
    {AT_PART_COLUMN, 1, "token_hash", "(64) NOT NULL", AT_PART_EXACT},
    {AT_PART_COLUMN, 1, "user_name", "(255) NOT NULL", AT_PART_EXACT},
    {AT_PART_COLUMN, 1, "description", " NOT NULL", AT_PART_TEXT},
    {AT_PART_COLUMN, 1, "created_at", " NOT NULL", AT_PART_MOMENT},
    {AT_PART_COLUMN, 1, "expires_at", " NULL", AT_PART_MOMENT},
    {AT_PART_COLUMN, 1, "last_used", " NULL", AT_PART_MOMENT},
    {AT_PART_COLUMN, 1, "deleted_at", " NULL", AT_PART_MOMENT},
    {AT_PART_COLUMN, 3, "scopes", "(255) NULL", AT_PART_EXACT},
    {AT_PART_INDEX, 1, "user", "user_name, created_at, token_id"},
    {AT_PART_INDEX, 1, "created", "created_at, token_id"},
    {AT_PART_INDEX, 1, "deleted", "deleted_at, token_id"},
    {AT_PART_INDEX, 2, "expires", "expires_at"},
};

int at_parts_newest(void)
{
    int newest = 0;
    int i;

    for (i = 0; at_parts[i].name; i++) {
        if (at_parts[i].version > newest) {
            newest = at_parts[i].version;
        }
    }
    return newest;
}

static const char *type_of(const at_schema_style_t *style,
                           const at_part_t *part)
{
    switch (part->type) {
    case AT_PART_EXACT:
        return style->exact;
    case AT_PART_TEXT:
        return style->text;
    }
    return "BIGINT";
}

static const char *column(const at_schema_style_t *style, const at_part_t *part,
                          apr_pool_t *p)
{
    return apr_pstrcat(p, part->name, " ", type_of(style, part),
                       part->definition, NULL);
}

static const char *inner(const at_schema_style_t *style, const at_part_t *part,
                         apr_pool_t *p)
{
    if (part->kind == AT_PART_COLUMN) {
        return column(style, part, p);
    }
    return apr_pstrcat(p, "INDEX ", style->quote, style->name, "_", part->name,
                       style->quote, " (", part->definition, ")", NULL);
}

const char *at_parts_table(const at_schema_style_t *style, apr_pool_t *p)
{
    const char *parts = NULL;
    int i;

    for (i = 0; at_parts[i].name; i++) {
        if (at_parts[i].kind == AT_PART_COLUMN || style->inner_indexes) {
            parts = apr_pstrcat(p, parts ? parts : "", parts ? ", " : "",
                                inner(style, &at_parts[i], p), NULL);
        }
    }
    return apr_pstrcat(p, "CREATE TABLE IF NOT EXISTS ", style->table, " (",
                       parts, ")", style->table_end, NULL);
}

const char *at_parts_column(const at_schema_style_t *style,
                            const at_part_t *part, apr_pool_t *p)
{
    return apr_pstrcat(p, "ALTER TABLE ", style->table, " ADD COLUMN ",
                       column(style, part, p), NULL);
}

const char *at_parts_index(const at_schema_style_t *style,
                           const at_part_t *part, int guarded, apr_pool_t *p)
{
    const char *q = style->quote;

    return apr_pstrcat(p, "CREATE INDEX ", guarded ? "IF NOT EXISTS " : "", q,
                       style->name, "_", part->name, q, " ON ", style->table,
                       " (", part->definition, ")", NULL);
}

const char *at_parts_drop(const at_schema_style_t *style, const at_part_t *part,
                          apr_pool_t *p)
{
    const char *q = style->quote;

    /* Where it stands in the table's definition, its name is the table's. */
    return apr_pstrcat(p, "DROP INDEX ", q, style->name, "_", part->name, q,
                       style->inner_indexes ? " ON " : "",
                       style->inner_indexes ? style->table : "", NULL);
}

int at_parts_is_addable(const at_part_t *part)
{
    return part->kind == AT_PART_INDEX || !strstr(part->definition, "NOT NULL");
}
