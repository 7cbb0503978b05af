/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs and the queues in which they wait for a worker.
 *
 * A job belongs to its requester and, while it is queued or running, also to
 * the connection pool; the last owner that releases it frees it. Its memory is
 * an unmanaged pool, since a worker that hangs in a driver may outlive the
 * pool of the httpd child.
 *
 * Waiting uses plain pthreads: APR's condition variables wait on the wall
 * clock, and a clock that is set back would keep requests waiting for as long.
 */
#include <apr_allocator.h>
#include <apr_strings.h>

#include "dbpool_inside.h"

int at_dbpool_wait(pthread_cond_t *condition, pthread_mutex_t *lock,
                   apr_int64_t moment)
{
    struct timespec until = {.tv_sec = (time_t)(moment / 1000),
                             .tv_nsec = (long)(moment % 1000) * 1000000};

    return pthread_cond_timedwait(condition, lock, &until);
}

apr_pool_t *at_dbpool_make_pool(void)
{
    apr_pool_t *pool;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    return pool;
}

/* Jobs */

at_job_t *at_job_make(at_dbpool_t *dbpool, at_job_kind_e kind,
                      at_job_work_t *work)
{
    apr_pool_t *pool = at_dbpool_make_pool();
    at_job_t *job = apr_pcalloc(pool, sizeof(*job));

    job->dbpool = dbpool;
    job->kind = kind;
    job->work = work;
    job->pool = pool;
    job->owners = 1;
    job->reason = "the database gave no answer in time";
    pthread_cond_init(&job->done, &dbpool->monotonic);
    return job;
}

apr_pool_t *at_job_pool(at_job_t *job)
{
    return job->pool;
}

apr_int64_t at_job_deadline(const at_job_t *job)
{
    return job->deadline;
}

const char *at_job_reason(const at_job_t *job)
{
    return job->reason;
}

void at_job_set_reason(at_job_t *job, const char *reason)
{
    const char *copy = apr_pstrdup(job->pool, reason);

    pthread_mutex_lock(&job->dbpool->lock);
    if (!job->abandoned) {
        job->reason = copy;
    }
    pthread_mutex_unlock(&job->dbpool->lock);
}

int at_job_claim(void *claimed)
{
    at_job_t *job = claimed;
    int granted;

    pthread_mutex_lock(&job->dbpool->lock);
    granted = !job->abandoned;
    if (granted) {
        job->progress = AT_JOB_COMMITTING;
    }
    pthread_mutex_unlock(&job->dbpool->lock);
    return granted;
}

void at_job_set_undo(at_job_t *job, at_job_work_t *undo)
{
    job->undo = undo;
}

void at_job_release(at_job_t *job)
{
    int owners;

    pthread_mutex_lock(&job->dbpool->lock);
    owners = --job->owners;
    pthread_mutex_unlock(&job->dbpool->lock);
    if (owners == 0) {
        pthread_cond_destroy(&job->done);
        apr_pool_destroy(job->pool);
    }
}

/* Queues */

void at_job_push(at_dbpool_t *dbpool, at_job_t *job)
{
    at_job_queue_t *queue = &dbpool->queues[job->kind];

    job->next = NULL;
    *queue->last = job;
    queue->last = &job->next;
    dbpool->waiting++;
}

void at_job_remove(at_dbpool_t *dbpool, at_job_t *job)
{
    at_job_queue_t *queue = &dbpool->queues[job->kind];
    at_job_t **link;

    for (link = &queue->first; *link && *link != job;) {
        link = &(*link)->next;
    }
    if (!*link) {
        return;
    }
    *link = job->next;
    if (queue->last == &job->next) {
        queue->last = link;
    }
    dbpool->waiting--;
}

at_job_t *at_job_pop(at_dbpool_t *dbpool, at_job_kind_e kind)
{
    at_job_t *job = dbpool->queues[kind].first;

    if (job) {
        at_job_remove(dbpool, job);
    }
    return job;
}
