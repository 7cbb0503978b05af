/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new column is a line here, an enumerator in columns.h and a field in row.h.
 */
#include "core/token/columns.h"

#include <stddef.h>

#include <apr_strings.h>

#include "core/token/text.h"

#define FIELD(name) .offset = offsetof(at_row_t, name)

const at_column_t at_columns[AT_COLUMNS] = {
    [AT_COLUMN_TOKEN_ID] = {"token_id", "tokenId", AT_KIND_ID, 1, 36, 1, 1,
                            FIELD(id)},
    [AT_COLUMN_TOKEN_HASH] = {"token_hash", NULL, AT_KIND_HASH, 1, 64, 1, 1,
                              FIELD(hash)},
    [AT_COLUMN_USER_NAME] = {"user_name", "user", AT_KIND_USER, 1,
                             AT_TEXT_USER_MAX, 1, 1, FIELD(user)},
    [AT_COLUMN_DESCRIPTION] = {"description", "description", AT_KIND_TEXT, 1,
                               AT_TEXT_DESCRIPTION_MAX, 1, 1,
                               FIELD(description)},
    [AT_COLUMN_CREATED_AT] = {"created_at", "createdAt", AT_KIND_TIME, 1, 0, 1,
                              1, FIELD(created_at)},
    [AT_COLUMN_EXPIRES_AT] = {"expires_at", "expiredAt", AT_KIND_TIME, 1, 0, 0,
                              1, FIELD(expires_at)},
    [AT_COLUMN_LAST_USED] = {"last_used", "lastUsed", AT_KIND_TIME, 1, 0, 0, 0,
                             FIELD(last_used)},
    [AT_COLUMN_DELETED_AT] = {"deleted_at", NULL, AT_KIND_TIME, 1, 0, 0, 0,
                              FIELD(deleted_at)},
    [AT_COLUMN_SCOPES] = {"scopes", "scopes", AT_KIND_SCOPES, 3, 255, 0, 1,
                          FIELD(scopes)},
    [AT_COLUMN_REPLACES] = {"replaces", "replaces", AT_KIND_WORD, 4, 36, 0, 1,
                            FIELD(replaces)},
};

void *at_column_field(const at_column_t *column, at_row_t *row)
{
    return (char *)row + column->offset;
}

const void *at_column_value(const at_column_t *column, const at_row_t *row)
{
    return (const char *)row + column->offset;
}

int at_column_is_text(const at_column_t *column)
{
    switch (column->kind) {
    case AT_KIND_USER:
    case AT_KIND_TEXT:
    case AT_KIND_SCOPES:
    case AT_KIND_WORD:
        return 1;
    case AT_KIND_ID:
    case AT_KIND_HASH:
    case AT_KIND_TIME:
        break;
    }
    return 0;
}

at_row_t *at_row_copy(const at_row_t *row, apr_pool_t *p)
{
    at_row_t *copy = apr_pmemdup(p, row, sizeof(*row));
    int i;

    copy->id_text = apr_pstrdup(p, row->id_text);
    for (i = 0; i < AT_COLUMNS; i++) {
        if (at_column_is_text(&at_columns[i])) {
            const char **field = at_column_field(&at_columns[i], copy);

            *field = apr_pstrdup(p, *field);
        }
    }
    return copy;
}
