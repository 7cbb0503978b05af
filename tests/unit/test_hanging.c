/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the desk after drivers hung, however long ago: requests are refused at
 * once, and what ends that.
 */
#include "desk_inside.h"
#include "calls.h"

#include <apr_atomic.h>
#include <apr_time.h>

#include "core/time.h"

static int entered_of(support_gate_t *gate)
{
    int entered;

    pthread_mutex_lock(&gate->lock);
    entered = gate->entered;
    pthread_mutex_unlock(&gate->lock);
    return entered;
}

/* Questions that hang, until no worker is left. */
static void hang_all(at_desk_t *desk, support_gate_t *gate)
{
    int hung;

    for (hung = 0; hung < 2 * desk->connections; hung++) {
        at_breaker_close(desk->breaker); /* as by another process */
        assert_int_equal(calls_ask(desk, AT_DESK_QUESTION, support_hold, gate,
                                   CALLS_SOON_MS),
                         AT_EUNAVAILABLE);
        assert_true(support_gate_await(gate, hung + 1));
    }
    assert_int_equal(calls_field(desk, &desk->lost), desk->connections);
    assert_int_equal(calls_field(desk, &desk->stuck), desk->connections);
}

static void check_refused_at_once(at_desk_t *desk, at_desk_kind_e kind)
{
    apr_int64_t begun = at_time_monotonic();

    assert_int_equal(
        calls_ask(desk, kind, calls_succeed, NULL, SUPPORT_LONG_MS),
        AT_EUNAVAILABLE);
    assert_true(at_time_monotonic() - begun < SUPPORT_LONG_MS / 2);
}

static void check_ended(at_desk_t *desk)
{
    at_desk_stop(desk, SUPPORT_LONG_MS);
    assert_int_equal(apr_atomic_read32(&desk->threads), 0);
    assert_int_equal(desk->workers, 0);
    assert_int_equal(desk->lost, 0);
    assert_int_equal(desk->stuck, 0);
    assert_int_equal(desk->dead, 0);
    assert_int_equal(desk->lost_questions, 0);
    assert_int_equal(desk->busy, 0);
    assert_int_equal(desk->tending, 0);
}

static void when_all_hang_requests_are_refused_at_once(void **state)
{
    static support_gate_t gate;
    at_desk_t *desk = calls_hanging_desk(2);

    (void)state;
    support_gate_make(&gate);
    hang_all(desk, &gate);
    at_breaker_close(desk->breaker);
    check_refused_at_once(desk, AT_DESK_QUESTION);
    check_refused_at_once(desk, AT_DESK_LONG);
    check_refused_at_once(desk, AT_DESK_CHANGE);
    assert_int_equal(entered_of(&gate), 4);
    support_gate_open(&gate);
    check_ended(desk);
}

/* Of a breaker that all processes share: another one may send the probe. */
static void a_process_without_a_worker_leaves_the_probe_to_others(void **state)
{
    static support_gate_t gate;
    at_desk_t *desk = calls_hanging_desk(1);
    apr_int64_t now = at_time_monotonic();

    (void)state;
    support_gate_make(&gate);
    hang_all(desk, &gate);
    at_breaker_open(desk->breaker, now - 60000);
    check_refused_at_once(desk, AT_DESK_QUESTION);
    assert_false(at_breaker_refuses(desk->breaker, 1, now));
    support_gate_open(&gate);
    check_ended(desk);
}

typedef struct waiter_t {
    at_desk_t *desk;
    support_gate_t *gate;
    apr_status_t status;
    apr_int64_t patience;
} waiter_t;

static void *hang_for_a_while(void *data)
{
    waiter_t *waiter = data;

    waiter->status = calls_ask(waiter->desk, AT_DESK_QUESTION, support_hold,
                               waiter->gate, waiter->patience);
    return NULL;
}

/* Each of them would hang, and take a worker with it. */
static void questions_in_line_are_refused_with_the_first_that_hangs(
    void **state)
{
    static support_gate_t gate;
    waiter_t waiter = {calls_hanging_desk(1), &gate, APR_SUCCESS, 500};
    at_job_t *second = at_desk_job(waiter.desk, AT_DESK_QUESTION, support_hold);
    apr_int64_t begun = at_time_monotonic();
    pthread_t thread;

    (void)state;
    support_gate_make(&gate);
    assert_int_equal(pthread_create(&thread, NULL, hang_for_a_while, &waiter),
                     0);
    assert_true(support_gate_await(&gate, 1));
    assert_int_equal(at_desk_ask(second, &gate, SUPPORT_LONG_MS),
                     AT_EUNAVAILABLE);
    at_desk_release(second);
    pthread_join(thread, NULL);
    assert_int_equal(waiter.status, AT_EUNAVAILABLE);
    assert_true(at_time_monotonic() - begun < SUPPORT_LONG_MS / 2);
    assert_int_equal(entered_of(&gate), 1);
    support_gate_open(&gate);
    check_ended(waiter.desk);
}

