/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The house: a table, a cache and a connection pool, for the tests of those who look after
 * them; and other processes that have a duty there.
 */
#ifndef ACCESSTOKEN_TESTS_HOUSE_H
#define ACCESSTOKEN_TESTS_HOUSE_H

#include "fixture_rows.h"

#include "core/jobs/lastused_flush.h"
#include "core/jobs/revocation.h"

#include <sys/types.h>

typedef struct jobs_fixture_t {
    support_t *support;
    at_op_t *op; /* what the table says, on a connection of its own */
    at_cache_t *cache;
    at_dbpool_t *dbpool; /* see jobs_fixture_engage() */
    const at_sql_t *sql; /* lives as long as that */
} jobs_fixture_t;

/** With an empty table and cache, and without a connection pool. */
jobs_fixture_t jobs_fixture_open(void **state, apr_size_t size);

/** Give it a connection pool, for this process. */
void jobs_fixture_engage(jobs_fixture_t *fixture);

/** Let a last-used flush of this process write once in so many milliseconds. */
at_lastused_flush_t *jobs_fixture_flush(jobs_fixture_t *fixture,
                                        apr_int64_t interval);

/** What a revocation job is usually told: a question a second, rows good for ten minutes. */
at_revocation_config_t jobs_fixture_usual_keeping(void);

/** Give it a connection pool with a revocation job, and a last-used flush that writes once a minute. */
void jobs_fixture_keep(jobs_fixture_t *fixture,
                       const at_revocation_config_t *config);

/** Stop the connection pool. */
void jobs_fixture_close(jobs_fixture_t *fixture);

/** A row of that number in the table and, read just now, on the cache. */
at_spot_t jobs_fixture_stock(jobs_fixture_t *fixture, int number,
                             sample_t *sample);

/** The last use of that row in the table. */
apr_int64_t jobs_fixture_last_use(jobs_fixture_t *fixture, int number);

/** Wait until it is this one. */
void jobs_fixture_await_use(jobs_fixture_t *fixture, int number,
                            apr_int64_t when);

/** Take the table away from everybody, and bring it back. */
void jobs_fixture_lose_table(jobs_fixture_t *fixture);
void jobs_fixture_regain_table(jobs_fixture_t *fixture);

/** Fork; children have no connection of their parent's. */
pid_t jobs_fixture_fork(jobs_fixture_t *fixture);

/** Another process that has this duty until it is killed. */
pid_t jobs_fixture_start_holder(jobs_fixture_t *fixture, at_lease_e which);

/** Kill a process of ours and wait for its end. */
void jobs_fixture_kill(pid_t child);

/** Wait until a process of ours ends well. */
void jobs_fixture_await(pid_t child);

/** The process that has a duty. */
pid_t jobs_fixture_holder(const jobs_fixture_t *fixture, at_lease_e which);

#endif
