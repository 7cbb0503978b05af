/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the lookup and the revocation job together, in real time: deletions
 * elsewhere take effect, and while the table is unavailable the cache serves
 * for as long as it may.
 */
#include "fixture_lookup.h"

#define INTERVAL 1000
#define LATE (INTERVAL + AT_FRESHNESS_SLACK_MS)
#define SLOW 4000 /* by which a machine under load may be late */

static at_lookup_config_t quick_config(void)
{
    at_lookup_config_t config = lookup_fixture_config();

    config.rules.interval = INTERVAL;
    return config;
}

static void nap_until(apr_int64_t moment)
{
    while (at_clock_monotonic() < moment) {
        support_nap();
    }
}

static void await_freshness(lookup_fixture_t *fixture, apr_int64_t after)
{
    apr_int64_t until = at_clock_monotonic() + SUPPORT_LONG_MS;

    while (at_freshness_last(fixture->cache) <= after) {
        assert_true(at_clock_monotonic() < until);
        support_nap();
    }
}

static void a_token_that_is_deleted_elsewhere_is_refused(void **state)
{
    at_lookup_config_t config = quick_config();
    lookup_fixture_t fixture = lookup_fixture_open(*state, &config);
    test_token_t bearer, other;
    apr_int64_t deleted;

    lookup_fixture_mint(&fixture, &bearer);
    lookup_fixture_mint(&fixture, &other);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    assert_int_equal(lookup_fixture_verdict(&fixture, &other), AT_TOKEN_VALID);
    await_freshness(&fixture, 0);
    lookup_fixture_delete_elsewhere(&fixture, &bearer);
    deleted = at_clock_monotonic();
    while (lookup_fixture_verdict(&fixture, &bearer) == AT_TOKEN_VALID) {
        assert_true(at_clock_monotonic() - deleted < 2 * INTERVAL + SLOW);
        support_nap();
    }
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer),
                     AT_TOKEN_DELETED);
    assert_int_equal(lookup_fixture_verdict(&fixture, &other), AT_TOKEN_VALID);
    assert_int_equal(lookup_fixture_count(&fixture, AT_COUNTER_LOOKUPS), 3);
    lookup_fixture_close(&fixture);
}

/* While the revocation job polls, no request has to read the table. */
static void a_token_in_the_cache_is_not_looked_up_again(void **state)
{
    at_lookup_config_t config = quick_config();
    lookup_fixture_t fixture = lookup_fixture_open(*state, &config);
    apr_int64_t end = at_clock_monotonic() + 5 * INTERVAL;
    test_token_t bearer;

    lookup_fixture_mint(&fixture, &bearer);
    while (at_clock_monotonic() < end) {
        assert_int_equal(lookup_fixture_verdict(&fixture, &bearer),
                         AT_TOKEN_VALID);
        support_nap();
    }
    assert_true(lookup_fixture_count(&fixture, AT_COUNTER_LOOKUPS) < 3);
    lookup_fixture_close(&fixture);
}

static void the_cache_serves_while_the_table_is_unavailable(void **state)
{
    at_lookup_config_t config = quick_config();
    test_token_t bearer, cold;
    at_found_t found;
    lookup_fixture_t fixture;
    apr_int64_t lost;

    config.rules.stale = 6000;
    fixture = lookup_fixture_open(*state, &config);
    lookup_fixture_mint(&fixture, &bearer);
    lookup_fixture_mint(&fixture, &cold);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    await_freshness(&fixture, 0);
    lookup_fixture_hide_table(&fixture);
    lost = at_clock_monotonic();
    while (at_clock_monotonic() < lost + 2 * INTERVAL) {
        assert_int_equal(lookup_fixture_verdict(&fixture, &bearer),
                         AT_TOKEN_VALID);
        assert_int_equal(lookup_fixture_find(&fixture, &cold, &found),
                         AT_EUNAVAILABLE);
        support_nap();
    }
    nap_until(at_freshness_last(fixture.cache) + LATE + 100);
    assert_int_equal(lookup_fixture_find(&fixture, &bearer, &found),
                     APR_SUCCESS);
    assert_true(found.stale);
    assert_true(found.from_cache);
    lookup_fixture_use(&fixture, &bearer, 7000);
    assert_int_equal(lookup_fixture_count(&fixture, AT_COUNTER_STALE), 1);
    nap_until(at_freshness_last(fixture.cache) + 6001);
    assert_int_equal(lookup_fixture_find(&fixture, &bearer, &found),
                     AT_EUNAVAILABLE);
    lookup_fixture_show_table(&fixture);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    lookup_fixture_close(&fixture);
}

