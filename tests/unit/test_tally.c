/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the counters: nothing is lost, however many processes count.
 */
#include "goods.h"

#include <sys/wait.h>
#include <unistd.h>

#define SIZE AT_SHELF_LEAST
#define PROCESSES 100 /* more than there are stripes */
#define COUNTS 500

static void each_counter_counts_for_itself(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    int i;

    (void)state;
    for (i = 0; i < AT_TALLIES; i++) {
        assert_true(at_tally_sum(shelf, (at_tally_e)i) == 0);
        at_tally_add(shelf, (at_tally_e)i, 10 + (apr_uint64_t)i);
    }
    for (i = 0; i < AT_TALLIES; i++) {
        assert_true(at_tally_sum(shelf, (at_tally_e)i) == 10 + (apr_uint64_t)i);
    }
}

/* Each opens the memory for itself, as the children of a server do. */
static void count_in_child(void *memory)
{
    apr_pool_t *pool;
    at_shelf_t *shelf;
    int i;

    apr_pool_create(&pool, NULL);
    shelf = at_shelf_open(memory, pool);
    for (i = 0; i < COUNTS; i++) {
        at_tally_add(shelf, AT_TALLY_HITS, 1);
        at_tally_add(shelf, AT_TALLY_LOOKUP_USEC, 3);
    }
    _exit(0);
}

static void all_processes_are_summed(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    pid_t children[PROCESSES];
    int i;

    (void)state;
    for (i = 0; i < PROCESSES; i++) {
        children[i] = support_fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            count_in_child(shelf->header);
        }
    }
    for (i = 0; i < PROCESSES; i++) {
        int status = -1;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_true(at_tally_sum(shelf, AT_TALLY_HITS) == PROCESSES * COUNTS);
    assert_true(at_tally_sum(shelf, AT_TALLY_LOOKUP_USEC) ==
                3 * PROCESSES * COUNTS);
    assert_true(at_tally_sum(shelf, AT_TALLY_COLD) == 0);
    assert_true(shelf->header->processes == PROCESSES + 1);
}

static void neighbours_have_stripes_of_their_own(void **state)
{
    support_t *support = *state;
    at_shelf_t *shelf = support_shelf(SIZE);
    at_shelf_t *other = at_shelf_open(shelf->header, support->pool);

    assert_ptr_not_equal(shelf->stripe, other->stripe);
    at_tally_add(shelf, AT_TALLY_HITS, 1);
    at_tally_add(other, AT_TALLY_HITS, 1);
    assert_true(at_tally_sum(shelf, AT_TALLY_HITS) == 2);
    assert_true(at_tally_sum(other, AT_TALLY_HITS) == 2);
}

static void count(at_shelf_t *shelf, apr_uint64_t hits, apr_uint64_t cold,
                  apr_uint64_t evicted)
{
    at_tally_add(shelf, AT_TALLY_HITS, hits);
    at_tally_add(shelf, AT_TALLY_COLD, cold);
    at_tally_add(shelf, AT_TALLY_EVICTED, evicted);
}

#define MINUTE 60000

static void a_shelf_that_is_too_small_is_told_once_a_minute(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);

    (void)state;
    count(shelf, 1, 99, 50);
    assert_int_equal(at_tally_crowded(shelf, 5000), -1); /* since when? */
    count(shelf, 30, 70, 1);
    assert_int_equal(at_tally_crowded(shelf, 5000 + MINUTE - 1), -1);
    assert_int_equal(at_tally_crowded(shelf, 5000 + MINUTE), 30);
    assert_int_equal(at_tally_crowded(shelf, 5000 + MINUTE), -1);
    assert_int_equal(at_tally_crowded(shelf, 5000 + 2 * MINUTE), -1);
    count(shelf, 0, 1, 1);
    assert_int_equal(at_tally_crowded(shelf, 5000 + 3 * MINUTE), 0);
}

/* Cold tokens alone are no sign, nor are a few who had to go. */
static void a_shelf_that_serves_well_is_not_too_small(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);

    (void)state;
    at_tally_crowded(shelf, 5000);
    count(shelf, 1, 99, 0);
    assert_int_equal(at_tally_crowded(shelf, 5000 + MINUTE), -1);
    count(shelf, 90, 10, 10);
    assert_int_equal(at_tally_crowded(shelf, 5000 + 2 * MINUTE), -1);
    count(shelf, 89, 11, 10);
    assert_int_equal(at_tally_crowded(shelf, 5000 + 3 * MINUTE), 89);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(each_counter_counts_for_itself),
        SUPPORT_TEST(all_processes_are_summed),
        SUPPORT_TEST(neighbours_have_stripes_of_their_own),
        SUPPORT_TEST(a_shelf_that_is_too_small_is_told_once_a_minute),
        SUPPORT_TEST(a_shelf_that_serves_well_is_not_too_small),
    };

    return cmocka_run_group_tests_name("tally", tests, support_begin,
                                       support_end);
}
