/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the breaker: closed, open, and the one probe a second that may show
 * that the outage is over.
 */
#include "support.h"

#include <pthread.h>

#include "core/cache/breaker.h"

#define NOW 5000
#define ASKERS 8

static void a_closed_breaker_refuses_no_call(void **state)
{
    at_breaker_t breaker = {0};

    (void)state;
    assert_false(at_breaker_is_open(&breaker));
    assert_false(at_breaker_refuses(&breaker, 1, NOW));
    assert_false(at_breaker_refuses(&breaker, 0, NOW));
    assert_false(at_breaker_refuses(&breaker, 1, NOW));
}

static void an_open_breaker_refuses_all_calls_for_a_second(void **state)
{
    at_breaker_t breaker = {0};

    (void)state;
    at_breaker_open(&breaker, NOW);
    assert_true(at_breaker_is_open(&breaker));
    assert_true(at_breaker_refuses(&breaker, 1, NOW));
    assert_true(at_breaker_refuses(&breaker, 1, NOW + 999));
    assert_true(at_breaker_refuses(&breaker, 0, NOW + 999));
}

static void then_one_probe_a_second_is_let_through(void **state)
{
    at_breaker_t breaker = {0};

    (void)state;
    at_breaker_open(&breaker, NOW);
    assert_false(at_breaker_refuses(&breaker, 1, NOW + 1000));
    assert_true(at_breaker_refuses(&breaker, 1, NOW + 1000));
    assert_true(at_breaker_refuses(&breaker, 1, NOW + 1999));
    assert_false(at_breaker_refuses(&breaker, 1, NOW + 2000));
    assert_true(at_breaker_is_open(&breaker));
}

/* Calls that are no probes have a turn of their own, since they may wait for
 * the lock of another session. */
static void a_call_that_is_no_probe_does_not_use_up_the_probe(void **state)
{
    at_breaker_t breaker = {0};

    (void)state;
    at_breaker_open(&breaker, NOW);
    assert_false(at_breaker_refuses(&breaker, 0, NOW + 1000));
    assert_true(at_breaker_refuses(&breaker, 0, NOW + 1000));
    assert_false(at_breaker_refuses(&breaker, 1, NOW + 1000));
    assert_true(at_breaker_refuses(&breaker, 0, NOW + 1000));
    assert_true(at_breaker_refuses(&breaker, 0, NOW + 1999));
    assert_false(at_breaker_refuses(&breaker, 0, NOW + 2000));
    assert_true(at_breaker_refuses(&breaker, 0, NOW + 2000));
}

/* Otherwise all requests would wait for a database that still does not
 * answer. */
static void it_stays_open_without_calls(void **state)
{
    at_breaker_t breaker = {0};
    apr_int64_t later = NOW + APR_INT64_C(86400000);

    (void)state;
    at_breaker_open(&breaker, NOW);
    assert_true(at_breaker_is_open(&breaker));
    assert_false(at_breaker_refuses(&breaker, 1, later));
    assert_true(at_breaker_refuses(&breaker, 1, later));
    assert_false(at_breaker_refuses(&breaker, 0, later + 1000));
    assert_true(at_breaker_refuses(&breaker, 0, later + 1000));
    assert_false(at_breaker_refuses(&breaker, 1, later + 1000));
    assert_true(at_breaker_is_open(&breaker));
}

static void the_answer_to_a_probe_is_near_for_a_moment_only(void **state)
{
    at_breaker_t breaker = {0};

    (void)state;
    assert_false(at_breaker_is_tried(&breaker, NOW));
    at_breaker_open(&breaker, NOW);
    assert_false(at_breaker_is_tried(&breaker, NOW + 500));
    assert_false(at_breaker_refuses(&breaker, 1, NOW + 9000));
    assert_true(at_breaker_is_tried(&breaker, NOW + 9000));
    assert_false(at_breaker_is_tried(&breaker, NOW + 9100));
    at_breaker_close(&breaker);
    assert_false(at_breaker_is_tried(&breaker, NOW + 9000));
}

static void an_answer_closes_it(void **state)
{
    at_breaker_t breaker = {0};

    (void)state;
    at_breaker_open(&breaker, NOW);
    at_breaker_close(&breaker);
    assert_false(at_breaker_is_open(&breaker));
    assert_false(at_breaker_refuses(&breaker, 1, NOW));
    at_breaker_close(&breaker);
    assert_false(at_breaker_is_open(&breaker));
}

typedef struct requester_t {
    at_breaker_t *breaker;
    pthread_barrier_t *start;
    int went;
    pthread_t thread;
} requester_t;

static void *ask(void *data)
{
    requester_t *requester = data;

    pthread_barrier_wait(requester->start);
    requester->went = !at_breaker_refuses(requester->breaker, 1, NOW + 1000);
    return NULL;
}

static void of_many_simultaneous_calls_one_is_let_through(void **state)
{
    int round, i;

    (void)state;
    for (round = 0; round < 200; round++) {
        at_breaker_t breaker = {0};
        pthread_barrier_t start;
        requester_t requesters[ASKERS];
        int went = 0;

        at_breaker_open(&breaker, NOW);
        pthread_barrier_init(&start, NULL, ASKERS);
        for (i = 0; i < ASKERS; i++) {
            requesters[i] = (requester_t){.breaker = &breaker, .start = &start};
            assert_int_equal(pthread_create(&requesters[i].thread, NULL, ask,
                                            &requesters[i]),
                             0);
        }
        for (i = 0; i < ASKERS; i++) {
            pthread_join(requesters[i].thread, NULL);
            went += requesters[i].went;
        }
        pthread_barrier_destroy(&start);
        assert_int_equal(went, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_breaker_refuses_no_call),
        cmocka_unit_test(an_open_breaker_refuses_all_calls_for_a_second),
        cmocka_unit_test(then_one_probe_a_second_is_let_through),
        cmocka_unit_test(a_call_that_is_no_probe_does_not_use_up_the_probe),
        cmocka_unit_test(it_stays_open_without_calls),
        cmocka_unit_test(the_answer_to_a_probe_is_near_for_a_moment_only),
        cmocka_unit_test(an_answer_closes_it),
        cmocka_unit_test(of_many_simultaneous_calls_one_is_let_through),
    };

    return cmocka_run_group_tests_name("breaker", tests, NULL, NULL);
}
