/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the keeper: what was deleted in the table leaves the shelf in time,
 * and that no answer is not taken for one.
 */
#include "house.h"

#include "core/uses.h"

#define SIZE ((apr_size_t)4 << 20)

static void delete_at(house_t *house, const goods_t *goods, apr_int64_t when)
{
    assert_int_equal(at_store_delete(house->store, &goods->id, NULL, when,
                                     house->support->pool),
                     APR_SUCCESS);
}

static void await_question(house_t *house)
{
    apr_int64_t now = at_time_monotonic();

    while (at_contact_last(house->shelf) <= now) {
        assert_true(at_time_monotonic() < now + SUPPORT_LONG_MS);
        support_nap();
    }
}

static void a_deleted_token_leaves_the_shelf(void **state)
{
    house_t house = house_open(state, SIZE);
    at_keeper_config_t config = house_usual_keeping();
    goods_t deleted, kept;
    at_spot_t spot = house_stock(&house, 1, &deleted);

    house_stock(&house, 2, &kept);
    house_keep(&house, &config);
    await_question(&house);
    assert_true(goods_are_there(house.shelf, &deleted));
    delete_at(&house, &deleted, at_time_now());
    await_question(&house);
    assert_false(goods_are_there(house.shelf, &deleted));
    assert_false(at_uses_note(house.shelf, spot, 9000));
    assert_true(goods_are_there(house.shelf, &kept));
    house_close(&house);
}

/* The clock of the server that deleted it is slow, or its COMMIT was. */
static void a_deletion_may_be_dated_earlier(void **state)
{
    house_t house = house_open(state, SIZE);
    at_keeper_config_t config = house_usual_keeping();
    goods_t late, long_ago;

    house_stock(&house, 1, &late);
    house_stock(&house, 2, &long_ago);
    house_keep(&house, &config);
    await_question(&house);
    delete_at(&house, &late, at_time_now() - 50000);
    delete_at(&house, &long_ago, at_time_now() - 3600000);
    await_question(&house);
    assert_false(goods_are_there(house.shelf, &late));
    assert_true(goods_are_there(house.shelf, &long_ago));
    house_close(&house);
}

/* Its rows were read after that. */
static void the_first_question_reaches_back_to_the_shelf_s_beginning(
    void **state)
{
    house_t house = house_open(state, SIZE);
    at_keeper_config_t config = house_usual_keeping();
    goods_t goods;

    house_stock(&house, 1, &goods);
    house.shelf->header->made_at -= 200000;
    house.shelf->header->known_wall -= 200000;
    delete_at(&house, &goods, at_time_now() - 200000);
    house_keep(&house, &config);
    await_question(&house);
    assert_false(goods_are_there(house.shelf, &goods));
    house_close(&house);
}

/* While the table was away; rows of that time may still be served. */
static void a_question_reaches_back_to_the_one_before_it(void **state)
{
    house_t house = house_open(state, SIZE);
    at_keeper_config_t config = house_usual_keeping();
    apr_int64_t now = at_time_monotonic();
    goods_t goods;

    config.ttl = 2000;
    house_stock(&house, 1, &goods);
    goods_put(house.shelf, &goods, now - 300000);
    at_contact_made(house.shelf, now - 300000);
    at_contact_begin(house.shelf, now - 299000);
    delete_at(&house, &goods, at_time_now() - 200000);
    house.shelf->header->last_put = (apr_uint64_t)now;
    house_keep(&house, &config);
    await_question(&house);
    assert_false(goods_are_there(house.shelf, &goods));
    house_close(&house);
}

/* The machine slept, and the clock that counts here slept, too. */
static void the_wall_clock_counts_where_the_other_stood_still(void **state)
{
    house_t house = house_open(state, SIZE);
    at_keeper_config_t config = house_usual_keeping();
    goods_t goods;

    house_stock(&house, 1, &goods);
    at_contact_made(house.shelf, at_time_monotonic() - 1000);
    house.shelf->header->known_wall -= 300000;
    delete_at(&house, &goods, at_time_now() - 200000);
    house_keep(&house, &config);
    await_question(&house);
    assert_false(goods_are_there(house.shelf, &goods));
    house_close(&house);
}

/* It was set back: what is deleted now is dated before the last answer. */
static void the_other_clock_counts_where_the_wall_clock_was_set(void **state)
{
    house_t house = house_open(state, SIZE);
    at_keeper_config_t config = house_usual_keeping();
    apr_int64_t last = at_time_monotonic() - 1000;
    goods_t goods;

    house_stock(&house, 1, &goods);
    at_contact_made(house.shelf, last);
    house.shelf->header->known_wall += 3600000;
    delete_at(&house, &goods, at_time_now());
    house_keep(&house, &config);
    /* The first question; the next one would find it in any case. */
    while (at_contact_last(house.shelf) == last) {
        assert_true(at_time_monotonic() < last + SUPPORT_LONG_MS);
        support_nap();
    }
    assert_false(goods_are_there(house.shelf, &goods));
    house_close(&house);
}

