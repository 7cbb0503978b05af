/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the revocation job: tokens that were deleted in the table are
 * dropped from the cache in time, and a failed poll does not count as an
 * answer.
 */
#include "fixture_jobs.h"

#include "core/cache/cache_uses.h"

#define SIZE ((apr_size_t)4 << 20)

static void a_deleted_token_is_dropped_from_the_cache(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_revocation_config();
    sample_t deleted, kept;
    at_spot_t spot = jobs_fixture_add_token(&fixture, 1, &deleted);

    jobs_fixture_add_token(&fixture, 2, &kept);
    jobs_fixture_open_revocation(&fixture, &config);
    jobs_fixture_await_poll(&fixture);
    assert_true(sample_is_cached(fixture.cache, &deleted));
    jobs_fixture_delete(&fixture, &deleted, at_clock_now());
    jobs_fixture_await_poll(&fixture);
    assert_false(sample_is_cached(fixture.cache, &deleted));
    assert_false(at_cache_uses_note(fixture.cache, spot, 9000));
    assert_true(sample_is_cached(fixture.cache, &kept));
    jobs_fixture_close(&fixture);
}

/* The clock of the server that deleted the token is slow, or its COMMIT
 * was. */
static void a_deletion_may_have_an_earlier_time(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_revocation_config();
    sample_t late, long_ago;

    jobs_fixture_add_token(&fixture, 1, &late);
    jobs_fixture_add_token(&fixture, 2, &long_ago);
    jobs_fixture_open_revocation(&fixture, &config);
    jobs_fixture_await_poll(&fixture);
    jobs_fixture_delete(&fixture, &late, at_clock_now() - 50000);
    jobs_fixture_delete(&fixture, &long_ago, at_clock_now() - 3600000);
    jobs_fixture_await_poll(&fixture);
    assert_false(sample_is_cached(fixture.cache, &late));
    assert_true(sample_is_cached(fixture.cache, &long_ago));
    jobs_fixture_close(&fixture);
}

/* The rows of the cache were read after that. */
static void the_first_poll_reaches_back_to_the_making_of_the_cache(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_revocation_config();
    sample_t sample;

    jobs_fixture_add_token(&fixture, 1, &sample);
    fixture.cache->header->made_at -= 200000;
    fixture.cache->header->polled_wall -= 200000;
    jobs_fixture_delete(&fixture, &sample, at_clock_now() - 200000);
    jobs_fixture_open_revocation(&fixture, &config);
    jobs_fixture_await_poll(&fixture);
    assert_false(sample_is_cached(fixture.cache, &sample));
    jobs_fixture_close(&fixture);
}

/* While the table was unavailable; rows of that time may still be served. */
static void a_poll_reaches_back_to_the_one_before_it(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_revocation_config();
    apr_int64_t now = at_clock_monotonic();
    sample_t sample;

    config.ttl = 2000;
    jobs_fixture_add_token(&fixture, 1, &sample);
    sample_put(fixture.cache, &sample, now - 300000);
    at_freshness_confirm(fixture.cache, now - 300000);
    at_freshness_begin(fixture.cache, now - 299000);
    jobs_fixture_delete(&fixture, &sample, at_clock_now() - 200000);
    fixture.cache->header->last_put = (apr_uint64_t)now;
    jobs_fixture_open_revocation(&fixture, &config);
    jobs_fixture_await_poll(&fixture);
    assert_false(sample_is_cached(fixture.cache, &sample));
    jobs_fixture_close(&fixture);
}

/* The machine was suspended, and the monotonic clock stood still. */
static void the_wall_clock_counts_if_the_monotonic_clock_stood_still(
    void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_revocation_config();
    sample_t sample;

    jobs_fixture_add_token(&fixture, 1, &sample);
    at_freshness_confirm(fixture.cache, at_clock_monotonic() - 1000);
    fixture.cache->header->polled_wall -= 300000;
    jobs_fixture_delete(&fixture, &sample, at_clock_now() - 200000);
    jobs_fixture_open_revocation(&fixture, &config);
    jobs_fixture_await_poll(&fixture);
    assert_false(sample_is_cached(fixture.cache, &sample));
    jobs_fixture_close(&fixture);
}

/* The wall clock was set back: what is deleted now has a time before the last
 * answer. */
static void the_monotonic_clock_counts_if_the_wall_clock_was_set(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_revocation_config();
    apr_int64_t last = at_clock_monotonic() - 1000;
    sample_t sample;

    jobs_fixture_add_token(&fixture, 1, &sample);
    at_freshness_confirm(fixture.cache, last);
    fixture.cache->header->polled_wall += 3600000;
    jobs_fixture_delete(&fixture, &sample, at_clock_now());
    jobs_fixture_open_revocation(&fixture, &config);
    /* The first poll; the next one would find it in any case. */
    while (at_freshness_last(fixture.cache) == last) {
        assert_true(at_clock_monotonic() < last + SUPPORT_LONG_MS);
        support_nap();
    }
    assert_false(sample_is_cached(fixture.cache, &sample));
    jobs_fixture_close(&fixture);
}

