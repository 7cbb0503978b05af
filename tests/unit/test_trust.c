/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the clerk and the keeper together, in real time: deletions elsewhere
 * are heeded, and while the table cannot be asked the shelf serves for as long
 * as it may.
 */
#include "office.h"

#define INTERVAL 1000
#define LATE (INTERVAL + AT_CONTACT_SLACK_MS)
#define SLOW 4000 /* a machine under load may take so much longer */

static at_clerk_config_t quick_config(void)
{
    at_clerk_config_t config = office_config();

    config.rules.interval = INTERVAL;
    return config;
}

static void nap_until(apr_int64_t moment)
{
    while (at_time_monotonic() < moment) {
        support_nap();
    }
}

static void await_contact(office_t *office, apr_int64_t after)
{
    apr_int64_t until = at_time_monotonic() + SUPPORT_LONG_MS;

    while (at_contact_last(office->shelf) <= after) {
        assert_true(at_time_monotonic() < until);
        support_nap();
    }
}

static void a_token_that_is_deleted_elsewhere_is_refused(void **state)
{
    at_clerk_config_t config = quick_config();
    office_t office = office_open(*state, &config);
    bearer_t bearer, other;
    apr_int64_t deleted;

    office_mint(&office, &bearer);
    office_mint(&office, &other);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    assert_int_equal(office_judge(&office, &other), AT_TOKEN_VALID);
    await_contact(&office, 0);
    office_delete_elsewhere(&office, &bearer);
    deleted = at_time_monotonic();
    while (office_judge(&office, &bearer) == AT_TOKEN_VALID) {
        assert_true(at_time_monotonic() - deleted < 2 * INTERVAL + SLOW);
        support_nap();
    }
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_DELETED);
    assert_int_equal(office_judge(&office, &other), AT_TOKEN_VALID);
    assert_int_equal(office_count(&office, AT_TALLY_LOOKUPS), 3);
    office_close(&office);
}

/* While the keeper asks, nobody else has to. */
static void a_known_token_is_not_looked_up_again(void **state)
{
    at_clerk_config_t config = quick_config();
    office_t office = office_open(*state, &config);
    apr_int64_t end = at_time_monotonic() + 5 * INTERVAL;
    bearer_t bearer;

    office_mint(&office, &bearer);
    while (at_time_monotonic() < end) {
        assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
        support_nap();
    }
    assert_true(office_count(&office, AT_TALLY_LOOKUPS) < 3);
    office_close(&office);
}

static void the_shelf_serves_while_the_table_is_away(void **state)
{
    at_clerk_config_t config = quick_config();
    bearer_t bearer, cold;
    at_found_t found;
    office_t office;
    apr_int64_t lost;

    config.rules.stale = 6000;
    office = office_open(*state, &config);
    office_mint(&office, &bearer);
    office_mint(&office, &cold);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    await_contact(&office, 0);
    office_lose_table(&office);
    lost = at_time_monotonic();
    while (at_time_monotonic() < lost + 2 * INTERVAL) {
        assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
        assert_int_equal(office_find(&office, &cold, &found), AT_EUNAVAILABLE);
        support_nap();
    }
    nap_until(at_contact_last(office.shelf) + LATE + 100);
    assert_int_equal(office_find(&office, &bearer, &found), APR_SUCCESS);
    assert_true(found.alone);
    assert_true(found.from_shelf);
    office_use(&office, &bearer, 7000);
    assert_int_equal(office_count(&office, AT_TALLY_STALE), 1);
    nap_until(at_contact_last(office.shelf) + 6001);
    assert_int_equal(office_find(&office, &bearer, &found), AT_EUNAVAILABLE);
    office_regain_table(&office);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    office_close(&office);
}

static void without_stale_the_shelf_ends_with_the_interval(void **state)
{
    at_clerk_config_t config = quick_config();
    at_found_t found;
    bearer_t bearer;
    office_t office;

    config.rules.stale = 0;
    office = office_open(*state, &config);
    office_mint(&office, &bearer);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    await_contact(&office, 0);
    office_lose_table(&office);
    nap_until(at_contact_last(office.shelf) + LATE + 100);
    assert_int_equal(office_find(&office, &bearer, &found), AT_EUNAVAILABLE);
    office_close(&office);
}

