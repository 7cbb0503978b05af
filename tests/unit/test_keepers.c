/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of keepers where the ground moves: in another file, after the table had
 * to be made, and when the one who kept dies.
 */
#include "house.h"

#include <stdio.h>
#include <unistd.h>

#define SIZE AT_SHELF_LEAST

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

static void await_oblivion(house_t *house, const goods_t *goods)
{
    apr_int64_t now = at_time_monotonic();

    while (goods_are_there(house->shelf, goods)) {
        assert_true(at_time_monotonic() < now + SUPPORT_LONG_MS);
        support_nap();
    }
}

/* An empty table in another file, put in place of the first as an admin would:
 * without what belonged to that one. */
static void replace_file(house_t *house)
{
    support_t elsewhere = *house->support;
    const char *file = elsewhere.file;
    at_store_t *store;
    at_row_t *row;

    elsewhere.file = apr_pstrcat(elsewhere.pool, file, ".new", NULL);
    store = support_store(&elsewhere);
    assert_int_equal(at_store_find(store, &support_row(elsewhere.pool, 1)->id,
                                   NULL, &row, elsewhere.pool),
                     APR_NOTFOUND);
    at_database_drop(store->database);
    at_database_drop(house->store->database);
    remove(apr_pstrcat(elsewhere.pool, file, "-wal", NULL));
    remove(apr_pstrcat(elsewhere.pool, file, "-shm", NULL));
    assert_int_equal(rename(elsewhere.file, file), 0);
}

static void after_another_file_everything_is_forgotten(void **state)
{
    house_t house = house_open(state, SIZE);
    at_keeper_config_t config = house_usual_keeping();
    goods_t goods;

    house_stock(&house, 1, &goods);
    house_keep(&house, &config);
    await_question(&house);
    assert_true(goods_are_there(house.shelf, &goods));
    replace_file(&house);
    await_oblivion(&house, &goods);
    /* Who reads in this moment may still read the file before. */
    goods_put(house.shelf, &goods, at_time_monotonic());
    assert_false(goods_are_there(house.shelf, &goods));
    goods_put(house.shelf, &goods, at_time_monotonic() + 2000);
    assert_true(goods_are_there(house.shelf, &goods));
    house_close(&house);
}

static void a_table_that_had_to_be_made_has_none_of_our_rows(void **state)
{
    house_t house = house_open(state, SIZE);
    at_keeper_config_t config = house_usual_keeping();
    goods_t goods;

    config.create = 1;
    house_stock(&house, 1, &goods);
    house_keep(&house, &config);
    await_question(&house);
    assert_true(goods_are_there(house.shelf, &goods));
    support_run_sql(house.support, "DROP TABLE access_tokens");
    await_oblivion(&house, &goods);
    house_close(&house);
}

/* Processes */

static void await_holder(const house_t *house, pid_t who)
{
    apr_int64_t now = at_time_monotonic();

    while (house_holder(house, AT_DUTY_KEEPER) != who) {
        assert_true(at_time_monotonic() < now + SUPPORT_LONG_MS);
        support_nap();
    }
}

static pid_t start_keeping_process(house_t *house,
                                   const at_keeper_config_t *config)
{
    pid_t child = house_fork(house);

    if (child == 0) {
        house_keep(house, config);
        for (;;) {
            pause();
        }
    }
    return child;
}

static void when_the_keeper_dies_another_takes_over(void **state)
{
    house_t house = house_open(state, SIZE);
    at_keeper_config_t config = house_usual_keeping();
    goods_t goods;
    pid_t children[2];

    house_stock(&house, 1, &goods);
    children[0] = start_keeping_process(&house, &config);
    await_holder(&house, children[0]);
    children[1] = start_keeping_process(&house, &config);
    await_question(&house);
    await_question(&house);
    assert_int_equal(house_holder(&house, AT_DUTY_KEEPER), children[0]);
    house_kill(children[0]);
    await_holder(&house, children[1]);
    delete_at(&house, &goods, at_time_now());
    await_question(&house);
    assert_false(goods_are_there(house.shelf, &goods));
    house_kill(children[1]);
}

static void who_stops_leaves_the_duty(void **state)
{
    house_t house = house_open(state, SIZE);
    at_keeper_config_t config = house_usual_keeping();
    goods_t goods;

    house_stock(&house, 1, &goods);
    house_keep(&house, &config);
    await_holder(&house, getpid());
    house_close(&house);
    assert_int_equal(house_holder(&house, AT_DUTY_KEEPER), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(after_another_file_everything_is_forgotten),
        SUPPORT_TEST(a_table_that_had_to_be_made_has_none_of_our_rows),
        SUPPORT_TEST(when_the_keeper_dies_another_takes_over),
        SUPPORT_TEST(who_stops_leaves_the_duty),
    };

    return cmocka_run_group_tests_name("keepers", tests, support_begin,
                                       support_end);
}
