/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Composes the statement from the conditions, and keeps the place where the
 * next page begins.
 *
 * The place is taken from the cells and not from the row that is read from
 * them, so that the list goes on after rows that cannot be read.
 */
#include "core/db/inspect.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "core/db/cells.h"
#include "core/db/retry.h"

#define ID_MAX 256 /* of a token_id that is no UUID, in a place */

struct at_inspection_t {
    at_op_t *op;
    at_inspect_t wanted;
    const char *sql;
    const char *rest_sql; /* for rows without a place in the order; or NULL */
    int in_rest;
    int ended;
    apr_int64_t before_created;
    char before_id[ID_MAX];
};

/*
 * How the columns are written that have an index of their own. SQLite must not
 * use that index, since it would then sort all remaining rows for every page. A
 * + prevents that, and removes the column's type, which is needed to compare
 * numbers, hence the CAST.
 */
typedef struct style_t {
    const char *deleted;
    const char *expires;
    const char *number;
} style_t;

static const style_t plain = {"deleted_at", "expires_at", "%lld"};
static const style_t sqlite = {"+deleted_at", "+expires_at",
                               "CAST(%lld AS INTEGER)"};

static const char *by_status(const at_inspect_t *wanted, const style_t *as,
                             apr_pool_t *p)
{
    switch (wanted->status) {
    case AT_INSPECT_LIVE:
        return apr_pstrcat(p, as->deleted, " IS NULL AND ", NULL);
    case AT_INSPECT_ACTIVE:
        return apr_pstrcat(p, as->deleted,
                           " IS NULL AND (expires_at IS NULL OR ", as->expires,
                           " > ", as->number, ") AND ", NULL);
    case AT_INSPECT_EXPIRED:
        return apr_pstrcat(p, as->deleted, " IS NULL AND ", as->expires,
                           " <= ", as->number, " AND ", NULL);
    case AT_INSPECT_DELETED:
        return apr_pstrcat(p, as->deleted, " IS NOT NULL AND ", NULL);
    case AT_INSPECT_ALL:
        break;
    }
    return "";
}

static const char *conditions(const at_inspect_t *wanted, const style_t *as,
                              apr_pool_t *p)
{
    const char *over = apr_pstrcat(p, as->deleted, " IS NULL AND ", as->expires,
                                   " > ", as->number, " AND ", as->expires,
                                   " <= ", as->number, " AND ", NULL);

    return apr_pstrcat(p, wanted->user ? "user_name = %s AND " : "",
                       by_status(wanted, as, p),
                       wanted->over_by == AT_TIME_NONE ? "" : over,
                       wanted->idle_since == AT_TIME_NONE
                           ? ""
                           : "(last_used < %lld OR (last_used IS NULL "
                             "AND created_at < %lld)) AND ",
                       NULL);
}

at_inspection_t *at_inspect_begin(at_op_t *op, const at_inspect_t *wanted,
                                  apr_pool_t *p)
{
    at_inspection_t *inspection = apr_pcalloc(p, sizeof(*inspection));
    const char *head = op->sql->select;
    int any_type = op->sql->place_is_text;
    const char *where = conditions(wanted, any_type ? &sqlite : &plain, p);

    inspection->op = op;
    inspection->wanted = *wanted;
    inspection->before_created = APR_INT64_MAX;
    inspection->sql = apr_pstrcat(
        p, head, " WHERE ", where,
        any_type ? "typeof(created_at) = 'integer' AND " : "",
        /* MySQL does not look a pair up in an index. */
        "created_at <= %lld AND (created_at, token_id) < (%lld, %s) "
        "ORDER BY created_at DESC, token_id DESC LIMIT %lld",
        NULL);
    if (any_type) {
        inspection->rest_sql =
            apr_pstrcat(p, head, " WHERE ", where,
                        "typeof(created_at) <> 'integer' AND token_id > %s "
                        "ORDER BY token_id LIMIT %lld",
                        NULL);
    }
    return inspection;
}

typedef struct query_t {
    const char *sql;
    const void **args;
    int columns;
    at_rows_t *rows;
} query_t;

static apr_status_t select_rows(at_op_t *op, void *data)
{
    query_t *query = data;

    return at_database_select(op->database, query->sql, query->args,
                              query->columns, &query->rows, op->pool);
}

static int fill_args(at_inspection_t *inspection, const void **args)
{
    const at_inspect_t *wanted = &inspection->wanted;
    int n = 0;

    if (wanted->user) {
        args[n++] = wanted->user;
    }
    if (wanted->status == AT_INSPECT_ACTIVE ||
        wanted->status == AT_INSPECT_EXPIRED) {
        args[n++] = &wanted->now;
    }
    if (wanted->over_by != AT_TIME_NONE) {
        args[n++] = &wanted->now;
        args[n++] = &wanted->over_by;
    }
    if (wanted->idle_since != AT_TIME_NONE) {
        args[n++] = &wanted->idle_since;
        args[n++] = &wanted->idle_since;
    }
    if (!inspection->in_rest) {
        args[n++] = &inspection->before_created;
        args[n++] = &inspection->before_created;
    }
    args[n++] = inspection->before_id;
    return n;
}

