/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of how far the cache may be trusted, with times given as numbers.
 */
#include "fixture_rows.h"

#define SIZE AT_CACHE_SIZE_MIN

#define INTERVAL 1000
#define IN_TIME (INTERVAL + AT_FRESHNESS_SLACK_MS)
#define STALE 60000
#define POLLED 100000
#define LONG_AGO 1 /* when the row was read */

static const at_freshness_rules_t rules = {.interval = INTERVAL,
                                           .stale = STALE};

static at_trust_e trust(at_cache_t *cache, apr_int64_t read_at, apr_int64_t now)
{
    return at_freshness_trust(cache, &rules, read_at, now);
}

static at_cache_t *polled_at(apr_int64_t moment)
{
    at_cache_t *cache = support_cache(SIZE);

    at_freshness_begin(cache, moment);
    at_freshness_confirm(cache, moment);
    return cache;
}

static void after_a_poll_the_cache_is_trusted_for_the_interval(void **state)
{
    at_cache_t *cache = polled_at(POLLED);

    (void)state;
    assert_true(at_freshness_last(cache) == POLLED);
    assert_int_equal(trust(cache, LONG_AGO, POLLED), AT_TRUST_FULL);
    assert_int_equal(trust(cache, LONG_AGO, POLLED + IN_TIME), AT_TRUST_FULL);
    assert_int_equal(trust(cache, LONG_AGO, POLLED + IN_TIME + 1),
                     AT_TRUST_IF_UNAVAILABLE);
}

static void a_lookup_counts_as_a_poll_for_its_row(void **state)
{
    at_cache_t *cache = support_cache(SIZE);

    (void)state;
    assert_int_equal(trust(cache, POLLED, POLLED + IN_TIME), AT_TRUST_FULL);
    assert_int_equal(trust(cache, POLLED, POLLED + IN_TIME + 1),
                     AT_TRUST_IF_UNAVAILABLE);
    assert_int_equal(trust(cache, LONG_AGO, POLLED), AT_TRUST_NONE);
}

static void without_polls_the_table_is_read_first(void **state)
{
    at_cache_t *cache = polled_at(POLLED);

    (void)state;
    assert_int_equal(trust(cache, LONG_AGO, POLLED + STALE),
                     AT_TRUST_IF_UNAVAILABLE);
    assert_int_equal(trust(cache, LONG_AGO, POLLED + STALE + 1), AT_TRUST_NONE);
}

static void a_poll_begun_in_time_keeps_the_answer_before_good(void **state)
{
    at_cache_t *cache = polled_at(POLLED);

    (void)state;
    at_freshness_begin(cache, POLLED + IN_TIME);
    assert_int_equal(trust(cache, LONG_AGO, POLLED + IN_TIME), AT_TRUST_FULL);
    assert_int_equal(trust(cache, LONG_AGO, POLLED + IN_TIME + 1),
                     AT_TRUST_STALE);
    assert_int_equal(trust(cache, LONG_AGO, POLLED + STALE), AT_TRUST_STALE);
    assert_int_equal(trust(cache, LONG_AGO, POLLED + STALE + 1), AT_TRUST_NONE);
}

static void a_poll_begun_late_does_not(void **state)
{
    at_cache_t *cache = polled_at(POLLED);

    (void)state;
    at_freshness_begin(cache, POLLED + IN_TIME + 1);
    assert_int_equal(trust(cache, LONG_AGO, POLLED + IN_TIME + 1),
                     AT_TRUST_IF_UNAVAILABLE);
    /* For a row that was read later, the poll was begun in time. */
    assert_int_equal(trust(cache, POLLED + 1, POLLED + IN_TIME + 2),
                     AT_TRUST_STALE);
}

/* Otherwise each failure would postpone the end. */
static void of_many_polls_without_an_answer_the_first_counts(void **state)
{
    at_cache_t *cache = polled_at(POLLED);

    (void)state;
    at_freshness_begin(cache, POLLED + IN_TIME);
    at_freshness_begin(cache, POLLED + IN_TIME + 5000);
    assert_int_equal(trust(cache, LONG_AGO, POLLED + IN_TIME + 5001),
                     AT_TRUST_STALE);
    at_freshness_confirm(cache, POLLED + 9000);
    assert_int_equal(trust(cache, LONG_AGO, POLLED + 9000), AT_TRUST_FULL);
    assert_int_equal(trust(cache, LONG_AGO, POLLED + 9000 + IN_TIME + 1),
                     AT_TRUST_IF_UNAVAILABLE);
    at_freshness_begin(cache, POLLED + 9000 + IN_TIME + 1);
    assert_int_equal(trust(cache, LONG_AGO, POLLED + 9000 + IN_TIME + 1),
                     AT_TRUST_IF_UNAVAILABLE);
}

static void without_stale_trust_ends_with_the_interval(void **state)
{
    at_freshness_rules_t none = {.interval = INTERVAL, .stale = 0};
    at_cache_t *cache = polled_at(POLLED);

    (void)state;
    at_freshness_begin(cache, POLLED + INTERVAL);
    assert_int_equal(
        at_freshness_trust(cache, &none, LONG_AGO, POLLED + IN_TIME),
        AT_TRUST_FULL);
    assert_int_equal(
        at_freshness_trust(cache, &none, LONG_AGO, POLLED + IN_TIME + 1),
        AT_TRUST_NONE);
}

