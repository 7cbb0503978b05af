/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs, deadlines and the breaker: the side of those who ask.
 *
 * The desk is plain pthreads: APR's condition variables wait on the wall clock,
 * and a clock that is set back would keep requests waiting for as long.
 *
 * A job belongs to its asker and, from the moment it is queued, also to the
 * desk; whoever lets go last frees it. Memory comes from unmanaged pools, since
 * a worker that hangs in a driver may outlive the pool of the child.
 */
#include <apr_allocator.h>
#include <apr_atomic.h>
#include <apr_strings.h>
#include <apr_time.h>

#include "core/time.h"
#include "desk_inside.h"

#define GRACE_MS 400 /* for a COMMIT that is on its way */
#define STOP_POLL_MS 5
#define TRIED_POLL_MS 2

/* Jobs */

int at_desk_wait(pthread_cond_t *condition, pthread_mutex_t *lock,
                 apr_int64_t moment)
{
    struct timespec until = {.tv_sec = (time_t)(moment / 1000),
                             .tv_nsec = (long)(moment % 1000) * 1000000};

    return pthread_cond_timedwait(condition, lock, &until);
}

apr_pool_t *at_desk_own_pool(void)
{
    apr_pool_t *pool;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    return pool;
}

at_job_t *at_desk_job(at_desk_t *desk, at_desk_kind_e kind,
                      at_desk_work_t *work)
{
    apr_pool_t *pool = at_desk_own_pool();
    at_job_t *job = apr_pcalloc(pool, sizeof(*job));

    job->desk = desk;
    job->kind = kind;
    job->work = work;
    job->pool = pool;
    job->owners = 1;
    job->words = "the database gave no answer in time";
    pthread_cond_init(&job->done, &desk->monotonic);
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

const char *at_job_words(const at_job_t *job)
{
    return job->words;
}

void at_job_explain(at_job_t *job, const char *words)
{
    const char *copy = apr_pstrdup(job->pool, words);

    pthread_mutex_lock(&job->desk->lock);
    if (!job->abandoned) {
        job->words = copy;
    }
    pthread_mutex_unlock(&job->desk->lock);
}

int at_job_claim(void *claimed)
{
    at_job_t *job = claimed;
    int wanted;

    pthread_mutex_lock(&job->desk->lock);
    wanted = !job->abandoned;
    if (wanted) {
        job->progress = AT_JOB_COMMITTING;
    }
    pthread_mutex_unlock(&job->desk->lock);
    return wanted;
}

void at_job_undo_with(at_job_t *job, at_desk_work_t *undo)
{
    job->undo = undo;
}

void at_desk_release(at_job_t *job)
{
    int owners;

    pthread_mutex_lock(&job->desk->lock);
    owners = --job->owners;
    pthread_mutex_unlock(&job->desk->lock);
    if (owners == 0) {
        pthread_cond_destroy(&job->done);
        apr_pool_destroy(job->pool);
    }
}

/* Asking */

/* Nobody knows when a driver call that hangs comes back, so another worker may
 * take the place of the one that made it; but not without end. SQLite does not
 * hang, it waits for locks, and more who wait make it worse. */
static void give_up(at_desk_t *desk, at_job_t *job)
{
    job->abandoned = 1;
    if (job->progress == AT_JOB_QUEUED) {
        at_workers_withdraw(desk, job);
        job->owners--;
        return;
    }
    if (!at_sql_is_sqlite(desk->driver) && desk->lost < desk->connections) {
        job->lost = 1;
        job->answers = desk->answers;
        desk->lost++;
        desk->lost_questions += job->kind == AT_DESK_QUESTION;
        desk->workers--;
        desk->busy -= job->kind != AT_DESK_QUESTION;
    }
    else {
        job->stuck = 1;
        desk->stuck++;
    }
    if (job->kind == AT_DESK_QUESTION) {
        at_workers_refuse_questions(desk);
    }
    at_workers_call(desk);
}

void at_desk_heard(at_desk_t *desk)
{
    at_breaker_close(desk->breaker);
}

int at_desk_is_open(at_desk_t *desk)
{
    return at_breaker_is_open(desk->breaker);
}

static apr_status_t await(at_desk_t *desk, at_job_t *job)
{
    apr_int64_t until = job->deadline;

    while (job->progress != AT_JOB_DONE && !job->abandoned) {
        if (at_desk_wait(&job->done, &desk->lock, until) == 0) {
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
        give_up(desk, job);
    }
    return AT_EUNAVAILABLE;
}

/* Nobody is free, and nobody will be before the database answers. A probe that
 * only waits in line would use up the turn of a process that can send one. */
static int is_hopeless(at_desk_t *desk)
{
    return desk->wanted >= desk->idle && desk->workers >= desk->connections &&
           (at_breaker_is_open(desk->breaker) || at_workers_all_hang(desk));
}

/* Where a probe was sent a moment ago, as after a pause in an outage that is over,
 * its answer is waited for, but not long. A change or a list is no probe: it may
 * wait for somebody's lock, which proves nothing. */
static int is_refused(at_desk_t *desk, const at_job_t *job)
{
    int probes = job->kind == AT_DESK_QUESTION;

    for (;;) {
        apr_int64_t now = at_time_monotonic();

        at_chores_give_up(desk, now);
        if (!is_hopeless(desk) &&
            !at_breaker_refuses(desk->breaker, probes, now)) {
            return 0;
        }
        if (desk->stopping || !at_breaker_is_tried(desk->breaker, now)) {
            return 1;
        }
        pthread_mutex_unlock(&desk->lock);
        apr_sleep(TRIED_POLL_MS * 1000);
        pthread_mutex_lock(&desk->lock);
    }
}

apr_status_t at_desk_ask(at_job_t *job, void *baton, apr_int64_t timeout)
{
    at_desk_t *desk = job->desk;
    apr_status_t status = AT_EUNAVAILABLE;

    job->baton = baton;
    job->deadline = at_time_monotonic() + timeout;
    pthread_mutex_lock(&desk->lock);
    if (timeout > desk->patience) {
        desk->patience = timeout;
    }
    if (desk->stopping) {
        job->words = "the server is stopping";
    }
    else if (is_refused(desk, job)) {
        job->words = AT_DESK_REFUSED;
    }
    else {
        job->owners++;
        at_workers_push(desk, job);
        at_workers_call(desk);
        status = await(desk, job);
    }
    pthread_mutex_unlock(&desk->lock);
    return status;
}

/* Chores */

at_chore_t *at_desk_add_chore(at_desk_t *desk, at_desk_chore_t *work,
                              void *baton)
{
    at_chore_t *chore = apr_pcalloc(desk->pool, sizeof(*chore));

    chore->desk = desk;
    chore->work = work;
    chore->baton = baton;
    chore->due = -1;
    pthread_mutex_lock(&desk->lock);
    chore->next = desk->chores;
    desk->chores = chore;
    pthread_mutex_unlock(&desk->lock);
    return chore;
}

void at_desk_repeat(at_chore_t *chore)
{
    chore->repeats = 1;
}

void at_desk_reads(at_chore_t *chore)
{
    chore->reads = 1;
}

int at_desk_stopping(at_desk_t *desk)
{
    return apr_atomic_read32(&desk->stopping) != 0;
}

void at_desk_wake(at_chore_t *chore)
{
    at_desk_t *desk = chore->desk;
    apr_int64_t now = at_time_monotonic();

    pthread_mutex_lock(&desk->lock);
    if (chore->due < 0 || chore->due > now) {
        chore->due = now;
        desk->wanted++;
        at_workers_call(desk);
        desk->wanted--;
    }
    pthread_mutex_unlock(&desk->lock);
}

/* Life */

apr_pool_t *at_desk_pool(at_desk_t *desk)
{
    return desk->pool;
}

at_desk_t *at_desk_open(const char *driver, const char *params, int connections)
{
    apr_pool_t *pool = at_desk_own_pool();
    at_desk_t *desk = apr_pcalloc(pool, sizeof(*desk));
    int kind;

    desk->pool = pool;
    desk->driver = apr_pstrdup(pool, driver);
    desk->params = apr_pstrdup(pool, params);
    desk->connections = connections;
    desk->breaker = &desk->own;
    pthread_mutex_init(&desk->lock, NULL);
    pthread_condattr_init(&desk->monotonic);
    pthread_condattr_setclock(&desk->monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&desk->news, &desk->monotonic);
    pthread_cond_init(&desk->end, &desk->monotonic);
    for (kind = 0; kind < AT_DESK_KINDS; kind++) {
        desk->queues[kind].last = &desk->queues[kind].first;
    }
    return desk;
}

void at_desk_share(at_desk_t *desk, at_breaker_t *breaker)
{
    if (desk->breaker == &desk->own) {
        desk->breaker = breaker;
    }
}

void at_desk_widen(at_desk_t *desk, int connections)
{
    if (connections > desk->connections) {
        desk->connections = connections;
    }
}

/* Without the lock nobody may be told; but at_desk_stop() tells again. */
void at_desk_begin_stop(at_desk_t *desk)
{
    apr_atomic_set32(&desk->stopping, 1);
    if (pthread_mutex_trylock(&desk->lock) == 0) {
        at_workers_call_the_last(desk);
        pthread_cond_broadcast(&desk->news);
        pthread_cond_signal(&desk->end);
        pthread_mutex_unlock(&desk->lock);
    }
}

int at_desk_stop(at_desk_t *desk, apr_int64_t patience)
{
    apr_int64_t until = at_time_monotonic() + patience;

    at_desk_begin_stop(desk);
    while (apr_atomic_read32(&desk->threads) > 0 &&
           at_time_monotonic() < until) {
        at_desk_begin_stop(desk);
        apr_sleep(STOP_POLL_MS * 1000);
    }
    if (pthread_mutex_trylock(&desk->lock) == 0) {
        at_workers_join(desk);
        pthread_mutex_unlock(&desk->lock);
    }
    return apr_atomic_read32(&desk->threads) == 0;
}