static void keep_place(at_inspection_t *inspection, const char *const *cells)
{
    const char *created = cells[AT_COLUMN_CREATED_AT];
    const char *id = cells[AT_COLUMN_TOKEN_ID];

    inspection->before_created = created ? strtoll(created, NULL, 10) : 0;
    apr_cpystrn(inspection->before_id, id ? id : "", ID_MAX);
}

/* The engine may have compared the user in another way than byte by byte. */
static int is_wanted(const at_inspection_t *inspection, const at_row_t *row)
{
    const char *user = inspection->wanted.user;

    return !user || (row->user && strcmp(row->user, user) == 0);
}

static void end_page(at_inspection_t *inspection, const at_rows_t *rows)
{
    if (rows->count == inspection->wanted.limit) {
        return;
    }
    if (inspection->in_rest || !inspection->rest_sql) {
        inspection->ended = 1;
        return;
    }
    inspection->in_rest = 1;
    inspection->before_id[0] = '\0';
}

apr_status_t at_inspect_next(at_inspection_t *inspection,
                             apr_array_header_t **rows, apr_pool_t *p)
{
    at_op_t *op = inspection->op;
    apr_pool_t *outer = op->pool;
    apr_int64_t limit = inspection->wanted.limit;
    const void *args[12];
    query_t query = {.sql = inspection->in_rest ? inspection->rest_sql
                                                : inspection->sql,
                     .args = args,
                     .columns = AT_COLUMNS};
    apr_status_t status;
    int i;

    if (inspection->ended) {
        return APR_EOF;
    }
    args[fill_args(inspection, args)] = &limit;
    op->pool = p;
    status = at_retry(op, select_rows, &query);
    op->pool = outer;
    if (status != APR_SUCCESS) {
        return status;
    }
    *rows = apr_array_make(p, query.rows->count + 1, sizeof(at_row_t *));
    for (i = 0; i < query.rows->count; i++) {
        const char *const *cells = query.rows->values + i * AT_COLUMNS;
        at_row_t *row = at_cells_read(cells, p);

        if (is_wanted(inspection, row)) {
            APR_ARRAY_PUSH(*rows, at_row_t *) = row;
        }
        keep_place(inspection, cells);
    }
    end_page(inspection, query.rows);
    return APR_SUCCESS;
}

/* Counting */

static apr_status_t read_number(at_op_t *op, query_t *query,
                                apr_int64_t *number)
{
    apr_status_t status = at_retry(op, select_rows, query);

    if (status != APR_SUCCESS) {
        return status;
    }
    if (query->rows->count != 1 || !query->rows->values[0]) {
        return AT_EUNAVAILABLE;
    }
    *number = strtoll(query->rows->values[0], NULL, 10);
    return APR_SUCCESS;
}

apr_status_t at_inspect_count_live(at_op_t *op, apr_int64_t *number)
{
    const void *args[] = {op->user, &op->when};
    query_t query = {.sql = op->sql->count_live, .args = args, .columns = 1};

    return read_number(op, &query, number);
}

apr_status_t at_inspect_count_old(at_op_t *op, const at_purge_t *purge,
                                  apr_int64_t *number)
{
    const void *args[] = {&purge->deleted_before, &purge->expired_before};
    const void *expiry[] = {&purge->expired_before};
    query_t expired = {
        .sql = op->sql->count_expired, .args = expiry, .columns = 1};
    query_t deleted = {
        .sql = op->sql->count_deleted, .args = args, .columns = 1};
    apr_int64_t more = 0;
    apr_status_t status = read_number(op, &expired, number);

    if (status == APR_SUCCESS) {
        status = read_number(op, &deleted, &more);
    }
    if (status == APR_SUCCESS) {
        *number += more;
    }
    return status;
}

/* Owners */

apr_status_t at_inspect_owners(at_op_t *op, const char *after,
                               apr_array_header_t **names)
{
    const void *args[] = {after, &op->limit};
    query_t query = {.sql = op->sql->owners, .args = args, .columns = 1};
    apr_status_t status;
    int i;

    status = at_retry(op, select_rows, &query);
    if (status != APR_SUCCESS) {
        return status;
    }
    *names = apr_array_make(op->pool, query.rows->count, sizeof(char *));
    for (i = 0; i < query.rows->count; i++) {
        const char *name = query.rows->values[i];

        APR_ARRAY_PUSH(*names, const char *) = name ? name : "";
    }
    return APR_SUCCESS;
}
