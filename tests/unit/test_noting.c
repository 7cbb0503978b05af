/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of uses that the clerk notes: none is lost, wherever its token stands,
 * and lists know of them before the table does.
 */
#include "office.h"

static office_t open_office(void **state)
{
    at_clerk_config_t config = office_config();

    return office_open(*state, &config);
}

static void a_use_is_in_the_table_after_the_end(void **state)
{
    office_t office = open_office(state);
    bearer_t cold, warm, idle;

    office_mint(&office, &cold);
    office_mint(&office, &warm);
    office_mint(&office, &idle);
    office_use(&office, &cold, 7000);
    office_use(&office, &warm, 7000);
    office_use(&office, &warm, 8000);
    assert_int_equal(office_judge(&office, &idle), AT_TOKEN_VALID);
    office_close(&office);
    assert_true(office_row(&office, &cold)->last_used == 7000);
    assert_true(office_row(&office, &warm)->last_used == 8000);
    assert_true(office_row(&office, &idle)->last_used == AT_TIME_NONE);
}

static void uses_are_counted_by_where_they_came_from(void **state)
{
    at_clerk_config_t config = office_config();
    office_t office;
    bearer_t bearer;
    int i;

    office = office_open(*state, &config);
    office_mint(&office, &bearer);
    for (i = 0; i < 5; i++) {
        office_use(&office, &bearer, 7000 + i);
    }
    assert_int_equal(office_count(&office, AT_TALLY_COLD), 1);
    assert_int_equal(office_count(&office, AT_TALLY_HITS), 4);
    assert_int_equal(office_count(&office, AT_TALLY_STALE), 0);
    assert_int_equal(office_count(&office, AT_TALLY_LOOKUPS), 1);
    office_close(&office);
}

static void a_list_knows_of_uses_before_the_table(void **state)
{
    office_t office = open_office(state);
    bearer_t bearer;
    at_row_t *row;

    office_mint(&office, &bearer);
    at_uses_set_written(office.shelf, at_time_monotonic()); /* not now */
    office_use(&office, &bearer, 7000);
    row = office_row(&office, &bearer);
    assert_true(row->last_used == AT_TIME_NONE);
    at_clerk_refresh(office.clerk, row);
    assert_true(row->last_used == 7000);
    row->last_used = 9000;
    at_clerk_refresh(office.clerk, row);
    assert_true(row->last_used == 9000);
    row->id.data[0] ^= 1;
    row->last_used = AT_TIME_NONE;
    at_clerk_refresh(office.clerk, row);
    assert_true(row->last_used == AT_TIME_NONE);
    office_close(&office);
}

/* Nothing is written then, whatever becomes of the row. */
static void uses_can_be_left_unwritten(void **state)
{
    at_clerk_config_t config = office_config();
    bearer_t kept, deleted;
    office_t office;
    at_row_t *row;

    config.lastused = -1;
    office = office_open(*state, &config);
    office_mint(&office, &kept);
    office_mint(&office, &deleted);
    office_use(&office, &kept, 7000);
    office_use(&office, &deleted, 7000);
    assert_int_equal(at_uses_count(office.shelf), 0);
    row = office_row(&office, &kept);
    at_clerk_refresh(office.clerk, row);
    assert_true(row->last_used == AT_TIME_NONE);
    assert_int_equal(office_delete(&office, &deleted), APR_SUCCESS);
    office_close(&office);
    assert_true(office_row(&office, &kept)->last_used == AT_TIME_NONE);
    assert_true(office_row(&office, &deleted)->last_used == AT_TIME_NONE);
    assert_int_equal(office_count(&office, AT_TALLY_COLD), 2);
}

