/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The desk's other side: threads that take jobs and chores, each with its own
 * connection, started when work waits and gone when there was none for a while.
 */
#include <signal.h>

#include <apr_atomic.h>

#include "core/time.h"
#include "desk_inside.h"

/* A connection without work is closed: servers have many processes, and a
 * database few connections. */
#define IDLE_MS 5000

#define DEAD 4 /* times the connections: dead ones that are not counted */
#define PATIENCE_MS 2000 /* until a request says how long it waits */
#define SLOW_MS 500 /* so late an error is no answer, but the lack of one */

/* Queues */

void at_workers_push(at_desk_t *desk, at_job_t *job)
{
    at_job_queue_t *queue = &desk->queues[job->kind];

    job->next = NULL;
    *queue->last = job;
    queue->last = &job->next;
    desk->wanted++;
}

void at_workers_withdraw(at_desk_t *desk, at_job_t *job)
{
    at_job_queue_t *queue = &desk->queues[job->kind];
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
    desk->wanted--;
}

static at_job_t *take(at_desk_t *desk, at_desk_kind_e kind)
{
    at_job_t *job = desk->queues[kind].first;

    if (job) {
        at_workers_withdraw(desk, job);
    }
    return job;
}

/* Workers */

/* Changes and lists leave half of the workers; with chores they leave one for
 * questions, where there are two or more. */
static int may_take_time(const at_desk_t *desk)
{
    int half = desk->connections > 1 ? desk->connections / 2 : 1;
    int most = desk->connections > 1 ? desk->connections - 1 : 1;

    return desk->busy < half && desk->busy + desk->tending < most;
}

/* Each of those that wait would cost a worker, and its request the same time. */
void at_workers_refuse_questions(at_desk_t *desk)
{
    at_job_t *job;

    at_breaker_open(desk->breaker, at_time_monotonic());
    while ((job = take(desk, AT_DESK_QUESTION))) {
        job->abandoned = 1;
        job->owners--;
        job->words = AT_DESK_REFUSED;
        pthread_cond_signal(&job->done);
    }
}

/* One question was answered, so those that still hang wait for no lock: their
 * connections are dead, and may be so until TCP gives up. They must not use up
 * what the next outage costs; but not without end. */
static void write_off(at_desk_t *desk)
{
    if (desk->lost_questions > 0 &&
        desk->dead + desk->lost_questions <= DEAD * desk->connections) {
        desk->dead += desk->lost_questions;
        desk->lost -= desk->lost_questions;
        desk->lost_questions = 0;
        desk->answers++;
    }
}

static void return_lost(at_desk_t *desk, const at_job_t *job)
{
    if (job->kind == AT_DESK_QUESTION && job->answers != desk->answers) {
        desk->dead--;
        return;
    }
    desk->lost--;
    desk->lost_questions -= job->kind == AT_DESK_QUESTION;
}

/* It answers; an error is an answer, too, unless it may be somebody's lock, or no
 * connection could be made in time. */
static void tell_breaker(at_desk_t *desk, const at_job_t *job,
                         apr_status_t status, apr_int64_t took)
{
    if (status == AT_EUNAVAILABLE &&
        (job->kind != AT_DESK_QUESTION || job->abandoned)) {
        return;
    }
    if (status == AT_EUNAVAILABLE && took >= SLOW_MS &&
        !at_sql_is_sqlite(desk->driver)) {
        at_workers_refuse_questions(desk);
        return;
    }
    at_breaker_close(desk->breaker);
    if (job->kind == AT_DESK_QUESTION && status != AT_EUNAVAILABLE &&
        !job->abandoned) {
        write_off(desk);
    }
}

/* Longer than a request waits: it shall be the one to find out. While some calls
 * hang, a connection that cannot be made would only cost one worker more. */
