/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of who watches the wall clock, and of the turns that the purge takes.
 */
#include "support.h"

#include <pthread.h>

#include "core/clockwatch.h"
#include "core/duties.h"
#include "core/time.h"

#define SIZE 65536
#define DAY 86400000

typedef struct clocks_t {
    at_shelf_t *shelf;
    apr_int64_t now;
    apr_int64_t wall;
} clocks_t;

static clocks_t begin(void)
{
    clocks_t clocks = {.shelf = support_shelf(SIZE),
                       .now = at_time_monotonic(),
                       .wall = at_time_now()};

    return clocks;
}

/* Both clocks go on, and the wall clock is set by so much. */
static apr_int64_t look(clocks_t *clocks, apr_int64_t later, apr_int64_t set)
{
    clocks->now += later;
    clocks->wall += later + set;
    return at_clockwatch_look(clocks->shelf, clocks->now, clocks->wall, DAY);
}

static void a_clock_that_nobody_sets_is_steady(void **state)
{
    clocks_t clocks = begin();
    int i;

    (void)state;
    for (i = 0; i < 100; i++) {
        assert_int_equal(look(&clocks, 60000, 0), DAY);
    }
}

static void a_clock_that_drifts_is_steady(void **state)
{
    clocks_t clocks = begin();
    int i;

    (void)state;
    for (i = 0; i < 1000; i++) {
        assert_int_equal(look(&clocks, 60000, 1000), DAY);
    }
}

static void a_clock_that_was_set_is_not_for_as_long_as_one_wants(void **state)
{
    const apr_int64_t jumps[] = {APR_INT64_C(10) * 365 * DAY, -3600000,
                                 AT_CLOCKWATCH_JUMP_MS + 1000};
    apr_size_t i;

    (void)state;
    for (i = 0; i < COUNT(jumps); i++) {
        clocks_t clocks = begin();

        assert_int_equal(look(&clocks, 60000, jumps[i]), 0);
        assert_int_equal(look(&clocks, 60000, 0), 60000);
        assert_int_equal(look(&clocks, DAY - 60001, 0), DAY - 1);
        assert_int_equal(look(&clocks, 1, 0), DAY);
        assert_int_equal(look(&clocks, DAY, 0), DAY);
    }
}

static void setting_it_back_is_another_jump(void **state)
{
    clocks_t clocks = begin();

    (void)state;
    assert_int_equal(look(&clocks, 60000, DAY), 0);
    assert_int_equal(look(&clocks, 60000, 0), 60000);
    assert_int_equal(look(&clocks, 60000, -DAY), 0);
}

static void the_purge_comes_first_after_a_while_and_then_once_a_period(
    void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    apr_int64_t made = at_time_monotonic();

    (void)state;
    assert_false(at_duty_purge_is_due(shelf, made, 10000, 60000));
    assert_false(at_duty_purge_is_due(shelf, made + 9000, 10000, 60000));
    assert_true(at_duty_purge_is_due(shelf, made + 10000, 10000, 60000));
    assert_false(at_duty_purge_is_due(shelf, made + 10000, 10000, 60000));
    assert_false(at_duty_purge_is_due(shelf, made + 69999, 10000, 60000));
    assert_true(at_duty_purge_is_due(shelf, made + 70000, 10000, 60000));
}

typedef struct process_t {
    at_shelf_t *shelf;
    pthread_barrier_t *start;
    apr_int64_t now;
    int told;
    pthread_t thread;
} process_t;

static void *ask(void *data)
{
    process_t *process = data;

    pthread_barrier_wait(process->start);
    process->told = at_duty_purge_is_due(process->shelf, process->now, 0, 1000);
    return NULL;
}

static void of_many_processes_one_is_told(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    apr_int64_t now = at_time_monotonic();
    int round, i;

    (void)state;
    for (round = 0; round < 200; round++) {
        process_t processes[4];
        pthread_barrier_t start;
        int told = 0;

        now += 1000;
        pthread_barrier_init(&start, NULL, COUNT(processes));
        for (i = 0; i < (int)COUNT(processes); i++) {
            processes[i] =
                (process_t){.shelf = shelf, .start = &start, .now = now};
            assert_int_equal(
                pthread_create(&processes[i].thread, NULL, ask, &processes[i]),
                0);
        }
        for (i = 0; i < (int)COUNT(processes); i++) {
            pthread_join(processes[i].thread, NULL);
            told += processes[i].told;
        }
        pthread_barrier_destroy(&start);
        assert_int_equal(told, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_nobody_sets_is_steady),
        cmocka_unit_test(a_clock_that_drifts_is_steady),
        cmocka_unit_test(a_clock_that_was_set_is_not_for_as_long_as_one_wants),
        cmocka_unit_test(setting_it_back_is_another_jump),
        cmocka_unit_test(
            the_purge_comes_first_after_a_while_and_then_once_a_period),
        cmocka_unit_test(of_many_processes_one_is_told),
    };

    return cmocka_run_group_tests_name("clockwatch", tests, support_begin,
                                       support_end);
}
