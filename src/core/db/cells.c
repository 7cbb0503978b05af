/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads every cell, also behind a bad one: a list goes on from the created_at
 * and the token_id of its last row, whatever else is wrong with that.
 */
#include "core/db/cells.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/token/hex.h"
#include "core/token/scopes.h"
#include "core/token/text.h"

static int read_hash(const char *cell, unsigned char hash[AT_HASH_SIZE])
{
    return cell && strlen(cell) == 2 * AT_HASH_SIZE &&
           at_hex_read(cell, AT_HASH_SIZE, hash);
}

/* Digits that make a time; an SQL NULL is AT_TIME_NONE. */
static int read_time(const char *cell, apr_int64_t *ms)
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

static int is_good_text(const at_column_t *column, const char *text,
                        const at_row_t *row)
{
    switch (column->kind) {
    case AT_KIND_USER:
        return at_text_check_user(text) == AT_TEXT_FINE;
    case AT_KIND_TEXT:
        return at_text_check_description(text) == AT_TEXT_FINE;
    case AT_KIND_SCOPES:
        return !at_scopes_check(text, row->user ? row->user : "");
    case AT_KIND_WORD:
        return at_scopes_is_word(text) && strlen(text) <= (size_t)column->size;
    case AT_KIND_ID:
    case AT_KIND_HASH:
    case AT_KIND_TIME:
        break;
    }
    return 0;
}

static int read_cell(const at_column_t *column, const char *cell, at_row_t *row)
{
    void *field = at_column_field(column, row);

    if (column->kind == AT_KIND_ID) {
        row->id_text = cell ? cell : "";
        return cell && at_token_parse_id(cell, field) == APR_SUCCESS;
    }
    if (column->kind == AT_KIND_HASH) {
        return read_hash(cell, field);
    }
    if (column->kind == AT_KIND_TIME) {
        return read_time(cell, field) && (cell || !column->is_required);
    }
    *(const char **)field = cell;
    return cell ? is_good_text(column, cell, row) : !column->is_required;
}

static const char *reason_for(const at_column_t *column, apr_pool_t *p)
{
    static const char *const rules[] = {
        [AT_KIND_ID] = " is not a UUID",
        [AT_KIND_HASH] = " is not 64 hexadecimal digits",
        [AT_KIND_USER] = " is no user name",
        [AT_KIND_TEXT] = " is too long or no text",
        [AT_KIND_TIME] = " is no time in milliseconds",
        [AT_KIND_SCOPES] = " are too long or no words",
        [AT_KIND_WORD] = " is too long or no word of printable ASCII",
    };

    return apr_pstrcat(p, column->name, rules[column->kind], NULL);
}

at_row_t *at_cells_read(const char *const *cells, apr_pool_t *p)
{
    at_row_t *row = apr_pcalloc(p, sizeof(*row));
    int i;

    for (i = 0; i < AT_COLUMNS; i++) {
        if (!read_cell(&at_columns[i], cells[i], row) && !row->reason) {
            row->reason = reason_for(&at_columns[i], p);
        }
    }
    return row;
}

static const void *parameter(const at_column_t *column, const at_row_t *row,
                             at_cells_t *cells)
{
    const void *field = at_column_value(column, row);

    switch (column->kind) {
    case AT_KIND_ID:
        at_token_format_id(field, cells->id);
        return cells->id;
    case AT_KIND_HASH:
        at_cells_write_hash(field, cells->hash);
        return cells->hash;
    case AT_KIND_TIME:
        return *(const apr_int64_t *)field == AT_TIME_NONE ? NULL : field;
    case AT_KIND_USER:
    case AT_KIND_TEXT:
    case AT_KIND_SCOPES:
    case AT_KIND_WORD:
        break;
    }
    return *(const char *const *)field;
}

void at_cells_write(const at_row_t *row, at_cells_t *cells)
{
    int n = 0;
    int i;

    for (i = 0; i < AT_COLUMNS; i++) {
        if (at_columns[i].is_inserted) {
            cells->args[n++] = parameter(&at_columns[i], row, cells);
        }
    }
}

void at_cells_write_hash(const unsigned char hash[AT_HASH_SIZE],
                         char text[AT_CELLS_HASH_SIZE])
{
    at_hex_write(hash, AT_HASH_SIZE, text);
    text[2 * AT_HASH_SIZE] = '\0';
}
