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

#define HANGS_MS 5000 /* a chore that takes longer holds up nobody else */

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

/* Where there are two workers or more, one at least is free for questions. */
static int may_take_time(const at_desk_t *desk)
{
    int most = desk->connections > 1 ? desk->connections / 2 : 1;

    return desk->busy < most;
}

/* Another may take the place of a worker whose chore hangs. SQLite does not
 * hang, it waits for locks. */
static void give_up_hanging(at_desk_t *desk, apr_int64_t now)
{
    at_chore_t *chore;

    if (at_sql_is_sqlite(desk->driver)) {
        return;
    }
    for (chore = desk->chores; chore; chore = chore->next) {
        if (!chore->running || chore->lost == chore->run ||
            now - chore->since < HANGS_MS || desk->lost >= desk->connections) {
            continue;
        }
        chore->lost = chore->run;
        desk->lost++;
        desk->workers--;
        desk->busy--;
        if (chore->repeats) {
            chore->running = 0;
            chore->due = now;
        }
    }
}

static at_chore_t *due_chore(at_desk_t *desk, apr_int64_t *next)
{
    apr_int64_t now = at_time_monotonic();
    at_chore_t *chore;

    give_up_hanging(desk, now);
    for (chore = desk->chores; chore; chore = chore->next) {
        if (chore->running || chore->due < 0) {
            continue;
        }
        if (chore->due <= now || desk->stopping) {
            return chore;
        }
        if (chore->due < *next) {
            *next = chore->due;
        }
    }
    return NULL;
}

/* False if the worker was given up meanwhile: it is no longer one of us. */
static int run_job(at_desk_t *desk, at_job_t *job, at_database_t *database)
{
    int takes_time = job->kind != AT_DESK_QUESTION;
    apr_status_t status;
    int abandoned, lost;

    job->progress = AT_JOB_RUNNING;
    desk->busy += takes_time;
    pthread_mutex_unlock(&desk->lock);
    status = job->work(job, database, job->baton);
    pthread_mutex_lock(&desk->lock);
    abandoned = job->abandoned;
    lost = job->lost;
    if (lost) {
        desk->lost--;
    }
    else {
        desk->busy -= takes_time;
    }
    /* It answers; an error is an answer, too, unless it may be somebody's lock. */
    if (status != AT_EUNAVAILABLE || (!takes_time && !abandoned)) {
        at_breaker_close(desk->breaker);
    }
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

/* False if the worker was given up meanwhile. The chore may be running again by
 * then, and is that run's. */
static int run_chore(at_desk_t *desk, at_chore_t *chore,
                     at_database_t *database)
{
    unsigned int run = ++chore->run;
    int was_stopping = (int)desk->stopping;
    apr_int64_t delay;
    int lost;

    chore->running = 1;
    chore->since = at_time_monotonic();
    chore->due = -1;
    desk->busy++;
    pthread_mutex_unlock(&desk->lock);
    delay = chore->work(chore->baton, database);
    pthread_mutex_lock(&desk->lock);
    lost = chore->run != run || chore->lost == run;
    if (lost) {
        desk->lost--;
    }
    else {
        desk->busy--;
    }
    if (chore->run == run) {
        chore->running = 0;
        if (desk->stopping && !was_stopping) {
            chore->due = chore->since; /* once more, for the last time */
        }
        if (delay >= 0 && chore->due < 0 && !desk->stopping) {
            chore->due = at_time_monotonic() + delay;
            pthread_cond_signal(&desk->news); /* who waits, waits too long */
        }
    }
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

typedef enum { JOB_DONE, CHORE_DONE, NO_WORK, LOST } outcome_e;

/* One piece of work, if there is any; else `next` says when there will be. */
static outcome_e work_once(at_desk_t *desk, at_database_t *database,
                           apr_int64_t *next)
{
    at_job_t *job = next_job(desk);
    at_chore_t *chore;

    if (job) {
        return run_job(desk, job, database) ? JOB_DONE : LOST;
    }
    chore = may_take_time(desk) ? due_chore(desk, next) : NULL;
    if (!chore) {
        return NO_WORK;
    }
    return run_chore(desk, chore, database) ? CHORE_DONE : LOST;
}

static int has_chores(const at_desk_t *desk)
{
    const at_chore_t *chore;

    for (chore = desk->chores; chore; chore = chore->next) {
        if (chore->due >= 0) {
            return 1;
        }
    }
    return 0;
}

/* Nobody has asked for a while, and somebody else looks after the chores. */
static int is_superfluous(const at_desk_t *desk, apr_int64_t asked)
{
    return at_time_monotonic() - asked >= IDLE_MS &&
           (desk->idle > 0 || !has_chores(desk));
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

/* The threads take no signals: httpd's own threads know what to do with them. */
static int start_thread(at_desk_t *desk)
{
    pthread_t thread;
    sigset_t all, before;
    int failed;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&thread, NULL, worker, desk);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return !failed;
}

/* Somebody free, or somebody new if there may be, or the next who gets free. */
void at_workers_call(at_desk_t *desk)
{
    pthread_cond_signal(&desk->news);
    give_up_hanging(desk, at_time_monotonic());
    if (desk->wanted <= desk->idle || desk->workers >= desk->connections) {
        return;
    }
    at_workers_join(desk);
    desk->workers++;
    apr_atomic_inc32(&desk->threads);
    if (!start_thread(desk)) {
        desk->workers--;
        apr_atomic_dec32(&desk->threads);
    }
}
