/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one description of the table's columns. SELECT and INSERT, the reading
 * of cells, the copying of rows, JSON and the schema's definition follow from
 * it.
 */
#ifndef ACCESSTOKEN_CORE_TOKEN_COLUMNS_H
#define ACCESSTOKEN_CORE_TOKEN_COLUMNS_H

#include <apr_pools.h>

#include "core/token/row.h"

/** In the order of the table; it is also the order of SELECT's cells. */
typedef enum {
    AT_COLUMN_TOKEN_ID,
    AT_COLUMN_TOKEN_HASH,
    AT_COLUMN_USER_NAME,
    AT_COLUMN_DESCRIPTION,
    AT_COLUMN_CREATED_AT,
    AT_COLUMN_EXPIRES_AT,
    AT_COLUMN_LAST_USED,
    AT_COLUMN_DELETED_AT,
    AT_COLUMN_SCOPES,
    AT_COLUMN_REPLACES,
    AT_COLUMNS
} at_column_e;

/** What a column holds, and the type of its field in at_row_t. */
typedef enum {
    AT_KIND_ID,     /* a UUID: at_id_t */
    AT_KIND_HASH,   /* 64 hexadecimal digits: bytes */
    AT_KIND_USER,   /* const char *, see at_text_check_user() */
    AT_KIND_TEXT,   /* const char *, see at_text_check_description() */
    AT_KIND_TIME,   /* milliseconds: apr_int64_t; SQL NULL is AT_TIME_NONE */
    AT_KIND_SCOPES, /* const char *, see at_scopes_check(); or NULL */
    /* const char *, printable ASCII without blanks; or NULL. It is read up to
     * a NUL, so what limits a token must be of another kind. */
    AT_KIND_WORD
} at_kind_e;

typedef struct at_column_t {
    const char *name;
    const char *json; /* the name of its member in JSON; NULL: not shown */
    at_kind_e kind;
    int version; /* the first version of the schema that has it */
    int size;    /* maximum in bytes, for AT_KIND_TEXT in characters */
    /** NOT NULL; a column of a later version never is. */
    int is_required;
    /** INSERT sets it; otherwise it is NULL in a new row. */
    int is_inserted;
    apr_size_t offset; /* of its field in at_row_t */
} at_column_t;

extern const at_column_t at_columns[AT_COLUMNS];

/** The field of a column in a row, to be set or to be read. */
void *at_column_field(const at_column_t *column, at_row_t *row);
const void *at_column_value(const at_column_t *column, const at_row_t *row);

/** Is the field a const char *? */
int at_column_is_text(const at_column_t *column);

/** A copy of a row and of all its texts. */
at_row_t *at_row_copy(const at_row_t *row, apr_pool_t *p);

#endif
