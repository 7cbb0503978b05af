/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs on a connection pool whose driver may hang.
 */
#include "fixture_hanging.h"

apr_status_t hanging_succeed(at_job_t *job, at_database_t *database, void *data)
{
    (void)job;
    (void)database;
    (void)data;
    return APR_SUCCESS;
}

at_dbpool_t *hanging_open_dbpool(int connections)
{
    return at_dbpool_open("pgsql", "", connections);
}

apr_status_t hanging_run(at_dbpool_t *dbpool, at_job_kind_e kind,
                         at_job_work_t *work, void *data, apr_int64_t timeout)
{
    at_job_t *job = at_job_make(dbpool, kind, work);
    apr_status_t status = at_job_run(job, data, timeout);

    at_job_release(job);
    return status;
}

int hanging_field(at_dbpool_t *dbpool, const int *field)
{
    int value;

    pthread_mutex_lock(&dbpool->lock);
    value = *field;
    pthread_mutex_unlock(&dbpool->lock);
    return value;
}
