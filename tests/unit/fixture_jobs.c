/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes tables, caches and pools for background jobs, and starts and ends
 * processes with them.
 */
#include "fixture_jobs.h"

#include "core/cache/cache_uses.h"
#include "core/cache/counters.h"
#include "core/cache/freshness.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define LEASE_MS 60000

jobs_fixture_t jobs_fixture_open(void **state, apr_size_t size)
{
    support_t *support = *state;
    jobs_fixture_t fixture = {.support = support,
                              .op = support_op(support),
                              .cache = support_cache(size)};
    at_row_t *row;

    /* Creates the table. */
    assert_int_equal(op_find(fixture.op, &support_row(support->pool, 0)->id,
                             NULL, &row, support->pool),
                     APR_NOTFOUND);
    fixture.op->create_table = 0;
    return fixture;
}

void jobs_fixture_open_dbpool(jobs_fixture_t *fixture)
{
    fixture->dbpool = support_dbpool(fixture->support, 1);
    fixture->sql = at_sql_compose("sqlite3", "access_tokens",
                                  at_dbpool_pool(fixture->dbpool));
}

at_lastused_flush_t *jobs_fixture_flush(jobs_fixture_t *fixture,
                                        apr_int64_t interval)
{
    const at_lastused_flush_config_t config = {.interval = interval};

    return at_lastused_flush_open(fixture->dbpool, fixture->sql, fixture->cache,
                                  &config);
}

at_revocation_config_t jobs_fixture_revocation_config(void)
{
    return (at_revocation_config_t){
        .revocation = 1000, .ttl = 600000, .timeout = 5000, .cache = 1};
}

void jobs_fixture_open_revocation(jobs_fixture_t *fixture,
                                  const at_revocation_config_t *config)
{
    jobs_fixture_open_dbpool(fixture);
    at_revocation_open(fixture->dbpool, fixture->sql, fixture->cache,
                       jobs_fixture_flush(fixture, 60000), config);
}

void jobs_fixture_close(jobs_fixture_t *fixture)
{
    at_dbpool_stop(fixture->dbpool, SUPPORT_LONG_MS);
}

/* Rows */

at_spot_t jobs_fixture_add_token(jobs_fixture_t *fixture, int number,
                                 sample_t *sample)
{
    apr_pool_t *p = fixture->support->pool;

    assert_int_equal(op_insert(fixture->op, support_row(p, number), 0, p),
                     APR_SUCCESS);
    sample_make(fixture->cache, number, sample);
    return sample_put(fixture->cache, sample, at_clock_monotonic());
}

apr_int64_t jobs_fixture_last_use(jobs_fixture_t *fixture, int number)
{
    apr_pool_t *p = fixture->support->pool;

    return support_find(fixture->op, &support_row(p, number)->id, p)->last_used;
}

void jobs_fixture_await_use(jobs_fixture_t *fixture, int number,
                            apr_int64_t when)
{
    apr_int64_t begun = at_clock_monotonic();

    while (jobs_fixture_last_use(fixture, number) != when) {
        assert_true(at_clock_monotonic() < begun + SUPPORT_LONG_MS);
        support_nap();
    }
}

void jobs_fixture_hide_table(jobs_fixture_t *fixture)
{
    support_run_sql(fixture->support,
                    "ALTER TABLE access_tokens RENAME TO away");
}

void jobs_fixture_show_table(jobs_fixture_t *fixture)
{
    support_run_sql(fixture->support,
                    "ALTER TABLE away RENAME TO access_tokens");
}

/* Processes */

pid_t jobs_fixture_fork(jobs_fixture_t *fixture)
{
    pid_t child;

    at_database_drop(fixture->op->database);
    child = support_fork();
    assert_true(child >= 0);
    return child;
}

static void hold(jobs_fixture_t *fixture, at_lease_e lease, int pipe_ends)
{
    char taken = (char)at_lease_take(fixture->cache, lease,
                                     at_clock_monotonic(), LEASE_MS);

    taken = write(pipe_ends, &taken, 1) == 1;
    for (;;) {
        pause();
    }
}

pid_t jobs_fixture_start_holder(jobs_fixture_t *fixture, at_lease_e lease)
{
    int pipe_ends[2];
    char taken = 0;
    pid_t child;

    assert_int_equal(pipe(pipe_ends), 0);
    child = jobs_fixture_fork(fixture);
    if (child == 0) {
        hold(fixture, lease, pipe_ends[1]);
    }
    assert_int_equal(read(pipe_ends[0], &taken, 1), 1);
    assert_true(taken);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    return child;
}

void jobs_fixture_kill(pid_t child)
{
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

void jobs_fixture_await(pid_t child)
{
    int status = -1;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

pid_t jobs_fixture_holder(const jobs_fixture_t *fixture, at_lease_e lease)
{
    return (pid_t)(fixture->cache->header->leases[lease] >> 42);
}

jobs_fixture_t jobs_fixture_open_with_tokens(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, AT_CACHE_SIZE_MIN);
    sample_t sample;
    int i;

    for (i = 0; i < JOBS_TOKENS; i++) {
        jobs_fixture_add_token(&fixture, i, &sample);
    }
    return fixture;
}

at_lastused_flush_t *jobs_fixture_open_flush(jobs_fixture_t *fixture,
                                             apr_int64_t interval)
{
    jobs_fixture_open_dbpool(fixture);
    return jobs_fixture_flush(fixture, interval);
}

void jobs_fixture_use(jobs_fixture_t *fixture, int number, apr_int64_t when)
{
    sample_t sample;

    sample_make(fixture->cache, number, &sample);
    assert_true(at_cache_uses_note(
        fixture->cache, sample_put(fixture->cache, &sample, 5000), when));
    at_counters_add(fixture->cache, AT_COUNTER_HITS, 1);
}

void jobs_fixture_delete(jobs_fixture_t *fixture, const sample_t *sample,
                         apr_int64_t when)
{
    assert_int_equal(
        op_delete(fixture->op, &sample->id, NULL, when, fixture->support->pool),
        APR_SUCCESS);
}

void jobs_fixture_await_poll(jobs_fixture_t *fixture)
{
    apr_int64_t now = at_clock_monotonic();

    while (at_freshness_last(fixture->cache) <= now) {
        assert_true(at_clock_monotonic() < now + SUPPORT_LONG_MS);
        support_nap();
    }
}
