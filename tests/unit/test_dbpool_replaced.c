/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the connection pool when drivers hang: the workers are replaced up
 * to a limit, lists leave a worker for lookups, and a change for which no
 * request waits any more is undone.
 */
#include "dbpool_inside.h"
#include "fixture_hanging.h"

static apr_status_t run_until_it_answers(at_dbpool_t *dbpool)
{
    apr_status_t status = AT_EUNAVAILABLE;
    int i;

    for (i = 0; i < 1500 && status != APR_SUCCESS; i++) {
        support_nap();
        status = hanging_run(dbpool, AT_JOB_LOOKUP, hanging_succeed, NULL,
                             SUPPORT_LONG_MS);
    }
    return status;
}

static int replaced_of(at_dbpool_t *dbpool)
{
    int lost;

    pthread_mutex_lock(&dbpool->lock);
    lost = dbpool->replaced;
    pthread_mutex_unlock(&dbpool->lock);
    return lost;
}

static int entered_of(support_gate_t *gate)
{
    int entered;

    pthread_mutex_lock(&gate->lock);
    entered = gate->entered;
    pthread_mutex_unlock(&gate->lock);
    return entered;
}

static void workers_that_hang_are_replaced(void **state)
{
    static support_gate_t gate;
    at_dbpool_t *dbpool = hanging_open_dbpool(1);

    (void)state;
    support_gate_make(&gate);
    assert_int_equal(hanging_run(dbpool, AT_JOB_LOOKUP, support_hold, &gate,
                                 HANGING_SOON_MS),
                     AT_EUNAVAILABLE);
    assert_int_equal(replaced_of(dbpool), 1);
    assert_int_equal(run_until_it_answers(dbpool), APR_SUCCESS);
    assert_int_equal(support_gate_left(&gate), 0);
    support_gate_open(&gate);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    assert_int_equal(replaced_of(dbpool), 0);
    assert_int_equal(dbpool->workers, 0);
    assert_int_equal(dbpool->running_slow, 0);
}

static void at_most_twice_as_many_workers_as_connections_hang(void **state)
{
    static support_gate_t gate;
    at_dbpool_t *dbpool = hanging_open_dbpool(2);
    int i;

    (void)state;
    support_gate_make(&gate);
    for (i = 0; i < 8; i++) {
        hanging_run(dbpool, AT_JOB_CHANGE, support_hold, &gate,
                    HANGING_SOON_MS);
    }
    assert_int_equal(replaced_of(dbpool), 2);
    assert_true(entered_of(&gate) <= 4);
    support_gate_open(&gate);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    assert_int_equal(replaced_of(dbpool), 0);
    assert_int_equal(dbpool->running_slow, 0);
}

static void workers_with_sqlite_are_not_replaced(void **state)
{
    static support_gate_t gate;
    at_dbpool_t *dbpool = support_dbpool(*state, 2);

    support_gate_make(&gate);
    hanging_run(dbpool, AT_JOB_CHANGE, support_hold, &gate, HANGING_SOON_MS);
    assert_int_equal(replaced_of(dbpool), 0);
    support_gate_open(&gate);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
}

typedef struct lister_t {
    at_dbpool_t *dbpool;
    support_gate_t *gate;
} lister_t;

static void *list(void *data)
{
    lister_t *lister = data;

    hanging_run(lister->dbpool, AT_JOB_LIST, support_hold, lister->gate,
                SUPPORT_LONG_MS);
    return NULL;
}

static void lists_leave_a_worker_for_lookups(void **state)
{
    static support_gate_t gate;
    lister_t lister = {support_dbpool(*state, 4), &gate};
    pthread_t threads[6];
    int i;

    support_gate_make(&gate);
    for (i = 0; i < 6; i++) {
        pthread_create(&threads[i], NULL, list, &lister);
    }
    assert_true(support_gate_await(&gate, 2));
    assert_int_equal(hanging_run(lister.dbpool, AT_JOB_LOOKUP, hanging_succeed,
                                 NULL, SUPPORT_LONG_MS),
                     APR_SUCCESS);
    support_gate_open(&gate);
    for (i = 0; i < 6; i++) {
        pthread_join(threads[i], NULL);
    }
    at_dbpool_stop(lister.dbpool, SUPPORT_LONG_MS);
}

