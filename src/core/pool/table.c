/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packs each question into a job of the connection pool, with copies of all that it needs,
 * since the asker may be gone before the worker is done.
 */
#include "core/pool/table.h"

#include <apr_strings.h>

#include "core/db/deletions.h"
#include "core/pool/table_changes.h"
#include "core/pool/undo.h"

struct at_table_t {
    at_dbpool_t *dbpool;
    const at_sql_t *sql;
    at_cache_t *cache;
    at_undo_t *undo;
    int create;
    apr_int64_t timeout;
};

/* What any question takes and gives back; lives in the job's pool. */
typedef struct question_t {
    at_table_t *table;
    at_id_t id;
    const char *user;
    apr_int64_t when;
    apr_int64_t limit;
    at_list_t list;
    at_row_t *row;
    apr_array_header_t *rows;
} question_t;

at_table_t *at_table_open(at_dbpool_t *dbpool, const char *driver,
                          const at_table_config_t *config)
{
    apr_pool_t *pool = at_dbpool_pool(dbpool);
    at_table_t *table = apr_pcalloc(pool, sizeof(*table));

    table->dbpool = dbpool;
    table->sql = at_sql_compose(driver, config->name, pool);
    table->cache = config->cache;
    table->create = config->create;
    table->timeout = config->timeout;
    table->undo = at_undo_open(dbpool, table->sql);
    return table;
}

const at_sql_t *at_table_sql(const at_table_t *table)
{
    return table->sql;
}

void at_table_begin(at_ask_t *ask, apr_int64_t now)
{
    if (ask->deadline == 0) {
        ask->deadline = now + ask->table->timeout;
    }
}

static at_op_t store_for(at_job_t *job, at_database_t *database,
                         const question_t *question)
{
    at_op_t op = {.database = database,
                  .sql = question->table->sql,
                  .create_table = question->table->create,
                  .deadline = at_job_deadline(job),
                  .claim = at_job_claim,
                  .asker = job};

    return op;
}

/* What the job leaves to say. */
static apr_status_t explained(at_job_t *job, const question_t *question,
                              const at_op_t *op, apr_status_t status)
{
    if (status == AT_EUNAVAILABLE) {
        at_job_set_reason(job, at_database_error(op->database));
    }
    if (question->table->cache) {
        at_table_check_changes(op, question->table->cache);
    }
    return status;
}

static apr_status_t release(void *job)
{
    at_job_release(job);
    return APR_SUCCESS;
}

/* A job whose answer lives as long as the asker's pool. */
static at_job_t *prepare(at_ask_t *ask, at_job_kind_e kind, at_job_work_t *work,
                         question_t **question)
{
    at_job_t *job = at_job_make(ask->table->dbpool, kind, work);

    apr_pool_cleanup_register(ask->pool, job, release, apr_pool_cleanup_null);
    *question = apr_pcalloc(at_job_pool(job), sizeof(**question));
    (*question)->table = ask->table;
    return job;
}

static apr_status_t put(at_ask_t *ask, at_job_t *job, question_t *question)
{
    apr_int64_t now = at_clock_monotonic();
    apr_status_t status;

    if (ask->table->cache) {
        at_cache_set_in_use(ask->table->cache);
    }
    at_table_begin(ask, now);
    status = at_job_run(job, question,
                        ask->deadline > now ? ask->deadline - now : 0);
    if (status == AT_EUNAVAILABLE) {
        ask->reason = at_job_reason(job);
    }
    return status;
}

static apr_status_t find(at_job_t *job, at_database_t *database, void *data)
{
    question_t *question = data;
    at_op_t op = store_for(job, database, question);

    return explained(job, question, &op,
                     at_store_find(&op, &question->id, question->user,
                                   &question->row, at_job_pool(job)));
}

apr_status_t at_table_find(at_ask_t *ask, const at_id_t *id, const char *user,
                           at_row_t **row)
{
    question_t *question;
    at_job_t *job = prepare(ask, AT_JOB_LOOKUP, find, &question);
    apr_status_t status;

    question->id = *id;
    question->user = apr_pstrdup(at_job_pool(job), user);
    status = put(ask, job, question);
    if (status == APR_SUCCESS) {
        *row = question->row;
    }
    return status;
}

static apr_status_t list(at_job_t *job, at_database_t *database, void *data)
{
    question_t *question = data;
    at_op_t op = store_for(job, database, question);

    return explained(
        job, question, &op,
        at_store_list(&op, &question->list, &question->rows, at_job_pool(job)));
}

apr_status_t at_table_list(at_ask_t *ask, const at_list_t *wanted,
                           apr_array_header_t **rows)
{
    question_t *question;
    at_job_t *job = prepare(ask, AT_JOB_LIST, list, &question);
    apr_status_t status;

    question->list = *wanted;
    question->list.user = apr_pstrdup(at_job_pool(job), wanted->user);
    status = put(ask, job, question);
    if (status == APR_SUCCESS) {
        *rows = question->rows;
    }
    return status;
}

/* The claim before COMMIT keeps a late change out. A COMMIT that itself outlasts
 * the asker, or whose answer is lost, may hold all the same; nobody knows that
 * token, so it is taken back. */
static apr_status_t take_back(at_job_t *job, at_database_t *database,
                              void *data)
{
    question_t *question = data;
    at_op_t op = store_for(job, database, question);
    apr_status_t status;

    op.deadline = at_clock_monotonic() + question->table->timeout;
    status = at_store_undo(&op, question->row, at_job_pool(job));
    if (status != APR_SUCCESS) {
        at_undo_note(question->table->undo, question->row);
    }
    return status;
}

static apr_status_t insert(at_job_t *job, at_database_t *database, void *data)
{
    question_t *question = data;
    at_op_t op = store_for(job, database, question);
    apr_status_t status = explained(
        job, question, &op,
        at_store_insert(&op, question->row, question->limit, at_job_pool(job)));

    if (status == AT_EUNAVAILABLE && op.committing) {
        at_undo_note(question->table->undo, question->row);
    }
    return status;
}

apr_status_t at_table_insert(at_ask_t *ask, const at_row_t *row,
                             apr_int64_t limit)
{
    question_t *question;
    at_job_t *job = prepare(ask, AT_JOB_CHANGE, insert, &question);
    apr_pool_t *pool = at_job_pool(job);

    question->row = apr_pmemdup(pool, row, sizeof(*row));
    question->row->user = apr_pstrdup(pool, row->user);
    question->row->description = apr_pstrdup(pool, row->description);
    question->row->scopes = apr_pstrdup(pool, row->scopes);
    question->limit = limit;
    at_job_undo_with(job, take_back);
    return put(ask, job, question);
}

static apr_status_t delete_token(at_job_t *job, at_database_t *database,
                                 void *data)
{
    question_t *question = data;
    at_op_t op = store_for(job, database, question);

    return explained(job, question, &op,
                     at_store_delete(&op, &question->id, question->user,
                                     question->when, at_job_pool(job)));
}

apr_status_t at_table_delete(at_ask_t *ask, const at_id_t *id, const char *user,
                             apr_int64_t when)
{
    question_t *question;
    at_job_t *job = prepare(ask, AT_JOB_CHANGE, delete_token, &question);

    question->id = *id;
    question->user = apr_pstrdup(at_job_pool(job), user);
    question->when = when;
    return put(ask, job, question);
}
