/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of revocation jobs where the ground moves: in another file, after the table had
 * to be made, and when the one who kept dies.
 */
#include "fixture_jobs.h"

#include <stdio.h>
#include <unistd.h>

#define SIZE AT_CACHE_SIZE_MIN

static void delete_at(jobs_fixture_t *fixture, const sample_t *sample,
                      apr_int64_t when)
{
    assert_int_equal(
        op_delete(fixture->op, &sample->id, NULL, when, fixture->support->pool),
        APR_SUCCESS);
}

static void await_question(jobs_fixture_t *fixture)
{
    apr_int64_t now = at_clock_monotonic();

    while (at_freshness_last(fixture->cache) <= now) {
        assert_true(at_clock_monotonic() < now + SUPPORT_LONG_MS);
        support_nap();
    }
}

static void await_oblivion(jobs_fixture_t *fixture, const sample_t *sample)
{
    apr_int64_t now = at_clock_monotonic();

    while (sample_are_there(fixture->cache, sample)) {
        assert_true(at_clock_monotonic() < now + SUPPORT_LONG_MS);
        support_nap();
    }
}

/* An empty table in another file, put in place of the first as an admin would:
 * without what belonged to that one. */
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

static void after_another_file_everything_is_forgotten(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_usual_keeping();
    sample_t sample;

    jobs_fixture_stock(&fixture, 1, &sample);
    jobs_fixture_keep(&fixture, &config);
    await_question(&fixture);
    assert_true(sample_are_there(fixture.cache, &sample));
    replace_file(&fixture);
    await_oblivion(&fixture, &sample);
    /* Who reads in this moment may still read the file before. */
    sample_put(fixture.cache, &sample, at_clock_monotonic());
    assert_false(sample_are_there(fixture.cache, &sample));
    sample_put(fixture.cache, &sample, at_clock_monotonic() + 2000);
    assert_true(sample_are_there(fixture.cache, &sample));
    jobs_fixture_close(&fixture);
}

static void a_table_that_had_to_be_made_has_none_of_our_rows(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_usual_keeping();
    sample_t sample;

    config.create = 1;
    jobs_fixture_stock(&fixture, 1, &sample);
    jobs_fixture_keep(&fixture, &config);
    await_question(&fixture);
    assert_true(sample_are_there(fixture.cache, &sample));
    support_run_sql(fixture.support, "DROP TABLE access_tokens");
    await_oblivion(&fixture, &sample);
    jobs_fixture_close(&fixture);
}

/* Processes */

static void await_holder(const jobs_fixture_t *fixture, pid_t who)
{
    apr_int64_t now = at_clock_monotonic();

    while (jobs_fixture_holder(fixture, AT_LEASE_REVOCATION) != who) {
        assert_true(at_clock_monotonic() < now + SUPPORT_LONG_MS);
        support_nap();
    }
}

static pid_t start_keeping_process(jobs_fixture_t *fixture,
                                   const at_revocation_config_t *config)
{
    pid_t child = jobs_fixture_fork(fixture);

    if (child == 0) {
        jobs_fixture_keep(fixture, config);
        for (;;) {
            pause();
        }
    }
    return child;
}

static void when_the_revocation_dies_another_takes_over(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_usual_keeping();
    sample_t sample;
    pid_t children[2];

    jobs_fixture_stock(&fixture, 1, &sample);
    children[0] = start_keeping_process(&fixture, &config);
    await_holder(&fixture, children[0]);
    children[1] = start_keeping_process(&fixture, &config);
    await_question(&fixture);
    await_question(&fixture);
    assert_int_equal(jobs_fixture_holder(&fixture, AT_LEASE_REVOCATION),
                     children[0]);
    jobs_fixture_kill(children[0]);
    await_holder(&fixture, children[1]);
    delete_at(&fixture, &sample, at_clock_now());
    await_question(&fixture);
    assert_false(sample_are_there(fixture.cache, &sample));
    jobs_fixture_kill(children[1]);
}

static void who_stops_leaves_the_which(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_usual_keeping();
    sample_t sample;

    jobs_fixture_stock(&fixture, 1, &sample);
    jobs_fixture_keep(&fixture, &config);
    await_holder(&fixture, getpid());
    jobs_fixture_close(&fixture);
    assert_int_equal(jobs_fixture_holder(&fixture, AT_LEASE_REVOCATION), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(after_another_file_everything_is_forgotten),
        SUPPORT_TEST(a_table_that_had_to_be_made_has_none_of_our_rows),
        SUPPORT_TEST(when_the_revocation_dies_another_takes_over),
        SUPPORT_TEST(who_stops_leaves_the_which),
    };

    return cmocka_run_group_tests_name("revocation jobs", tests, support_begin,
                                       support_end);
}
