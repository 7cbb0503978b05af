/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs, deadlines and the breaker: the side of those who ask.
 *
 * The connection pool is plain pthreads: APR's condition variables wait on the wall clock,
 * and a clock that is set back would keep requests waiting for as long.
 *
 * A job belongs to its asker and, from the moment it is queued, also to the
 * connection pool; whoever lets go last frees it. Memory comes from unmanaged pools, since
 * a worker that hangs in a driver may outlive the pool of the child.
 */
#include <apr_allocator.h>
#include <apr_atomic.h>
#include <apr_strings.h>
#include <apr_time.h>

#include "core/token/clock.h"
#include "dbpool_inside.h"

#define GRACE_MS 400 /* for a COMMIT that is on its way */
#define STOP_POLL_MS 5
#define TRIED_POLL_MS 2

/* Jobs */

int at_dbpool_wait(pthread_cond_t *condition, pthread_mutex_t *lock,
                   apr_int64_t moment)
{
    struct timespec until = {.tv_sec = (time_t)(moment / 1000),
                             .tv_nsec = (long)(moment % 1000) * 1000000};

    return pthread_cond_timedwait(condition, lock, &until);
}

apr_pool_t *at_dbpool_own_pool(void)
{
    apr_pool_t *pool;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    return pool;
}

at_job_t *at_job_make(at_dbpool_t *dbpool, at_job_kind_e kind,
                      at_job_work_t *work)
{
    apr_pool_t *pool = at_dbpool_own_pool();
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
    int wanted;

    pthread_mutex_lock(&job->dbpool->lock);
    wanted = !job->abandoned;
    if (wanted) {
        job->progress = AT_JOB_COMMITTING;
    }
    pthread_mutex_unlock(&job->dbpool->lock);
    return wanted;
}

void at_job_undo_with(at_job_t *job, at_job_work_t *undo)
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

/* Asking */

/* Nobody knows when a driver call that hangs comes back, so another worker may
 * take the place of the one that made it; but not without end. SQLite does not
 * hang, it waits for locks, and more who wait make it worse. */
static void give_up(at_dbpool_t *dbpool, at_job_t *job)
{
    job->abandoned = 1;
    if (job->progress == AT_JOB_QUEUED) {
        at_workers_withdraw(dbpool, job);
        job->owners--;
        return;
    }
    if (!at_sql_is_sqlite(dbpool->driver) &&
        dbpool->lost < dbpool->connections) {
        job->lost = 1;
        job->answers = dbpool->answers;
        dbpool->lost++;
        dbpool->lost_questions += job->kind == AT_JOB_LOOKUP;
        dbpool->workers--;
        dbpool->busy -= job->kind != AT_JOB_LOOKUP;
    }
    else {
        job->stuck = 1;
        dbpool->stuck++;
    }
    if (job->kind == AT_JOB_LOOKUP) {
        at_workers_refuse_questions(dbpool);
    }
    at_workers_call(dbpool);
}

void at_dbpool_answered(at_dbpool_t *dbpool)
{
    at_breaker_close(dbpool->breaker);
}

int at_dbpool_breaker_is_open(at_dbpool_t *dbpool)
{
    return at_breaker_is_open(dbpool->breaker);
}

static apr_status_t await(at_dbpool_t *dbpool, at_job_t *job)
{
    apr_int64_t until = job->deadline;

    while (job->progress != AT_JOB_DONE && !job->abandoned) {
        if (at_dbpool_wait(&job->done, &dbpool->lock, until) == 0) {
            continue;
        }
        if (job->progress == AT_JOB_COMMITTING && until == job->deadline) {
            until += GRACE_MS;
            continue;
        }
        break;
    }
    if (job->progress == AT_JOB_DONE) {
        return job->status;
    }
    if (!job->abandoned) {
        give_up(dbpool, job);
    }
    return AT_EUNAVAILABLE;
}

/* Nobody is free, and nobody will be before the database answers. A probe that
 * only waits in line would use up the turn of a process that can send one. */
static int is_hopeless(at_dbpool_t *dbpool)
{
    return dbpool->wanted >= dbpool->idle &&
           dbpool->workers >= dbpool->connections &&
           (at_breaker_is_open(dbpool->breaker) || at_workers_all_hang(dbpool));
}

/* Where a probe was sent a moment ago, as after a pause in an outage that is over,
 * its answer is waited for, but not long. A change or a list is no probe: it may
 * wait for somebody's lock, which proves nothing. */
static int is_refused(at_dbpool_t *dbpool, const at_job_t *job)
{
    int probes = job->kind == AT_JOB_LOOKUP;

    for (;;) {
        apr_int64_t now = at_clock_monotonic();

        at_background_give_up(dbpool, now);
        if (!is_hopeless(dbpool) &&
            !at_breaker_refuses(dbpool->breaker, probes, now)) {
            return 0;
        }
        if (dbpool->stopping || !at_breaker_is_tried(dbpool->breaker, now)) {
            return 1;
        }
        pthread_mutex_unlock(&dbpool->lock);
        apr_sleep(TRIED_POLL_MS * 1000);
        pthread_mutex_lock(&dbpool->lock);
    }
}