void at_workers_limit(const at_desk_t *desk, at_database_t *database)
{
    int wary = desk->lost + desk->dead + desk->stuck > 0 ||
               at_breaker_is_open(desk->breaker);
    apr_int64_t patience = desk->patience > 0 ? desk->patience : PATIENCE_MS;

    at_database_limit(database, patience + SLOW_MS, wary);
}

/* False if the worker was given up meanwhile: it is no longer one of us. */
static int run_job(at_desk_t *desk, at_job_t *job, at_database_t *database)
{
    int takes_time = job->kind != AT_DESK_QUESTION;
    apr_int64_t begun = at_time_monotonic();
    apr_status_t status;
    int abandoned, lost;

    job->progress = AT_JOB_RUNNING;
    desk->busy += takes_time;
    at_workers_limit(desk, database);
    pthread_mutex_unlock(&desk->lock);
    status = job->work(job, database, job->baton);
    pthread_mutex_lock(&desk->lock);
    abandoned = job->abandoned;
    lost = job->lost;
    if (lost) {
        return_lost(desk, job);
    }
    else {
        desk->busy -= takes_time;
        desk->stuck -= job->stuck;
    }
    tell_breaker(desk, job, status, at_time_monotonic() - begun);
    job->status = status;
    job->progress = AT_JOB_DONE;
    pthread_cond_signal(&job->done);
    pthread_mutex_unlock(&desk->lock);
    if (abandoned && job->undo) {
        job->undo(job, database, job->baton);
    }
    at_desk_release(job);
    pthread_mutex_lock(&desk->lock);
    return !lost;
}

static at_job_t *next_job(at_desk_t *desk)
{
    at_job_t *job = take(desk, AT_DESK_QUESTION);

    if (!job && may_take_time(desk)) {
        job = take(desk, AT_DESK_CHANGE);
    }
    if (!job && may_take_time(desk)) {
        job = take(desk, AT_DESK_LONG);
    }
    return job;
}

static void start_another(at_desk_t *desk);

typedef enum { JOB_DONE, CHORE_DONE, NO_WORK, LOST } outcome_e;

/* One piece of work, if there is any; else `next` says when there will be. */
static outcome_e work_once(at_desk_t *desk, at_database_t *database,
                           apr_int64_t *next)
{
    apr_int64_t now = at_time_monotonic();
    at_chore_t *chore = at_chores_due(desk, now, next);
    at_job_t *job =
        at_chores_go_first(desk, chore, now) ? NULL : next_job(desk);

    if (job) {
        desk->went_first = 0;
        /* Somebody has to see when a chore is due. */
        if (job->kind != AT_DESK_QUESTION && desk->idle == 0 &&
            at_chores_wait(desk)) {
            start_another(desk);
        }
        return run_job(desk, job, database) ? JOB_DONE : LOST;
    }
    if (!chore) {
        return NO_WORK;
    }
    desk->went_first = desk->wanted > 0;
    return at_chores_run(desk, chore, database) ? CHORE_DONE : LOST;
}

/* Nobody has asked for a while, and somebody else looks after the chores. */
static int is_superfluous(const at_desk_t *desk, apr_int64_t asked)
{
    return at_time_monotonic() - asked >= IDLE_MS &&
           (desk->idle > 0 || !at_chores_wait(desk));
}

/* Without the lock, since it may take its time. */
static void close_idle(at_desk_t *desk, at_database_t *database)
{
    pthread_mutex_unlock(&desk->lock);
    at_database_drop(database);
    pthread_mutex_lock(&desk->lock);
}

/* Works until this worker is superfluous, the desk stops, or it was given up;
 * in the last case false. */
static int work_on(at_desk_t *desk, at_database_t *database)
{
    apr_int64_t asked = at_time_monotonic();

    for (;;) {
        apr_int64_t next = at_time_monotonic() + IDLE_MS;
        outcome_e outcome = work_once(desk, database, &next);

        if (outcome == LOST) {
            return 0;
        }
        if (outcome == JOB_DONE) {
            asked = at_time_monotonic();
        }
        if (outcome != NO_WORK) {
            continue;
        }
        if (desk->stopping || is_superfluous(desk, asked)) {
            pthread_cond_signal(&desk->news); /* who stays may wait too long */
            return 1;
        }
        if (at_database_is_idle(database, IDLE_MS)) {
            close_idle(desk, database);
            continue;
        }
        desk->idle++;
        at_desk_wait(&desk->news, &desk->lock, next);
        desk->idle--;
    }
}

