/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection pool's other side: threads that take jobs and background jobs, each with its own
 * connection, started when work waits and gone when there was none for a while.
 */
#include <signal.h>

#include <apr_atomic.h>

#include "core/token/clock.h"
#include "dbpool_inside.h"

/* A connection without work is closed: servers have many processes, and a
 * database few connections. */
#define IDLE_MS 5000

#define DEAD 4 /* times the connections: dead ones that are not counted */
#define PATIENCE_MS 2000 /* until a request says how long it waits */
#define SLOW_MS 500 /* so late an error is no answer, but the lack of one */

/* Queues */

void at_workers_push(at_dbpool_t *dbpool, at_job_t *job)
{
    at_job_queue_t *queue = &dbpool->queues[job->kind];

    job->next = NULL;
    *queue->last = job;
    queue->last = &job->next;
    dbpool->wanted++;
}

void at_workers_withdraw(at_dbpool_t *dbpool, at_job_t *job)
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
    dbpool->wanted--;
}

static at_job_t *take(at_dbpool_t *dbpool, at_job_kind_e kind)
{
    at_job_t *job = dbpool->queues[kind].first;

    if (job) {
        at_workers_withdraw(dbpool, job);
    }
    return job;
}

/* Workers */

/* Changes and lists leave half of the workers; with background jobs they leave one for
 * questions, where there are two or more. */
static int may_take_time(const at_dbpool_t *dbpool)
{
    int half = dbpool->connections > 1 ? dbpool->connections / 2 : 1;
    int most = dbpool->connections > 1 ? dbpool->connections - 1 : 1;

    return dbpool->busy < half && dbpool->busy + dbpool->tending < most;
}

/* Each of those that wait would cost a worker, and its request the same time. */
void at_workers_refuse_questions(at_dbpool_t *dbpool)
{
    at_job_t *job;

    at_breaker_open(dbpool->breaker, at_clock_monotonic());
    while ((job = take(dbpool, AT_JOB_LOOKUP))) {
        job->abandoned = 1;
        job->owners--;
        job->reason = AT_DBPOOL_REFUSED;
        pthread_cond_signal(&job->done);
    }
}

/* One question was answered, so those that still hang wait for no lock: their
 * connections are dead, and may be so until TCP gives up. They must not use up
 * what the next outage costs; but not without end. */
static void write_off(at_dbpool_t *dbpool)
{
    if (dbpool->lost_questions > 0 &&
        dbpool->dead + dbpool->lost_questions <= DEAD * dbpool->connections) {
        dbpool->dead += dbpool->lost_questions;
        dbpool->lost -= dbpool->lost_questions;
        dbpool->lost_questions = 0;
        dbpool->answers++;
    }
}

static void return_lost(at_dbpool_t *dbpool, const at_job_t *job)
{
    if (job->kind == AT_JOB_LOOKUP && job->answers != dbpool->answers) {
        dbpool->dead--;
        return;
    }
    dbpool->lost--;
    dbpool->lost_questions -= job->kind == AT_JOB_LOOKUP;
}

/* It answers; an error is an answer, too, unless it may be somebody's lock, or no
 * connection could be made in time. */
static void tell_breaker(at_dbpool_t *dbpool, const at_job_t *job,
                         apr_status_t status, apr_int64_t took)
{
    if (status == AT_EUNAVAILABLE &&
        (job->kind != AT_JOB_LOOKUP || job->abandoned)) {
        return;
    }
    if (status == AT_EUNAVAILABLE && took >= SLOW_MS &&
        !at_sql_is_sqlite(dbpool->driver)) {
        at_workers_refuse_questions(dbpool);
        return;
    }
    at_breaker_close(dbpool->breaker);
    if (job->kind == AT_JOB_LOOKUP && status != AT_EUNAVAILABLE &&
        !job->abandoned) {
        write_off(dbpool);
    }
}

/* Longer than a request waits: it shall be the one to find out. While some calls
 * hang, a connection that cannot be made would only cost one worker more. */
void at_workers_limit(const at_dbpool_t *dbpool, at_database_t *database)
{
    int wary = dbpool->lost + dbpool->dead + dbpool->stuck > 0 ||
               at_breaker_is_open(dbpool->breaker);
    apr_int64_t patience =
        dbpool->patience > 0 ? dbpool->patience : PATIENCE_MS;

    at_database_limit(database, patience + SLOW_MS, wary);
}

/* False if the worker was given up meanwhile: it is no longer one of us. */
static int run_job(at_dbpool_t *dbpool, at_job_t *job, at_database_t *database)
{
    int takes_time = job->kind != AT_JOB_LOOKUP;
    apr_int64_t begun = at_clock_monotonic();
    apr_status_t status;
    int abandoned, lost;

    job->progress = AT_JOB_RUNNING;
    dbpool->busy += takes_time;
    at_workers_limit(dbpool, database);
    pthread_mutex_unlock(&dbpool->lock);
    status = job->work(job, database, job->data);
    pthread_mutex_lock(&dbpool->lock);
    abandoned = job->abandoned;
    lost = job->lost;
    if (lost) {
        return_lost(dbpool, job);
    }
    else {
        dbpool->busy -= takes_time;
        dbpool->stuck -= job->stuck;
    }
    tell_breaker(dbpool, job, status, at_clock_monotonic() - begun);
    job->status = status;
    job->progress = AT_JOB_DONE;
    pthread_cond_signal(&job->done);
    pthread_mutex_unlock(&dbpool->lock);
    if (abandoned && job->undo) {
        job->undo(job, database, job->data);
    }
    at_job_release(job);
    pthread_mutex_lock(&dbpool->lock);
    return !lost;
}

