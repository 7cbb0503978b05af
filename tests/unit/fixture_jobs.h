/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table, a cache and a connection pool for the tests of background jobs; and
 * other processes that hold a lease there.
 */
#ifndef ACCESSTOKEN_TESTS_FIXTURE_JOBS_H
#define ACCESSTOKEN_TESTS_FIXTURE_JOBS_H

#include "fixture_rows.h"

#include "core/jobs/lastused_flush.h"
#include "core/jobs/revocation.h"

#include <sys/types.h>

typedef struct jobs_fixture_t {
    support_t *support;
    at_op_t *op; /* reads the table on a connection of its own */
    at_cache_t *cache;
    at_dbpool_t *dbpool; /* see jobs_fixture_open_dbpool() */
    const at_sql_t *sql; /* lives as long as the pool */
} jobs_fixture_t;

/** Open it with an empty table and cache, and without a connection pool. */
jobs_fixture_t jobs_fixture_open(void **state, apr_size_t size);

/** Open a connection pool for this process. */
void jobs_fixture_open_dbpool(jobs_fixture_t *fixture);

/** Open a last-used flush that writes once in that many milliseconds. */
at_lastused_flush_t *jobs_fixture_flush(jobs_fixture_t *fixture,
                                        apr_int64_t interval);

/** A usual configuration: a poll a second, rows used for ten minutes. */
at_revocation_config_t jobs_fixture_revocation_config(void);

/** Open a connection pool with a revocation job, and a last-used flush that
 *  writes once a minute. */
void jobs_fixture_open_revocation(jobs_fixture_t *fixture,
                                  const at_revocation_config_t *config);

/** Stop the connection pool. */
void jobs_fixture_close(jobs_fixture_t *fixture);

/** Insert the row of that number, and put it into the cache as read just
 *  now. */
at_spot_t jobs_fixture_add_token(jobs_fixture_t *fixture, int number,
                                 sample_t *sample);

/** The last use of that row in the table. */
apr_int64_t jobs_fixture_last_use(jobs_fixture_t *fixture, int number);

/** Wait until it is this one. */
void jobs_fixture_await_use(jobs_fixture_t *fixture, int number,
                            apr_int64_t when);

/** Rename the table, so that it is missing for all processes, and back. */
void jobs_fixture_hide_table(jobs_fixture_t *fixture);
void jobs_fixture_show_table(jobs_fixture_t *fixture);

/** fork(); a child has no connection of its parent's. */
pid_t jobs_fixture_fork(jobs_fixture_t *fixture);

/** Start a process that holds this lease until it is killed. */
pid_t jobs_fixture_start_holder(jobs_fixture_t *fixture, at_lease_e lease);

/** Kill a child and wait for its end. */
void jobs_fixture_kill(pid_t child);

/** Wait until a child ends without an error. */
void jobs_fixture_await(pid_t child);

/** The process that holds a lease. */
pid_t jobs_fixture_holder(const jobs_fixture_t *fixture, at_lease_e lease);

/** Tokens of jobs_fixture_open_with_tokens(), numbered from 0. */
#define JOBS_TOKENS 5

/** An open fixture with some tokens, in the table and in the cache. */
jobs_fixture_t jobs_fixture_open_with_tokens(void **state);

/** A connection pool for this process, with a flush that writes once in an
 *  interval of so many milliseconds. */
at_lastused_flush_t *jobs_fixture_open_flush(jobs_fixture_t *fixture,
                                             apr_int64_t interval);

/** Use a token as a request does: the use is noted, then counted. */
void jobs_fixture_use(jobs_fixture_t *fixture, int number, apr_int64_t when);

/** Delete a token in the table, as if at that time. */
void jobs_fixture_delete(jobs_fixture_t *fixture, const sample_t *sample,
                         apr_int64_t when);

/** Wait until a poll that begins from now on was answered. */
void jobs_fixture_await_poll(jobs_fixture_t *fixture);

#endif