/* The very last thing that a worker does: whoever joins it does not wait. */
static void note_end(at_desk_t *desk)
{
    at_ended_t *ended = desk->spare;

    if (ended) {
        desk->spare = ended->next;
    }
    else {
        ended = apr_palloc(desk->pool, sizeof(*ended));
    }
    ended->thread = pthread_self();
    ended->next = desk->ended;
    desk->ended = ended;
}

/* When a process ends, httpd unloads this module: no thread may still be on its
 * way out of it. That is why workers are joined, and not detached. */
void at_workers_join(at_desk_t *desk)
{
    while (desk->ended) {
        at_ended_t *ended = desk->ended;

        desk->ended = ended->next;
        pthread_join(ended->thread, NULL);
        ended->next = desk->spare;
        desk->spare = ended;
    }
}

static void *worker(void *data)
{
    at_desk_t *desk = data;
    apr_pool_t *pool = at_desk_own_pool();
    at_database_t *database =
        at_database_make(desk->driver, desk->params, pool);

    pthread_mutex_lock(&desk->lock);
    desk->workers -= work_on(desk, database);
    pthread_mutex_unlock(&desk->lock);
    at_database_drop(database);
    apr_pool_destroy(pool);
    pthread_mutex_lock(&desk->lock);
    note_end(desk);
    pthread_mutex_unlock(&desk->lock);
    apr_atomic_dec32(&desk->threads);
    return NULL;
}

static void *watcher(void *data)
{
    at_desk_t *desk = data;

    pthread_mutex_lock(&desk->lock);
    at_chores_watch(desk);
    note_end(desk);
    pthread_mutex_unlock(&desk->lock);
    apr_atomic_dec32(&desk->threads);
    return NULL;
}

/* The threads take no signals: httpd's own threads know what to do with them. */
static int start_thread(at_desk_t *desk, void *(*body)(void *))
{
    pthread_t thread;
    sigset_t all, before;
    int failed;

    at_workers_join(desk);
    apr_atomic_inc32(&desk->threads);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&thread, NULL, body, desk);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        apr_atomic_dec32(&desk->threads);
    }
    return !failed;
}

static void start_worker(at_desk_t *desk)
{
    desk->workers += start_thread(desk, worker);
}

/* SQLite's calls end by themselves. */
void at_workers_watch(at_desk_t *desk)
{
    if (!desk->is_watched && !desk->stopping &&
        !at_sql_is_sqlite(desk->driver)) {
        desk->is_watched = start_thread(desk, watcher);
    }
}

static void start_another(at_desk_t *desk)
{
    if (desk->workers < desk->connections) {
        start_worker(desk);
    }
}

/* Somebody free, or somebody new if there may be, or the next who gets free.
 * Where there are chores there is always somebody, or they would never be begun
 * again. */
void at_workers_call(at_desk_t *desk)
{
    pthread_cond_signal(&desk->news);
    at_chores_give_up(desk, at_time_monotonic());
    if (desk->wanted > desk->idle ||
        (desk->workers == 0 && at_chores_wait(desk))) {
        start_another(desk);
    }
}

/* One more than there may be, if all that there are hang. SQLite's come back. */
void at_workers_call_the_last(at_desk_t *desk)
{
    int hang = 0;

    if (!at_sql_is_sqlite(desk->driver)) {
        hang = desk->stuck + at_chores_hanging(desk, AT_CHORES_END_MS);
    }
    if (at_chores_wait(desk) && hang >= desk->workers) {
        start_worker(desk);
    }
}
