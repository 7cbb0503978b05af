/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a slice of last uses, in the way of its engine: row by row where there
 * are no round trips, in one statement, or in a few. What could not be locked is
 * found by asking for it again: rows that do not exist look just like it.
 */
#include "core/db/store_lastused.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "core/db/retry.h"
#include "core/token/token.h"

typedef struct work_t {
    at_op_t *op;
    apr_pool_t *pool;
    at_use_t **uses; /* one of each id, the latest */
    const char **ids;
    int count;
    int reached; /* the table: a failure concerns these rows */
} work_t;

/* Of one id the latest use, which is the last one. */
static void take_uses(work_t *work, const apr_array_header_t *uses, int first,
                      int count)
{
    at_use_t *all = (at_use_t *)(void *)uses->elts + first;
    int i;

    work->uses = apr_palloc(work->pool, sizeof(at_use_t *) * count);
    work->ids = apr_palloc(work->pool, sizeof(char *) * count);
    for (i = 0; i < count; i++) {
        char *id;

        all[i].is_skipped = 0;
        if (i + 1 < count &&
            memcmp(&all[i].id, &all[i + 1].id, sizeof(at_id_t)) == 0) {
            continue;
        }
        id = apr_palloc(work->pool, AT_TOKEN_ID_SIZE);
        at_token_format_id(&all[i].id, id);
        work->uses[work->count] = &all[i];
        work->ids[work->count++] = id;
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

/* Rows of one column, sorted as C sorts. */
static apr_status_t select_ids(const work_t *work, const char *sql,
                               const void **args, at_rows_t **rows)
{
    apr_status_t status =
        at_database_select(work->op->database, sql, args, 1, rows, work->pool);
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

static void mark(work_t *work, const at_rows_t *wanting,
                 const at_rows_t *written)
{
    int i;

    for (i = 0; i < work->count; i++) {
        work->uses[i]->is_skipped =
            is_among(work->ids[i], wanting) &&
            (!written || !is_among(work->ids[i], written));
    }
}

/* Row by row */

static apr_status_t touch_each(work_t *work)
{
    apr_status_t status = APR_SUCCESS;
    int i;

    for (i = 0; i < work->count && status == APR_SUCCESS; i++) {
        const apr_int64_t *when = &work->uses[i]->when;
        const void *args[] = {when, work->ids[i], when};
        int changed;

        status = at_database_execute(work->op->database, work->op->sql->touch,
                                     args, &changed);
    }
    return status;
}

/* In one statement */

/* "{a,b,c}": neither a UUID nor a number needs quotes in an SQL array. */
static const char *as_array(apr_array_header_t *texts, apr_pool_t *p)
{
    return apr_pstrcat(p, "{", apr_array_pstrcat(p, texts, ','), "}", NULL);
}

static apr_status_t touch_all(work_t *work)
{
    const at_sql_t *sql = work->op->sql;
    apr_array_header_t *ids =
        apr_array_make(work->pool, work->count, sizeof(const char *));
    apr_array_header_t *times =
        apr_array_make(work->pool, work->count, sizeof(const char *));
    const void *args[2];
    at_rows_t *missed;
    apr_status_t status;
    int i, changed;

    for (i = 0; i < work->count; i++) {
        APR_ARRAY_PUSH(ids, const char *) = work->ids[i];
        APR_ARRAY_PUSH(times, const char *) =
            apr_psprintf(work->pool, "%" APR_INT64_T_FMT, work->uses[i]->when);
    }
    args[0] = as_array(ids, work->pool);
    args[1] = as_array(times, work->pool);
    status =
        at_database_execute(work->op->database, sql->touch_all, args, &changed);
    if (status == APR_SUCCESS && changed < work->count) {
        status = select_ids(work, sql->touch_missed, args, &missed);
        if (status == APR_SUCCESS) {
            mark(work, missed, NULL);
        }
    }
    return status;
}

/* In a few statements */

/* The smallest statement that takes so many rows. */
static int size_for(int count)
{
    int i = 0;

    while (at_sql_batches[i] < count) {
        i++;
    }
    return i;
}

/* The last id fills the places that are left. */
static const void **fill_ids(const work_t *work, const void **args, int size)
{
    int i;

    for (i = 0; i < size; i++) {
        args[i] = work->ids[i < work->count ? i : work->count - 1];
    }
    return args;
}

static apr_status_t write_rows(const work_t *work, int which)
{
    int size = at_sql_batches[which];
    const void **args = apr_palloc(work->pool, sizeof(void *) * 3 * size);
    int i, changed;

    for (i = 0; i < size; i++) {
        int one = i < work->count ? i : work->count - 1;

        args[2 * i] = work->ids[one];
        args[2 * i + 1] = &work->uses[one]->when;
    }
    fill_ids(work, args + 2 * size, size);
    return at_database_execute(
        work->op->database, work->op->sql->touch_rows[which], args, &changed);
}

/* Of the work only what is locked now. */
static work_t locked_part(const work_t *work, const at_rows_t *locked)
{
    work_t part = *work;
    int i;

    part.uses = apr_palloc(work->pool, sizeof(at_use_t *) * work->count);
    part.ids = apr_palloc(work->pool, sizeof(char *) * work->count);
    part.count = 0;
    for (i = 0; i < work->count; i++) {
        if (is_among(work->ids[i], locked)) {
            part.uses[part.count] = work->uses[i];
            part.ids[part.count++] = work->ids[i];
        }
    }
    return part;
}

static apr_status_t touch_locked(work_t *work, at_rows_t **locked)
{
    const at_sql_t *sql = work->op->sql;
    int which = size_for(work->count);
    const void **args =
        apr_palloc(work->pool, sizeof(void *) * at_sql_batches[which]);
    apr_status_t status =
        select_ids(work, sql->touch_lock[which],
                   fill_ids(work, args, at_sql_batches[which]), locked);
    work_t part;

    if (status != APR_SUCCESS || (*locked)->count == 0) {
        return status;
    }
    part = locked_part(work, *locked);
    return part.count == 0 ? APR_SUCCESS
                           : write_rows(&part, size_for(part.count));
}

/* After the COMMIT: rows that exist and were not locked have been skipped. */
static apr_status_t find_skipped(work_t *work, const at_rows_t *locked)
{
    int which = size_for(work->count);
    const void **args =
        apr_palloc(work->pool, sizeof(void *) * at_sql_batches[which]);
    at_rows_t *there;
    apr_status_t status =
        select_ids(work, work->op->sql->touch_there[which],
                   fill_ids(work, args, at_sql_batches[which]), &there);

    if (status == APR_SUCCESS) {
        mark(work, there, locked);
    }
    return status;
}

/* A try */

static apr_status_t touch(void *data, int attempt)
{
    work_t *work = data;
    const at_sql_t *sql = work->op->sql;
    at_database_t *database = work->op->database;
    at_rows_t *locked = NULL;
    apr_status_t status;

    (void)attempt;
    if (sql->touch_all) {
        status = touch_all(work);
        work->reached = at_database_is_open(database);
        return status;
    }
    status = at_database_command(database, sql->begin);
    work->reached = status == APR_SUCCESS;
    if (status == APR_SUCCESS) {
        status = sql->touch ? touch_each(work) : touch_locked(work, &locked);
    }
    /* After an error the connection is dropped, and with it what was done. */
    if (status == APR_SUCCESS) {
        status = at_database_command(database, "COMMIT");
    }
    return status == APR_SUCCESS && locked && locked->count < work->count
               ? find_skipped(work, locked)
               : status;
}

apr_status_t at_store_write_uses(at_op_t *op, const apr_array_header_t *uses,
                                 int first, int count, int *table_failed,
                                 apr_pool_t *p)
{
    work_t work = {.op = op, .pool = p};
    apr_status_t status;

    take_uses(&work, uses, first, count);
    status = at_retry(op, touch, &work);
    *table_failed = status != APR_SUCCESS && !work.reached;
    return status;
}
