/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What desk.c (those who ask), workers.c (those who answer) and chores.c share,
 * and nobody else sees. Everything here is guarded by desk->lock.
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
    int abandoned;        /* its asker has left, or is told to */
    int lost;             /* its worker hangs, and another was let in for it */
    int stuck;            /* its worker hangs, and no other may be let in */
    unsigned int answers; /* of the desk, when it was lost */
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
    int reads;         /* see at_desk_reads() */
    unsigned int run;  /* the latest */
    unsigned int lost; /* one that hangs: another worker was let in for it */
    int hanging;       /* how many of those have not come back */
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
    pthread_cond_t end; /* of the desk, for the thread that only watches */
    int is_watched;     /* there is such a thread, or was */
    at_job_queue_t queues[AT_DESK_KINDS]; /* by at_desk_kind_e */
    at_chore_t *chores;
    at_ended_t *ended;
    at_ended_t *spare; /* to be used again */
    int connections;
    int workers;
    int idle;
    int wanted;            /* jobs that wait for a worker */
    int busy;              /* workers with a job that may take its time */
    int tending;           /* workers with a chore */
    int went_first;        /* the latest piece of work: a chore, jobs waiting */
    int lost;              /* workers that hang, not counted otherwise */
    int stuck;             /* workers that hang, and are counted */
    int lost_questions;    /* of the lost ones, with a question */
    int dead;              /* lost, though questions were answered since */
    unsigned int answers;  /* how often some became dead */
    apr_int64_t patience;  /* the longest that anybody waits for an answer */
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

/** See that somebody looks at the queues, and at the chores. */
void at_workers_call(at_desk_t *desk);

/** To a job that is not asked. */
#define AT_DESK_REFUSED "the database gave no answer in time a moment ago"

/** A question had no answer: open the breaker, also for those in line. */
void at_workers_refuse_questions(at_desk_t *desk);

/** Limit the time in which a worker makes a connection. */
void at_workers_limit(const at_desk_t *desk, at_database_t *database);

/** Is there no worker, nor may there be one, but those whose calls hang? */
int at_workers_all_hang(at_desk_t *desk);

/** The desk stops: see that somebody runs the chores for the last time. */
void at_workers_call_the_last(at_desk_t *desk);

/** Does a chore wait for its time? */
int at_chores_wait(const at_desk_t *desk);

/** The chore that may be run now, or NULL; `next` is when to look again. */
at_chore_t *at_chores_due(at_desk_t *desk, apr_int64_t now, apr_int64_t *next);

/** Does it (or NULL) go before the jobs that wait? */
int at_chores_go_first(const at_desk_t *desk, const at_chore_t *chore,
                       apr_int64_t now);

/** Run it; false if the worker was given up meanwhile. */
int at_chores_run(at_desk_t *desk, at_chore_t *chore, at_database_t *database);

/** Let other workers take the places of those whose chores hang. */
void at_chores_give_up(at_desk_t *desk, apr_int64_t now);

/** See to it for as long as the desk is open: nobody else may come by. */
void at_chores_watch(at_desk_t *desk);

/** See that there is a thread that does so. */
void at_workers_watch(at_desk_t *desk);

/** Longer ones hold up nothing when the desk stops. */
#define AT_CHORES_END_MS 500

/** How many workers have been at a chore for so many milliseconds. */
int at_chores_hanging(const at_desk_t *desk, apr_int64_t longest);

#endif
