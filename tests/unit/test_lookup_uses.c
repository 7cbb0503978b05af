/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of uses that the lookup notes: none is lost, wherever its token is,
 * and lists show them before the table has them.
 */
#include "fixture_lookup.h"

static lookup_fixture_t open_fixture(void **state)
{
    at_lookup_config_t config = lookup_fixture_config();

    return lookup_fixture_open(*state, &config);
}

static void a_use_is_in_the_table_after_the_end(void **state)
{
    lookup_fixture_t fixture = open_fixture(state);
    test_token_t cold, warm, idle;

    lookup_fixture_mint(&fixture, &cold);
    lookup_fixture_mint(&fixture, &warm);
    lookup_fixture_mint(&fixture, &idle);
    lookup_fixture_use(&fixture, &cold, 7000);
    lookup_fixture_use(&fixture, &warm, 7000);
    lookup_fixture_use(&fixture, &warm, 8000);
    assert_int_equal(lookup_fixture_verdict(&fixture, &idle), AT_TOKEN_VALID);
    lookup_fixture_close(&fixture);
    assert_true(lookup_fixture_row(&fixture, &cold)->last_used == 7000);
    assert_true(lookup_fixture_row(&fixture, &warm)->last_used == 8000);
    assert_true(lookup_fixture_row(&fixture, &idle)->last_used == AT_TIME_NONE);
}

static void requests_are_counted_by_where_the_row_came_from(void **state)
{
    at_lookup_config_t config = lookup_fixture_config();
    lookup_fixture_t fixture;
    test_token_t bearer;
    int i;

    fixture = lookup_fixture_open(*state, &config);
    lookup_fixture_mint(&fixture, &bearer);
    for (i = 0; i < 5; i++) {
        lookup_fixture_use(&fixture, &bearer, 7000 + i);
    }
    assert_int_equal(lookup_fixture_count(&fixture, AT_COUNTER_COLD), 1);
    assert_int_equal(lookup_fixture_count(&fixture, AT_COUNTER_HITS), 4);
    assert_int_equal(lookup_fixture_count(&fixture, AT_COUNTER_STALE), 0);
    assert_int_equal(lookup_fixture_count(&fixture, AT_COUNTER_LOOKUPS), 1);
    lookup_fixture_close(&fixture);
}

static void a_list_shows_uses_before_they_are_in_the_table(void **state)
{
    lookup_fixture_t fixture = open_fixture(state);
    test_token_t bearer;
    at_row_t *row;

    lookup_fixture_mint(&fixture, &bearer);
    at_cache_uses_set_written(fixture.cache,
                              at_clock_monotonic()); /* not now */
    lookup_fixture_use(&fixture, &bearer, 7000);
    row = lookup_fixture_row(&fixture, &bearer);
    assert_true(row->last_used == AT_TIME_NONE);
    at_lookup_refresh(fixture.lookup, row);
    assert_true(row->last_used == 7000);
    row->last_used = 9000;
    at_lookup_refresh(fixture.lookup, row);
    assert_true(row->last_used == 9000);
    row->id.data[0] ^= 1;
    row->last_used = AT_TIME_NONE;
    at_lookup_refresh(fixture.lookup, row);
    assert_true(row->last_used == AT_TIME_NONE);
    lookup_fixture_close(&fixture);
}

/* Then nothing is written, whatever happens to the row. */
static void uses_can_be_left_unwritten(void **state)
{
    at_lookup_config_t config = lookup_fixture_config();
    test_token_t kept, deleted;
    lookup_fixture_t fixture;
    at_row_t *row;

    config.lastused = -1;
    fixture = lookup_fixture_open(*state, &config);
    lookup_fixture_mint(&fixture, &kept);
    lookup_fixture_mint(&fixture, &deleted);
    lookup_fixture_use(&fixture, &kept, 7000);
    lookup_fixture_use(&fixture, &deleted, 7000);
    assert_int_equal(at_cache_uses_count(fixture.cache), 0);
    row = lookup_fixture_row(&fixture, &kept);
    at_lookup_refresh(fixture.lookup, row);
    assert_true(row->last_used == AT_TIME_NONE);
    assert_int_equal(lookup_fixture_delete(&fixture, &deleted), APR_SUCCESS);
    lookup_fixture_close(&fixture);
    assert_true(lookup_fixture_row(&fixture, &kept)->last_used == AT_TIME_NONE);
    assert_true(lookup_fixture_row(&fixture, &deleted)->last_used ==
                AT_TIME_NONE);
    assert_int_equal(lookup_fixture_count(&fixture, AT_COUNTER_COLD), 2);
}

