/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection pool as requests use it: it is opened and stopped, and a job
 * is run until its deadline, unless the breaker refuses it.
 */
#include <apr_atomic.h>
#include <apr_strings.h>
#include <apr_time.h>

#include "core/token/clock.h"
#include "dbpool_inside.h"

#define COMMIT_MS 400   /* wait longer if a COMMIT has been sent */
#define STOP_POLL_MS 5  /* between two checks whether the workers have ended */
#define PROBE_POLL_MS 2 /* between two checks whether a probe was answered */

/* Running a job */

/* It is unknown when a call of the driver that hangs will return, so another
 * worker may take the place of the one that made it; but only up to a limit.
 * SQLite does not hang: it waits for locks, and more workers that wait would
 * make that worse. */
static void give_up(at_dbpool_t *dbpool, at_job_t *job)
{
    job->abandoned = 1;
    if (job->progress == AT_JOB_QUEUED) {
        at_job_remove(dbpool, job);
        job->owners--;
        return;
    }
    if (!at_sql_is_sqlite(dbpool->driver) &&
        dbpool->replaced < dbpool->connections) {
        job->replaced = 1;
        job->write_offs = dbpool->write_offs;
        dbpool->replaced++;
        dbpool->replaced_lookups += job->kind == AT_JOB_LOOKUP;
        dbpool->workers--;
        dbpool->running_slow -= job->kind != AT_JOB_LOOKUP;
    }
    else {
        job->hung = 1;
        dbpool->hung++;
    }
    if (job->kind == AT_JOB_LOOKUP) {
        at_workers_refuse_lookups(dbpool);
    }
    at_workers_notify(dbpool);
}

static apr_status_t await(at_dbpool_t *dbpool, at_job_t *job)
{
    apr_int64_t until = job->deadline;

    while (job->progress != AT_JOB_DONE && !job->abandoned) {
        if (at_dbpool_wait(&job->done, &dbpool->lock, until) == 0) {
            continue;
        }
        if (job->progress == AT_JOB_COMMITTING && until == job->deadline) {
            until += COMMIT_MS;
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

static int all_hang(const at_dbpool_t *dbpool)
{
    int hung =
        dbpool->hung + at_background_count_hung(dbpool, AT_BACKGROUND_HANGS_MS);

    return dbpool->workers >= dbpool->connections && hung >= dbpool->workers;
}

/* No worker is free, and none will be before the database answers. A probe
 * that only waits in the queue would use up the turn of a process that can
 * send one. */
static int is_hopeless(const at_dbpool_t *dbpool)
{
    return dbpool->waiting >= dbpool->idle &&
           dbpool->workers >= dbpool->connections &&
           (at_breaker_is_open(dbpool->breaker) || all_hang(dbpool));
}

/* If a probe was sent a moment ago, as after a pause in an outage that is
 * over, this waits for its answer, but not long. A list or a change is no
 * probe: it may wait for the lock of another session, which proves nothing. */
static int is_refused(at_dbpool_t *dbpool, const at_job_t *job)
{
    int is_probe = job->kind == AT_JOB_LOOKUP;

    for (;;) {
        apr_int64_t now = at_clock_monotonic();

        at_background_replace_hung(dbpool, now);
        if (!is_hopeless(dbpool) &&
            !at_breaker_refuses(dbpool->breaker, is_probe, now)) {
            return 0;
        }
        if (dbpool->stopping || !at_breaker_is_tried(dbpool->breaker, now)) {
            return 1;
        }
        pthread_mutex_unlock(&dbpool->lock);
        apr_sleep(PROBE_POLL_MS * 1000);
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
    if (timeout > dbpool->longest_timeout) {
        dbpool->longest_timeout = timeout;
    }
    if (dbpool->stopping) {
        job->reason = "the server is stopping";
    }
    else if (is_refused(dbpool, job)) {
        job->reason = AT_DBPOOL_REFUSED;
    }
    else {
        job->owners++;
        at_job_push(dbpool, job);
        at_workers_notify(dbpool);
        status = await(dbpool, job);
    }
    pthread_mutex_unlock(&dbpool->lock);
    return status;
}

/* Background jobs */

/* For at_workers_notify() it counts as a job that waits. */
void at_background_wake(at_background_t *background)
{
    at_dbpool_t *dbpool = background->dbpool;
    apr_int64_t now = at_clock_monotonic();

    pthread_mutex_lock(&dbpool->lock);
    if (background->due < 0 || background->due > now) {
        background->due = now;
        dbpool->waiting++;
        at_workers_notify(dbpool);
        dbpool->waiting--;
    }
    pthread_mutex_unlock(&dbpool->lock);
}

void at_dbpool_answered(at_dbpool_t *dbpool)
{
    at_breaker_close(dbpool->breaker);
}

int at_dbpool_stopping(at_dbpool_t *dbpool)
{
    return apr_atomic_read32(&dbpool->stopping) != 0;
}

/* Opening and stopping */

at_dbpool_t *at_dbpool_open(const char *driver, const char *params,
                            int connections)
{
    apr_pool_t *pool = at_dbpool_make_pool();
    at_dbpool_t *dbpool = apr_pcalloc(pool, sizeof(*dbpool));
    int kind;

    dbpool->pool = pool;
    dbpool->driver = apr_pstrdup(pool, driver);
    dbpool->params = apr_pstrdup(pool, params);
    dbpool->connections = connections;
    dbpool->breaker = &dbpool->own_breaker;
    pthread_mutex_init(&dbpool->lock, NULL);
    pthread_condattr_init(&dbpool->monotonic);
    pthread_condattr_setclock(&dbpool->monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&dbpool->work, &dbpool->monotonic);
    pthread_cond_init(&dbpool->stop, &dbpool->monotonic);
    for (kind = 0; kind < AT_JOB_KINDS; kind++) {
        dbpool->queues[kind].last = &dbpool->queues[kind].first;
    }
    return dbpool;
}

apr_pool_t *at_dbpool_pool(at_dbpool_t *dbpool)
{
    return dbpool->pool;
}

void at_dbpool_share_breaker(at_dbpool_t *dbpool, at_breaker_t *breaker)
{
    if (dbpool->breaker == &dbpool->own_breaker) {
        dbpool->breaker = breaker;
    }
}

int at_dbpool_breaker_is_open(at_dbpool_t *dbpool)
{
    return at_breaker_is_open(dbpool->breaker);
}

void at_dbpool_raise_connections(at_dbpool_t *dbpool, int connections)
{
    if (connections > dbpool->connections) {
        dbpool->connections = connections;
    }
}

/* Without the lock no thread can be notified; at_dbpool_stop() tries again. */
void at_dbpool_begin_stop(at_dbpool_t *dbpool)
{
    apr_atomic_set32(&dbpool->stopping, 1);
    if (pthread_mutex_trylock(&dbpool->lock) == 0) {
        at_workers_notify_stop(dbpool);
        pthread_mutex_unlock(&dbpool->lock);
    }
}

int at_dbpool_stop(at_dbpool_t *dbpool, apr_int64_t timeout)
{
    apr_int64_t until = at_clock_monotonic() + timeout;

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
