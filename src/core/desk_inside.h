/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What desk.c (those who ask) and workers.c (those who answer) share, and
 * nobody else sees. Everything here is guarded by desk->lock.
 */
#ifndef ACCESSTOKEN_CORE_DESK_INSIDE_H
#define ACCESSTOKEN_CORE_DESK_INSIDE_H

#include <pthread.h>

#include "core/desk.h"

typedef enum {
    AT_JOB_QUEUED,
    AT_JOB_RUNNING,
    AT_JOB_COMMITTING,
    AT_JOB_DONE
} at_job_progress_e;

struct at_job_t {
    at_desk_t *desk;
    at_desk_kind_e kind;
    at_desk_work_t *work;
    at_desk_work_t *undo;
    void *baton;
    apr_pool_t *pool;
    at_job_t *next;
    pthread_cond_t done;
    apr_int64_t deadline;
    at_job_progress_e progress;
    int abandoned;
    int lost; /* its worker hangs, and another was let in for it */
    int owners;
    apr_status_t status;
    const char *words;
};

struct at_chore_t {
    at_desk_t *desk;
    at_desk_chore_t *work;
    void *baton;
    at_chore_t *next;
    apr_int64_t due;   /* negative: when woken */
    apr_int64_t since; /* when it began to run */
    int running;
    int repeats;       /* see at_desk_repeat() */
    unsigned int run;  /* the latest */
    unsigned int lost; /* one that hangs: another worker was let in for it */
};

typedef struct at_job_queue_t {
    at_job_t *first;
    at_job_t **last;
} at_job_queue_t;

/* A worker's thread that has ended, or is about to return, and is not joined. */
typedef struct at_ended_t {
    pthread_t thread;
    struct at_ended_t *next;
} at_ended_t;

struct at_desk_t {
    apr_pool_t *pool;
    const char *driver;
    const char *params;
    pthread_mutex_t lock;
    pthread_condattr_t monotonic;
    pthread_cond_t news;
    at_job_queue_t queues[AT_DESK_KINDS]; /* by at_desk_kind_e */
    at_chore_t *chores;
    at_ended_t *ended;
    at_ended_t *spare; /* to be used again */
    int connections;
    int workers;
    int idle;
    int wanted;            /* pieces of work that wait for a worker */
    int busy;              /* workers with what may take its time */
    int lost;              /* workers that hang, not counted otherwise */
    at_breaker_t *breaker; /* its own until it shares another */
    at_breaker_t own;
    volatile apr_uint32_t stopping;
    volatile apr_uint32_t threads; /* as workers, but read without the lock */
};

/** A pool that nothing destroys but its owner. */
apr_pool_t *at_desk_own_pool(void);

/** Wait until at_time_monotonic() reads `moment`; non-zero if it came to that. */
int at_desk_wait(pthread_cond_t *condition, pthread_mutex_t *lock,
                 apr_int64_t moment);

/** Queue a job, or take it out of the queue. */
void at_workers_push(at_desk_t *desk, at_job_t *job);
void at_workers_withdraw(at_desk_t *desk, at_job_t *job);

/** Join the threads that have ended. */
void at_workers_join(at_desk_t *desk);

/** See that somebody looks at the queues. */
void at_workers_call(at_desk_t *desk);

#endif