static void a_use_is_written_at_once_if_so_configured(void **state)
{
    at_lookup_config_t config = lookup_fixture_config();
    apr_int64_t begun;
    test_token_t bearer;
    lookup_fixture_t fixture;
    int i;

    config.lastused = 0;
    fixture = lookup_fixture_open(*state, &config);
    lookup_fixture_mint(&fixture, &bearer);
    for (i = 0; i < 3; i++) {
        begun = at_clock_monotonic();
        lookup_fixture_use(&fixture, &bearer, 7000 + i);
        while (lookup_fixture_row(&fixture, &bearer)->last_used != 7000 + i) {
            assert_true(at_clock_monotonic() - begun < SUPPORT_LONG_MS);
            support_nap();
        }
    }
    lookup_fixture_close(&fixture);
}

static void the_use_of_a_deleted_token_is_written(void **state)
{
    lookup_fixture_t fixture = open_fixture(state);
    test_token_t bearer;

    lookup_fixture_mint(&fixture, &bearer);
    at_cache_uses_set_written(fixture.cache, at_clock_monotonic());
    lookup_fixture_use(&fixture, &bearer, 7000);
    assert_int_equal(lookup_fixture_delete(&fixture, &bearer), APR_SUCCESS);
    lookup_fixture_close(&fixture);
    assert_true(lookup_fixture_row(&fixture, &bearer)->last_used == 7000);
    assert_true(lookup_fixture_row(&fixture, &bearer)->deleted_at !=
                AT_TIME_NONE);
}

/* The row was evicted between the verdict and the note. */
static void a_use_without_a_slot_is_written(void **state)
{
    lookup_fixture_t fixture = open_fixture(state);
    at_found_t found;
    test_token_t bearer;
    at_use_t use;

    lookup_fixture_mint(&fixture, &bearer);
    assert_int_equal(lookup_fixture_find(&fixture, &bearer, &found),
                     APR_SUCCESS);
    at_cache_drop(fixture.cache, &found.id, &use);
    at_lookup_note_use(fixture.lookup, &found, 7000);
    assert_int_equal(lookup_fixture_find(&fixture, &bearer, &found),
                     APR_SUCCESS);
    found.in_cache = 0;
    at_lookup_note_use(fixture.lookup, &found, 8000);
    assert_true(at_cache_uses_of(fixture.cache, &found.id) == 8000);
    lookup_fixture_close(&fixture);
    assert_true(lookup_fixture_row(&fixture, &bearer)->last_used == 8000);
}

#define TOKENS 400 /* several times the capacity of the cache */

static void uses_of_evicted_tokens_are_written(void **state)
{
    static test_token_t bearers[TOKENS];
    lookup_fixture_t fixture = open_fixture(state);
    int i;

    assert_true(at_cache_capacity(fixture.cache) < TOKENS / 2);
    for (i = 0; i < TOKENS; i++) {
        lookup_fixture_mint(&fixture, &bearers[i]);
    }
    for (i = 0; i < TOKENS; i++) {
        lookup_fixture_use(&fixture, &bearers[i], 7000 + i);
    }
    lookup_fixture_close(&fixture);
    for (i = 0; i < TOKENS; i++) {
        assert_true(lookup_fixture_row(&fixture, &bearers[i])->last_used ==
                    7000 + i);
    }
    assert_true(lookup_fixture_count(&fixture, AT_COUNTER_DISPLACED) > 0);
    assert_int_equal(at_cache_uses_count(fixture.cache), 0);
}

/* Use so many tokens that all others are evicted. */
static void evict_all_others(lookup_fixture_t *fixture, apr_int64_t when)
{
    static test_token_t others[TOKENS / 2];
    int i;

    for (i = 0; i < TOKENS / 2; i++) {
        lookup_fixture_mint(fixture, &others[i]);
        lookup_fixture_use(fixture, &others[i], when);
    }
}

static apr_int64_t shown(lookup_fixture_t *fixture, const test_token_t *bearer)
{
    at_row_t *row = lookup_fixture_row(fixture, bearer);

    at_lookup_refresh(fixture->lookup, row);
    return row->last_used;
}

/* Less than an interval after the use that was written. */
static void a_displaced_use_is_shown_and_written(void **state)
{
    lookup_fixture_t fixture = open_fixture(state);
    at_lookup_config_t config = lookup_fixture_config();
    lookup_fixture_t other = lookup_fixture_open_process(&fixture, &config);
    at_found_t found;
    test_token_t bearer;

    lookup_fixture_mint(&fixture, &bearer);
    support_touch(fixture.op, &bearer.credential.id, 7000,
                  fixture.support->pool);
    at_cache_uses_set_written(fixture.cache, at_clock_monotonic());
    lookup_fixture_use(&fixture, &bearer, 8000);
    evict_all_others(&fixture, 9000);
    assert_int_equal(lookup_fixture_find(&fixture, &bearer, &found),
                     APR_SUCCESS);
    assert_false(found.from_cache);
    assert_true(shown(&fixture, &bearer) == 8000);
    assert_true(shown(&other, &bearer) == 8000);
    lookup_fixture_close(&other);
    lookup_fixture_close(&fixture);
    assert_true(lookup_fixture_row(&fixture, &bearer)->last_used == 8000);
}