static void a_use_is_written_at_once_if_so_wanted(void **state)
{
    at_clerk_config_t config = office_config();
    apr_int64_t begun;
    bearer_t bearer;
    office_t office;
    int i;

    config.lastused = 0;
    office = office_open(*state, &config);
    office_mint(&office, &bearer);
    for (i = 0; i < 3; i++) {
        begun = at_time_monotonic();
        office_use(&office, &bearer, 7000 + i);
        while (office_row(&office, &bearer)->last_used != 7000 + i) {
            assert_true(at_time_monotonic() - begun < SUPPORT_LONG_MS);
            support_nap();
        }
    }
    office_close(&office);
}

static void the_use_of_a_deleted_token_is_written(void **state)
{
    office_t office = open_office(state);
    bearer_t bearer;

    office_mint(&office, &bearer);
    at_uses_set_written(office.shelf, at_time_monotonic());
    office_use(&office, &bearer, 7000);
    assert_int_equal(office_delete(&office, &bearer), APR_SUCCESS);
    office_close(&office);
    assert_true(office_row(&office, &bearer)->last_used == 7000);
    assert_true(office_row(&office, &bearer)->deleted_at != AT_TIME_NONE);
}

/* The row left the shelf between the verdict and the note. */
static void a_use_without_a_place_is_written(void **state)
{
    office_t office = open_office(state);
    at_found_t found;
    bearer_t bearer;
    at_use_t use;

    office_mint(&office, &bearer);
    assert_int_equal(office_find(&office, &bearer, &found), APR_SUCCESS);
    at_shelf_drop(office.shelf, &found.id, &use);
    at_clerk_note_use(office.clerk, &found, 7000);
    assert_int_equal(office_find(&office, &bearer, &found), APR_SUCCESS);
    found.on_shelf = 0;
    at_clerk_note_use(office.clerk, &found, 8000);
    assert_true(at_uses_of(office.shelf, &found.id) == 8000);
    office_close(&office);
    assert_true(office_row(&office, &bearer)->last_used == 8000);
}

#define TOKENS 400 /* several times what the shelf has room for */

static void uses_of_those_who_had_to_go_are_written(void **state)
{
    static bearer_t bearers[TOKENS];
    office_t office = open_office(state);
    int i;

    assert_true(at_shelf_room(office.shelf) < TOKENS / 2);
    for (i = 0; i < TOKENS; i++) {
        office_mint(&office, &bearers[i]);
    }
    for (i = 0; i < TOKENS; i++) {
        office_use(&office, &bearers[i], 7000 + i);
    }
    office_close(&office);
    for (i = 0; i < TOKENS; i++) {
        assert_true(office_row(&office, &bearers[i])->last_used == 7000 + i);
    }
    assert_true(office_count(&office, AT_TALLY_DISPLACED) > 0);
    assert_int_equal(at_uses_count(office.shelf), 0);
}

/* Uses many tokens, so that all others have to go. */
static void crowd_out(office_t *office, apr_int64_t when)
{
    static bearer_t others[TOKENS / 2];
    int i;

    for (i = 0; i < TOKENS / 2; i++) {
        office_mint(office, &others[i]);
        office_use(office, &others[i], when);
    }
}

static apr_int64_t shown(office_t *office, const bearer_t *bearer)
{
    at_row_t *row = office_row(office, bearer);

    at_clerk_refresh(office->clerk, row);
    return row->last_used;
}

/* Less than an interval after the one that is written. */
static void a_use_that_had_to_go_is_shown_and_written(void **state)
{
    office_t office = open_office(state);
    at_clerk_config_t config = office_config();
    office_t other = office_branch(&office, &config);
    at_found_t found;
    bearer_t bearer;

    office_mint(&office, &bearer);
    support_touch(office.store, &bearer.credential.id, 7000,
                  office.support->pool);
    at_uses_set_written(office.shelf, at_time_monotonic());
    office_use(&office, &bearer, 8000);
    crowd_out(&office, 9000);
    assert_int_equal(office_find(&office, &bearer, &found), APR_SUCCESS);
    assert_false(found.from_shelf);
    assert_true(shown(&office, &bearer) == 8000);
    assert_true(shown(&other, &bearer) == 8000);
    office_close(&other);
    office_close(&office);
    assert_true(office_row(&office, &bearer)->last_used == 8000);
}

