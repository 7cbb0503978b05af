/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The threads of a connection pool: workers, each with its own connection,
 * which run jobs and background jobs; and a watcher. A worker is started when
 * work waits, and ends when there was none for a while.
 */
#include <signal.h>

#include <apr_atomic.h>

#include "core/token/clock.h"
#include "dbpool_inside.h"

/* A connection without work is closed: servers have many processes, and a
 * database few connections. */
#define IDLE_MS 5000

#define WRITTEN_OFF_MAX 4 /* times `connections` */
#define TIMEOUT_MS 2000   /* until a request has said how long it waits */
#define SLOW_MS 500 /* an error after this time does not count as an answer */

/* Slow jobs leave half of the workers free; with background jobs, they leave
 * one for lookups. With one worker they may have it. */
static int may_run_slow(const at_dbpool_t *dbpool)
{
    int half = dbpool->connections > 1 ? dbpool->connections / 2 : 1;
    int most = dbpool->connections > 1 ? dbpool->connections - 1 : 1;

    return dbpool->running_slow < half &&
           dbpool->running_slow + dbpool->running_background < most;
}

/* The breaker */

/* Each of those in the queue would cost a worker, and its request the
 * timeout. */
void at_workers_refuse_lookups(at_dbpool_t *dbpool)
{
    at_job_t *job;

    at_breaker_open(dbpool->breaker, at_clock_monotonic());
    while ((job = at_job_pop(dbpool, AT_JOB_LOOKUP))) {
        job->abandoned = 1;
        job->owners--;
        job->reason = AT_DBPOOL_REFUSED;
        pthread_cond_signal(&job->done);
    }
}

/* One lookup was answered, so those that still hang wait for no lock: their
 * connections are dead, and may stay so until TCP gives up. They must not use
 * up the places that the next outage needs, so they are no longer counted; but
 * up to a limit. */
static void write_off(at_dbpool_t *dbpool)
{
    if (dbpool->replaced_lookups > 0 &&
        dbpool->written_off + dbpool->replaced_lookups <=
            WRITTEN_OFF_MAX * dbpool->connections) {
        dbpool->written_off += dbpool->replaced_lookups;
        dbpool->replaced -= dbpool->replaced_lookups;
        dbpool->replaced_lookups = 0;
        dbpool->write_offs++;
    }
}

/* The call of a worker that was replaced has returned. */
static void count_returned(at_dbpool_t *dbpool, const at_job_t *job)
{
    if (job->kind == AT_JOB_LOOKUP && job->write_offs != dbpool->write_offs) {
        dbpool->written_off--;
        return;
    }
    dbpool->replaced--;
    dbpool->replaced_lookups -= job->kind == AT_JOB_LOOKUP;
}

/* The database answers. An error is an answer, too, unless the lock of another
 * session may be its cause, or no connection could be made in time. */
static void update_breaker(at_dbpool_t *dbpool, const at_job_t *job,
                           apr_status_t status, apr_int64_t took)
{
    if (status == AT_EUNAVAILABLE &&
        (job->kind != AT_JOB_LOOKUP || job->abandoned)) {
        return;
    }
    if (status == AT_EUNAVAILABLE && took >= SLOW_MS &&
        !at_sql_is_sqlite(dbpool->driver)) {
        at_workers_refuse_lookups(dbpool);
        return;
    }
    at_breaker_close(dbpool->breaker);
    if (job->kind == AT_JOB_LOOKUP && status != AT_EUNAVAILABLE &&
        !job->abandoned) {
        write_off(dbpool);
    }
}

/* Work */

/* Making a connection may take longer than a request waits, so that the
 * request finds out first. While some calls hang, the server is probed before:
 * a connection that cannot be made would only cost one worker more. */
static void limit_connecting(const at_dbpool_t *dbpool, at_database_t *database)
{
    int probe = dbpool->replaced + dbpool->written_off + dbpool->hung > 0 ||
                at_breaker_is_open(dbpool->breaker);
    apr_int64_t timeout =
        dbpool->longest_timeout > 0 ? dbpool->longest_timeout : TIMEOUT_MS;

    at_database_limit_connecting(database, timeout + SLOW_MS, probe);
}

