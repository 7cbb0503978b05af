/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls to a desk whose driver may hang.
 */
#include "calls.h"

apr_status_t calls_succeed(at_job_t *job, at_database_t *database, void *baton)
{
    (void)job;
    (void)database;
    (void)baton;
    return APR_SUCCESS;
}

at_desk_t *calls_hanging_desk(int connections)
{
    return at_desk_open("pgsql", "", connections);
}

apr_status_t calls_ask(at_desk_t *desk, at_desk_kind_e kind,
                       at_desk_work_t *work, void *baton, apr_int64_t timeout)
{
    at_job_t *job = at_desk_job(desk, kind, work);
    apr_status_t status = at_desk_ask(job, baton, timeout);

    at_desk_release(job);
    return status;
}

int calls_field(at_desk_t *desk, const int *of)
{
    int value;

    pthread_mutex_lock(&desk->lock);
    value = *of;
    pthread_mutex_unlock(&desk->lock);
    return value;
}
