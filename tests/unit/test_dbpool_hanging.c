/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the connection pool after drivers have hung, however long ago:
 * requests are refused at once, and what ends that.
 */
#include "dbpool_inside.h"
#include "fixture_hanging.h"

#include <apr_atomic.h>
#include <apr_time.h>

#include "core/token/clock.h"

static int entered_of(support_gate_t *gate)
{
    int entered;

    pthread_mutex_lock(&gate->lock);
    entered = gate->entered;
    pthread_mutex_unlock(&gate->lock);
    return entered;
}

/* Run lookups that hang, until no worker is left. */
static void hang_all(at_dbpool_t *dbpool, support_gate_t *gate)
{
    int hung;

    for (hung = 0; hung < 2 * dbpool->connections; hung++) {
        at_breaker_close(dbpool->breaker); /* as if by another process */
        assert_int_equal(hanging_run(dbpool, AT_JOB_LOOKUP, support_hold, gate,
                                     HANGING_SOON_MS),
                         AT_EUNAVAILABLE);
        assert_true(support_gate_await(gate, hung + 1));
    }
    assert_int_equal(hanging_field(dbpool, &dbpool->replaced),
                     dbpool->connections);
    assert_int_equal(hanging_field(dbpool, &dbpool->hung), dbpool->connections);
}

static void check_refused_at_once(at_dbpool_t *dbpool, at_job_kind_e kind)
{
    apr_int64_t begun = at_clock_monotonic();

    assert_int_equal(
        hanging_run(dbpool, kind, hanging_succeed, NULL, SUPPORT_LONG_MS),
        AT_EUNAVAILABLE);
    assert_true(at_clock_monotonic() - begun < SUPPORT_LONG_MS / 2);
}

static void check_ended(at_dbpool_t *dbpool)
{
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    assert_int_equal(apr_atomic_read32(&dbpool->threads), 0);
    assert_int_equal(dbpool->workers, 0);
    assert_int_equal(dbpool->replaced, 0);
    assert_int_equal(dbpool->hung, 0);
    assert_int_equal(dbpool->written_off, 0);
    assert_int_equal(dbpool->replaced_lookups, 0);
    assert_int_equal(dbpool->running_slow, 0);
    assert_int_equal(dbpool->running_background, 0);
}

static void when_all_workers_hang_requests_are_refused_at_once(void **state)
{
    static support_gate_t gate;
    at_dbpool_t *dbpool = hanging_open_dbpool(2);

    (void)state;
    support_gate_make(&gate);
    hang_all(dbpool, &gate);
    at_breaker_close(dbpool->breaker);
    check_refused_at_once(dbpool, AT_JOB_LOOKUP);
    check_refused_at_once(dbpool, AT_JOB_LIST);
    check_refused_at_once(dbpool, AT_JOB_CHANGE);
    assert_int_equal(entered_of(&gate), 4);
    support_gate_open(&gate);
    check_ended(dbpool);
}

/* All processes share the breaker, so another one may send the probe. */
static void a_process_without_a_worker_leaves_the_probe_to_others(void **state)
{
    static support_gate_t gate;
    at_dbpool_t *dbpool = hanging_open_dbpool(1);
    apr_int64_t now = at_clock_monotonic();

    (void)state;
    support_gate_make(&gate);
    hang_all(dbpool, &gate);
    at_breaker_open(dbpool->breaker, now - 60000);
    check_refused_at_once(dbpool, AT_JOB_LOOKUP);
    assert_false(at_breaker_refuses(dbpool->breaker, 1, now));
    support_gate_open(&gate);
    check_ended(dbpool);
}

typedef struct waiter_t {
    at_dbpool_t *dbpool;
    support_gate_t *gate;
    apr_status_t status;
    apr_int64_t patience;
} waiter_t;

static void *hang_for_a_while(void *data)
{
    waiter_t *waiter = data;

    waiter->status = hanging_run(waiter->dbpool, AT_JOB_LOOKUP, support_hold,
                                 waiter->gate, waiter->patience);
    return NULL;
}

/* Each of them would hang, and occupy a worker. */
static void lookups_in_the_queue_are_refused_with_the_first_that_hangs(
    void **state)
{
    static support_gate_t gate;
    waiter_t waiter = {hanging_open_dbpool(1), &gate, APR_SUCCESS, 500};
    at_job_t *second = at_job_make(waiter.dbpool, AT_JOB_LOOKUP, support_hold);
    apr_int64_t begun = at_clock_monotonic();
    pthread_t thread;

    (void)state;
    support_gate_make(&gate);
    assert_int_equal(pthread_create(&thread, NULL, hang_for_a_while, &waiter),
                     0);
    assert_true(support_gate_await(&gate, 1));
    assert_int_equal(at_job_run(second, &gate, SUPPORT_LONG_MS),
                     AT_EUNAVAILABLE);
    at_job_release(second);
    pthread_join(thread, NULL);
    assert_int_equal(waiter.status, AT_EUNAVAILABLE);
    assert_true(at_clock_monotonic() - begun < SUPPORT_LONG_MS / 2);
    assert_int_equal(entered_of(&gate), 1);
    support_gate_open(&gate);
    check_ended(waiter.dbpool);
}

