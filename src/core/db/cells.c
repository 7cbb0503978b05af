/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads cells as if an enemy had written them: SQLite takes any text in any
 * column, and other programs may write to the table.
 */
#include "core/db/cells.h"

#include <string.h>

#include <apr_lib.h>

#include "core/db/sql.h"
#include "core/token/hex.h"
#include "core/token/scopes.h"
#include "core/token/text.h"
#include "core/token/token.h"

static int read_hash(const char *cell, unsigned char hash[AT_HASH_SIZE])
{
    return cell && strlen(cell) == 2 * AT_HASH_SIZE &&
           at_hex_read(cell, AT_HASH_SIZE, hash);
}

/* Digits that make a moment; an SQL NULL is AT_TIME_NONE. */
static int read_moment(const char *cell, apr_int64_t *ms)
{
    apr_int64_t value = 0;

    if (!cell) {
        *ms = AT_TIME_NONE;
        return 1;
    }
    if (!*cell) {
        return 0;
    }
    for (; *cell; cell++) {
        if (!apr_isdigit(*cell)) {
            return 0;
        }
        value = value * 10 + (*cell - '0');
        if (value > AT_TIME_MAX) {
            return 0;
        }
    }
    *ms = value;
    return 1;
}

/* Where a row stands in a list: read whatever else may be wrong with it, since
 * the list goes on from there. */
static const char *read_place(at_row_t *row, const char *const *cells)
{
    const char *id = cells[AT_COLUMN_TOKEN_ID];
    int has_id = id && at_token_parse_id(id, &row->id) == APR_SUCCESS;

    if (!read_moment(cells[AT_COLUMN_CREATED_AT], &row->created_at) ||
        row->created_at == AT_TIME_NONE) {
        return "created_at is no time in milliseconds";
    }
    return has_id ? NULL : "token_id is not a UUID";
}

static const char *read_rest(at_row_t *row, const char *const *cells)
{
    if (!read_hash(cells[AT_COLUMN_TOKEN_HASH], row->hash)) {
        return "token_hash is not 64 hexadecimal digits";
    }
    if (at_text_judge_user(cells[AT_COLUMN_USER_NAME]) != AT_TEXT_FINE) {
        return "user_name is no user name";
    }
    if (!cells[AT_COLUMN_DESCRIPTION] ||
        at_text_judge_description(cells[AT_COLUMN_DESCRIPTION])) {
        return "description is too long or no text";
    }
    if (!read_moment(cells[AT_COLUMN_EXPIRES_AT], &row->expires_at)) {
        return "expires_at is no time in milliseconds";
    }
    if (!read_moment(cells[AT_COLUMN_LAST_USED], &row->last_used)) {
        return "last_used is no time in milliseconds";
    }
    if (!read_moment(cells[AT_COLUMN_DELETED_AT], &row->deleted_at)) {
        return "deleted_at is no time in milliseconds";
    }
    if (row->scopes && at_scopes_judge(row->scopes, row->user)) {
        return "scopes are too long or no words";
    }
    return NULL;
}

at_row_t *at_cells_row(const char *const *cells, apr_pool_t *p)
{
    at_row_t *row = apr_pcalloc(p, sizeof(*row));

    row->id_text = cells[AT_COLUMN_TOKEN_ID] ? cells[AT_COLUMN_TOKEN_ID] : "";
    row->user = cells[AT_COLUMN_USER_NAME];
    row->description = cells[AT_COLUMN_DESCRIPTION];
    row->scopes = cells[AT_COLUMN_SCOPES];
    row->reason = read_place(row, cells);
    if (!row->reason) {
        row->reason = read_rest(row, cells);
    }
    return row;
}

void at_cells_write_hash(const unsigned char hash[AT_HASH_SIZE],
                         char text[AT_CELLS_HASH_SIZE])
{
    at_hex_write(hash, AT_HASH_SIZE, text);
    text[2 * AT_HASH_SIZE] = '\0';
}
