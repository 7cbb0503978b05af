/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives each operation to a worker as a job, with copies of all that it reads,
 * since the requester may have left before the worker is done.
 */
#include "core/pool/table.h"

#include <apr_strings.h>

#include "core/db/store.h"
#include "core/pool/table_changes.h"
#include "core/pool/undo.h"
#include "core/token/columns.h"

struct at_table_t {
    at_dbpool_t *dbpool;
    const at_sql_t *sql;
    at_cache_t *cache;
    at_undo_t *undo;
    int create;
    apr_int64_t timeout;
};

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

void at_table_begin(at_op_t *op, apr_int64_t now)
{
    if (op->deadline == 0) {
        op->deadline = now + op->table->timeout;
    }
}

/* On the requester's thread */

static at_op_t *copy_for(at_job_t *job, const at_op_t *op)
{
    apr_pool_t *pool = at_job_pool(job);
    at_op_t *copy = apr_pmemdup(pool, op, sizeof(*op));

    copy->pool = pool;
    copy->sql = op->table->sql;
    copy->create_table = op->table->create;
    copy->claim = at_job_claim;
    copy->requester = job;
    copy->user = apr_pstrdup(pool, op->user);
    copy->list.user = apr_pstrdup(pool, op->list.user);
    copy->list.before_id = apr_pstrdup(pool, op->list.before_id);
    copy->row = op->row ? at_row_copy(op->row, pool) : NULL;
    return copy;
}

static apr_status_t release(void *job)
{
    at_job_release(job);
    return APR_SUCCESS;
}

static at_job_t *make_job(at_op_t *op, at_job_kind_e kind, at_job_work_t *work)
{
    at_job_t *job = at_job_make(op->table->dbpool, kind, work);

    apr_pool_cleanup_register(op->pool, job, release, apr_pool_cleanup_null);
    return job;
}

/* The copy may be read only if the job has answered. */
static apr_status_t run(at_op_t *op, at_job_t *job)
{
    apr_int64_t now = at_clock_monotonic();
    at_op_t *copy = copy_for(job, op);
    apr_status_t status;

    if (op->table->cache) {
        at_cache_set_in_use(op->table->cache);
    }
    at_table_begin(op, now);
    status = at_job_run(job, copy, op->deadline > now ? op->deadline - now : 0);
    if (status == AT_EUNAVAILABLE) {
        op->reason = at_job_reason(job);
    }
    if (status == APR_SUCCESS) {
        op->row = copy->row;
        op->rows = copy->rows;
    }
    return status;
}

/* On a worker's thread */

static at_op_t *on_worker(at_job_t *job, at_database_t *database, void *data)
{
    at_op_t *op = data;

    op->database = database;
    op->deadline = at_job_deadline(job);
    return op;
}

static apr_status_t answer(at_job_t *job, const at_op_t *op,
                           apr_status_t status)
{
    if (status == AT_EUNAVAILABLE) {
        at_job_set_reason(job, at_database_error(op->database));
    }
    if (op->table->cache) {
        at_table_check_changes(op, op->table->cache);
    }
    return status;
}

static apr_status_t find(at_job_t *job, at_database_t *database, void *data)
{
    at_op_t *op = on_worker(job, database, data);

    return answer(job, op, at_store_find(op));
}

static apr_status_t list(at_job_t *job, at_database_t *database, void *data)
{
    at_op_t *op = on_worker(job, database, data);

    return answer(job, op, at_store_list(op));
}

static apr_status_t insert(at_job_t *job, at_database_t *database, void *data)
{
    at_op_t *op = on_worker(job, database, data);
    apr_status_t status = answer(job, op, at_store_insert(op));

    if (status == AT_EUNAVAILABLE && op->committing) {
        at_undo_note(op->table->undo, op->row);
    }
    return status;
}

/* The claim before COMMIT keeps a late change out. A COMMIT that takes longer
 * than the requester waits, or whose answer is lost, may still succeed; no
 * client has that token, so its row is removed. */
static apr_status_t undo_insert(at_job_t *job, at_database_t *database,
                                void *data)
{
    at_op_t *op = on_worker(job, database, data);
    apr_status_t status;

    op->deadline = at_clock_monotonic() + op->table->timeout;
    status = at_store_undo(op);
    if (status != APR_SUCCESS) {
        at_undo_note(op->table->undo, op->row);
    }
    return status;
}

static apr_status_t delete_token(at_job_t *job, at_database_t *database,
                                 void *data)
{
    at_op_t *op = on_worker(job, database, data);

    return answer(job, op, at_store_delete(op));
}

/* The operations */

apr_status_t at_table_find(at_op_t *op)
{
    op->row = NULL;
    return run(op, make_job(op, AT_JOB_LOOKUP, find));
}

apr_status_t at_table_list(at_op_t *op)
{
    op->row = NULL;
    return run(op, make_job(op, AT_JOB_LIST, list));
}

apr_status_t at_table_insert(at_op_t *op)
{
    at_job_t *job = make_job(op, AT_JOB_CHANGE, insert);

    at_job_set_undo(job, undo_insert);
    return run(op, job);
}

apr_status_t at_table_delete(at_op_t *op)
{
    op->row = NULL;
    return run(op, make_job(op, AT_JOB_CHANGE, delete_token));
}
