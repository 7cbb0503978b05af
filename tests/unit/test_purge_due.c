/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of when the purge is due, and which process runs it.
 */
#include "support.h"

#include <pthread.h>

#include "core/cache/lease.h"
#include "core/token/clock.h"

#define SIZE 65536

static void the_purge_is_due_after_a_while_and_then_once_a_period(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    apr_int64_t made = at_clock_monotonic();

    (void)state;
    assert_false(at_lease_purge_is_due(cache, made, 10000, 60000));
    assert_false(at_lease_purge_is_due(cache, made + 9000, 10000, 60000));
    assert_true(at_lease_purge_is_due(cache, made + 10000, 10000, 60000));
    assert_false(at_lease_purge_is_due(cache, made + 10000, 10000, 60000));
    assert_false(at_lease_purge_is_due(cache, made + 69999, 10000, 60000));
    assert_true(at_lease_purge_is_due(cache, made + 70000, 10000, 60000));
}

typedef struct process_t {
    at_cache_t *cache;
    pthread_barrier_t *start;
    apr_int64_t now;
    int due;
    pthread_t thread;
} process_t;

static void *ask(void *data)
{
    process_t *process = data;

    pthread_barrier_wait(process->start);
    process->due = at_lease_purge_is_due(process->cache, process->now, 0, 1000);
    return NULL;
}

static void of_many_processes_one_runs_the_purge(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    apr_int64_t now = at_clock_monotonic();
    int round, i;

    (void)state;
    for (round = 0; round < 200; round++) {
        process_t processes[4];
        pthread_barrier_t start;
        int due = 0;

        now += 1000;
        pthread_barrier_init(&start, NULL, COUNT(processes));
        for (i = 0; i < (int)COUNT(processes); i++) {
            processes[i] =
                (process_t){.cache = cache, .start = &start, .now = now};
            assert_int_equal(
                pthread_create(&processes[i].thread, NULL, ask, &processes[i]),
                0);
        }
        for (i = 0; i < (int)COUNT(processes); i++) {
            pthread_join(processes[i].thread, NULL);
            due += processes[i].due;
        }
        pthread_barrier_destroy(&start);
        assert_int_equal(due, 1);
    }
}

static void a_cache_is_in_use_once_it_is_marked_so(void **state)
{
    at_cache_t *cache = support_cache(SIZE);

    (void)state;
    assert_false(at_cache_is_in_use(cache));
    at_cache_set_in_use(cache);
    assert_true(at_cache_is_in_use(cache));
    at_cache_set_in_use(cache);
    assert_true(at_cache_is_in_use(cache));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_purge_is_due_after_a_while_and_then_once_a_period),
        cmocka_unit_test(of_many_processes_one_runs_the_purge),
        cmocka_unit_test(a_cache_is_in_use_once_it_is_marked_so),
    };

    return cmocka_run_group_tests_name("purge_due", tests, support_begin,
                                       support_end);
}