/* False if the worker was replaced: it is no longer one of the pool's. */
static int run_job(at_dbpool_t *dbpool, at_job_t *job, at_database_t *database)
{
    int is_slow = job->kind != AT_JOB_LOOKUP;
    apr_int64_t begun = at_clock_monotonic();
    apr_status_t status;
    int abandoned, replaced;

    job->progress = AT_JOB_RUNNING;
    dbpool->running_slow += is_slow;
    pthread_mutex_unlock(&dbpool->lock);
    status = job->work(job, database, job->data);
    pthread_mutex_lock(&dbpool->lock);
    abandoned = job->abandoned;
    replaced = job->replaced;
    if (replaced) {
        count_returned(dbpool, job);
    }
    else {
        dbpool->running_slow -= is_slow;
        dbpool->hung -= job->hung;
    }
    update_breaker(dbpool, job, status, at_clock_monotonic() - begun);
    job->status = status;
    job->progress = AT_JOB_DONE;
    pthread_cond_signal(&job->done);
    pthread_mutex_unlock(&dbpool->lock);
    if (abandoned && job->undo) {
        job->undo(job, database, job->data);
    }
    at_job_release(job);
    pthread_mutex_lock(&dbpool->lock);
    return !replaced;
}

static at_job_t *next_job(at_dbpool_t *dbpool)
{
    at_job_t *job = at_job_pop(dbpool, AT_JOB_LOOKUP);

    if (!job && may_run_slow(dbpool)) {
        job = at_job_pop(dbpool, AT_JOB_CHANGE);
    }
    if (!job && may_run_slow(dbpool)) {
        job = at_job_pop(dbpool, AT_JOB_LIST);
    }
    return job;
}

static void start_worker_if_allowed(at_dbpool_t *dbpool);
static void start_watcher(at_dbpool_t *dbpool);

typedef enum { JOB_DONE, BACKGROUND_DONE, NO_WORK, REPLACED } outcome_e;

/* Runs one job or background job, if there is one; else `next` says when there
 * will be. */
static outcome_e work_once(at_dbpool_t *dbpool, at_database_t *database,
                           apr_int64_t *next)
{
    apr_int64_t now = at_clock_monotonic();
    at_background_t *background = at_background_due(dbpool, now, next);
    at_job_t *job = at_background_goes_first(dbpool, background, now)
                        ? NULL
                        : next_job(dbpool);

    if (!job && !background) {
        return NO_WORK;
    }
    limit_connecting(dbpool, database);
    if (job) {
        dbpool->background_was_last = 0;
        /* Another worker has to run the background jobs when they are due. */
        if (job->kind != AT_JOB_LOOKUP && dbpool->idle == 0 &&
            at_background_is_scheduled(dbpool)) {
            start_worker_if_allowed(dbpool);
        }
        return run_job(dbpool, job, database) ? JOB_DONE : REPLACED;
    }
    dbpool->background_was_last = dbpool->waiting > 0;
    if (dbpool->idle == 0) {
        start_watcher(dbpool);
    }
    return at_background_run(dbpool, background, database) ? BACKGROUND_DONE
                                                           : REPLACED;
}

/* No job has come for a while, and another worker runs the background jobs. */
static int is_superfluous(const at_dbpool_t *dbpool, apr_int64_t last_job)
{
    return at_clock_monotonic() - last_job >= IDLE_MS &&
           (dbpool->idle > 0 || !at_background_is_scheduled(dbpool));
}

/* Without the lock, since closing may take time. */
static void close_idle(at_dbpool_t *dbpool, at_database_t *database)
{
    pthread_mutex_unlock(&dbpool->lock);
    at_database_drop(database);
    pthread_mutex_lock(&dbpool->lock);
}

/* Works until this worker is superfluous, the pool stops, or the worker was
 * replaced; false in the last case. */
static int work(at_dbpool_t *dbpool, at_database_t *database)
{
    apr_int64_t last_job = at_clock_monotonic();

    for (;;) {
        apr_int64_t next = at_clock_monotonic() + IDLE_MS;
        outcome_e outcome = work_once(dbpool, database, &next);

        if (outcome == REPLACED) {
            return 0;
        }
        if (outcome == JOB_DONE) {
            last_job = at_clock_monotonic();
        }
        if (outcome != NO_WORK) {
            continue;
        }
        if (dbpool->stopping || is_superfluous(dbpool, last_job)) {
            /* The worker that stays may be waiting for a later moment. */
            pthread_cond_signal(&dbpool->work);
            return 1;
        }
        if (at_database_is_idle(database, IDLE_MS)) {
            close_idle(dbpool, database);
            continue;
        }
        dbpool->idle++;
        at_dbpool_wait(&dbpool->work, &dbpool->lock, next);
        dbpool->idle--;
    }
}

