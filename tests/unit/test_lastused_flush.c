/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the last-used flush: uses in the cache are written once in an
 * interval, or at once, and none is left when a process ends.
 */
#include "fixture_jobs.h"

#include "core/cache/cache_uses.h"
#include "core/jobs/lastused_flush.h"

#define MINUTE 60000

static void the_first_use_is_written_soon(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open_with_tokens(state);

    jobs_fixture_open_flush(&fixture, MINUTE);
    jobs_fixture_use(&fixture, 1, 7000);
    jobs_fixture_await_use(&fixture, 1, 7000);
    assert_true(jobs_fixture_last_use(&fixture, 2) == AT_TIME_NONE);
    jobs_fixture_close(&fixture);
    assert_true(at_counters_sum(fixture.cache, AT_COUNTER_WRITTEN) == 1);
    assert_true(at_cache_uses_last_written(fixture.cache) > 0);
}

static void further_uses_wait_for_the_interval(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open_with_tokens(state);
    apr_int64_t written;

    jobs_fixture_open_flush(&fixture, 2500);
    jobs_fixture_use(&fixture, 1, 7000);
    while ((written = at_cache_uses_last_written(fixture.cache)) == 0) {
        support_nap();
    }
    assert_true(jobs_fixture_last_use(&fixture, 1) == 7000);
    while (at_clock_monotonic() < written + 2400) {
        jobs_fixture_use(&fixture, 1, at_clock_monotonic() + 10000);
        assert_true(jobs_fixture_last_use(&fixture, 1) == 7000);
        support_nap();
    }
    jobs_fixture_use(&fixture, 1, AT_TIME_MAX);
    jobs_fixture_await_use(&fixture, 1, AT_TIME_MAX);
    jobs_fixture_close(&fixture);
    assert_true(at_cache_uses_last_written(fixture.cache) >= written + 2500);
    assert_true(at_counters_sum(fixture.cache, AT_COUNTER_WRITTEN) == 2);
}

/* A write that frees places in the cache does not wait. */
static void a_write_can_be_requested(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open_with_tokens(state);

    at_cache_uses_set_written(fixture.cache, at_clock_monotonic());
    jobs_fixture_open_flush(&fixture, MINUTE);
    jobs_fixture_use(&fixture, 1, 7000);
    at_cache_uses_set_written(fixture.cache, 0);
    jobs_fixture_await_use(&fixture, 1, 7000);
    jobs_fixture_close(&fixture);
}

static void without_an_interval_a_use_is_written_when_woken(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open_with_tokens(state);
    at_lastused_flush_t *flush = jobs_fixture_open_flush(&fixture, 0);
    apr_int64_t begun = at_clock_monotonic();
    int i;

    for (i = 0; i < 20; i++) {
        jobs_fixture_use(&fixture, i % JOBS_TOKENS, 7000 + i);
        at_lastused_flush_wake(flush);
        jobs_fixture_await_use(&fixture, i % JOBS_TOKENS, 7000 + i);
    }
    assert_true(at_clock_monotonic() - begun < 10000); /* 20 ticks are more */
    jobs_fixture_close(&fixture);
}

static void without_requests_the_cache_is_not_read(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open_with_tokens(state);
    apr_int64_t begun;
    sample_t sample;

    jobs_fixture_open_flush(&fixture, 0);
    jobs_fixture_use(&fixture, 1, 7000);
    jobs_fixture_await_use(&fixture, 1, 7000);
    sample_make(fixture.cache, 1, &sample);
    begun = at_clock_monotonic();
    at_cache_uses_note(fixture.cache, sample_put(fixture.cache, &sample, 5000),
                       8000);
    while (at_clock_monotonic() < begun + 1500) {
        assert_true(jobs_fixture_last_use(&fixture, 1) == 7000);
        support_nap();
    }
    jobs_fixture_close(&fixture);
    assert_true(jobs_fixture_last_use(&fixture, 1) == 8000);
}

