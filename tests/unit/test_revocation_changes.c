/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the revocation job when the file is replaced, when the table was
 * created, and when the process that polls dies.
 */
#include "fixture_jobs.h"

#include <stdio.h>
#include <unistd.h>

#define SIZE AT_CACHE_SIZE_MIN

static void await_invalid(jobs_fixture_t *fixture, const sample_t *sample)
{
    apr_int64_t now = at_clock_monotonic();

    while (sample_is_cached(fixture->cache, sample)) {
        assert_true(at_clock_monotonic() < now + SUPPORT_LONG_MS);
        support_nap();
    }
}

/* An empty table in another file, moved over the first one as an administrator
 * would do it: without the WAL of the first one. */
static void replace_file(jobs_fixture_t *fixture)
{
    support_t elsewhere = *fixture->support;
    const char *file = elsewhere.file;
    at_op_t *op;
    at_row_t *row;

    elsewhere.file = apr_pstrcat(elsewhere.pool, file, ".new", NULL);
    op = support_op(&elsewhere);
    assert_int_equal(op_find(op, &support_row(elsewhere.pool, 1)->id, NULL,
                             &row, elsewhere.pool),
                     APR_NOTFOUND);
    at_database_drop(op->database);
    at_database_drop(fixture->op->database);
    remove(apr_pstrcat(elsewhere.pool, file, "-wal", NULL));
    remove(apr_pstrcat(elsewhere.pool, file, "-shm", NULL));
    assert_int_equal(rename(elsewhere.file, file), 0);
}

static void all_rows_are_invalid_after_the_file_was_replaced(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_revocation_config();
    sample_t sample;

    jobs_fixture_add_token(&fixture, 1, &sample);
    jobs_fixture_open_revocation(&fixture, &config);
    jobs_fixture_await_poll(&fixture);
    assert_true(sample_is_cached(fixture.cache, &sample));
    replace_file(&fixture);
    await_invalid(&fixture, &sample);
    /* A request that reads at this time may still read the old file. */
    sample_put(fixture.cache, &sample, at_clock_monotonic());
    assert_false(sample_is_cached(fixture.cache, &sample));
    sample_put(fixture.cache, &sample, at_clock_monotonic() + 2000);
    assert_true(sample_is_cached(fixture.cache, &sample));
    jobs_fixture_close(&fixture);
}

static void all_rows_are_invalid_after_the_table_was_created(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_revocation_config();
    sample_t sample;

    config.create = 1;
    jobs_fixture_add_token(&fixture, 1, &sample);
    jobs_fixture_open_revocation(&fixture, &config);
    jobs_fixture_await_poll(&fixture);
    assert_true(sample_is_cached(fixture.cache, &sample));
    support_run_sql(fixture.support, "DROP TABLE access_tokens");
    await_invalid(&fixture, &sample);
    jobs_fixture_close(&fixture);
}

/* Processes */

static void await_holder(const jobs_fixture_t *fixture, pid_t process)
{
    apr_int64_t now = at_clock_monotonic();

    while (jobs_fixture_holder(fixture, AT_LEASE_REVOCATION) != process) {
        assert_true(at_clock_monotonic() < now + SUPPORT_LONG_MS);
        support_nap();
    }
}

static pid_t start_polling_process(jobs_fixture_t *fixture,
                                   const at_revocation_config_t *config)
{
    pid_t child = jobs_fixture_fork(fixture);

    if (child == 0) {
        jobs_fixture_open_revocation(fixture, config);
        for (;;) {
            pause();
        }
    }
    return child;
}

static void when_the_polling_process_dies_another_takes_over(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_revocation_config();
    sample_t sample;
    pid_t children[2];

    jobs_fixture_add_token(&fixture, 1, &sample);
    children[0] = start_polling_process(&fixture, &config);
    await_holder(&fixture, children[0]);
    children[1] = start_polling_process(&fixture, &config);
    jobs_fixture_await_poll(&fixture);
    jobs_fixture_await_poll(&fixture);
    assert_int_equal(jobs_fixture_holder(&fixture, AT_LEASE_REVOCATION),
                     children[0]);
    jobs_fixture_kill(children[0]);
    await_holder(&fixture, children[1]);
    jobs_fixture_delete(&fixture, &sample, at_clock_now());
    jobs_fixture_await_poll(&fixture);
    assert_false(sample_is_cached(fixture.cache, &sample));
    jobs_fixture_kill(children[1]);
}

static void a_process_that_stops_releases_the_lease(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_revocation_config();
    sample_t sample;

    jobs_fixture_add_token(&fixture, 1, &sample);
    jobs_fixture_open_revocation(&fixture, &config);
    await_holder(&fixture, getpid());
    jobs_fixture_close(&fixture);
    assert_int_equal(jobs_fixture_holder(&fixture, AT_LEASE_REVOCATION), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(all_rows_are_invalid_after_the_file_was_replaced),
        SUPPORT_TEST(all_rows_are_invalid_after_the_table_was_created),
        SUPPORT_TEST(when_the_polling_process_dies_another_takes_over),
        SUPPORT_TEST(a_process_that_stops_releases_the_lease),
    };

    return cmocka_run_group_tests_name("revocation_changes", tests,
                                       support_begin, support_end);
}