/* A network drops its connections again and again: each time one lookup hangs,
 * and the next is answered; but up to a limit. */
static void dead_connections_do_not_use_up_the_workers(void **state)
{
    static support_gate_t gate;
    at_dbpool_t *dbpool = hanging_open_dbpool(1);
    int outage;

    (void)state;
    support_gate_make(&gate);
    for (outage = 0; outage < 10; outage++) {
        hanging_run(dbpool, AT_JOB_LOOKUP, support_hold, &gate,
                    HANGING_SOON_MS);
        at_breaker_close(dbpool->breaker); /* as if by another process */
        if (outage < 4) {
            assert_int_equal(hanging_run(dbpool, AT_JOB_LOOKUP, hanging_succeed,
                                         NULL, SUPPORT_LONG_MS),
                             APR_SUCCESS);
            assert_int_equal(hanging_field(dbpool, &dbpool->replaced), 0);
        }
    }
    assert_true(entered_of(&gate) <= 6);
    support_gate_open(&gate);
    check_ended(dbpool);
}

/* The answer to one call that hung is enough, and a worker is free again. */
static void a_call_that_returns_ends_the_refusals(void **state)
{
    static support_gate_t gate;
    at_dbpool_t *dbpool = hanging_open_dbpool(1);
    apr_status_t status = AT_EUNAVAILABLE;
    int i;

    (void)state;
    support_gate_make(&gate);
    hang_all(dbpool, &gate);
    support_gate_open(&gate);
    for (i = 0; i < 1500 && status != APR_SUCCESS; i++) {
        support_nap();
        status = hanging_run(dbpool, AT_JOB_LOOKUP, hanging_succeed, NULL,
                             SUPPORT_LONG_MS);
    }
    assert_int_equal(status, APR_SUCCESS);
    check_ended(dbpool);
}

static void *run_quickly(void *dbpool)
{
    return hanging_run(dbpool, AT_JOB_LOOKUP, hanging_succeed, NULL,
                       SUPPORT_LONG_MS) == APR_SUCCESS
               ? dbpool
               : NULL;
}

/* As after a pause in an outage that is over. Here the probe has a time in the
 * future, so that it was sent a moment ago for the whole test. */
static void a_lookup_right_after_a_probe_is_answered(void **state)
{
    at_dbpool_t *dbpool = hanging_open_dbpool(2);
    pthread_t thread;
    void *answered;

    (void)state;
    at_breaker_open(dbpool->breaker, at_clock_monotonic() + SUPPORT_LONG_MS);
    assert_int_equal(pthread_create(&thread, NULL, run_quickly, dbpool), 0);
    apr_sleep(20000);
    at_breaker_close(dbpool->breaker);
    pthread_join(thread, &answered);
    assert_ptr_equal(answered, dbpool);
    check_ended(dbpool);
}

/* Failures */

typedef struct failure_t {
    apr_int64_t took;
} failure_t;

static apr_status_t fail_late(at_job_t *job, at_database_t *database,
                              void *data)
{
    (void)job;
    (void)database;
    apr_sleep(((failure_t *)data)->took * 1000);
    return AT_EUNAVAILABLE;
}

static int opens(at_dbpool_t *dbpool, at_job_kind_e kind, apr_int64_t took)
{
    failure_t failure = {took};
    int open;

    at_breaker_close(dbpool->breaker);
    assert_int_equal(
        hanging_run(dbpool, kind, fail_late, &failure, SUPPORT_LONG_MS),
        AT_EUNAVAILABLE);
    open = at_dbpool_breaker_is_open(dbpool);
    at_breaker_close(dbpool->breaker);
    return open;
}

/* If a connection cannot be made in time, the driver returns an error. */
static void a_late_error_is_no_answer(void **state)
{
    at_dbpool_t *dbpool = hanging_open_dbpool(2);
    at_dbpool_t *sqlite = support_dbpool(*state, 2);

    assert_true(opens(dbpool, AT_JOB_LOOKUP, 600));
    assert_false(opens(dbpool, AT_JOB_LOOKUP, 0));
    assert_false(opens(dbpool, AT_JOB_LIST, 600));
    assert_false(opens(sqlite, AT_JOB_LOOKUP, 600)); /* a lock */
    check_ended(dbpool);
    check_ended(sqlite);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(when_all_workers_hang_requests_are_refused_at_once),
        SUPPORT_TEST(a_process_without_a_worker_leaves_the_probe_to_others),
        SUPPORT_TEST(
            lookups_in_the_queue_are_refused_with_the_first_that_hangs),
        SUPPORT_TEST(dead_connections_do_not_use_up_the_workers),
        SUPPORT_TEST(a_call_that_returns_ends_the_refusals),
        SUPPORT_TEST(a_lookup_right_after_a_probe_is_answered),
        SUPPORT_TEST(a_late_error_is_no_answer),
    };

    return cmocka_run_group_tests_name("dbpool_hanging", tests, support_begin,
                                       support_end);
}
