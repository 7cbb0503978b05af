/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection pool: the one bounded way from a request to a database.
 *
 * A few worker threads, each with one connection, run jobs. The requester,
 * which is the thread that runs a job, waits until a deadline and no longer: a
 * driver call that hangs occupies a worker, never a request. Threads and
 * connections are made when they are needed and end when they are idle. A
 * connection pool serves one process and one database.
 */
#ifndef ACCESSTOKEN_CORE_POOL_DBPOOL_H
#define ACCESSTOKEN_CORE_POOL_DBPOOL_H

#include <apr_pools.h>

#include "core/cache/breaker.h"
#include "core/db/database.h"

typedef struct at_dbpool_t at_dbpool_t;
typedef struct at_job_t at_job_t;
typedef struct at_background_t at_background_t;

/**
 * Lookups are quick and run first. Lists and changes may be slow, and never
 * occupy all workers if there are two or more.
 */
typedef enum { AT_JOB_LOOKUP, AT_JOB_LIST, AT_JOB_CHANGE } at_job_kind_e;

#define AT_JOB_KINDS 3

/**
 * What a job does, on a worker's thread.
 *
 * @param data  in the job's pool, as is all that it returns
 */
typedef apr_status_t at_job_work_t(at_job_t *job, at_database_t *database,
                                   void *data);

/**
 * What a background job does, on a worker's thread.
 *
 * @return milliseconds until it runs again; negative: when it is woken.
 */
typedef apr_int64_t at_background_work_t(void *data, at_database_t *database);

/* The pool */

/**
 * Open a connection pool; no thread and no connection is made yet.
 *
 * It lives until the process ends: a worker may hang in a driver call then.
 *
 * @param connections  maximum number of workers; while drivers hang, up to
 *                     twice as many
 */
at_dbpool_t *at_dbpool_open(const char *driver, const char *params,
                            int connections);

/** An APR pool that lives as long as the connection pool. */
apr_pool_t *at_dbpool_pool(at_dbpool_t *dbpool);

/** Raise the maximum number of workers to `connections`, if that is more. */
void at_dbpool_raise_connections(at_dbpool_t *dbpool, int connections);

/** Share the breaker of other processes; only the first call has an effect. */
void at_dbpool_share_breaker(at_dbpool_t *dbpool, at_breaker_t *breaker);

/** Is the breaker open, so that jobs are refused? */
int at_dbpool_breaker_is_open(at_dbpool_t *dbpool);

/** A background job had an answer from the database: close the breaker. */
void at_dbpool_answered(at_dbpool_t *dbpool);

/** Begin what at_dbpool_stop() does, without waiting. */
void at_dbpool_begin_stop(at_dbpool_t *dbpool);

/**
 * Accept no more jobs, run those in the queues, run each background job once
 * more, and wait for the workers to end.
 *
 * It may be called in a signal handler, as in prefork's hard stop, so it never
 * waits for a lock.
 *
 * @param timeout  milliseconds to wait at most
 * @return whether all workers have ended; if not, it may be called again.
 */
int at_dbpool_stop(at_dbpool_t *dbpool, apr_int64_t timeout);

/** Does the pool stop? Then a background job runs for the last time. */
int at_dbpool_stopping(at_dbpool_t *dbpool);

/* Jobs */

/** Make a job. It lives, with all in its pool, until it is released. */
at_job_t *at_job_make(at_dbpool_t *dbpool, at_job_kind_e kind,
                      at_job_work_t *work);

/** The APR pool of a job, for its data and what the work returns. */
apr_pool_t *at_job_pool(at_job_t *job);

/** Until when the requester waits, on at_clock_monotonic()'s clock. */
apr_int64_t at_job_deadline(const at_job_t *job);

/**
 * Set what the worker runs after the work if the requester has stopped waiting
 * by then; call it before at_job_run().
 */
void at_job_set_undo(at_job_t *job, at_job_work_t *undo);

/**
 * Queue the job and wait for its answer.
 *
 * @param timeout  milliseconds
 * @return what the work returned; AT_EUNAVAILABLE if no answer came in time,
 *         and at_job_reason() says why.
 */
apr_status_t at_job_run(at_job_t *job, void *data, apr_int64_t timeout);

/**
 * Called by the work: may the change be committed? After a yes, the requester
 * waits for the answer a little longer than its deadline.
 *
 * @param job  an at_job_t *; of this type it fits at_op_t's claim
 */
int at_job_claim(void *job);

/** Called by the work: set the reason why it failed. */
void at_job_set_reason(at_job_t *job, const char *reason);

/** Why a job failed; never NULL. */
const char *at_job_reason(const at_job_t *job);

/** Release the job and its pool, with all that the work returned. */
void at_job_release(at_job_t *job);

/* Background jobs */

/** Add a background job; it first runs when it is woken. */
at_background_t *at_background_add(at_dbpool_t *dbpool,
                                   at_background_work_t *work, void *data);

/**
 * Allow the background job to run again on another worker while a call of it
 * hangs. Its work must be safe to run twice at the same time.
 */
void at_background_allow_overlap(at_background_t *background);

/**
 * The background job only reads. It never waits for the lock of another
 * session that writes, so it need not wait for jobs that do.
 */
void at_background_set_only_reads(at_background_t *background);

/** Run a background job as soon as possible. */
void at_background_wake(at_background_t *background);

#endif
