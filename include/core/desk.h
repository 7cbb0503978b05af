/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The desk: the one bounded way from a request to a database.
 *
 * A few worker threads, each with one connection, answer jobs. Who asks waits
 * until a deadline and then walks away; a driver call that hangs keeps a worker,
 * never a request. Threads and connections are made when they are needed and
 * end when they are idle. One desk serves one process and one database.
 */
#ifndef ACCESSTOKEN_CORE_DESK_H
#define ACCESSTOKEN_CORE_DESK_H

#include <apr_pools.h>

#include "core/breaker.h"
#include "core/database.h"

typedef struct at_desk_t at_desk_t;
typedef struct at_job_t at_job_t;
typedef struct at_chore_t at_chore_t;

/**
 * Questions are quick and go first. Long ones (lists) and changes may take their
 * time, and never take every worker.
 */
typedef enum { AT_DESK_QUESTION, AT_DESK_LONG, AT_DESK_CHANGE } at_desk_kind_e;

#define AT_DESK_KINDS 3

/**
 * What a job does, on a worker's thread.
 *
 * @param baton  in the job's pool, as is all that it returns
 */
typedef apr_status_t at_desk_work_t(at_job_t *job, at_database_t *database,
                                    void *baton);

/**
 * What a chore does, on a worker's thread.
 *
 * @return milliseconds until it wants to run again, or a negative number: when
 *         it is woken.
 */
typedef apr_int64_t at_desk_chore_t(void *baton, at_database_t *database);

/**
 * Open a desk; no thread and no connection is made yet.
 *
 * It outlives every pool of the caller's: a worker may hang in a driver call
 * when the process ends.
 *
 * @param connections  at most so many workers, and while drivers hang, once more
 *                     as many
 */
at_desk_t *at_desk_open(const char *driver, const char *params,
                        int connections);

/** A pool that lives as long as the desk, for what its workers use. */
apr_pool_t *at_desk_pool(at_desk_t *desk);

/** Allow more workers, if it is more. */
void at_desk_widen(at_desk_t *desk, int connections);

/** Share the breaker of other processes; only the first one counts. */
void at_desk_share(at_desk_t *desk, at_breaker_t *breaker);

/** Take no more jobs from now on. As at_desk_stop(), but without waiting. */
void at_desk_begin_stop(at_desk_t *desk);

/**
 * Take no more jobs, answer those that wait, run the chores once more, and wait
 * for the workers.
 *
 * May run inside a signal handler, as prefork's hard stop does, so it never
 * waits for a lock.
 *
 * @param patience  milliseconds to wait at most
 * @return whether all workers have ended; else it may be called again.
 */
int at_desk_stop(at_desk_t *desk, apr_int64_t patience);

/** Make a job. It and all in its pool lives until it is released. */
at_job_t *at_desk_job(at_desk_t *desk, at_desk_kind_e kind,
                      at_desk_work_t *work);

/** The pool of a job, for the baton and what the work returns. */
apr_pool_t *at_job_pool(at_job_t *job);

/** The moment, on at_time_monotonic()'s clock, until which the asker waits. */
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
void at_job_undo_with(at_job_t *job, at_desk_work_t *undo);

/** From the work: keep an explanation for the asker. */
void at_job_explain(at_job_t *job, const char *words);

/**
 * Hand the job over and wait.
 *
 * @param timeout  milliseconds
 * @return what the work returned; AT_EUNAVAILABLE if no answer came in time.
 *         at_job_words() says why.
 */
apr_status_t at_desk_ask(at_job_t *job, void *baton, apr_int64_t timeout);

/** A chore had an answer of the database's, which closes the breaker. */
void at_desk_heard(at_desk_t *desk);

/** Is the breaker open: are questions refused without being asked? */
int at_desk_is_open(at_desk_t *desk);

/** Why a job failed; never NULL. */
const char *at_job_words(const at_job_t *job);

/** The asker's last word; what the job returned is gone after it. */
void at_desk_release(at_job_t *job);

/** Add background work that nobody waits for. */
at_chore_t *at_desk_add_chore(at_desk_t *desk, at_desk_chore_t *work,
                              void *baton);

/**
 * The chore may be begun again on another worker while a call of it hangs. What
 * it does must bear that.
 */
void at_desk_repeat(at_chore_t *chore);

/**
 * The chore only reads, so it waits for no writer's lock, and need not wait for
 * jobs that do.
 */
void at_desk_reads(at_chore_t *chore);

/** Let a chore run soon. */
void at_desk_wake(at_chore_t *chore);

/** Does the desk stop? Then a chore runs for the last time. */
int at_desk_stopping(at_desk_t *desk);

#endif
