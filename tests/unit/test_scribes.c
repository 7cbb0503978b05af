/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of scribes in several processes: one of them writes, and together they
 * write everything once.
 */
#include "house.h"

#include <unistd.h>

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

static void who_has_no_duty_does_not_write(void **state)
{
    house_t house = open_house(state);
    pid_t child = house_start_holder(&house, AT_DUTY_SCRIBE);
    apr_int64_t begun = at_time_monotonic();

    open_scribe(&house, MINUTE);
    use(&house, 1, 7000);
    while (at_time_monotonic() < begun + 1500) {
        assert_true(house_last_use(&house, 1) == AT_TIME_NONE);
        support_nap();
    }
    house_kill(child);
    house_await_use(&house, 1, 7000);
    house_close(&house);
}

static void *stop_alone(void *data)
{
    house_close(data);
    return NULL;
}

/* The one who writes may have passed our uses by. */
static void at_the_end_the_one_who_writes_is_waited_for(void **state)
{
    house_t house = open_house(state);
    pid_t child = house_start_holder(&house, AT_DUTY_WRITING);
    pthread_t stopper;
    int i;

    at_uses_set_written(house.shelf, at_time_monotonic());
    open_scribe(&house, MINUTE);
    use(&house, 1, 7000);
    assert_int_equal(pthread_create(&stopper, NULL, stop_alone, &house), 0);
    for (i = 0; i < 50; i++) {
        assert_int_equal(at_uses_count(house.shelf), 1);
        support_nap();
    }
    house_kill(child);
    pthread_join(stopper, NULL);
    assert_true(house_last_use(&house, 1) == 7000);
}

/* Of the processes that end, the last one writes. */
static void uses_are_left_to_those_who_stay(void **state)
{
    house_t house = open_house(state);
    int news[2];
    char ready = 1;
    pid_t child;

    assert_int_equal(pipe(news), 0);
    at_uses_set_written(house.shelf, at_time_monotonic());
    child = house_fork(&house);
    if (child == 0) {
        open_scribe(&house, MINUTE);
        ready = write(news[1], &ready, 1) == 1;
        for (;;) {
            pause();
        }
    }
    assert_int_equal(read(news[0], &ready, 1), 1);
    open_scribe(&house, MINUTE);
    use(&house, 1, 7000);
    house_close(&house);
    assert_int_equal(at_uses_count(house.shelf), 1);
    assert_true(house_last_use(&house, 1) == AT_TIME_NONE);
    house_kill(child); /* without having said goodbye */
    open_scribe(&house, MINUTE);
    house_close(&house);
    assert_true(house_last_use(&house, 1) == 7000);
    close(news[0]);
    close(news[1]);
}

#define PROCESSES 3
#define USES 300

static void use_in_child(house_t *house, int share)
{
    at_scribe_t *scribe = open_scribe(house, 0);
    int i;

    for (i = 0; i < USES; i++) {
        use(house, i % TOKENS, 7000 + i * PROCESSES + share);
        at_scribe_wake(scribe);
    }
    house_close(house);
    _exit(0);
}

/* None is lost, and none of those that are written is written twice: each
 * write is a step forward in the table. */
static void many_processes_write_each_use_once(void **state)
{
    house_t house = open_house(state);
    apr_pool_t *p = house.support->pool;
    pid_t children[PROCESSES];
    at_rows_t *rows;
    int i;

    support_run_sql(house.support, "CREATE TABLE log (id, used)");
    support_run_sql(house.support,
                    "CREATE TRIGGER log AFTER UPDATE OF last_used ON "
                    "access_tokens BEGIN INSERT INTO log VALUES "
                    "(new.token_id, new.last_used); END");
    for (i = 0; i < PROCESSES; i++) {
        children[i] = house_fork(&house);
        if (children[i] == 0) {
            use_in_child(&house, i);
        }
    }
    for (i = 0; i < PROCESSES; i++) {
        house_await(children[i]);
    }
    for (i = 0; i < TOKENS; i++) {
        assert_true(house_last_use(&house, i) ==
                    7000 + (USES - TOKENS + i + 1) * PROCESSES - 1);
    }
    assert_int_equal(at_uses_count(house.shelf), 0);
    assert_int_equal(at_database_select(house.store->database,
                                        "SELECT COUNT(*) FROM log", NULL, 1,
                                        &rows, p),
                     APR_SUCCESS);
    assert_string_equal(
        rows->values[0],
        apr_psprintf(p, "%" APR_UINT64_T_FMT,
                     at_tally_sum(house.shelf, AT_TALLY_WRITTEN)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(who_has_no_duty_does_not_write),
        SUPPORT_TEST(at_the_end_the_one_who_writes_is_waited_for),
        SUPPORT_TEST(uses_are_left_to_those_who_stay),
        SUPPORT_TEST(many_processes_write_each_use_once),
    };

    return cmocka_run_group_tests_name("scribes", tests, support_begin,
                                       support_end);
}