static at_job_t *next_job(at_dbpool_t *dbpool)
{
    at_job_t *job = take(dbpool, AT_JOB_LOOKUP);

    if (!job && may_take_time(dbpool)) {
        job = take(dbpool, AT_JOB_CHANGE);
    }
    if (!job && may_take_time(dbpool)) {
        job = take(dbpool, AT_JOB_LIST);
    }
    return job;
}

static void start_another(at_dbpool_t *dbpool);

typedef enum { JOB_DONE, CHORE_DONE, NO_WORK, LOST } outcome_e;

/* One piece of work, if there is any; else `next` says when there will be. */
static outcome_e work_once(at_dbpool_t *dbpool, at_database_t *database,
                           apr_int64_t *next)
{
    apr_int64_t now = at_clock_monotonic();
    at_background_t *background = at_background_due(dbpool, now, next);
    at_job_t *job = at_background_go_first(dbpool, background, now)
                        ? NULL
                        : next_job(dbpool);

    if (job) {
        dbpool->went_first = 0;
        /* Somebody has to see when a background job is due. */
        if (job->kind != AT_JOB_LOOKUP && dbpool->idle == 0 &&
            at_background_wait(dbpool)) {
            start_another(dbpool);
        }
        return run_job(dbpool, job, database) ? JOB_DONE : LOST;
    }
    if (!background) {
        return NO_WORK;
    }
    dbpool->went_first = dbpool->wanted > 0;
    return at_background_run(dbpool, background, database) ? CHORE_DONE : LOST;
}

/* Nobody has asked for a while, and somebody else looks after the background jobs. */
static int is_superfluous(const at_dbpool_t *dbpool, apr_int64_t asked)
{
    return at_clock_monotonic() - asked >= IDLE_MS &&
           (dbpool->idle > 0 || !at_background_wait(dbpool));
}

/* Without the lock, since it may take its time. */
static void close_idle(at_dbpool_t *dbpool, at_database_t *database)
{
    pthread_mutex_unlock(&dbpool->lock);
    at_database_drop(database);
    pthread_mutex_lock(&dbpool->lock);
}

/* Works until this worker is superfluous, the connection pool stops, or it was given up;
 * in the last case false. */
static int work_on(at_dbpool_t *dbpool, at_database_t *database)
{
    apr_int64_t asked = at_clock_monotonic();

    for (;;) {
        apr_int64_t next = at_clock_monotonic() + IDLE_MS;
        outcome_e outcome = work_once(dbpool, database, &next);

        if (outcome == LOST) {
            return 0;
        }
        if (outcome == JOB_DONE) {
            asked = at_clock_monotonic();
        }
        if (outcome != NO_WORK) {
            continue;
        }
        if (dbpool->stopping || is_superfluous(dbpool, asked)) {
            pthread_cond_signal(
                &dbpool->notices); /* who stays may wait too long */
            return 1;
        }
        if (at_database_is_idle(database, IDLE_MS)) {
            close_idle(dbpool, database);
            continue;
        }
        dbpool->idle++;
        at_dbpool_wait(&dbpool->notices, &dbpool->lock, next);
        dbpool->idle--;
    }
}

/* The very last thing that a worker does: whoever joins it does not wait. */
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

/* When a process ends, httpd unloads this module: no thread may still be on its
 * way out of it. That is why workers are joined, and not detached. */
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
    apr_pool_t *pool = at_dbpool_own_pool();
    at_database_t *database =
        at_database_make(dbpool->driver, dbpool->params, pool);

    pthread_mutex_lock(&dbpool->lock);
    dbpool->workers -= work_on(dbpool, database);
    pthread_mutex_unlock(&dbpool->lock);
    at_database_drop(database);
    apr_pool_destroy(pool);
    pthread_mutex_lock(&dbpool->lock);
    note_end(dbpool);
    pthread_mutex_unlock(&dbpool->lock);
    apr_atomic_dec32(&dbpool->threads);
    return NULL;
}

static void *watcher(void *data)
{
    at_dbpool_t *dbpool = data;

    pthread_mutex_lock(&dbpool->lock);
    at_background_watch(dbpool);
    note_end(dbpool);
    pthread_mutex_unlock(&dbpool->lock);
    apr_atomic_dec32(&dbpool->threads);
    return NULL;
}

/* The threads take no signals: httpd's own threads know what to do with them. */
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

/* SQLite's calls end by themselves. */
void at_workers_watch(at_dbpool_t *dbpool)
{
    if (!dbpool->is_watched && !dbpool->stopping &&
        !at_sql_is_sqlite(dbpool->driver)) {
        dbpool->is_watched = start_thread(dbpool, watcher);
    }
}

static void start_another(at_dbpool_t *dbpool)
{
    if (dbpool->workers < dbpool->connections) {
        start_worker(dbpool);
    }
}

/* Somebody free, or somebody new if there may be, or the next who gets free.
 * Where there are background jobs there is always somebody, or they would never be begun
 * again. */
void at_workers_call(at_dbpool_t *dbpool)
{
    pthread_cond_signal(&dbpool->notices);
    at_background_give_up(dbpool, at_clock_monotonic());
    if (dbpool->wanted > dbpool->idle ||
        (dbpool->workers == 0 && at_background_wait(dbpool))) {
        start_another(dbpool);
    }
}

/* One more than there may be, if all that there are hang. SQLite's come back. */
void at_workers_call_the_last(at_dbpool_t *dbpool)
{
    int hang = 0;

    if (!at_sql_is_sqlite(dbpool->driver)) {
        hang =
            dbpool->stuck + at_background_hanging(dbpool, AT_BACKGROUND_END_MS);
    }
    if (at_background_wait(dbpool) && hang >= dbpool->workers) {
        start_worker(dbpool);
    }
}