/* To wait behind lists is no sign that the database hangs. */
static void waiting_in_the_queue_does_not_open_the_breaker(void **state)
{
    static support_gate_t gate;
    lister_t lister = {support_dbpool(*state, 1), &gate};
    pthread_t thread;

    support_gate_make(&gate);
    pthread_create(&thread, NULL, list, &lister);
    assert_true(support_gate_await(&gate, 1));
    assert_int_equal(hanging_run(lister.dbpool, AT_JOB_LOOKUP, hanging_succeed,
                                 NULL, HANGING_SOON_MS),
                     AT_EUNAVAILABLE);
    support_gate_open(&gate);
    pthread_join(thread, NULL);
    assert_int_equal(hanging_run(lister.dbpool, AT_JOB_LOOKUP, hanging_succeed,
                                 NULL, SUPPORT_LONG_MS),
                     APR_SUCCESS);
    at_dbpool_stop(lister.dbpool, SUPPORT_LONG_MS);
}

static support_gate_t undone;

static apr_status_t undo(at_job_t *job, at_database_t *database, void *data)
{
    (void)job;
    (void)database;
    (void)data;
    support_gate_pass(&undone);
    return APR_SUCCESS;
}

/* With a deadline that is missed, though not before a worker has begun. */
static void run_with_undo(at_dbpool_t *dbpool, support_gate_t *gate)
{
    apr_int64_t timeout;

    for (timeout = HANGING_SOON_MS; entered_of(gate) == 0; timeout *= 2) {
        at_job_t *job = at_job_make(dbpool, AT_JOB_CHANGE, support_hold);

        assert_true(timeout < SUPPORT_LONG_MS / 2);
        at_job_set_undo(job, undo);
        assert_int_equal(at_job_run(job, gate, timeout), AT_EUNAVAILABLE);
        at_job_release(job);
    }
}

static void only_a_change_for_which_no_request_waits_is_undone(void **state)
{
    static support_gate_t gate;
    at_dbpool_t *dbpool = support_dbpool(*state, 2);
    at_job_t *job;

    support_gate_make(&gate);
    support_gate_make(&undone);
    support_gate_open(&undone);
    run_with_undo(dbpool, &gate);
    support_gate_open(&gate);
    assert_true(support_gate_await(&undone, 1));

    job = at_job_make(dbpool, AT_JOB_CHANGE, hanging_succeed);
    at_job_set_undo(job, undo);
    assert_int_equal(at_job_run(job, NULL, SUPPORT_LONG_MS), APR_SUCCESS);
    at_job_release(job);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    assert_int_equal(entered_of(&undone), 1);
}

/* Background jobs */

typedef struct background_t {
    support_gate_t gate;
    at_background_t *background;
    apr_int64_t delay;
} background_t;

/* It hangs until its gate is opened. */
static apr_int64_t hang(void *data, at_database_t *database)
{
    background_t *background = data;

    (void)database;
    support_gate_pass(&background->gate);
    return background->delay;
}

/* As if it had begun long enough ago to count as hanging. */
static void let_time_pass(at_dbpool_t *dbpool, background_t *background)
{
    pthread_mutex_lock(&dbpool->lock);
    background->background->since -= 5000;
    pthread_mutex_unlock(&dbpool->lock);
}

static void add(at_dbpool_t *dbpool, background_t *background)
{
    support_gate_make(&background->gate);
    background->delay = -1;
    background->background = at_background_add(dbpool, hang, background);
}

static void end_of(at_dbpool_t *dbpool, background_t *background)
{
    support_gate_open(&background->gate);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    assert_int_equal(replaced_of(dbpool), 0);
    assert_int_equal(dbpool->workers, 0);
    assert_int_equal(dbpool->running_slow, 0);
    assert_int_equal(support_gate_left(&background->gate),
                     entered_of(&background->gate));
}

static void a_worker_whose_background_job_hangs_is_replaced(void **state)
{
    at_dbpool_t *dbpool = hanging_open_dbpool(1);
    static background_t background;
    int i;

    (void)state;
    add(dbpool, &background);
    at_background_wake(background.background);
    assert_true(support_gate_await(&background.gate, 1));
    assert_int_equal(hanging_run(dbpool, AT_JOB_LOOKUP, hanging_succeed, NULL,
                                 HANGING_SOON_MS),
                     AT_EUNAVAILABLE);
    assert_int_equal(replaced_of(dbpool), 0); /* that was not long enough */
    let_time_pass(dbpool, &background);
    assert_int_equal(hanging_run(dbpool, AT_JOB_LOOKUP, hanging_succeed, NULL,
                                 SUPPORT_LONG_MS),
                     APR_SUCCESS);
    assert_int_equal(hanging_run(dbpool, AT_JOB_CHANGE, hanging_succeed, NULL,
                                 SUPPORT_LONG_MS),
                     APR_SUCCESS);
    assert_int_equal(replaced_of(dbpool), 1);
    for (i = 0; i < 50; i++) { /* it may not overlap */
        assert_int_equal(entered_of(&background.gate), 1);
        support_nap();
    }
    end_of(dbpool, &background);
}