/* Threads */

/* A thread calls this last, so that joining it does not wait. */
static void note_end(at_dbpool_t *dbpool)
{
    at_ended_t *ended = dbpool->spare;

    if (ended) {
        dbpool->spare = ended->next;
    }
    else {
        ended = apr_palloc(dbpool->pool, sizeof(*ended));
    }
    ended->thread = pthread_self();
    ended->next = dbpool->ended;
    dbpool->ended = ended;
}

/* When a process ends, httpd unloads this module; until then no thread may run
 * its code any more. That is why threads are joined, and not detached. */
void at_workers_join(at_dbpool_t *dbpool)
{
    while (dbpool->ended) {
        at_ended_t *ended = dbpool->ended;

        dbpool->ended = ended->next;
        pthread_join(ended->thread, NULL);
        ended->next = dbpool->spare;
        dbpool->spare = ended;
    }
}

static void *worker(void *data)
{
    at_dbpool_t *dbpool = data;
    apr_pool_t *pool = at_dbpool_make_pool();
    at_database_t *database =
        at_database_make(dbpool->driver, dbpool->params, pool);

    pthread_mutex_lock(&dbpool->lock);
    dbpool->workers -= work(dbpool, database);
    pthread_mutex_unlock(&dbpool->lock);
    at_database_drop(database);
    apr_pool_destroy(pool);
    pthread_mutex_lock(&dbpool->lock);
    note_end(dbpool);
    pthread_mutex_unlock(&dbpool->lock);
    apr_atomic_dec32(&dbpool->threads);
    return NULL;
}

/* Replaces background jobs that hang. A process that answers from the cache
 * alone runs no jobs, so no other thread may notice; its only worker may
 * hang. */
static void *watcher(void *data)
{
    at_dbpool_t *dbpool = data;

    pthread_mutex_lock(&dbpool->lock);
    while (!dbpool->stopping) {
        at_dbpool_wait(&dbpool->stop, &dbpool->lock,
                       at_background_next_check(dbpool));
        at_workers_notify(dbpool);
    }
    note_end(dbpool);
    pthread_mutex_unlock(&dbpool->lock);
    apr_atomic_dec32(&dbpool->threads);
    return NULL;
}

/* The threads block all signals: httpd's own threads handle them. */
static int start_thread(at_dbpool_t *dbpool, void *(*body)(void *))
{
    pthread_t thread;
    sigset_t all, before;
    int failed;

    at_workers_join(dbpool);
    apr_atomic_inc32(&dbpool->threads);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&thread, NULL, body, dbpool);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        apr_atomic_dec32(&dbpool->threads);
    }
    return !failed;
}

static void start_worker(at_dbpool_t *dbpool)
{
    dbpool->workers += start_thread(dbpool, worker);
}

static void start_worker_if_allowed(at_dbpool_t *dbpool)
{
    if (dbpool->workers < dbpool->connections) {
        start_worker(dbpool);
    }
}

/* SQLite needs none: its calls end by themselves. */
static void start_watcher(at_dbpool_t *dbpool)
{
    if (!dbpool->has_watcher && !dbpool->stopping &&
        !at_sql_is_sqlite(dbpool->driver)) {
        dbpool->has_watcher = start_thread(dbpool, watcher);
    }
}

/* If no worker is free and no other may be started, the next one that gets
 * free does the work. Where a background job is scheduled there is always a
 * worker, or it would never run again. */
void at_workers_notify(at_dbpool_t *dbpool)
{
    pthread_cond_signal(&dbpool->work);
    at_background_replace_hung(dbpool, at_clock_monotonic());
    if (dbpool->waiting > dbpool->idle ||
        (dbpool->workers == 0 && at_background_is_scheduled(dbpool))) {
        start_worker_if_allowed(dbpool);
    }
}

/* If all workers hang, one more than allowed is started. SQLite's calls end by
 * themselves. */
void at_workers_notify_stop(at_dbpool_t *dbpool)
{
    int hung = 0;

    if (!at_sql_is_sqlite(dbpool->driver)) {
        hung = dbpool->hung +
               at_background_count_hung(dbpool, AT_BACKGROUND_STOP_HANGS_MS);
    }
    if (at_background_is_scheduled(dbpool) && hung >= dbpool->workers) {
        start_worker(dbpool);
    }
    pthread_cond_broadcast(&dbpool->work);
    pthread_cond_signal(&dbpool->stop);
}
