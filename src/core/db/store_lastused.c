/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a slice of last uses in the way of its engine: row by row where there
 * are no round trips, in one statement, or in a few. Which rows were locked is
 * found by selecting them again, since rows that do not exist look the same to
 * the statement that writes.
 */
#include "core/db/store_lastused.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "core/db/retry.h"
#include "core/token/token.h"

typedef struct slice_t {
    at_op_t *op;
    at_use_t **uses; /* one for each id, the latest */
    const char **ids;
    int count;
    int reached; /* the table answered: a failure concerns these rows */
} slice_t;

/* Takes the latest use of each id, which is the last one of that id. */
static void take_uses(slice_t *slice, const apr_array_header_t *uses, int first,
                      int count)
{
    at_use_t *all = (at_use_t *)(void *)uses->elts + first;
    int i;

    slice->uses = apr_palloc(slice->op->pool, sizeof(at_use_t *) * count);
    slice->ids = apr_palloc(slice->op->pool, sizeof(char *) * count);
    for (i = 0; i < count; i++) {
        char *id;

        all[i].is_skipped = 0;
        if (i + 1 < count &&
            memcmp(&all[i].id, &all[i + 1].id, sizeof(at_id_t)) == 0) {
            continue;
        }
        id = apr_palloc(slice->op->pool, AT_TOKEN_ID_SIZE);
        at_token_format_id(&all[i].id, id);
        slice->uses[slice->count] = &all[i];
        slice->ids[slice->count++] = id;
    }
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int is_among(const char *id, const at_rows_t *rows)
{
    return bsearch(&id, rows->values, (apr_size_t)rows->count, sizeof(char *),
                   compare_ids) != NULL;
}

/* Rows of one column, sorted as bsearch() needs them. */
static apr_status_t select_ids(const slice_t *slice, const char *sql,
                               const void **args, at_rows_t **rows)
{
    apr_status_t status = at_database_select(slice->op->database, sql, args, 1,
                                             rows, slice->op->pool);
    int i, count = 0;

    if (status != APR_SUCCESS) {
        return status;
    }
    for (i = 0; i < (*rows)->count; i++) {
        if ((*rows)->values[i]) {
            (*rows)->values[count++] = (*rows)->values[i];
        }
    }
    (*rows)->count = count;
    qsort((*rows)->values, (apr_size_t)count, sizeof(char *), compare_ids);
    return APR_SUCCESS;
}

static void mark_skipped(slice_t *slice, const at_rows_t *found,
                         const at_rows_t *written)
{
    int i;

    for (i = 0; i < slice->count; i++) {
        slice->uses[i]->is_skipped =
            is_among(slice->ids[i], found) &&
            (!written || !is_among(slice->ids[i], written));
    }
}

/* Row by row */

static apr_status_t write_each(slice_t *slice)
{
    apr_status_t status = APR_SUCCESS;
    int i;

    for (i = 0; i < slice->count && status == APR_SUCCESS; i++) {
        const apr_int64_t *when = &slice->uses[i]->when;
        const void *args[] = {when, slice->ids[i], when};
        int changed;

        status = at_database_execute(slice->op->database,
                                     slice->op->sql->use_one, args, &changed);
    }
    return status;
}

/* In one statement */

/* "{a,b,c}": neither a UUID nor a number needs quotes in an SQL array. */
static const char *as_array(apr_array_header_t *texts, apr_pool_t *p)
{
    return apr_pstrcat(p, "{", apr_array_pstrcat(p, texts, ','), "}", NULL);
}

static apr_status_t write_all(slice_t *slice)
{
    const at_sql_t *sql = slice->op->sql;
    apr_array_header_t *ids =
        apr_array_make(slice->op->pool, slice->count, sizeof(const char *));
    apr_array_header_t *times =
        apr_array_make(slice->op->pool, slice->count, sizeof(const char *));
    const void *args[2];
    at_rows_t *missed;
    apr_status_t status;
    int i, changed;

    for (i = 0; i < slice->count; i++) {
        APR_ARRAY_PUSH(ids, const char *) = slice->ids[i];
        APR_ARRAY_PUSH(times, const char *) = apr_psprintf(
            slice->op->pool, "%" APR_INT64_T_FMT, slice->uses[i]->when);
    }
    args[0] = as_array(ids, slice->op->pool);
    args[1] = as_array(times, slice->op->pool);
    status =
        at_database_execute(slice->op->database, sql->use_all, args, &changed);
    if (status == APR_SUCCESS && changed < slice->count) {
        status = select_ids(slice, sql->use_missed, args, &missed);
        if (status == APR_SUCCESS) {
            mark_skipped(slice, missed, NULL);
        }
    }
    return status;
}

/* In a few statements */

/* The smallest statement for that many rows. */
static int size_for(int count)
{
    int i = 0;

    while (at_sql_batches[i] < count) {
        i++;
    }
    return i;
}

/* The last id fills the parameters that are left. */
static const void **fill_ids(const slice_t *slice, const void **args, int size)
{
    int i;

    for (i = 0; i < size; i++) {
        args[i] = slice->ids[i < slice->count ? i : slice->count - 1];
    }
    return args;
}

static apr_status_t write_rows(const slice_t *slice, int which)
{
    int size = at_sql_batches[which];
    const void **args = apr_palloc(slice->op->pool, sizeof(void *) * 3 * size);
    int i, changed;

    for (i = 0; i < size; i++) {
        int one = i < slice->count ? i : slice->count - 1;

        args[2 * i] = slice->ids[one];
        args[2 * i + 1] = &slice->uses[one]->when;
    }
    fill_ids(slice, args + 2 * size, size);
    return at_database_execute(
        slice->op->database, slice->op->sql->use_write[which], args, &changed);
}

/* The part of the slice whose rows are locked now. */
static slice_t locked_part(const slice_t *slice, const at_rows_t *locked)
{
    slice_t part = *slice;
    int i;

    part.uses = apr_palloc(slice->op->pool, sizeof(at_use_t *) * slice->count);
    part.ids = apr_palloc(slice->op->pool, sizeof(char *) * slice->count);
    part.count = 0;
    for (i = 0; i < slice->count; i++) {
        if (is_among(slice->ids[i], locked)) {
            part.uses[part.count] = slice->uses[i];
            part.ids[part.count++] = slice->ids[i];
        }
    }
    return part;
}

static apr_status_t write_locked(slice_t *slice, at_rows_t **locked)
{
    const at_sql_t *sql = slice->op->sql;
    int which = size_for(slice->count);
    const void **args =
        apr_palloc(slice->op->pool, sizeof(void *) * at_sql_batches[which]);
    apr_status_t status =
        select_ids(slice, sql->use_lock[which],
                   fill_ids(slice, args, at_sql_batches[which]), locked);
    slice_t part;

    if (status != APR_SUCCESS || (*locked)->count == 0) {
        return status;
    }
    part = locked_part(slice, *locked);
    return part.count == 0 ? APR_SUCCESS
                           : write_rows(&part, size_for(part.count));
}

/* After the COMMIT: rows that exist and were not locked have been skipped. */
static apr_status_t find_skipped(slice_t *slice, const at_rows_t *locked)
{
    int which = size_for(slice->count);
    const void **args =
        apr_palloc(slice->op->pool, sizeof(void *) * at_sql_batches[which]);
    at_rows_t *there;
    apr_status_t status =
        select_ids(slice, slice->op->sql->use_exist[which],
                   fill_ids(slice, args, at_sql_batches[which]), &there);

    if (status == APR_SUCCESS) {
        mark_skipped(slice, there, locked);
    }
    return status;
}

/* An attempt */

static apr_status_t write_slice(at_op_t *op, void *data)
{
    slice_t *slice = data;
    const at_sql_t *sql = op->sql;
    at_database_t *database = op->database;
    at_rows_t *locked = NULL;
    apr_status_t status;

    if (sql->use_all) {
        status = write_all(slice);
        slice->reached = at_database_is_open(database);
        return status;
    }
    status = at_database_command(database, sql->begin);
    slice->reached = status == APR_SUCCESS;
    if (status == APR_SUCCESS) {
        status =
            sql->use_one ? write_each(slice) : write_locked(slice, &locked);
    }
    /* After an error the connection is dropped, and with it the transaction. */
    if (status == APR_SUCCESS) {
        status = at_database_command(database, "COMMIT");
    }
    return status == APR_SUCCESS && locked && locked->count < slice->count
               ? find_skipped(slice, locked)
               : status;
}

apr_status_t at_store_write_uses(at_op_t *op, const apr_array_header_t *uses,
                                 int first, int count, int *table_failed)
{
    slice_t slice = {.op = op};
    apr_status_t status;

    take_uses(&slice, uses, first, count);
    status = at_retry(op, write_slice, &slice);
    *table_failed = status != APR_SUCCESS && !slice.reached;
    return status;
}