/* A network that has forgotten its connections again and again: one question
 * hangs each time, and the next is answered; but not without end. */
static void dead_connections_do_not_use_up_the_workers(void **state)
{
    static support_gate_t gate;
    at_desk_t *desk = calls_hanging_desk(1);
    int outage;

    (void)state;
    support_gate_make(&gate);
    for (outage = 0; outage < 10; outage++) {
        calls_ask(desk, AT_DESK_QUESTION, support_hold, &gate, CALLS_SOON_MS);
        at_breaker_close(desk->breaker); /* as by another process */
        if (outage < 4) {
            assert_int_equal(calls_ask(desk, AT_DESK_QUESTION, calls_succeed,
                                       NULL, SUPPORT_LONG_MS),
                             APR_SUCCESS);
            assert_int_equal(calls_field(desk, &desk->lost), 0);
        }
    }
    assert_true(entered_of(&gate) <= 6);
    support_gate_open(&gate);
    check_ended(desk);
}

/* The answer of one that hung is enough, and a worker is there again. */
static void one_that_comes_back_ends_it(void **state)
{
    static support_gate_t gate;
    at_desk_t *desk = calls_hanging_desk(1);
    apr_status_t status = AT_EUNAVAILABLE;
    int i;

    (void)state;
    support_gate_make(&gate);
    hang_all(desk, &gate);
    support_gate_open(&gate);
    for (i = 0; i < 1500 && status != APR_SUCCESS; i++) {
        support_nap();
        status = calls_ask(desk, AT_DESK_QUESTION, calls_succeed, NULL,
                           SUPPORT_LONG_MS);
    }
    assert_int_equal(status, APR_SUCCESS);
    check_ended(desk);
}

static void *ask_quickly(void *desk)
{
    return calls_ask(desk, AT_DESK_QUESTION, calls_succeed, NULL,
                     SUPPORT_LONG_MS) == APR_SUCCESS
               ? desk
               : NULL;
}

/* As after a pause in an outage that is over. A probe of the future is one that
 * was sent a moment ago for as long as this takes. */
static void a_question_right_behind_a_probe_has_its_answer(void **state)
{
    at_desk_t *desk = calls_hanging_desk(2);
    pthread_t thread;
    void *answered;

    (void)state;
    at_breaker_open(desk->breaker, at_time_monotonic() + SUPPORT_LONG_MS);
    assert_int_equal(pthread_create(&thread, NULL, ask_quickly, desk), 0);
    apr_sleep(20000);
    at_breaker_close(desk->breaker);
    pthread_join(thread, &answered);
    assert_ptr_equal(answered, desk);
    check_ended(desk);
}

/* Failures */

typedef struct failure_t {
    apr_int64_t took;
} failure_t;

static apr_status_t fail_late(at_job_t *job, at_database_t *database,
                              void *baton)
{
    (void)job;
    (void)database;
    apr_sleep(((failure_t *)baton)->took * 1000);
    return AT_EUNAVAILABLE;
}

static int opens(at_desk_t *desk, at_desk_kind_e kind, apr_int64_t took)
{
    failure_t failure = {took};
    int open;

    at_breaker_close(desk->breaker);
    assert_int_equal(
        calls_ask(desk, kind, fail_late, &failure, SUPPORT_LONG_MS),
        AT_EUNAVAILABLE);
    open = at_desk_is_open(desk);
    at_breaker_close(desk->breaker);
    return open;
}

/* A connection that cannot be made in time fails with an error of the driver's. */
static void a_late_error_is_no_answer(void **state)
{
    at_desk_t *desk = calls_hanging_desk(2);
    at_desk_t *sqlite = support_desk(*state, 2);

    assert_true(opens(desk, AT_DESK_QUESTION, 600));
    assert_false(opens(desk, AT_DESK_QUESTION, 0));
    assert_false(opens(desk, AT_DESK_LONG, 600));
    assert_false(opens(sqlite, AT_DESK_QUESTION, 600)); /* a lock */
    check_ended(desk);
    check_ended(sqlite);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(when_all_hang_requests_are_refused_at_once),
        SUPPORT_TEST(a_process_without_a_worker_leaves_the_probe_to_others),
        SUPPORT_TEST(questions_in_line_are_refused_with_the_first_that_hangs),
        SUPPORT_TEST(dead_connections_do_not_use_up_the_workers),
        SUPPORT_TEST(one_that_comes_back_ends_it),
        SUPPORT_TEST(a_question_right_behind_a_probe_has_its_answer),
        SUPPORT_TEST(a_late_error_is_no_answer),
    };

    return cmocka_run_group_tests_name("hanging", tests, support_begin,
                                       support_end);
}