static void a_late_answer_does_not_undo_a_later_one(void **state)
{
    at_cache_t *cache = polled_at(POLLED);

    (void)state;
    at_freshness_confirm(cache, POLLED - 1);
    assert_true(at_freshness_last(cache) == POLLED);
    at_freshness_confirm(cache, POLLED + 1);
    assert_true(at_freshness_last(cache) == POLLED + 1);
}

static void a_poll_is_pending_until_it_is_answered(void **state)
{
    at_cache_t *cache = support_cache(SIZE);

    (void)state;
    assert_false(at_freshness_is_pending(cache));
    at_freshness_begin(cache, POLLED);
    assert_true(at_freshness_is_pending(cache));
    at_freshness_confirm(cache, POLLED);
    assert_false(at_freshness_is_pending(cache));
}

static void the_reason_is_kept_until_there_is_an_answer(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    char why[AT_FRESHNESS_REASON_SIZE];
    char much[2 * AT_FRESHNESS_REASON_SIZE];

    (void)state;
    at_freshness_reason(cache, why);
    assert_string_equal(why, "");
    memset(much, 'x', sizeof(much));
    much[sizeof(much) - 1] = '\0';
    at_freshness_failed(cache, much);
    at_freshness_reason(cache, why);
    assert_int_equal(strlen(why), AT_FRESHNESS_REASON_SIZE - 1);
    at_freshness_failed(cache, "Too many connections");
    at_freshness_reason(cache, why);
    assert_string_equal(why, "Too many connections");
    at_freshness_confirm(cache, POLLED);
    at_freshness_reason(cache, why);
    assert_string_equal(why, "");
}

static void the_last_answer_has_a_time(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    apr_int64_t wall = at_clock_now();

    (void)state;
    at_freshness_confirm(cache, at_clock_monotonic() - 5000);
    assert_true(at_freshness_confirmed_wall(cache) >= wall - 5001);
    assert_true(at_freshness_confirmed_wall(cache) <=
                at_clock_now() - 5000 + 1);
}

static void without_an_answer_deletions_are_known_from_the_making_on(
    void **state)
{
    apr_int64_t now = at_clock_monotonic();
    apr_int64_t wall = at_clock_now();
    at_cache_t *cache = support_cache(SIZE);

    (void)state;
    assert_true(at_freshness_last(cache) == 0);
    assert_true(at_freshness_confirmed(cache) >= now);
    assert_true(at_freshness_confirmed(cache) <= at_clock_monotonic());
    assert_true(at_freshness_confirmed_wall(cache) >= wall);
    assert_true(at_freshness_confirmed_wall(cache) <= at_clock_now());
    at_freshness_confirm(cache, now + 5000);
    assert_true(at_freshness_confirmed(cache) == now + 5000);
}

static void the_age_of_a_row_counts_from_the_poll_or_its_lookup(void **state)
{
    at_cache_t *cache = polled_at(POLLED);

    (void)state;
    assert_true(at_freshness_age(cache, LONG_AGO, POLLED + 700) == 700);
    assert_true(at_freshness_age(cache, POLLED + 200, POLLED + 700) == 500);
    assert_true(at_freshness_age(support_cache(SIZE), 300, 700) == 400);
}

static void another_file_is_noticed(void **state)
{
    at_cache_t *cache = support_cache(SIZE);

    (void)state;
    assert_false(at_freshness_saw_file(cache, 0));
    assert_false(at_freshness_saw_file(cache, 11));
    assert_false(at_freshness_saw_file(cache, 11));
    assert_false(at_freshness_saw_file(cache, 0));
    assert_true(at_freshness_saw_file(cache, 12));
    assert_false(at_freshness_saw_file(cache, 12));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(after_a_poll_the_cache_is_trusted_for_the_interval),
        SUPPORT_TEST(a_lookup_counts_as_a_poll_for_its_row),
        SUPPORT_TEST(without_polls_the_table_is_read_first),
        SUPPORT_TEST(a_poll_begun_in_time_keeps_the_answer_before_good),
        SUPPORT_TEST(a_poll_begun_late_does_not),
        SUPPORT_TEST(of_many_polls_without_an_answer_the_first_counts),
        SUPPORT_TEST(without_stale_trust_ends_with_the_interval),
        SUPPORT_TEST(a_late_answer_does_not_undo_a_later_one),
        SUPPORT_TEST(a_poll_is_pending_until_it_is_answered),
        SUPPORT_TEST(the_reason_is_kept_until_there_is_an_answer),
        SUPPORT_TEST(the_last_answer_has_a_time),
        SUPPORT_TEST(without_an_answer_deletions_are_known_from_the_making_on),
        SUPPORT_TEST(the_age_of_a_row_counts_from_the_poll_or_its_lookup),
        SUPPORT_TEST(another_file_is_noticed),
    };

    return cmocka_run_group_tests_name("freshness", tests, support_begin,
                                       support_end);
}