static void the_use_of_a_deleted_token_is_written(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_revocation_config();
    sample_t sample;

    at_cache_uses_note(fixture.cache,
                       jobs_fixture_add_token(&fixture, 1, &sample), 9000);
    jobs_fixture_open_revocation(&fixture, &config);
    jobs_fixture_delete(&fixture, &sample, at_clock_now());
    jobs_fixture_await_poll(&fixture);
    assert_true(jobs_fixture_last_use(&fixture, 1) == AT_TIME_NONE);
    jobs_fixture_close(&fixture);
    assert_int_equal(at_cache_uses_count(fixture.cache), 0);
    assert_true(jobs_fixture_last_use(&fixture, 1) == 9000);
}

#define MANY 2500 /* more than two pages, all deleted at the same time */

static void many_deletions_all_take_effect(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_revocation_config();
    sample_t sample;
    int i;

    support_run_sql(
        fixture.support,
        apr_psprintf(
            fixture.support->pool,
            "INSERT INTO access_tokens (token_id, token_hash, user_name, "
            "description, created_at, deleted_at) WITH RECURSIVE n(i) AS "
            "(SELECT 0 UNION "
            "ALL SELECT i + 1 FROM n WHERE i < %d) SELECT printf('%%04x1111-"
            "1111-1111-1111-111111111111', i), printf('%%064d', i), 'alice', "
            "'', 1000, %" APR_INT64_T_FMT " FROM n",
            MANY - 1, at_clock_now()));
    for (i = 0; i < MANY; i++) {
        sample_make(fixture.cache, i, &sample);
        sample_put(fixture.cache, &sample, at_clock_monotonic());
    }
    jobs_fixture_open_revocation(&fixture, &config);
    jobs_fixture_await_poll(&fixture);
    for (i = 0; i < MANY; i++) {
        sample_make(fixture.cache, i, &sample);
        assert_false(sample_is_cached(fixture.cache, &sample));
    }
    jobs_fixture_close(&fixture);
}

static void an_empty_cache_needs_no_poll(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_revocation_config();
    apr_int64_t begun = at_clock_monotonic();

    jobs_fixture_open_revocation(&fixture, &config);
    while (at_clock_monotonic() < begun + 1500) {
        assert_true(at_freshness_last(fixture.cache) == 0);
        support_nap();
    }
    jobs_fixture_close(&fixture);
}

static void a_cache_that_is_not_trusted_needs_no_poll(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_revocation_config();
    apr_int64_t begun = at_clock_monotonic();
    sample_t sample;

    config.cache = 0;
    jobs_fixture_add_token(&fixture, 1, &sample);
    jobs_fixture_open_revocation(&fixture, &config);
    while (at_clock_monotonic() < begun + 1500) {
        assert_true(at_freshness_last(fixture.cache) == 0);
        support_nap();
    }
    jobs_fixture_close(&fixture);
}

static void polls_keep_their_interval(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_revocation_config();
    apr_int64_t first;
    sample_t sample;

    config.revocation = 4000;
    jobs_fixture_add_token(&fixture, 1, &sample);
    jobs_fixture_open_revocation(&fixture, &config);
    jobs_fixture_await_poll(&fixture);
    first = at_freshness_last(fixture.cache);
    jobs_fixture_await_poll(&fixture);
    assert_true(at_freshness_last(fixture.cache) - first >= 3000);
    jobs_fixture_close(&fixture);
}

static void a_failed_poll_does_not_count_as_an_answer(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_revocation_config();
    apr_int64_t last;
    sample_t sample;

    jobs_fixture_add_token(&fixture, 1, &sample);
    jobs_fixture_open_revocation(&fixture, &config);
    jobs_fixture_await_poll(&fixture);
    jobs_fixture_hide_table(&fixture);
    support_nap();
    last = at_freshness_last(fixture.cache);
    while (at_clock_monotonic() < last + 2500) {
        assert_true(at_freshness_last(fixture.cache) == last);
        support_nap();
    }
    assert_true(fixture.cache->header->unanswered_since != 0);
    jobs_fixture_show_table(&fixture);
    jobs_fixture_await_poll(&fixture);
    assert_true(fixture.cache->header->unanswered_since == 0);
    assert_true(sample_is_cached(fixture.cache, &sample));
    jobs_fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_deleted_token_is_dropped_from_the_cache),
        SUPPORT_TEST(a_deletion_may_have_an_earlier_time),
        SUPPORT_TEST(the_first_poll_reaches_back_to_the_making_of_the_cache),
        SUPPORT_TEST(a_poll_reaches_back_to_the_one_before_it),
        SUPPORT_TEST(the_wall_clock_counts_if_the_monotonic_clock_stood_still),
        SUPPORT_TEST(the_monotonic_clock_counts_if_the_wall_clock_was_set),
        SUPPORT_TEST(the_use_of_a_deleted_token_is_written),
        SUPPORT_TEST(many_deletions_all_take_effect),
        SUPPORT_TEST(an_empty_cache_needs_no_poll),
        SUPPORT_TEST(a_cache_that_is_not_trusted_needs_no_poll),
        SUPPORT_TEST(polls_keep_their_interval),
        SUPPORT_TEST(a_failed_poll_does_not_count_as_an_answer),
    };

    return cmocka_run_group_tests_name("revocation", tests, support_begin,
                                       support_end);
}
