/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each function can be run again from its beginning. A change runs in a
 * transaction and is committed only while its requester waits. If the
 * connection broke during COMMIT, the outcome is unknown, so the next attempt
 * first looks for what the one before it may have written.
 */
#include "core/db/store.h"

#include <stdlib.h>
#include <string.h>

#include "core/db/cells.h"
#include "core/db/limit.h"
#include "core/db/retry.h"

static apr_status_t select_rows(at_op_t *op, const char *sql, const void **args)
{
    return at_database_select(op->database, sql, args, AT_COLUMNS, &op->cells,
                              op->pool);
}

static apr_status_t select_by_id(at_op_t *op, const at_id_t *id,
                                 const char *user)
{
    const at_sql_t *sql = op->sql;
    char text[AT_TOKEN_ID_SIZE];
    const void *args[] = {text, user};

    at_token_format_id(id, text);
    return select_rows(op, user ? sql->find_own : sql->find, args);
}

static const char *const *cells_of(const at_rows_t *rows, int i)
{
    return rows->values + (apr_size_t)i * rows->columns;
}

static at_row_t *row_of(const at_op_t *op, int i)
{
    return at_cells_read(cells_of(op->cells, i), op->pool);
}

/* Transactions */

static apr_status_t begin(at_op_t *op)
{
    return at_database_command(op->database, op->sql->begin);
}

static apr_status_t finish(at_op_t *op, const char *command,
                           apr_status_t status)
{
    apr_status_t ended = at_database_command(op->database, command);

    return ended == APR_SUCCESS ? status : ended;
}

/* COMMIT if the change succeeded and its requester still waits. */
static apr_status_t end(at_op_t *op, apr_status_t status)
{
    if (status == AT_EUNAVAILABLE) {
        return status; /* the connection is dropped, and with it the change */
    }
    if (status == APR_SUCCESS && op->claim && !op->claim(op->requester)) {
        status = APR_TIMEUP;
    }
    op->committing |= status == APR_SUCCESS;
    return finish(op, status == APR_SUCCESS ? "COMMIT" : "ROLLBACK", status);
}

/* Find */

static apr_status_t find(at_op_t *op, void *data)
{
    (void)data;
    return select_by_id(op, &op->id, op->user);
}

apr_status_t at_store_find(at_op_t *op)
{
    apr_status_t status = at_retry(op, find, NULL);

    if (status != APR_SUCCESS) {
        return status;
    }
    if (op->cells->count == 0) {
        return APR_NOTFOUND;
    }
    op->row = row_of(op, 0);
    return APR_SUCCESS;
}

/* List */

static apr_status_t list(at_op_t *op, void *data)
{
    const at_list_t *list = &op->list;
    apr_int64_t limit = list->limit;
    apr_int64_t before = list->before_created;
    const void *args[6];
    int n = 0;

    (void)data;
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
    return select_rows(op, op->sql->list[list->user != NULL][list->status],
                       args);
}

apr_status_t at_store_list(at_op_t *op)
{
    apr_status_t status = at_retry(op, list, NULL);
    int i;

    if (status != APR_SUCCESS) {
        return status;
    }
    op->rows = apr_array_make(op->pool, op->cells->count, sizeof(at_row_t *));
    for (i = 0; i < op->cells->count; i++) {
        APR_ARRAY_PUSH(op->rows, at_row_t *) = row_of(op, i);
    }
    return APR_SUCCESS;
}

/* Insert */

/* Is the row in the table, as it was given? */
static apr_status_t look_for_row(at_op_t *op)
{
    apr_status_t status = select_by_id(op, &op->row->id, NULL);
    const at_row_t *row;

    if (status != APR_SUCCESS || op->cells->count == 0) {
        return status == APR_SUCCESS ? APR_NOTFOUND : status;
    }
    row = row_of(op, 0);
    return !row->reason && strcmp(row->user, op->row->user) == 0 &&
                   memcmp(row->hash, op->row->hash, sizeof(row->hash)) == 0
               ? APR_SUCCESS
               : APR_NOTFOUND;
}