/* After the ttl the table is asked first. */
static void an_old_row_serves_only_while_the_table_is_away(void **state)
{
    at_clerk_config_t config = quick_config();
    at_found_t found;
    bearer_t bearer;
    office_t office;
    int lookups;

    config.rules.interval = SUPPORT_LONG_MS;
    config.ttl = 50;
    office = office_open(*state, &config);
    office_mint(&office, &bearer);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    nap_until(at_time_monotonic() + 60);
    office_lose_table(&office);
    lookups = office_count(&office, AT_TALLY_LOOKUPS);
    assert_int_equal(office_find(&office, &bearer, &found), APR_SUCCESS);
    assert_true(found.alone);
    assert_true(found.evidence.proven);
    assert_int_equal(office_count(&office, AT_TALLY_LOOKUPS), lookups + 1);
    office_regain_table(&office);
    office_delete_elsewhere(&office, &bearer);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_DELETED);
    office_close(&office);
}

/* What the table says of a row that the shelf knows of old; it must not serve
 * then, nor when the table is away later. */
static void outdate_with(void **state, const char *sql, apr_status_t status)
{
    at_clerk_config_t config = quick_config();
    at_found_t found;
    bearer_t bearer;
    office_t office;

    config.rules.interval = SUPPORT_LONG_MS;
    config.ttl = 50;
    office = office_open(*state, &config);
    office_mint(&office, &bearer);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    nap_until(at_time_monotonic() + 60);
    support_run_sql(office.support, sql);
    assert_int_equal(office_find(&office, &bearer, &found), status);
    assert_null(found.evidence.grant);
    office_lose_table(&office);
    assert_int_equal(office_find(&office, &bearer, &found), AT_EUNAVAILABLE);
    office_close(&office);
}

static void an_old_row_that_is_gone_does_not_serve(void **state)
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

/* Else anybody who knows an id could take its row off the shelf. */
static void a_wrong_secret_leaves_an_old_row(void **state)
{
    at_clerk_config_t config = quick_config();
    bearer_t bearer, forged;
    office_t office;

    config.rules.interval = SUPPORT_LONG_MS;
    config.ttl = 50;
    office = office_open(*state, &config);
    office_mint(&office, &bearer);
    office_forge(&bearer, &forged);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    nap_until(at_time_monotonic() + 60);
    assert_int_equal(office_judge(&office, &forged), AT_TOKEN_WRONG_SECRET);
    office_lose_table(&office);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    office_close(&office);
}

/* What it says is not known to be true any more. */
static void a_wrong_secret_is_not_refused_by_an_old_row(void **state)
{
    at_clerk_config_t config = quick_config();
    bearer_t bearer, forged;
    at_found_t found;
    office_t office;

    config.rules.interval = SUPPORT_LONG_MS;
    config.ttl = 50;
    office = office_open(*state, &config);
    office_mint(&office, &bearer);
    office_forge(&bearer, &forged);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    nap_until(at_time_monotonic() + 60);
    office_lose_table(&office);
    assert_int_equal(office_find(&office, &forged, &found), AT_EUNAVAILABLE);
    assert_null(found.evidence.grant);
    office_close(&office);
}

/* However long it is away, somebody looks whether it is back. */
static void deletions_are_heeded_after_a_long_absence(void **state)
{
    at_clerk_config_t config = quick_config();
    apr_int64_t lost, back;
    bearer_t bearer;
    office_t office;

    config.ttl = 3500;
    office = office_open(*state, &config);
    office_mint(&office, &bearer);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    await_contact(&office, 0);
    office_lose_table(&office);
    lost = at_time_monotonic();
    while (at_time_monotonic() < lost + config.ttl + INTERVAL) {
        assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
        support_nap();
    }
    office_regain_table(&office);
    office_delete_elsewhere(&office, &bearer);
    back = at_time_monotonic();
    while (office_judge(&office, &bearer) == AT_TOKEN_VALID) {
        assert_true(at_time_monotonic() - back < 2 * INTERVAL + SLOW);
        support_nap();
    }
    office_close(&office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_token_that_is_deleted_elsewhere_is_refused),
        SUPPORT_TEST(a_known_token_is_not_looked_up_again),
        SUPPORT_TEST(the_shelf_serves_while_the_table_is_away),
        SUPPORT_TEST(without_stale_the_shelf_ends_with_the_interval),
        SUPPORT_TEST(an_old_row_serves_only_while_the_table_is_away),
        SUPPORT_TEST(an_old_row_that_is_gone_does_not_serve),
        SUPPORT_TEST(an_old_row_that_is_broken_does_not_serve),
        SUPPORT_TEST(an_old_row_with_another_secret_now_does_not_serve),
        SUPPORT_TEST(a_wrong_secret_leaves_an_old_row),
        SUPPORT_TEST(a_wrong_secret_is_not_refused_by_an_old_row),
        SUPPORT_TEST(deletions_are_heeded_after_a_long_absence),
    };

    return cmocka_run_group_tests_name("trust", tests, support_begin,
                                       support_end);
}
