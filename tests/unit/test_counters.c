/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the counters: no count is lost, with any number of processes.
 */
#include "fixture_rows.h"

#include <sys/wait.h>
#include <unistd.h>

#define SIZE AT_CACHE_SIZE_MIN
#define PROCESSES 100 /* more than there are stripes */
#define COUNTS 500

static void each_counter_counts_by_itself(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    int i;

    (void)state;
    for (i = 0; i < AT_COUNTERS; i++) {
        assert_true(at_counters_sum(cache, (at_counter_e)i) == 0);
        at_counters_add(cache, (at_counter_e)i, 10 + (apr_uint64_t)i);
    }
    for (i = 0; i < AT_COUNTERS; i++) {
        assert_true(at_counters_sum(cache, (at_counter_e)i) ==
                    10 + (apr_uint64_t)i);
    }
}

/* Each process opens the memory by itself, as the children of a server do. */
static void count_in_child(void *memory)
{
    apr_pool_t *pool;
    at_cache_t *cache;
    int i;

    apr_pool_create(&pool, NULL);
    cache = at_cache_open(memory, pool);
    for (i = 0; i < COUNTS; i++) {
        at_counters_add(cache, AT_COUNTER_HITS, 1);
        at_counters_add(cache, AT_COUNTER_LOOKUP_USEC, 3);
    }
    _exit(0);
}

static void the_sum_is_over_all_processes(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    pid_t children[PROCESSES];
    int i;

    (void)state;
    for (i = 0; i < PROCESSES; i++) {
        children[i] = support_fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            count_in_child(cache->header);
        }
    }
    for (i = 0; i < PROCESSES; i++) {
        int status = -1;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_true(at_counters_sum(cache, AT_COUNTER_HITS) == PROCESSES * COUNTS);
    assert_true(at_counters_sum(cache, AT_COUNTER_LOOKUP_USEC) ==
                3 * PROCESSES * COUNTS);
    assert_true(at_counters_sum(cache, AT_COUNTER_COLD) == 0);
    assert_true(cache->header->processes == PROCESSES + 1);
}

static void two_processes_have_different_stripes(void **state)
{
    support_t *support = *state;
    at_cache_t *cache = support_cache(SIZE);
    at_cache_t *other = at_cache_open(cache->header, support->pool);

    assert_ptr_not_equal(cache->stripe, other->stripe);
    at_counters_add(cache, AT_COUNTER_HITS, 1);
    at_counters_add(other, AT_COUNTER_HITS, 1);
    assert_true(at_counters_sum(cache, AT_COUNTER_HITS) == 2);
    assert_true(at_counters_sum(other, AT_COUNTER_HITS) == 2);
}

static void count(at_cache_t *cache, apr_uint64_t hits, apr_uint64_t cold,
                  apr_uint64_t evicted)
{
    at_counters_add(cache, AT_COUNTER_HITS, hits);
    at_counters_add(cache, AT_COUNTER_COLD, cold);
    at_counters_add(cache, AT_COUNTER_EVICTED, evicted);
}

#define MINUTE 60000

static void a_cache_that_is_too_small_is_reported_once_a_minute(void **state)
{
    at_cache_t *cache = support_cache(SIZE);

    (void)state;
    count(cache, 1, 99, 50);
    assert_int_equal(at_counters_low_hit_rate(cache, 5000),
                     -1); /* there was no check before */
    count(cache, 30, 70, 1);
    assert_int_equal(at_counters_low_hit_rate(cache, 5000 + MINUTE - 1), -1);
    assert_int_equal(at_counters_low_hit_rate(cache, 5000 + MINUTE), 30);
    assert_int_equal(at_counters_low_hit_rate(cache, 5000 + MINUTE), -1);
    assert_int_equal(at_counters_low_hit_rate(cache, 5000 + 2 * MINUTE), -1);
    count(cache, 0, 1, 1);
    assert_int_equal(at_counters_low_hit_rate(cache, 5000 + 3 * MINUTE), 0);
}

/* Cold tokens alone are no sign, nor are a few evicted rows. */
static void a_cache_with_a_high_hit_rate_is_not_too_small(void **state)
{
    at_cache_t *cache = support_cache(SIZE);

    (void)state;
    at_counters_low_hit_rate(cache, 5000);
    count(cache, 1, 99, 0);
    assert_int_equal(at_counters_low_hit_rate(cache, 5000 + MINUTE), -1);
    count(cache, 90, 10, 10);
    assert_int_equal(at_counters_low_hit_rate(cache, 5000 + 2 * MINUTE), -1);
    count(cache, 89, 11, 10);
    assert_int_equal(at_counters_low_hit_rate(cache, 5000 + 3 * MINUTE), 89);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(each_counter_counts_by_itself),
        SUPPORT_TEST(the_sum_is_over_all_processes),
        SUPPORT_TEST(two_processes_have_different_stripes),
        SUPPORT_TEST(a_cache_that_is_too_small_is_reported_once_a_minute),
        SUPPORT_TEST(a_cache_with_a_high_hit_rate_is_not_too_small),
    };

    return cmocka_run_group_tests_name("counters", tests, support_begin,
                                       support_end);
}
