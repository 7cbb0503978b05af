/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the scribe: uses on the shelf are written once an interval, or at
 * once, and none is left when a process ends.
 */
#include "house.h"

#include "core/scribe.h"
#include "core/uses.h"

#define MINUTE 60000
#define TOKENS 5

static house_t open_house(void **state)
{
    house_t house = house_open(state, AT_SHELF_LEAST);
    goods_t goods;
    int i;

    for (i = 0; i < TOKENS; i++) {
        house_stock(&house, i, &goods);
    }
    return house;
}

static at_scribe_t *open_scribe(house_t *house, apr_int64_t interval)
{
    house_engage(house);
    return house_scribe(house, interval);
}

/* As a request does: noted, then counted. */
static void use(house_t *house, int number, apr_int64_t when)
{
    goods_t goods;

    goods_make(house->shelf, number, &goods);
    assert_true(at_uses_note(house->shelf,
                             goods_put(house->shelf, &goods, 5000), when));
    at_tally_add(house->shelf, AT_TALLY_HITS, 1);
}

static void the_first_use_is_written_soon(void **state)
{
    house_t house = open_house(state);

    open_scribe(&house, MINUTE);
    use(&house, 1, 7000);
    house_await_use(&house, 1, 7000);
    assert_true(house_last_use(&house, 2) == AT_TIME_NONE);
    house_close(&house);
    assert_true(at_tally_sum(house.shelf, AT_TALLY_WRITTEN) == 1);
    assert_true(at_uses_last_written(house.shelf) > 0);
}

static void further_uses_wait_for_the_interval(void **state)
{
    house_t house = open_house(state);
    apr_int64_t written;

    open_scribe(&house, 2500);
    use(&house, 1, 7000);
    while ((written = at_uses_last_written(house.shelf)) == 0) {
        support_nap();
    }
    assert_true(house_last_use(&house, 1) == 7000);
    while (at_time_monotonic() < written + 2400) {
        use(&house, 1, at_time_monotonic() + 10000);
        assert_true(house_last_use(&house, 1) == 7000);
        support_nap();
    }
    use(&house, 1, AT_TIME_MAX);
    house_await_use(&house, 1, AT_TIME_MAX);
    house_close(&house);
    assert_true(at_uses_last_written(house.shelf) >= written + 2500);
    assert_true(at_tally_sum(house.shelf, AT_TALLY_WRITTEN) == 2);
}

/* Who needs the shelf's room does not wait. */
static void a_write_can_be_called_for(void **state)
{
    house_t house = open_house(state);

    at_uses_set_written(house.shelf, at_time_monotonic());
    open_scribe(&house, MINUTE);
    use(&house, 1, 7000);
    at_uses_set_written(house.shelf, 0);
    house_await_use(&house, 1, 7000);
    house_close(&house);
}

static void without_an_interval_a_use_is_written_when_woken(void **state)
{
    house_t house = open_house(state);
    at_scribe_t *scribe = open_scribe(&house, 0);
    apr_int64_t begun = at_time_monotonic();
    int i;

    for (i = 0; i < 20; i++) {
        use(&house, i % TOKENS, 7000 + i);
        at_scribe_wake(scribe);
        house_await_use(&house, i % TOKENS, 7000 + i);
    }
    assert_true(at_time_monotonic() - begun < 10000); /* 20 ticks are more */
    house_close(&house);
}

static void nobody_looks_where_nobody_came(void **state)
{
    house_t house = open_house(state);
    apr_int64_t begun;
    goods_t goods;

    open_scribe(&house, 0);
    use(&house, 1, 7000);
    house_await_use(&house, 1, 7000);
    goods_make(house.shelf, 1, &goods);
    begun = at_time_monotonic();
    at_uses_note(house.shelf, goods_put(house.shelf, &goods, 5000), 8000);
    while (at_time_monotonic() < begun + 1500) {
        assert_true(house_last_use(&house, 1) == 7000);
        support_nap();
    }
    house_close(&house);
    assert_true(house_last_use(&house, 1) == 8000);
}

static void all_that_is_pending_is_written_at_the_end(void **state)
{
    house_t house = open_house(state);
    int i;

    at_uses_set_written(house.shelf, at_time_monotonic());
    open_scribe(&house, MINUTE);
    for (i = 0; i < TOKENS; i++) {
        use(&house, i, 7000 + i);
    }
    house_close(&house);
    for (i = 0; i < TOKENS; i++) {
        assert_true(house_last_use(&house, i) == 7000 + i);
    }
    assert_int_equal(at_uses_count(house.shelf), 0);
}

static void a_write_that_fails_is_tried_again(void **state)
{
    house_t house = open_house(state);
    apr_int64_t begun = at_time_monotonic();

    house_lose_table(&house);
    open_scribe(&house, 0);
    use(&house, 1, 7000);
    while (at_time_monotonic() < begun + 1500) {
        assert_int_equal(at_uses_count(house.shelf), 1);
        support_nap();
    }
    assert_true(at_tally_sum(house.shelf, AT_TALLY_WRITTEN) == 0);
    house_regain_table(&house);
    house_await_use(&house, 1, 7000);
    house_close(&house);
    assert_int_equal(at_uses_count(house.shelf), 0);
    assert_true(at_tally_sum(house.shelf, AT_TALLY_WRITTEN) == 1);
}

static void the_end_does_not_wait_for_ever(void **state)
{
    house_t house = open_house(state);
    apr_int64_t begun;

    house_lose_table(&house);
    open_scribe(&house, MINUTE);
    use(&house, 1, 7000);
    begun = at_time_monotonic();
    house_close(&house);
    assert_true(at_time_monotonic() - begun < SUPPORT_LONG_MS / 2);
    assert_int_equal(at_uses_count(house.shelf), 1);
    house_regain_table(&house);
    assert_true(house_last_use(&house, 1) == AT_TIME_NONE);
    open_scribe(&house, MINUTE); /* the next process finds it there */
    house_close(&house);
    assert_true(house_last_use(&house, 1) == 7000);
}

static void a_use_never_goes_back(void **state)
{
    house_t house = open_house(state);
    goods_t goods;

    goods_make(house.shelf, 1, &goods);
    support_touch(house.store, &goods.id, 9000, house.support->pool);
    open_scribe(&house, MINUTE);
    use(&house, 1, 8000); /* another server has written 9000 */
    house_close(&house);
    assert_true(house_last_use(&house, 1) == 9000);
    assert_int_equal(at_uses_count(house.shelf), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(the_first_use_is_written_soon),
        SUPPORT_TEST(further_uses_wait_for_the_interval),
        SUPPORT_TEST(a_write_can_be_called_for),
        SUPPORT_TEST(without_an_interval_a_use_is_written_when_woken),
        SUPPORT_TEST(nobody_looks_where_nobody_came),
        SUPPORT_TEST(all_that_is_pending_is_written_at_the_end),
        SUPPORT_TEST(a_write_that_fails_is_tried_again),
        SUPPORT_TEST(the_end_does_not_wait_for_ever),
        SUPPORT_TEST(a_use_never_goes_back),
    };

    return cmocka_run_group_tests_name("scribe", tests, support_begin,
                                       support_end);
}