static void a_background_job_that_may_overlap_runs_again(void **state)
{
    at_dbpool_t *dbpool = hanging_open_dbpool(1);
    static background_t background;

    (void)state;
    add(dbpool, &background);
    background.delay =
        0; /* the run that hung does not change that when it returns */
    at_background_allow_overlap(background.background);
    at_background_wake(background.background);
    assert_true(support_gate_await(&background.gate, 1));
    let_time_pass(dbpool, &background);
    hanging_run(dbpool, AT_JOB_LOOKUP, hanging_succeed, NULL, SUPPORT_LONG_MS);
    assert_true(support_gate_await(&background.gate, 2));
    assert_int_equal(replaced_of(dbpool), 1);
    /* But up to a limit: twice the connections hang, and no more. */
    let_time_pass(dbpool, &background);
    assert_int_equal(hanging_run(dbpool, AT_JOB_LOOKUP, hanging_succeed, NULL,
                                 HANGING_SOON_MS),
                     AT_EUNAVAILABLE);
    assert_int_equal(replaced_of(dbpool), 1);
    assert_int_equal(entered_of(&background.gate), 2);
    end_of(dbpool, &background);
}

/* On two connections the calls may wait for one lock, and more calls would
 * wait, too. */
static void at_most_two_calls_of_a_background_job_hang(void **state)
{
    at_dbpool_t *dbpool = hanging_open_dbpool(4);
    static background_t background;
    int i;

    (void)state;
    add(dbpool, &background);
    at_background_allow_overlap(background.background);
    at_background_wake(background.background);
    for (i = 1; i <= 2; i++) {
        assert_true(support_gate_await(&background.gate, i));
        let_time_pass(dbpool, &background);
        hanging_run(dbpool, AT_JOB_LOOKUP, hanging_succeed, NULL,
                    SUPPORT_LONG_MS);
    }
    for (i = 0; i < 50; i++) {
        assert_int_equal(entered_of(&background.gate), 2);
        hanging_run(dbpool, AT_JOB_LOOKUP, hanging_succeed, NULL,
                    SUPPORT_LONG_MS);
        support_nap();
    }
    assert_int_equal(replaced_of(dbpool), 2);
    end_of(dbpool, &background);
}

/* A worker that looks for work notices it, too. */
static void another_background_job_notices_it(void **state)
{
    at_dbpool_t *dbpool = hanging_open_dbpool(4);
    static background_t background, other;

    (void)state;
    add(dbpool, &background);
    add(dbpool, &other);
    support_gate_open(&other.gate);
    at_background_allow_overlap(background.background);
    at_background_wake(background.background);
    assert_true(support_gate_await(&background.gate, 1));
    let_time_pass(dbpool, &background);
    at_background_wake(other.background);
    assert_true(support_gate_await(&other.gate, 1));
    assert_true(support_gate_await(&background.gate, 2));
    end_of(dbpool, &background);
}

static void background_jobs_with_sqlite_are_not_replaced(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 1);
    static background_t background;

    add(dbpool, &background);
    at_background_allow_overlap(background.background);
    at_background_wake(background.background);
    assert_true(support_gate_await(&background.gate, 1));
    let_time_pass(dbpool, &background);
    assert_int_equal(hanging_run(dbpool, AT_JOB_LOOKUP, hanging_succeed, NULL,
                                 HANGING_SOON_MS),
                     AT_EUNAVAILABLE);
    assert_int_equal(replaced_of(dbpool), 0);
    assert_int_equal(entered_of(&background.gate), 1);
    end_of(dbpool, &background);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(workers_that_hang_are_replaced),
        SUPPORT_TEST(at_most_twice_as_many_workers_as_connections_hang),
        SUPPORT_TEST(workers_with_sqlite_are_not_replaced),
        SUPPORT_TEST(lists_leave_a_worker_for_lookups),
        SUPPORT_TEST(waiting_in_the_queue_does_not_open_the_breaker),
        SUPPORT_TEST(only_a_change_for_which_no_request_waits_is_undone),
        SUPPORT_TEST(a_worker_whose_background_job_hangs_is_replaced),
        SUPPORT_TEST(a_background_job_that_may_overlap_runs_again),
        SUPPORT_TEST(at_most_two_calls_of_a_background_job_hang),
        SUPPORT_TEST(another_background_job_notices_it),
        SUPPORT_TEST(background_jobs_with_sqlite_are_not_replaced),
    };

    return cmocka_run_group_tests_name("dbpool_replaced", tests, support_begin,
                                       support_end);
}