apr_status_t at_job_run(at_job_t *job, void *data, apr_int64_t timeout)
{
    at_dbpool_t *dbpool = job->dbpool;
    apr_status_t status = AT_EUNAVAILABLE;

    job->data = data;
    job->deadline = at_clock_monotonic() + timeout;
    pthread_mutex_lock(&dbpool->lock);
    if (timeout > dbpool->patience) {
        dbpool->patience = timeout;
    }
    if (dbpool->stopping) {
        job->reason = "the server is stopping";
    }
    else if (is_refused(dbpool, job)) {
        job->reason = AT_DBPOOL_REFUSED;
    }
    else {
        job->owners++;
        at_workers_push(dbpool, job);
        at_workers_call(dbpool);
        status = await(dbpool, job);
    }
    pthread_mutex_unlock(&dbpool->lock);
    return status;
}

/* Chores */

at_background_t *at_background_add(at_dbpool_t *dbpool,
                                   at_background_work_t *work, void *data)
{
    at_background_t *background =
        apr_pcalloc(dbpool->pool, sizeof(*background));

    background->dbpool = dbpool;
    background->work = work;
    background->data = data;
    background->due = -1;
    pthread_mutex_lock(&dbpool->lock);
    background->next = dbpool->jobs;
    dbpool->jobs = background;
    pthread_mutex_unlock(&dbpool->lock);
    return background;
}

void at_background_repeat(at_background_t *background)
{
    background->repeats = 1;
}

void at_background_reads(at_background_t *background)
{
    background->reads = 1;
}

int at_dbpool_stopping(at_dbpool_t *dbpool)
{
    return apr_atomic_read32(&dbpool->stopping) != 0;
}

void at_background_wake(at_background_t *background)
{
    at_dbpool_t *dbpool = background->dbpool;
    apr_int64_t now = at_clock_monotonic();

    pthread_mutex_lock(&dbpool->lock);
    if (background->due < 0 || background->due > now) {
        background->due = now;
        dbpool->wanted++;
        at_workers_call(dbpool);
        dbpool->wanted--;
    }
    pthread_mutex_unlock(&dbpool->lock);
}

/* Life */

apr_pool_t *at_dbpool_pool(at_dbpool_t *dbpool)
{
    return dbpool->pool;
}

at_dbpool_t *at_dbpool_open(const char *driver, const char *params,
                            int connections)
{
    apr_pool_t *pool = at_dbpool_own_pool();
    at_dbpool_t *dbpool = apr_pcalloc(pool, sizeof(*dbpool));
    int kind;

    dbpool->pool = pool;
    dbpool->driver = apr_pstrdup(pool, driver);
    dbpool->params = apr_pstrdup(pool, params);
    dbpool->connections = connections;
    dbpool->breaker = &dbpool->own;
    pthread_mutex_init(&dbpool->lock, NULL);
    pthread_condattr_init(&dbpool->monotonic);
    pthread_condattr_setclock(&dbpool->monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&dbpool->notices, &dbpool->monotonic);
    pthread_cond_init(&dbpool->end, &dbpool->monotonic);
    for (kind = 0; kind < AT_JOB_KINDS; kind++) {
        dbpool->queues[kind].last = &dbpool->queues[kind].first;
    }
    return dbpool;
}

void at_dbpool_share_breaker(at_dbpool_t *dbpool, at_breaker_t *breaker)
{
    if (dbpool->breaker == &dbpool->own) {
        dbpool->breaker = breaker;
    }
}

void at_dbpool_widen(at_dbpool_t *dbpool, int connections)
{
    if (connections > dbpool->connections) {
        dbpool->connections = connections;
    }
}

/* Without the lock nobody may be told; but at_dbpool_stop() tells again. */
void at_dbpool_begin_stop(at_dbpool_t *dbpool)
{
    apr_atomic_set32(&dbpool->stopping, 1);
    if (pthread_mutex_trylock(&dbpool->lock) == 0) {
        at_workers_call_the_last(dbpool);
        pthread_cond_broadcast(&dbpool->notices);
        pthread_cond_signal(&dbpool->end);
        pthread_mutex_unlock(&dbpool->lock);
    }
}

int at_dbpool_stop(at_dbpool_t *dbpool, apr_int64_t patience)
{
    apr_int64_t until = at_clock_monotonic() + patience;

    at_dbpool_begin_stop(dbpool);
    while (apr_atomic_read32(&dbpool->threads) > 0 &&
           at_clock_monotonic() < until) {
        at_dbpool_begin_stop(dbpool);
        apr_sleep(STOP_POLL_MS * 1000);
    }
    if (pthread_mutex_trylock(&dbpool->lock) == 0) {
        at_workers_join(dbpool);
        pthread_mutex_unlock(&dbpool->lock);
    }
    return apr_atomic_read32(&dbpool->threads) == 0;
}
