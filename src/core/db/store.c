/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions and changes to the table's rows.
 *
 * Each is a piece of work that can be done again from its beginning. A change
 * runs in a transaction and is committed only while somebody waits for it; if
 * the connection broke during COMMIT nobody knows whether it held, so a second
 * try first looks for the traces of its own first one.
 */
#include "core/db/store.h"

#include <stdlib.h>
#include <string.h>

#include "core/db/cells.h"
#include "core/db/limit.h"
#include "core/db/retry.h"
#include "core/token/token.h"

typedef struct work_t {
    at_op_t *op;
    int attempt; /* 0 at first */
    apr_pool_t *pool;
    const at_id_t *id;
    const char *user;
    apr_int64_t when; /* of the deletion */
    apr_int64_t limit;
    const at_row_t *row;
    const at_list_t *list;
    at_rows_t *rows;
} work_t;

static work_t *this_try(void *data, int attempt)
{
    work_t *work = data;

    work->attempt = attempt;
    return work;
}

static apr_status_t settle(at_op_t *op, const char *command,
                           apr_status_t status)
{
    apr_status_t ended = at_database_command(op->database, command);

    return ended == APR_SUCCESS ? status : ended;
}

/* COMMIT if the work succeeded and somebody still wants it. */
static apr_status_t end(at_op_t *op, apr_status_t status)
{
    if (status == AT_EUNAVAILABLE) {
        return status; /* the connection is dropped, and with it the change */
    }
    if (status == APR_SUCCESS && op->claim && !op->claim(op->asker)) {
        status = APR_TIMEUP;
    }
    op->committing |= status == APR_SUCCESS;
    return settle(op, status == APR_SUCCESS ? "COMMIT" : "ROLLBACK", status);
}

static apr_status_t begin(at_op_t *op)
{
    return at_database_command(op->database, op->sql->begin);
}

/* Find */

static apr_status_t select_one(work_t *work, const char *sql, const void **args)
{
    return at_database_select(work->op->database, sql, args, AT_COLUMNS,
                              &work->rows, work->pool);
}

static apr_status_t find(void *data, int attempt)
{
    work_t *work = this_try(data, attempt);

    const at_sql_t *sql = work->op->sql;
    char id[AT_TOKEN_ID_SIZE];
    const void *args[] = {id, work->user};

    at_token_format_id(work->id, id);
    return select_one(work, work->user ? sql->find_own : sql->find, args);
}

static const char *const *cells_of(const at_rows_t *rows, int i)
{
    return rows->values + (apr_size_t)i * rows->columns;
}

apr_status_t at_store_find(at_op_t *op, const at_id_t *id, const char *user,
                           at_row_t **row, apr_pool_t *p)
{
    work_t work = {.op = op, .pool = p, .id = id, .user = user};
    apr_status_t status = at_retry(op, find, &work);

    if (status != APR_SUCCESS) {
        return status;
    }
    if (work.rows->count == 0) {
        return APR_NOTFOUND;
    }
    *row = at_cells_row(cells_of(work.rows, 0), p);
    return APR_SUCCESS;
}

/* List */

static apr_status_t list(void *data, int attempt)
{
    work_t *work = this_try(data, attempt);

    const at_list_t *list = work->list;
    apr_int64_t limit = list->limit;
    apr_int64_t before = list->before_created;
    const void *args[6];
    int n = 0;

    if (before == AT_TIME_NONE) {
        before = AT_TIME_MAX + 1;
    }
    if (list->user) {
        args[n++] = list->user;
    }
    if (list->status != AT_SQL_ANY) {
        args[n++] = &list->now;
    }
    args[n++] = &before;
    args[n++] = &before;
    args[n++] = list->before_id ? list->before_id : "";
    args[n] = &limit;
    return select_one(
        work, work->op->sql->list[list->user != NULL][list->status], args);
}

apr_status_t at_store_list(at_op_t *op, const at_list_t *wanted,
                           apr_array_header_t **rows, apr_pool_t *p)
{
    work_t work = {.op = op, .pool = p, .list = wanted};
    apr_status_t status = at_retry(op, list, &work);
    apr_array_header_t *found;
    int i;

    if (status != APR_SUCCESS) {
        return status;
    }
    found = apr_array_make(p, work.rows->count, sizeof(at_row_t *));
    for (i = 0; i < work.rows->count; i++) {
        APR_ARRAY_PUSH(found, at_row_t *) =
            at_cells_row(cells_of(work.rows, i), p);
    }
    *rows = found;
    return APR_SUCCESS;
}

/* Insert */

/* Is the row in the table, as it was given? */
static apr_status_t look_for_row(work_t *work)
{
    work_t look = {.op = work->op, .pool = work->pool, .id = &work->row->id};
    apr_status_t status = find(&look, 0);
    const at_row_t *row;

    if (status != APR_SUCCESS || look.rows->count == 0) {
        return status == APR_SUCCESS ? APR_NOTFOUND : status;
    }
    row = at_cells_row(cells_of(look.rows, 0), work->pool);
    return !row->reason && strcmp(row->user, work->row->user) == 0 &&
                   memcmp(row->hash, work->row->hash, sizeof(row->hash)) == 0
               ? APR_SUCCESS
               : APR_NOTFOUND;
}

