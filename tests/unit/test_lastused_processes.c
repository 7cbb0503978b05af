/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the last-used flush in several processes: one of them writes, and
 * together they write each use once.
 */
#include "fixture_jobs.h"

#include <unistd.h>

#include "core/cache/cache_uses.h"
#include "core/jobs/lastused_flush.h"

#define MINUTE 60000

static void a_process_without_the_lease_does_not_write(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open_with_tokens(state);
    pid_t child = jobs_fixture_start_holder(&fixture, AT_LEASE_LASTUSED);
    apr_int64_t begun = at_clock_monotonic();

    jobs_fixture_open_flush(&fixture, MINUTE);
    jobs_fixture_use(&fixture, 1, 7000);
    while (at_clock_monotonic() < begun + 1500) {
        assert_true(jobs_fixture_last_use(&fixture, 1) == AT_TIME_NONE);
        support_nap();
    }
    jobs_fixture_kill(child);
    jobs_fixture_await_use(&fixture, 1, 7000);
    jobs_fixture_close(&fixture);
}

static void *stop_alone(void *data)
{
    jobs_fixture_close(data);
    return NULL;
}

/* The process that writes may have read the cache before our uses were
 * noted. */
static void at_the_end_a_process_waits_for_the_one_that_writes(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open_with_tokens(state);
    pid_t child = jobs_fixture_start_holder(&fixture, AT_LEASE_WRITING);
    pthread_t stopper;
    int i;

    at_cache_uses_set_written(fixture.cache, at_clock_monotonic());
    jobs_fixture_open_flush(&fixture, MINUTE);
    jobs_fixture_use(&fixture, 1, 7000);
    assert_int_equal(pthread_create(&stopper, NULL, stop_alone, &fixture), 0);
    for (i = 0; i < 50; i++) {
        assert_int_equal(at_cache_uses_count(fixture.cache), 1);
        support_nap();
    }
    jobs_fixture_kill(child);
    pthread_join(stopper, NULL);
    assert_true(jobs_fixture_last_use(&fixture, 1) == 7000);
}

/* Of the processes that end, the last one writes. */
static void uses_are_left_to_the_processes_that_stay(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open_with_tokens(state);
    int notices[2];
    char ready = 1;
    pid_t child;

    assert_int_equal(pipe(notices), 0);
    at_cache_uses_set_written(fixture.cache, at_clock_monotonic());
    child = jobs_fixture_fork(&fixture);
    if (child == 0) {
        jobs_fixture_open_flush(&fixture, MINUTE);
        ready = write(notices[1], &ready, 1) == 1;
        for (;;) {
            pause();
        }
    }
    assert_int_equal(read(notices[0], &ready, 1), 1);
    jobs_fixture_open_flush(&fixture, MINUTE);
    jobs_fixture_use(&fixture, 1, 7000);
    jobs_fixture_close(&fixture);
    assert_int_equal(at_cache_uses_count(fixture.cache), 1);
    assert_true(jobs_fixture_last_use(&fixture, 1) == AT_TIME_NONE);
    jobs_fixture_kill(child); /* without leaving the members */
    jobs_fixture_open_flush(&fixture, MINUTE);
    jobs_fixture_close(&fixture);
    assert_true(jobs_fixture_last_use(&fixture, 1) == 7000);
    close(notices[0]);
    close(notices[1]);
}

#define PROCESSES 3
#define USES 300

static void use_in_child(jobs_fixture_t *fixture, int share)
{
    at_lastused_flush_t *flush = jobs_fixture_open_flush(fixture, 0);
    int i;

    for (i = 0; i < USES; i++) {
        jobs_fixture_use(fixture, i % JOBS_TOKENS,
                         7000 + i * PROCESSES + share);
        at_lastused_flush_wake(flush);
    }
    jobs_fixture_close(fixture);
    _exit(0);
}

/* No use is lost, and none is written twice: each write must set a later time
 * in the table. */
static void many_processes_write_each_use_once(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open_with_tokens(state);
    apr_pool_t *p = fixture.support->pool;
    pid_t children[PROCESSES];
    at_rows_t *rows;
    int i;

    support_run_sql(fixture.support, "CREATE TABLE log (id, used)");
    support_run_sql(fixture.support,
                    "CREATE TRIGGER log AFTER UPDATE OF last_used ON "
                    "access_tokens BEGIN INSERT INTO log VALUES "
                    "(new.token_id, new.last_used); END");
    for (i = 0; i < PROCESSES; i++) {
        children[i] = jobs_fixture_fork(&fixture);
        if (children[i] == 0) {
            use_in_child(&fixture, i);
        }
    }
    for (i = 0; i < PROCESSES; i++) {
        jobs_fixture_await(children[i]);
    }
    for (i = 0; i < JOBS_TOKENS; i++) {
        assert_true(jobs_fixture_last_use(&fixture, i) ==
                    7000 + (USES - JOBS_TOKENS + i + 1) * PROCESSES - 1);
    }
    assert_int_equal(at_cache_uses_count(fixture.cache), 0);
    assert_int_equal(at_database_select(fixture.op->database,
                                        "SELECT COUNT(*) FROM log", NULL, 1,
                                        &rows, p),
                     APR_SUCCESS);
    assert_string_equal(
        rows->values[0],
        apr_psprintf(p, "%" APR_UINT64_T_FMT,
                     at_counters_sum(fixture.cache, AT_COUNTER_WRITTEN)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_process_without_the_lease_does_not_write),
        SUPPORT_TEST(at_the_end_a_process_waits_for_the_one_that_writes),
        SUPPORT_TEST(uses_are_left_to_the_processes_that_stay),
        SUPPORT_TEST(many_processes_write_each_use_once),
    };

    return cmocka_run_group_tests_name("lastused_processes", tests,
                                       support_begin, support_end);
}