static apr_status_t add_row(at_op_t *op)
{
    at_cells_t cells;
    apr_status_t status;
    int changed;

    at_cells_write(op->row, &cells);
    status = at_database_execute(op->database, op->sql->insert, cells.args,
                                 &changed);
    /* The number of rows is 0 also if the trigger of a view has inserted it. */
    if (status == APR_SUCCESS) {
        status = look_for_row(op);
    }
    if (status == APR_NOTFOUND) {
        at_database_set_error(op->database,
                              "the row that was inserted is not there as it "
                              "was given: a trigger or rule of the database "
                              "keeps it out, or changes it");
        return AT_EUNAVAILABLE;
    }
    return status;
}

static apr_status_t insert(at_op_t *op, void *data)
{
    apr_status_t status;

    (void)data;
    if (op->attempt > 0 && look_for_row(op) == APR_SUCCESS) {
        return APR_SUCCESS;
    }
    status = begin(op);
    if (status != APR_SUCCESS) {
        return status;
    }
    status = at_limit_check(op);
    if (status == APR_SUCCESS) {
        status = add_row(op);
    }
    status = end(op, status);
    if (status != AT_EUNAVAILABLE) { /* else the connection is dropped */
        at_limit_end(op);
    }
    return status;
}

apr_status_t at_store_insert(at_op_t *op)
{
    return at_retry(op, insert, NULL);
}

static apr_status_t undo(at_op_t *op, void *data)
{
    char id[AT_TOKEN_ID_SIZE];
    char hash[AT_CELLS_HASH_SIZE];
    const void *args[] = {id, hash};
    int changed;

    (void)data;
    at_token_format_id(&op->row->id, id);
    at_cells_write_hash(op->row->hash, hash);
    return at_database_execute(op->database, op->sql->undo_insert, args,
                               &changed);
}

apr_status_t at_store_undo(at_op_t *op)
{
    return at_retry(op, undo, NULL);
}

/* Delete */

/* If no row was changed, the attempt before this one may have deleted it; and a
 * row that was changed may still be live. */
static apr_status_t check_deletion(at_op_t *op, const char *id, int changed)
{
    const void *args[] = {id};
    const at_sql_t *sql = op->sql;
    apr_status_t status = select_rows(
        op, sql->find_current ? sql->find_current : sql->find, args);
    const char *deleted;

    if (status != APR_SUCCESS) {
        return status;
    }
    if (op->cells->count == 0) {
        return changed > 0 ? APR_SUCCESS : APR_NOTFOUND;
    }
    deleted = cells_of(op->cells, 0)[AT_COLUMN_DELETED_AT];
    if (!deleted) {
        at_database_set_error(op->database,
                              "the row that was to be deleted is as it was: a "
                              "trigger or rule of the database prevents it");
        return AT_EUNAVAILABLE;
    }
    return changed > 0 ||
                   (op->attempt > 0 && strtoll(deleted, NULL, 10) == op->when)
               ? APR_SUCCESS
               : APR_NOTFOUND;
}

/* The statement compares the user as well; here it is compared byte by byte. A
 * row that cannot be used belongs to no user: it may have no name at all. */
static apr_status_t check_owner(at_op_t *op)
{
    apr_status_t status;
    const at_row_t *row;

    if (!op->user) {
        return APR_SUCCESS;
    }
    status = select_by_id(op, &op->id, op->user);
    if (status != APR_SUCCESS) {
        return status;
    }
    if (op->cells->count == 0) {
        return APR_NOTFOUND;
    }
    row = row_of(op, 0);
    return !row->reason && strcmp(row->user, op->user) == 0 ? APR_SUCCESS
                                                            : APR_NOTFOUND;
}

static apr_status_t mark_deleted(at_op_t *op)
{
    const at_sql_t *sql = op->sql;
    char id[AT_TOKEN_ID_SIZE];
    const void *args[] = {&op->when, id, op->user};
    int changed = 0;
    apr_status_t status = check_owner(op);

    if (status != APR_SUCCESS) {
        return status;
    }
    at_token_format_id(&op->id, id);
    status = at_database_execute(
        op->database, op->user ? sql->mark_deleted_own : sql->mark_deleted,
        args, &changed);
    return status == APR_SUCCESS ? check_deletion(op, id, changed) : status;
}

static apr_status_t delete_token(at_op_t *op, void *data)
{
    apr_status_t status = begin(op);

    (void)data;
    return status == APR_SUCCESS ? end(op, mark_deleted(op)) : status;
}

apr_status_t at_store_delete(at_op_t *op)
{
    return at_retry(op, delete_token, NULL);
}