static apr_status_t add_row(work_t *work)
{
    const at_row_t *row = work->row;
    char id[AT_TOKEN_ID_SIZE];
    char hash[AT_CELLS_HASH_SIZE];
    const void *args[] = {id,
                          hash,
                          row->user,
                          row->description,
                          &row->created_at,
                          row->expires_at == AT_TIME_NONE ? NULL
                                                          : &row->expires_at,
                          row->scopes};
    apr_status_t status;
    int changed;

    at_token_format_id(&row->id, id);
    at_cells_write_hash(row->hash, hash);
    status = at_database_execute(work->op->database, work->op->sql->insert,
                                 args, &changed);
    /* The number of rows is 0 also where a view's trigger has inserted it. */
    if (status == APR_SUCCESS) {
        status = look_for_row(work);
    }
    if (status == APR_NOTFOUND) {
        at_database_set_error(
            work->op->database,
            "the row that was inserted is not there as it was "
            "given: a trigger or rule of the database keeps "
            "it out, or changes it");
        return AT_EUNAVAILABLE;
    }
    return status;
}

static apr_status_t insert(void *data, int attempt)
{
    work_t *work = this_try(data, attempt);

    apr_status_t status;

    if (work->attempt > 0 && look_for_row(work) == APR_SUCCESS) {
        return APR_SUCCESS;
    }
    status = begin(work->op);
    if (status != APR_SUCCESS) {
        return status;
    }
    status = at_limit_check(work->op, work->row, work->limit, work->pool);
    if (status == APR_SUCCESS) {
        status = add_row(work);
    }
    status = end(work->op, status);
    if (status != AT_EUNAVAILABLE) { /* else the connection is dropped */
        at_limit_end(work->op, work->row, work->limit, work->pool);
    }
    return status;
}

apr_status_t at_store_insert(at_op_t *op, const at_row_t *row,
                             apr_int64_t limit, apr_pool_t *p)
{
    work_t work = {.op = op, .pool = p, .row = row, .limit = limit};

    return at_retry(op, insert, &work);
}

static apr_status_t withdraw(void *data, int attempt)
{
    work_t *work = this_try(data, attempt);

    char id[AT_TOKEN_ID_SIZE];
    char hash[AT_CELLS_HASH_SIZE];
    const void *args[] = {id, hash};
    int changed;

    at_token_format_id(&work->row->id, id);
    at_cells_write_hash(work->row->hash, hash);
    return at_database_execute(work->op->database, work->op->sql->withdraw,
                               args, &changed);
}

apr_status_t at_store_undo(at_op_t *op, const at_row_t *row, apr_pool_t *p)
{
    work_t work = {.op = op, .pool = p, .row = row};

    return at_retry(op, withdraw, &work);
}

/* Delete */

/* Where no row was changed, the try before this one may have deleted it after
 * all; and a row that was changed may be live all the same. */
static apr_status_t judge_deletion(work_t *work, const char *id, int changed)
{
    const void *args[] = {id};
    const at_sql_t *sql = work->op->sql;
    apr_status_t status = select_one(
        work, sql->find_current ? sql->find_current : sql->find, args);
    const char *deleted;

    if (status != APR_SUCCESS) {
        return status;
    }
    if (work->rows->count == 0) {
        return changed > 0 ? APR_SUCCESS : APR_NOTFOUND;
    }
    deleted = cells_of(work->rows, 0)[AT_COLUMN_DELETED_AT];
    if (!deleted) {
        at_database_set_error(work->op->database,
                              "the row that was to be deleted is as it was: a "
                              "trigger or rule of the database prevents it");
        return AT_EUNAVAILABLE;
    }
    return changed > 0 || (work->attempt > 0 &&
                           strtoll(deleted, NULL, 10) == work->when)
               ? APR_SUCCESS
               : APR_NOTFOUND;
}

/* Whose it is stands in the statement as well; here it is compared in C. A row
 * with a fault is nobody's: it may have no name at all. */
static apr_status_t check_owner(work_t *work)
{
    apr_status_t status = work->user ? find(work, work->attempt) : APR_SUCCESS;
    const at_row_t *row;

    if (status != APR_SUCCESS || !work->user) {
        return status;
    }
    if (work->rows->count == 0) {
        return APR_NOTFOUND;
    }
    row = at_cells_row(cells_of(work->rows, 0), work->pool);
    return !row->reason && strcmp(row->user, work->user) == 0 ? APR_SUCCESS
                                                              : APR_NOTFOUND;
}

static apr_status_t mark_deleted(work_t *work)
{
    const at_sql_t *sql = work->op->sql;
    char id[AT_TOKEN_ID_SIZE];
    const void *args[] = {&work->when, id, work->user};
    int changed = 0;
    apr_status_t status;

    status = check_owner(work);
    if (status != APR_SUCCESS) {
        return status;
    }
    at_token_format_id(work->id, id);
    status = at_database_execute(
        work->op->database,
        work->user ? sql->mark_deleted_own : sql->mark_deleted, args, &changed);
    return status == APR_SUCCESS ? judge_deletion(work, id, changed) : status;
}

static apr_status_t delete_token(void *data, int attempt)
{
    work_t *work = this_try(data, attempt);

    apr_status_t status = begin(work->op);

    return status == APR_SUCCESS ? end(work->op, mark_deleted(work)) : status;
}

apr_status_t at_store_delete(at_op_t *op, const at_id_t *id, const char *user,
                             apr_int64_t when, apr_pool_t *p)
{
    work_t work = {.op = op, .pool = p, .id = id, .user = user, .when = when};

    return at_retry(op, delete_token, &work);
}