static void without_stale_the_cache_serves_for_the_interval_only(void **state)
{
    at_lookup_config_t config = quick_config();
    at_found_t found;
    test_token_t bearer;
    lookup_fixture_t fixture;

    config.rules.stale = 0;
    fixture = lookup_fixture_open(*state, &config);
    lookup_fixture_mint(&fixture, &bearer);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    await_freshness(&fixture, 0);
    lookup_fixture_hide_table(&fixture);
    nap_until(at_freshness_last(fixture.cache) + LATE + 100);
    assert_int_equal(lookup_fixture_find(&fixture, &bearer, &found),
                     AT_EUNAVAILABLE);
    lookup_fixture_close(&fixture);
}

/* After the ttl the table is read first. */
static void an_old_row_serves_only_while_the_table_is_unavailable(void **state)
{
    at_lookup_config_t config = quick_config();
    at_found_t found;
    test_token_t bearer;
    lookup_fixture_t fixture;
    int lookups;

    config.rules.interval = SUPPORT_LONG_MS;
    config.ttl = 50;
    fixture = lookup_fixture_open(*state, &config);
    lookup_fixture_mint(&fixture, &bearer);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    nap_until(at_clock_monotonic() + 60);
    lookup_fixture_hide_table(&fixture);
    lookups = lookup_fixture_count(&fixture, AT_COUNTER_LOOKUPS);
    assert_int_equal(lookup_fixture_find(&fixture, &bearer, &found),
                     APR_SUCCESS);
    assert_true(found.stale);
    assert_true(found.evidence.proven);
    assert_int_equal(lookup_fixture_count(&fixture, AT_COUNTER_LOOKUPS),
                     lookups + 1);
    lookup_fixture_show_table(&fixture);
    lookup_fixture_delete_elsewhere(&fixture, &bearer);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer),
                     AT_TOKEN_DELETED);
    lookup_fixture_close(&fixture);
}

/* The table has changed a row that the cache has had for long. The row must
 * not serve then, nor when the table is unavailable later. */
static void outdate_with(void **state, const char *sql, apr_status_t status)
{
    at_lookup_config_t config = quick_config();
    at_found_t found;
    test_token_t bearer;
    lookup_fixture_t fixture;

    config.rules.interval = SUPPORT_LONG_MS;
    config.ttl = 50;
    fixture = lookup_fixture_open(*state, &config);
    lookup_fixture_mint(&fixture, &bearer);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    nap_until(at_clock_monotonic() + 60);
    support_run_sql(fixture.support, sql);
    assert_int_equal(lookup_fixture_find(&fixture, &bearer, &found), status);
    assert_null(found.evidence.terms);
    lookup_fixture_hide_table(&fixture);
    assert_int_equal(lookup_fixture_find(&fixture, &bearer, &found),
                     AT_EUNAVAILABLE);
    lookup_fixture_close(&fixture);
}

static void an_old_row_that_was_removed_does_not_serve(void **state)
{
    outdate_with(state, "DELETE FROM access_tokens", APR_NOTFOUND);
}

static void an_old_row_that_is_broken_does_not_serve(void **state)
{
    outdate_with(state, "UPDATE access_tokens SET user_name = ''", APR_SUCCESS);
}