static void the_use_of_a_deleted_token_is_written(void **state)
{
    house_t house = house_open(state, SIZE);
    at_keeper_config_t config = house_usual_keeping();
    goods_t goods;

    at_uses_note(house.shelf, house_stock(&house, 1, &goods), 9000);
    house_keep(&house, &config);
    delete_at(&house, &goods, at_time_now());
    await_question(&house);
    assert_true(house_last_use(&house, 1) == AT_TIME_NONE);
    house_close(&house);
    assert_int_equal(at_uses_count(house.shelf), 0);
    assert_true(house_last_use(&house, 1) == 9000);
}

#define MANY 2500 /* more than two pages, all deleted at once */

static void many_deletions_are_all_heeded(void **state)
{
    house_t house = house_open(state, SIZE);
    at_keeper_config_t config = house_usual_keeping();
    goods_t goods;
    int i;

    support_run_sql(
        house.support,
        apr_psprintf(
            house.support->pool,
            "INSERT INTO access_tokens WITH RECURSIVE n(i) AS (SELECT 0 UNION "
            "ALL SELECT i + 1 FROM n WHERE i < %d) SELECT printf('%%04x1111-"
            "1111-1111-1111-111111111111', i), printf('%%064d', i), 'alice', "
            "'', 1000, NULL, NULL, %" APR_INT64_T_FMT ", NULL FROM n",
            MANY - 1, at_time_now()));
    for (i = 0; i < MANY; i++) {
        goods_make(house.shelf, i, &goods);
        goods_put(house.shelf, &goods, at_time_monotonic());
    }
    house_keep(&house, &config);
    await_question(&house);
    for (i = 0; i < MANY; i++) {
        goods_make(house.shelf, i, &goods);
        assert_false(goods_are_there(house.shelf, &goods));
    }
    house_close(&house);
}

static void nobody_asks_for_an_empty_shelf(void **state)
{
    house_t house = house_open(state, SIZE);
    at_keeper_config_t config = house_usual_keeping();
    apr_int64_t begun = at_time_monotonic();

    house_keep(&house, &config);
    while (at_time_monotonic() < begun + 1500) {
        assert_true(at_contact_last(house.shelf) == 0);
        support_nap();
    }
    house_close(&house);
}

static void nobody_asks_for_a_shelf_that_is_not_trusted(void **state)
{
    house_t house = house_open(state, SIZE);
    at_keeper_config_t config = house_usual_keeping();
    apr_int64_t begun = at_time_monotonic();
    goods_t goods;

    config.cache = 0;
    house_stock(&house, 1, &goods);
    house_keep(&house, &config);
    while (at_time_monotonic() < begun + 1500) {
        assert_true(at_contact_last(house.shelf) == 0);
        support_nap();
    }
    house_close(&house);
}

static void questions_keep_their_interval(void **state)
{
    house_t house = house_open(state, SIZE);
    at_keeper_config_t config = house_usual_keeping();
    apr_int64_t first;
    goods_t goods;

    config.revocation = 4000;
    house_stock(&house, 1, &goods);
    house_keep(&house, &config);
    await_question(&house);
    first = at_contact_last(house.shelf);
    await_question(&house);
    assert_true(at_contact_last(house.shelf) - first >= 3000);
    house_close(&house);
}

static void without_an_answer_there_is_no_contact(void **state)
{
    house_t house = house_open(state, SIZE);
    at_keeper_config_t config = house_usual_keeping();
    apr_int64_t last;
    goods_t goods;

    house_stock(&house, 1, &goods);
    house_keep(&house, &config);
    await_question(&house);
    house_lose_table(&house);
    support_nap();
    last = at_contact_last(house.shelf);
    while (at_time_monotonic() < last + 2500) {
        assert_true(at_contact_last(house.shelf) == last);
        support_nap();
    }
    assert_true(house.shelf->header->unanswered_since != 0);
    house_regain_table(&house);
    await_question(&house);
    assert_true(house.shelf->header->unanswered_since == 0);
    assert_true(goods_are_there(house.shelf, &goods));
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_deleted_token_leaves_the_shelf),
        SUPPORT_TEST(a_deletion_may_be_dated_earlier),
        SUPPORT_TEST(the_first_question_reaches_back_to_the_shelf_s_beginning),
        SUPPORT_TEST(a_question_reaches_back_to_the_one_before_it),
        SUPPORT_TEST(the_wall_clock_counts_where_the_other_stood_still),
        SUPPORT_TEST(the_other_clock_counts_where_the_wall_clock_was_set),
        SUPPORT_TEST(the_use_of_a_deleted_token_is_written),
        SUPPORT_TEST(many_deletions_are_all_heeded),
        SUPPORT_TEST(nobody_asks_for_an_empty_shelf),
        SUPPORT_TEST(nobody_asks_for_a_shelf_that_is_not_trusted),
        SUPPORT_TEST(questions_keep_their_interval),
        SUPPORT_TEST(without_an_answer_there_is_no_contact),
    };

    return cmocka_run_group_tests_name("keeper", tests, support_begin,
                                       support_end);
}