static void all_that_is_pending_is_written_at_the_end(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open_with_tokens(state);
    int i;

    at_cache_uses_set_written(fixture.cache, at_clock_monotonic());
    jobs_fixture_open_flush(&fixture, MINUTE);
    for (i = 0; i < JOBS_TOKENS; i++) {
        jobs_fixture_use(&fixture, i, 7000 + i);
    }
    jobs_fixture_close(&fixture);
    for (i = 0; i < JOBS_TOKENS; i++) {
        assert_true(jobs_fixture_last_use(&fixture, i) == 7000 + i);
    }
    assert_int_equal(at_cache_uses_count(fixture.cache), 0);
}

static void a_write_that_fails_is_tried_again(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open_with_tokens(state);
    apr_int64_t begun = at_clock_monotonic();

    jobs_fixture_hide_table(&fixture);
    jobs_fixture_open_flush(&fixture, 0);
    jobs_fixture_use(&fixture, 1, 7000);
    while (at_clock_monotonic() < begun + 1500) {
        assert_int_equal(at_cache_uses_count(fixture.cache), 1);
        support_nap();
    }
    assert_true(at_counters_sum(fixture.cache, AT_COUNTER_WRITTEN) == 0);
    jobs_fixture_show_table(&fixture);
    jobs_fixture_await_use(&fixture, 1, 7000);
    jobs_fixture_close(&fixture);
    assert_int_equal(at_cache_uses_count(fixture.cache), 0);
    assert_true(at_counters_sum(fixture.cache, AT_COUNTER_WRITTEN) == 1);
}

static void the_end_does_not_wait_for_ever(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open_with_tokens(state);
    apr_int64_t begun;

    jobs_fixture_hide_table(&fixture);
    jobs_fixture_open_flush(&fixture, MINUTE);
    jobs_fixture_use(&fixture, 1, 7000);
    begun = at_clock_monotonic();
    jobs_fixture_close(&fixture);
    assert_true(at_clock_monotonic() - begun < SUPPORT_LONG_MS / 2);
    assert_int_equal(at_cache_uses_count(fixture.cache), 1);
    jobs_fixture_show_table(&fixture);
    assert_true(jobs_fixture_last_use(&fixture, 1) == AT_TIME_NONE);
    jobs_fixture_open_flush(&fixture,
                            MINUTE); /* the next process finds it there */
    jobs_fixture_close(&fixture);
    assert_true(jobs_fixture_last_use(&fixture, 1) == 7000);
}

/* As over a graceful restart whose new processes cannot start yet. */
static void uses_are_not_lost_when_a_later_configuration_has_the_cache(
    void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open_with_tokens(state);
    at_lastused_flush_t *flush = jobs_fixture_open_flush(&fixture, MINUTE);

    jobs_fixture_hide_table(&fixture);
    jobs_fixture_use(&fixture, 1, 7000);
    jobs_fixture_close(&fixture);
    assert_int_equal(at_lastused_flush_leave(flush), 1);
    at_cache_begin_generation(fixture.cache->header);
    assert_int_equal(at_lastused_flush_leave(flush), 0);
}

static void a_later_use_is_not_overwritten(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open_with_tokens(state);
    sample_t sample;

    sample_make(fixture.cache, 1, &sample);
    support_touch(fixture.op, &sample.id, 9000, fixture.support->pool);
    jobs_fixture_open_flush(&fixture, MINUTE);
    jobs_fixture_use(&fixture, 1, 8000); /* another server has written 9000 */
    jobs_fixture_close(&fixture);
    assert_true(jobs_fixture_last_use(&fixture, 1) == 9000);
    assert_int_equal(at_cache_uses_count(fixture.cache), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(the_first_use_is_written_soon),
        SUPPORT_TEST(further_uses_wait_for_the_interval),
        SUPPORT_TEST(a_write_can_be_requested),
        SUPPORT_TEST(without_an_interval_a_use_is_written_when_woken),
        SUPPORT_TEST(without_requests_the_cache_is_not_read),
        SUPPORT_TEST(all_that_is_pending_is_written_at_the_end),
        SUPPORT_TEST(a_write_that_fails_is_tried_again),
        SUPPORT_TEST(the_end_does_not_wait_for_ever),
        SUPPORT_TEST(
            uses_are_not_lost_when_a_later_configuration_has_the_cache),
        SUPPORT_TEST(a_later_use_is_not_overwritten),
    };

    return cmocka_run_group_tests_name("lastused_flush", tests, support_begin,
                                       support_end);
}
