/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What connection pool.c (those who ask), workers.c (those who answer) and background jobs.c share,
 * and nobody else sees. Everything here is guarded by connection pool->lock.
 */
#ifndef ACCESSTOKEN_CORE_POOL_DBPOOL_INSIDE_H
#define ACCESSTOKEN_CORE_POOL_DBPOOL_INSIDE_H

#include <pthread.h>

#include "core/pool/dbpool.h"

typedef enum {
    AT_JOB_QUEUED,
    AT_JOB_RUNNING,
    AT_JOB_COMMITTING,
    AT_JOB_DONE
} at_job_progress_e;

struct at_job_t {
    at_dbpool_t *dbpool;
    at_job_kind_e kind;
    at_job_work_t *work;
    at_job_work_t *undo;
    void *data;
    apr_pool_t *pool;
    at_job_t *next;
    pthread_cond_t done;
    apr_int64_t deadline;
    at_job_progress_e progress;
    int abandoned;        /* its asker has left, or is told to */
    int lost;             /* its worker hangs, and another was let in for it */
    int stuck;            /* its worker hangs, and no other may be let in */
    unsigned int answers; /* of the connection pool, when it was lost */
    int owners;
    apr_status_t status;
    const char *reason;
};

struct at_background_t {
    at_dbpool_t *dbpool;
    at_background_work_t *work;
    void *data;
    at_background_t *next;
    apr_int64_t due;   /* negative: when woken */
    apr_int64_t since; /* when it began to run */
    int running;
    int repeats;       /* see at_background_repeat() */
    int reads;         /* see at_background_reads() */
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

struct at_dbpool_t {
    apr_pool_t *pool;
    const char *driver;
    const char *params;
    pthread_mutex_t lock;
    pthread_condattr_t monotonic;
    pthread_cond_t notices;
    pthread_cond_t
        end; /* of the connection pool, for the thread that only watches */
    int is_watched;                      /* there is such a thread, or was */
    at_job_queue_t queues[AT_JOB_KINDS]; /* by at_job_kind_e */
    at_background_t *jobs;
    at_ended_t *ended;
    at_ended_t *spare; /* to be used again */
    int connections;
    int workers;
    int idle;
    int wanted;     /* jobs that wait for a worker */
    int busy;       /* workers with a job that may take its time */
    int tending;    /* workers with a background job */
    int went_first; /* the latest piece of work: a background job, jobs waiting */
    int lost;       /* workers that hang, not counted otherwise */
    int stuck;      /* workers that hang, and are counted */
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
apr_pool_t *at_dbpool_own_pool(void);

/** Wait until at_clock_monotonic() reads `moment`; non-zero if it came to that. */
int at_dbpool_wait(pthread_cond_t *condition, pthread_mutex_t *lock,
                   apr_int64_t moment);

/** Queue a job, or take it out of the queue. */
void at_workers_push(at_dbpool_t *dbpool, at_job_t *job);
void at_workers_withdraw(at_dbpool_t *dbpool, at_job_t *job);

/** Join the threads that have ended. */
void at_workers_join(at_dbpool_t *dbpool);

/** See that somebody looks at the queues, and at the background jobs. */
void at_workers_call(at_dbpool_t *dbpool);

/** To a job that is not asked. */
#define AT_DBPOOL_REFUSED "the database gave no answer in time a moment ago"

/** A question had no answer: open the breaker, also for those in line. */
void at_workers_refuse_questions(at_dbpool_t *dbpool);

/** Limit the time in which a worker makes a connection. */
void at_workers_limit(const at_dbpool_t *dbpool, at_database_t *database);

/** Is there no worker, nor may there be one, but those whose calls hang? */
int at_workers_all_hang(at_dbpool_t *dbpool);

/** The connection pool stops: see that somebody runs the background jobs for the last time. */
void at_workers_call_the_last(at_dbpool_t *dbpool);

/** Does a background job wait for its time? */
int at_background_wait(const at_dbpool_t *dbpool);

/** The background job that may be run now, or NULL; `next` is when to look again. */
at_background_t *at_background_due(at_dbpool_t *dbpool, apr_int64_t now,
                                   apr_int64_t *next);

/** Does it (or NULL) go before the jobs that wait? */
int at_background_go_first(const at_dbpool_t *dbpool,
                           const at_background_t *background, apr_int64_t now);

/** Run it; false if the worker was given up meanwhile. */
int at_background_run(at_dbpool_t *dbpool, at_background_t *background,
                      at_database_t *database);

/** Let other workers take the places of those whose background jobs hang. */
void at_background_give_up(at_dbpool_t *dbpool, apr_int64_t now);

/** See to it for as long as the connection pool is open: nobody else may come by. */
void at_background_watch(at_dbpool_t *dbpool);

/** See that there is a thread that does so. */
void at_workers_watch(at_dbpool_t *dbpool);

/** Longer ones hold up nothing when the connection pool stops. */
#define AT_BACKGROUND_END_MS 500

/** How many workers have been at a background job for so many milliseconds. */
int at_background_hanging(const at_dbpool_t *dbpool, apr_int64_t longest);

#endif