static void an_old_row_with_another_secret_now_does_not_serve(void **state)
{
    outdate_with(state,
                 "UPDATE access_tokens SET token_hash = printf('%064d', 1)",
                 APR_SUCCESS);
}

/* Otherwise a client that knows an id could drop its row from the cache. */
static void a_wrong_secret_does_not_drop_an_old_row(void **state)
{
    at_lookup_config_t config = quick_config();
    test_token_t bearer, forged;
    lookup_fixture_t fixture;

    config.rules.interval = SUPPORT_LONG_MS;
    config.ttl = 50;
    fixture = lookup_fixture_open(*state, &config);
    lookup_fixture_mint(&fixture, &bearer);
    lookup_fixture_forge(&bearer, &forged);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    nap_until(at_clock_monotonic() + 60);
    assert_int_equal(lookup_fixture_verdict(&fixture, &forged),
                     AT_TOKEN_WRONG_SECRET);
    lookup_fixture_hide_table(&fixture);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    lookup_fixture_close(&fixture);
}

/* It is not known whether the row is still true. */
static void a_wrong_secret_is_not_refused_by_an_old_row(void **state)
{
    at_lookup_config_t config = quick_config();
    test_token_t bearer, forged;
    at_found_t found;
    lookup_fixture_t fixture;

    config.rules.interval = SUPPORT_LONG_MS;
    config.ttl = 50;
    fixture = lookup_fixture_open(*state, &config);
    lookup_fixture_mint(&fixture, &bearer);
    lookup_fixture_forge(&bearer, &forged);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    nap_until(at_clock_monotonic() + 60);
    lookup_fixture_hide_table(&fixture);
    assert_int_equal(lookup_fixture_find(&fixture, &forged, &found),
                     AT_EUNAVAILABLE);
    assert_null(found.evidence.terms);
    lookup_fixture_close(&fixture);
}

/* However long the table is unavailable, it is polled until it answers
 * again. */
static void deletions_take_effect_after_a_long_outage(void **state)
{
    at_lookup_config_t config = quick_config();
    apr_int64_t lost, back;
    test_token_t bearer;
    lookup_fixture_t fixture;

    config.ttl = 3500;
    fixture = lookup_fixture_open(*state, &config);
    lookup_fixture_mint(&fixture, &bearer);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    await_freshness(&fixture, 0);
    lookup_fixture_hide_table(&fixture);
    lost = at_clock_monotonic();
    while (at_clock_monotonic() < lost + config.ttl + INTERVAL) {
        assert_int_equal(lookup_fixture_verdict(&fixture, &bearer),
                         AT_TOKEN_VALID);
        support_nap();
    }
    lookup_fixture_show_table(&fixture);
    lookup_fixture_delete_elsewhere(&fixture, &bearer);
    back = at_clock_monotonic();
    while (lookup_fixture_verdict(&fixture, &bearer) == AT_TOKEN_VALID) {
        assert_true(at_clock_monotonic() - back < 2 * INTERVAL + SLOW);
        support_nap();
    }
    lookup_fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_token_that_is_deleted_elsewhere_is_refused),
        SUPPORT_TEST(a_token_in_the_cache_is_not_looked_up_again),
        SUPPORT_TEST(the_cache_serves_while_the_table_is_unavailable),
        SUPPORT_TEST(without_stale_the_cache_serves_for_the_interval_only),
        SUPPORT_TEST(an_old_row_serves_only_while_the_table_is_unavailable),
        SUPPORT_TEST(an_old_row_that_was_removed_does_not_serve),
        SUPPORT_TEST(an_old_row_that_is_broken_does_not_serve),
        SUPPORT_TEST(an_old_row_with_another_secret_now_does_not_serve),
        SUPPORT_TEST(a_wrong_secret_does_not_drop_an_old_row),
        SUPPORT_TEST(a_wrong_secret_is_not_refused_by_an_old_row),
        SUPPORT_TEST(deletions_take_effect_after_a_long_outage),
    };

    return cmocka_run_group_tests_name("lookup_trust", tests, support_begin,
                                       support_end);
}
