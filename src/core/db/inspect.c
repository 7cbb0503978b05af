/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Composes the question from what is wanted, and keeps the place where the next
 * page begins.
 *
 * The place is taken from the cells and not from the row that is made of them,
 * so that the list goes on behind rows that cannot be read.
 */
#include "core/db/inspect.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "core/db/cells.h"
#include "core/db/retry.h"

#define ID_MAX 256 /* of a foreign token_id in a place */

struct at_inspection_t {
    at_op_t *op;
    at_inspect_t wanted;
    const char *sql;
    const char *rest_sql; /* for rows without a place in the order; or NULL */
    int in_rest;
    int over;
    apr_int64_t before_created;
    char before_id[ID_MAX];
};

/*
 * How the columns are written that have an index of their own: SQLite must not
 * take that one, only to sort all that is left for every page. A + keeps it from
 * that, and takes away the column's type, by which it compares numbers.
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

typedef struct work_t {
    at_inspection_t *inspection;
    at_op_t *op;
    const char *sql;
    const void **args;
    int columns;
    at_rows_t *rows;
    apr_pool_t *pool;
} work_t;

static apr_status_t select_rows(void *data, int attempt)
{
    work_t *work = data;

    (void)attempt;
    return at_database_select(work->op->database, work->sql, work->args,
                              work->columns, &work->rows, work->pool);
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
        inspection->over = 1;
        return;
    }
    inspection->in_rest = 1;
    inspection->before_id[0] = '\0';
}

apr_status_t at_inspect_next(at_inspection_t *inspection,
                             apr_array_header_t **rows, apr_pool_t *p)
{
    apr_int64_t limit = inspection->wanted.limit;
    const void *args[12];
    work_t work = {.inspection = inspection,
                   .op = inspection->op,
                   .sql = inspection->in_rest ? inspection->rest_sql
                                              : inspection->sql,
                   .args = args,
                   .columns = AT_COLUMNS,
                   .pool = p};
    apr_array_header_t *found;
    apr_status_t status;
    int i;

    if (inspection->over) {
        return APR_EOF;
    }
    args[fill_args(inspection, args)] = &limit;
    status = at_retry(inspection->op, select_rows, &work);
    if (status != APR_SUCCESS) {
        return status;
    }
    found = apr_array_make(p, work.rows->count + 1, sizeof(at_row_t *));
    for (i = 0; i < work.rows->count; i++) {
        const char *const *cells = work.rows->values + i * AT_COLUMNS;
        at_row_t *row = at_cells_row(cells, p);

        if (is_wanted(inspection, row)) {
            APR_ARRAY_PUSH(found, at_row_t *) = row;
        }
        keep_place(inspection, cells);
    }
    end_page(inspection, work.rows);
    *rows = found;
    return APR_SUCCESS;
}

/* Counting */

static apr_status_t read_number(work_t *work, apr_int64_t *number)
{
    apr_status_t status = at_retry(work->op, select_rows, work);

    if (status != APR_SUCCESS) {
        return status;
    }
    if (work->rows->count != 1 || !work->rows->values[0]) {
        return AT_EUNAVAILABLE;
    }
    *number = strtoll(work->rows->values[0], NULL, 10);
    return APR_SUCCESS;
}

static apr_status_t count(at_op_t *op, const char *where, const void **args,
                          apr_int64_t *number, apr_pool_t *p)
{
    work_t work = {.op = op, .args = args, .columns = 1, .pool = p};

    work.sql = apr_pstrcat(p, "SELECT COUNT(*) FROM ", op->sql->style.table,
                           " WHERE ", where, NULL);
    return read_number(&work, number);
}

apr_status_t at_inspect_count_live(at_op_t *op, const char *user,
                                   apr_int64_t now, apr_int64_t *number,
                                   apr_pool_t *p)
{
    const void *args[] = {user, &now};
    work_t work = {.op = op,
                   .sql = op->sql->count_live,
                   .args = args,
                   .columns = 1,
                   .pool = p};

    return read_number(&work, number);
}

apr_status_t at_inspect_count_old(at_op_t *op, const at_purge_t *purge,
                                  apr_int64_t *number, apr_pool_t *p)
{
    const void *expiry[] = {&purge->expired_before};
    const void *deletion[] = {&purge->deleted_before, &purge->expired_before};
    apr_int64_t expired, deleted;
    apr_status_t status =
        count(op, "expires_at >= 0 AND expires_at < %lld", expiry, &expired, p);

    if (status == APR_SUCCESS) {
        status = count(op,
                       "deleted_at >= 0 AND deleted_at < %lld "
                       "AND (expires_at IS NULL OR expires_at >= %lld)",
                       deletion, &deleted, p);
    }
    if (status == APR_SUCCESS) {
        *number = expired + deleted;
    }
    return status;
}

/* Owners */

apr_status_t at_inspect_owners(at_op_t *op, const char *after, int limit,
                               apr_array_header_t **names, apr_pool_t *p)
{
    const apr_int64_t most = limit;
    const void *args[] = {after, &most};
    work_t work = {.op = op, .args = args, .columns = 1, .pool = p};
    apr_status_t status;
    int i;

    work.sql = apr_pstrcat(p, "SELECT user_name FROM ", op->sql->style.table,
                           " WHERE user_name > %s GROUP BY user_name "
                           "ORDER BY user_name LIMIT %lld",
                           NULL);
    status = at_retry(op, select_rows, &work);
    if (status != APR_SUCCESS) {
        return status;
    }
    *names = apr_array_make(p, work.rows->count, sizeof(char *));
    for (i = 0; i < work.rows->count; i++) {
        const char *name = work.rows->values[i];

        APR_ARRAY_PUSH(*names, const char *) = name ? name : "";
    }
    return APR_SUCCESS;
}