/* Virtual hosts that differ */

static at_clerk_config_t without_writing(void)
{
    at_clerk_config_t config = office_config();

    config.lastused = -1;
    return config;
}

static void who_writes_no_uses_leaves_those_of_others_alone(void **state)
{
    office_t writer = open_office(state);
    at_clerk_config_t config = without_writing();
    office_t other = office_branch(&writer, &config);
    bearer_t both, one;

    office_mint(&writer, &both);
    office_mint(&writer, &one);
    at_uses_set_written(writer.shelf, at_time_monotonic());
    office_use(&writer, &both, 7000);
    office_use(&other, &both, 7001);
    office_use(&other, &one, 7001);
    assert_int_equal(at_uses_count(writer.shelf), 1);
    assert_true(shown(&writer, &both) == 7000);
    office_close(&other);
    assert_int_equal(at_uses_count(writer.shelf), 1);
    office_close(&writer);
    assert_true(office_row(&writer, &both)->last_used == 7000);
    assert_true(office_row(&writer, &one)->last_used == AT_TIME_NONE);
}

/* Displaced or deleted there. */
static void uses_of_others_that_had_to_go_are_written(void **state)
{
    static bearer_t bearers[TOKENS / 8];
    office_t writer = open_office(state);
    at_clerk_config_t config = without_writing();
    office_t other = office_branch(&writer, &config);
    int i;

    at_uses_set_written(writer.shelf, at_time_monotonic());
    for (i = 0; i < TOKENS / 8; i++) {
        office_mint(&writer, &bearers[i]);
        office_use(&writer, &bearers[i], 7000 + i);
    }
    assert_int_equal(office_delete(&other, &bearers[3]), APR_SUCCESS);
    for (i = 0; i < 4; i++) {
        crowd_out(&other, 9000);
    }
    office_close(&writer);
    office_close(&other);
    for (i = 0; i < TOKENS / 8; i++) {
        assert_true(office_row(&writer, &bearers[i])->last_used == 7000 + i);
    }
    assert_int_equal(at_uses_count(writer.shelf), 0);
}

/* Of a shelf for which nobody writes, who was used longest ago has to go. */
static void the_order_is_known_where_nobody_writes(void **state)
{
    at_clerk_config_t config = without_writing();
    office_t office = office_open(*state, &config);
    at_found_t found;
    bearer_t busy;

    office_mint(&office, &busy);
    office_use(&office, &busy, 9999);
    crowd_out(&office, 9000);
    assert_int_equal(office_find(&office, &busy, &found), APR_SUCCESS);
    assert_true(found.from_shelf);
    assert_int_equal(at_uses_count(office.shelf), 0);
    office_close(&office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_use_is_in_the_table_after_the_end),
        SUPPORT_TEST(uses_are_counted_by_where_they_came_from),
        SUPPORT_TEST(a_list_knows_of_uses_before_the_table),
        SUPPORT_TEST(uses_can_be_left_unwritten),
        SUPPORT_TEST(a_use_is_written_at_once_if_so_wanted),
        SUPPORT_TEST(the_use_of_a_deleted_token_is_written),
        SUPPORT_TEST(a_use_without_a_place_is_written),
        SUPPORT_TEST(uses_of_those_who_had_to_go_are_written),
        SUPPORT_TEST(a_use_that_had_to_go_is_shown_and_written),
        SUPPORT_TEST(who_writes_no_uses_leaves_those_of_others_alone),
        SUPPORT_TEST(uses_of_others_that_had_to_go_are_written),
        SUPPORT_TEST(the_order_is_known_where_nobody_writes),
    };

    return cmocka_run_group_tests_name("noting", tests, support_begin,
                                       support_end);
}