/* Virtual hosts that differ */

static at_lookup_config_t without_writing(void)
{
    at_lookup_config_t config = lookup_fixture_config();

    config.lastused = -1;
    return config;
}

static void a_virtual_host_that_writes_no_uses_leaves_those_of_others(
    void **state)
{
    lookup_fixture_t writer = open_fixture(state);
    at_lookup_config_t config = without_writing();
    lookup_fixture_t other = lookup_fixture_open_process(&writer, &config);
    test_token_t both, one;

    lookup_fixture_mint(&writer, &both);
    lookup_fixture_mint(&writer, &one);
    at_cache_uses_set_written(writer.cache, at_clock_monotonic());
    lookup_fixture_use(&writer, &both, 7000);
    lookup_fixture_use(&other, &both, 7001);
    lookup_fixture_use(&other, &one, 7001);
    assert_int_equal(at_cache_uses_count(writer.cache), 1);
    assert_true(shown(&writer, &both) == 7000);
    lookup_fixture_close(&other);
    assert_int_equal(at_cache_uses_count(writer.cache), 1);
    lookup_fixture_close(&writer);
    assert_true(lookup_fixture_row(&writer, &both)->last_used == 7000);
    assert_true(lookup_fixture_row(&writer, &one)->last_used == AT_TIME_NONE);
}

/* Displaced or deleted by them. */
static void displaced_uses_of_other_virtual_hosts_are_written(void **state)
{
    static test_token_t bearers[TOKENS / 8];
    lookup_fixture_t writer = open_fixture(state);
    at_lookup_config_t config = without_writing();
    lookup_fixture_t other = lookup_fixture_open_process(&writer, &config);
    int i;

    at_cache_uses_set_written(writer.cache, at_clock_monotonic());
    for (i = 0; i < TOKENS / 8; i++) {
        lookup_fixture_mint(&writer, &bearers[i]);
        lookup_fixture_use(&writer, &bearers[i], 7000 + i);
    }
    assert_int_equal(lookup_fixture_delete(&other, &bearers[3]), APR_SUCCESS);
    for (i = 0; i < 4; i++) {
        evict_all_others(&other, 9000);
    }
    lookup_fixture_close(&writer);
    lookup_fixture_close(&other);
    for (i = 0; i < TOKENS / 8; i++) {
        assert_true(lookup_fixture_row(&writer, &bearers[i])->last_used ==
                    7000 + i);
    }
    assert_int_equal(at_cache_uses_count(writer.cache), 0);
}

/* In a cache whose uses are not written, the token that was used longest ago
 * is evicted. */
static void without_writing_the_least_recently_used_row_is_evicted(void **state)
{
    at_lookup_config_t config = without_writing();
    lookup_fixture_t fixture = lookup_fixture_open(*state, &config);
    at_found_t found;
    test_token_t busy;

    lookup_fixture_mint(&fixture, &busy);
    lookup_fixture_use(&fixture, &busy, 9999);
    evict_all_others(&fixture, 9000);
    assert_int_equal(lookup_fixture_find(&fixture, &busy, &found), APR_SUCCESS);
    assert_true(found.from_cache);
    assert_int_equal(at_cache_uses_count(fixture.cache), 0);
    lookup_fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_use_is_in_the_table_after_the_end),
        SUPPORT_TEST(requests_are_counted_by_where_the_row_came_from),
        SUPPORT_TEST(a_list_shows_uses_before_they_are_in_the_table),
        SUPPORT_TEST(uses_can_be_left_unwritten),
        SUPPORT_TEST(a_use_is_written_at_once_if_so_configured),
        SUPPORT_TEST(the_use_of_a_deleted_token_is_written),
        SUPPORT_TEST(a_use_without_a_slot_is_written),
        SUPPORT_TEST(uses_of_evicted_tokens_are_written),
        SUPPORT_TEST(a_displaced_use_is_shown_and_written),
        SUPPORT_TEST(a_virtual_host_that_writes_no_uses_leaves_those_of_others),
        SUPPORT_TEST(displaced_uses_of_other_virtual_hosts_are_written),
        SUPPORT_TEST(without_writing_the_least_recently_used_row_is_evicted),
    };

    return cmocka_run_group_tests_name("lookup_uses", tests, support_begin,
                                       support_end);
}
