/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection pool: the one bounded way from a request to a database.
 *
 * A few worker threads, each with one connection, answer jobs. Who asks waits
 * until a deadline and then walks away; a driver call that hangs keeps a worker,
 * never a request. Threads and connections are made when they are needed and
 * end when they are idle. One connection pool serves one process and one database.
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
 * Questions are quick and go first. Long ones (lists) and changes may take their
 * time, and never take every worker.
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
 * @return milliseconds until it wants to run again, or a negative number: when
 *         it is woken.
 */
typedef apr_int64_t at_background_work_t(void *data, at_database_t *database);

/**
 * Open a connection pool; no thread and no connection is made yet.
 *
 * It outlives every pool of the caller's: a worker may hang in a driver call
 * when the process ends.
 *
 * @param connections  at most so many workers, and while drivers hang, once more
 *                     as many
 */
at_dbpool_t *at_dbpool_open(const char *driver, const char *params,
                            int connections);

/** A pool that lives as long as the connection pool, for what its workers use. */
apr_pool_t *at_dbpool_pool(at_dbpool_t *dbpool);

/** Allow more workers, if it is more. */
void at_dbpool_widen(at_dbpool_t *dbpool, int connections);

/** Share the breaker of other processes; only the first one counts. */
void at_dbpool_share_breaker(at_dbpool_t *dbpool, at_breaker_t *breaker);

/** Take no more jobs from now on. As at_dbpool_stop(), but without waiting. */
void at_dbpool_begin_stop(at_dbpool_t *dbpool);

/**
 * Take no more jobs, answer those that wait, run the background jobs once more, and wait
 * for the workers.
 *
 * May run inside a signal handler, as prefork's hard stop does, so it never
 * waits for a lock.
 *
 * @param patience  milliseconds to wait at most
 * @return whether all workers have ended; else it may be called again.
 */
int at_dbpool_stop(at_dbpool_t *dbpool, apr_int64_t patience);

/** Make a job. It and all in its pool lives until it is released. */
at_job_t *at_job_make(at_dbpool_t *dbpool, at_job_kind_e kind,
                      at_job_work_t *work);

/** The pool of a job, for the data and what the work returns. */
apr_pool_t *at_job_pool(at_job_t *job);

/** The moment, on at_clock_monotonic()'s clock, until which the asker waits. */
apr_int64_t at_job_deadline(const at_job_t *job);

/**
 * From the work: may the change be committed? Once it said yes, the asker waits
 * a little past its deadline for the answer.
 */
int at_job_claim(void *job);

/**
 * What a worker does with a job when it is done with it and the asker has gone
 * without an answer; set before asking.
 */
void at_job_undo_with(at_job_t *job, at_job_work_t *undo);

/** From the work: keep an explanation for the asker. */
void at_job_set_reason(at_job_t *job, const char *reason);

/**
 * Hand the job over and wait.
 *
 * @param timeout  milliseconds
 * @return what the work returned; AT_EUNAVAILABLE if no answer came in time.
 *         at_job_reason() says why.
 */
apr_status_t at_job_run(at_job_t *job, void *data, apr_int64_t timeout);

/** A background job had an answer of the database's, which closes the breaker. */
void at_dbpool_answered(at_dbpool_t *dbpool);

/** Is the breaker open: are questions refused without being asked? */
int at_dbpool_breaker_is_open(at_dbpool_t *dbpool);

/** Why a job failed; never NULL. */
const char *at_job_reason(const at_job_t *job);

/** The asker's last word; what the job returned is gone after it. */
void at_job_release(at_job_t *job);

/** Add background work that nobody waits for. */
at_background_t *at_background_add(at_dbpool_t *dbpool,
                                   at_background_work_t *work, void *data);

/**
 * The background job may be begun again on another worker while a call of it hangs. What
 * it does must bear that.
 */
void at_background_repeat(at_background_t *background);

/**
 * The background job only reads, so it waits for no writer's lock, and need not wait for
 * jobs that do.
 */
void at_background_reads(at_background_t *background);

/** Let a background job run soon. */
void at_background_wake(at_background_t *background);

/** Does the connection pool stop? Then a background job runs for the last time. */
int at_dbpool_stopping(at_dbpool_t *dbpool);

#endif
