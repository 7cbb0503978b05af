/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of a connection pool, for the files of this folder alone. The lock
 * of the pool guards all of it.
 *
 * Calls go down: dbpool.c (requests) → dbpool_workers.c (threads) →
 * background.c (background jobs) → job.c (jobs and their queues).
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
    int abandoned; /* its requester has stopped waiting, or has to */
    int replaced;  /* its worker hangs, and another one may take its place */
    int hung;      /* its worker hangs, and no other may take its place */
    unsigned int write_offs; /* of the pool, when the worker was replaced */
    int owners;
    apr_status_t status;
    const char *reason;
};

struct at_background_t {
    at_dbpool_t *dbpool;
    at_background_work_t *work;
    void *data;
    at_background_t *next;
    apr_int64_t due;       /* negative: when it is woken */
    apr_int64_t since;     /* when the latest run began */
    int running;           /* the latest run has not returned */
    int may_overlap;       /* see at_background_allow_overlap() */
    int only_reads;        /* see at_background_set_only_reads() */
    unsigned int run;      /* number of the latest run */
    unsigned int replaced; /* the latest run whose worker was replaced */
    int hanging;           /* how many such runs have not returned */
};

typedef struct at_job_queue_t {
    at_job_t *first;
    at_job_t **last;
} at_job_queue_t;

/* A thread that has ended, or is about to return, and is not joined yet. */
typedef struct at_ended_t {
    pthread_t thread;
    struct at_ended_t *next;
} at_ended_t;

/* A worker hangs if its call of the driver does not return in time. Lists and
 * changes are slow jobs, lookups are not. */
struct at_dbpool_t {
    apr_pool_t *pool;
    const char *driver;
    const char *params;
    pthread_mutex_t lock;
    pthread_condattr_t monotonic; /* of all condition variables here */
    pthread_cond_t work;          /* there is work, or the pool stops */
    pthread_cond_t stop;          /* the pool stops: for the watcher thread */
    int has_watcher;              /* that thread was started */
    at_job_queue_t queues[AT_JOB_KINDS]; /* by at_job_kind_e */
    at_background_t *background_jobs;
    at_ended_t *ended;
    at_ended_t *spare; /* free list for `ended` */
    int connections;   /* maximum number of workers */
    int workers;
    int idle;
    int waiting;             /* jobs in the queues */
    int running_slow;        /* workers that run a slow job */
    int running_background;  /* workers that run a background job */
    int background_was_last; /* the latest work, though jobs were waiting */
    int replaced;            /* workers that hang, not counted in `workers` */
    int hung;                /* workers that hang, counted in `workers` */
    int replaced_lookups;    /* of the replaced ones: with a lookup */
    int written_off;         /* no longer counted in `replaced` */
    unsigned int write_offs; /* how often some were written off */
    apr_int64_t longest_timeout; /* of the jobs so far */
    at_breaker_t *breaker;       /* own_breaker, until another is shared */
    at_breaker_t own_breaker;
    volatile apr_uint32_t stopping;
    volatile apr_uint32_t threads; /* all of them; read without the lock */
};

/* job.c */

/** An APR pool without a parent: it lives until it is destroyed itself. */
apr_pool_t *at_dbpool_make_pool(void);

/** Wait until at_clock_monotonic() reads `moment`; non-zero if it did. */
int at_dbpool_wait(pthread_cond_t *condition, pthread_mutex_t *lock,
                   apr_int64_t moment);

/** Append a job to its queue; remove it from there, if it is still there. */
void at_job_push(at_dbpool_t *dbpool, at_job_t *job);
void at_job_remove(at_dbpool_t *dbpool, at_job_t *job);

/** Take the first job of a kind from its queue; NULL if there is none. */
at_job_t *at_job_pop(at_dbpool_t *dbpool, at_job_kind_e kind);

/* background.c */

/** A run that takes longer counts as hanging. */
#define AT_BACKGROUND_HANGS_MS 5000
/** The same while the pool stops: such a run delays nothing then. */
#define AT_BACKGROUND_STOP_HANGS_MS 500

/** Is there a background job that runs at a later time by itself? */
int at_background_is_scheduled(const at_dbpool_t *dbpool);

/** The background job that may run now; NULL if there is none, and then `next`
 *  says when to check again. */
at_background_t *at_background_due(at_dbpool_t *dbpool, apr_int64_t now,
                                   apr_int64_t *next);

/** Does this one (or NULL) run before the jobs that wait? */
int at_background_goes_first(const at_dbpool_t *dbpool,
                             const at_background_t *background,
                             apr_int64_t now);

/** Run it; false if the worker was replaced in the meantime. */
int at_background_run(at_dbpool_t *dbpool, at_background_t *background,
                      at_database_t *database);

/** Allow other workers in place of those whose background jobs hang. */
void at_background_replace_hung(at_dbpool_t *dbpool, apr_int64_t now);

/** When a background job that runs now will count as hanging, at the latest. */
apr_int64_t at_background_next_check(const at_dbpool_t *dbpool);

/** How many workers have been running a background job for `longest`
 *  milliseconds or more, and were not replaced. */
int at_background_count_hung(const at_dbpool_t *dbpool, apr_int64_t longest);

/* dbpool_workers.c */

/** Join the threads that have ended. */
void at_workers_join(at_dbpool_t *dbpool);

/** There is work: wake a worker, or start one if none is free and there may be
 *  one more. */
void at_workers_notify(at_dbpool_t *dbpool);

/** The pool stops: wake all, and see that the background jobs run once more. */
void at_workers_notify_stop(at_dbpool_t *dbpool);

/** The reason of a job that is refused. */
#define AT_DBPOOL_REFUSED "the database gave no answer in time a moment ago"

/** A lookup had no answer: open the breaker, and refuse those in the queue. */
void at_workers_refuse_lookups(at_dbpool_t *dbpool);

#endif
