/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the desk when drivers hang: workers that are given up are replaced,
 * but not without end, lists leave a worker for questions, and what nobody
 * waits for any more is undone.
 */
#include "desk_inside.h"
#include "calls.h"

static apr_status_t ask_until_it_answers(at_desk_t *desk)
{
    apr_status_t status = AT_EUNAVAILABLE;
    int i;

    for (i = 0; i < 1500 && status != APR_SUCCESS; i++) {
        support_nap();
        status = calls_ask(desk, AT_DESK_QUESTION, calls_succeed, NULL,
                           SUPPORT_LONG_MS);
    }
    return status;
}

static int lost_of(at_desk_t *desk)
{
    int lost;

    pthread_mutex_lock(&desk->lock);
    lost = desk->lost;
    pthread_mutex_unlock(&desk->lock);
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
    at_desk_t *desk = calls_hanging_desk(1);

    (void)state;
    support_gate_make(&gate);
    assert_int_equal(
        calls_ask(desk, AT_DESK_QUESTION, support_hold, &gate, CALLS_SOON_MS),
        AT_EUNAVAILABLE);
    assert_int_equal(lost_of(desk), 1);
    assert_int_equal(ask_until_it_answers(desk), APR_SUCCESS);
    assert_int_equal(support_gate_left(&gate), 0);
    support_gate_open(&gate);
    at_desk_stop(desk, SUPPORT_LONG_MS);
    assert_int_equal(lost_of(desk), 0);
    assert_int_equal(desk->workers, 0);
    assert_int_equal(desk->busy, 0);
}

static void no_more_than_twice_the_connections_hang(void **state)
{
    static support_gate_t gate;
    at_desk_t *desk = calls_hanging_desk(2);
    int i;

    (void)state;
    support_gate_make(&gate);
    for (i = 0; i < 8; i++) {
        calls_ask(desk, AT_DESK_CHANGE, support_hold, &gate, CALLS_SOON_MS);
    }
    assert_int_equal(lost_of(desk), 2);
    assert_true(entered_of(&gate) <= 4);
    support_gate_open(&gate);
    at_desk_stop(desk, SUPPORT_LONG_MS);
    assert_int_equal(lost_of(desk), 0);
    assert_int_equal(desk->busy, 0);
}

static void sqlite_s_workers_only_wait_for_locks(void **state)
{
    static support_gate_t gate;
    at_desk_t *desk = support_desk(*state, 2);

    support_gate_make(&gate);
    calls_ask(desk, AT_DESK_CHANGE, support_hold, &gate, CALLS_SOON_MS);
    assert_int_equal(lost_of(desk), 0);
    support_gate_open(&gate);
    at_desk_stop(desk, SUPPORT_LONG_MS);
}

typedef struct lister_t {
    at_desk_t *desk;
    support_gate_t *gate;
} lister_t;

static void *list(void *data)
{
    lister_t *lister = data;

    calls_ask(lister->desk, AT_DESK_LONG, support_hold, lister->gate,
              SUPPORT_LONG_MS);
    return NULL;
}

static void long_questions_leave_a_worker_for_quick_ones(void **state)
{
    static support_gate_t gate;
    lister_t lister = {support_desk(*state, 4), &gate};
    pthread_t threads[6];
    int i;

    support_gate_make(&gate);
    for (i = 0; i < 6; i++) {
        pthread_create(&threads[i], NULL, list, &lister);
    }
    assert_true(support_gate_await(&gate, 2));
    assert_int_equal(calls_ask(lister.desk, AT_DESK_QUESTION, calls_succeed,
                               NULL, SUPPORT_LONG_MS),
                     APR_SUCCESS);
    support_gate_open(&gate);
    for (i = 0; i < 6; i++) {
        pthread_join(threads[i], NULL);
    }
    at_desk_stop(lister.desk, SUPPORT_LONG_MS);
}

/* In line behind lists is no sign that the database hangs. */
static void waiting_in_line_does_not_open_the_breaker(void **state)
{
    static support_gate_t gate;
    lister_t lister = {support_desk(*state, 1), &gate};
    pthread_t thread;

    support_gate_make(&gate);
    pthread_create(&thread, NULL, list, &lister);
    assert_true(support_gate_await(&gate, 1));
    assert_int_equal(calls_ask(lister.desk, AT_DESK_QUESTION, calls_succeed,
                               NULL, CALLS_SOON_MS),
                     AT_EUNAVAILABLE);
    support_gate_open(&gate);
    pthread_join(thread, NULL);
    assert_int_equal(calls_ask(lister.desk, AT_DESK_QUESTION, calls_succeed,
                               NULL, SUPPORT_LONG_MS),
                     APR_SUCCESS);
    at_desk_stop(lister.desk, SUPPORT_LONG_MS);
}

static support_gate_t undone;

static apr_status_t undo(at_job_t *job, at_database_t *database, void *baton)
{
    (void)job;
    (void)database;
    (void)baton;
    support_gate_pass(&undone);
    return APR_SUCCESS;
}

/* With a deadline that is missed, though not before a worker has begun. */
static void ask_for_what_is_undone(at_desk_t *desk, support_gate_t *gate)
{
    apr_int64_t timeout;

    for (timeout = CALLS_SOON_MS; entered_of(gate) == 0; timeout *= 2) {
        at_job_t *job = at_desk_job(desk, AT_DESK_CHANGE, support_hold);

        assert_true(timeout < SUPPORT_LONG_MS / 2);
        at_job_undo_with(job, undo);
        assert_int_equal(at_desk_ask(job, gate, timeout), AT_EUNAVAILABLE);
        at_desk_release(job);
    }
}

static void only_what_nobody_waits_for_is_undone(void **state)
{
    static support_gate_t gate;
    at_desk_t *desk = support_desk(*state, 2);
    at_job_t *job;

    support_gate_make(&gate);
    support_gate_make(&undone);
    support_gate_open(&undone);
    ask_for_what_is_undone(desk, &gate);
    support_gate_open(&gate);
    assert_true(support_gate_await(&undone, 1));

    job = at_desk_job(desk, AT_DESK_CHANGE, calls_succeed);
    at_job_undo_with(job, undo);
    assert_int_equal(at_desk_ask(job, NULL, SUPPORT_LONG_MS), APR_SUCCESS);
    at_desk_release(job);
    at_desk_stop(desk, SUPPORT_LONG_MS);
    assert_int_equal(entered_of(&undone), 1);
}

/* Chores */

typedef struct chore_t {
    support_gate_t gate;
    at_chore_t *chore;
    apr_int64_t delay;
} chore_t;

/* Its gate decides how long. */
static apr_int64_t hang(void *baton, at_database_t *database)
{
    chore_t *chore = baton;

    (void)database;
    support_gate_pass(&chore->gate);
    return chore->delay;
}

/* As if it had begun longer ago than a chore may take. */
static void let_time_pass(at_desk_t *desk, chore_t *chore)
{
    pthread_mutex_lock(&desk->lock);
    chore->chore->since -= 5000;
    pthread_mutex_unlock(&desk->lock);
}

static void add(at_desk_t *desk, chore_t *chore)
{
    support_gate_make(&chore->gate);
    chore->delay = -1;
    chore->chore = at_desk_add_chore(desk, hang, chore);
}

static void end_of(at_desk_t *desk, chore_t *chore)
{
    support_gate_open(&chore->gate);
    at_desk_stop(desk, SUPPORT_LONG_MS);
    assert_int_equal(lost_of(desk), 0);
    assert_int_equal(desk->workers, 0);
    assert_int_equal(desk->busy, 0);
    assert_int_equal(support_gate_left(&chore->gate), entered_of(&chore->gate));
}

static void a_chore_that_hangs_gives_up_its_worker(void **state)
{
    at_desk_t *desk = calls_hanging_desk(1);
    static chore_t chore;
    int i;

    (void)state;
    add(desk, &chore);
    at_desk_wake(chore.chore);
    assert_true(support_gate_await(&chore.gate, 1));
    assert_int_equal(
        calls_ask(desk, AT_DESK_QUESTION, calls_succeed, NULL, CALLS_SOON_MS),
        AT_EUNAVAILABLE);
    assert_int_equal(lost_of(desk), 0); /* that was not long yet */
    let_time_pass(desk, &chore);
    assert_int_equal(
        calls_ask(desk, AT_DESK_QUESTION, calls_succeed, NULL, SUPPORT_LONG_MS),
        APR_SUCCESS);
    assert_int_equal(
        calls_ask(desk, AT_DESK_CHANGE, calls_succeed, NULL, SUPPORT_LONG_MS),
        APR_SUCCESS);
    assert_int_equal(lost_of(desk), 1);
    for (i = 0; i < 50; i++) { /* it does not repeat */
        assert_int_equal(entered_of(&chore.gate), 1);
        support_nap();
    }
    end_of(desk, &chore);
}

static void a_chore_that_repeats_is_begun_again(void **state)
{
    at_desk_t *desk = calls_hanging_desk(1);
    static chore_t chore;

    (void)state;
    add(desk, &chore);
    chore.delay = 0; /* the one that hung has no say in it when it comes back */
    at_desk_repeat(chore.chore);
    at_desk_wake(chore.chore);
    assert_true(support_gate_await(&chore.gate, 1));
    let_time_pass(desk, &chore);
    calls_ask(desk, AT_DESK_QUESTION, calls_succeed, NULL, SUPPORT_LONG_MS);
    assert_true(support_gate_await(&chore.gate, 2));
    assert_int_equal(lost_of(desk), 1);
    /* But not without end: twice the connections hang, and no more. */
    let_time_pass(desk, &chore);
    assert_int_equal(
        calls_ask(desk, AT_DESK_QUESTION, calls_succeed, NULL, CALLS_SOON_MS),
        AT_EUNAVAILABLE);
    assert_int_equal(lost_of(desk), 1);
    assert_int_equal(entered_of(&chore.gate), 2);
    end_of(desk, &chore);
}

/* On two connections they may wait for one lock, and more would wait, too. */
static void two_calls_of_a_chore_hang_and_no_more(void **state)
{
    at_desk_t *desk = calls_hanging_desk(4);
    static chore_t chore;
    int i;

    (void)state;
    add(desk, &chore);
    at_desk_repeat(chore.chore);
    at_desk_wake(chore.chore);
    for (i = 1; i <= 2; i++) {
        assert_true(support_gate_await(&chore.gate, i));
        let_time_pass(desk, &chore);
        calls_ask(desk, AT_DESK_QUESTION, calls_succeed, NULL, SUPPORT_LONG_MS);
    }
    for (i = 0; i < 50; i++) {
        assert_int_equal(entered_of(&chore.gate), 2);
        calls_ask(desk, AT_DESK_QUESTION, calls_succeed, NULL, SUPPORT_LONG_MS);
        support_nap();
    }
    assert_int_equal(lost_of(desk), 2);
    end_of(desk, &chore);
}

/* A worker that looks for work sees it as well. */
static void another_chore_brings_it_to_light(void **state)
{
    at_desk_t *desk = calls_hanging_desk(4);
    static chore_t chore, other;

    (void)state;
    add(desk, &chore);
    add(desk, &other);
    support_gate_open(&other.gate);
    at_desk_repeat(chore.chore);
    at_desk_wake(chore.chore);
    assert_true(support_gate_await(&chore.gate, 1));
    let_time_pass(desk, &chore);
    at_desk_wake(other.chore);
    assert_true(support_gate_await(&other.gate, 1));
    assert_true(support_gate_await(&chore.gate, 2));
    end_of(desk, &chore);
}

static void sqlite_s_chores_only_wait_for_locks(void **state)
{
    at_desk_t *desk = support_desk(*state, 1);
    static chore_t chore;

    add(desk, &chore);
    at_desk_repeat(chore.chore);
    at_desk_wake(chore.chore);
    assert_true(support_gate_await(&chore.gate, 1));
    let_time_pass(desk, &chore);
    assert_int_equal(
        calls_ask(desk, AT_DESK_QUESTION, calls_succeed, NULL, CALLS_SOON_MS),
        AT_EUNAVAILABLE);
    assert_int_equal(lost_of(desk), 0);
    assert_int_equal(entered_of(&chore.gate), 1);
    end_of(desk, &chore);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(workers_that_hang_are_replaced),
        SUPPORT_TEST(no_more_than_twice_the_connections_hang),
        SUPPORT_TEST(sqlite_s_workers_only_wait_for_locks),
        SUPPORT_TEST(long_questions_leave_a_worker_for_quick_ones),
        SUPPORT_TEST(waiting_in_line_does_not_open_the_breaker),
        SUPPORT_TEST(only_what_nobody_waits_for_is_undone),
        SUPPORT_TEST(a_chore_that_hangs_gives_up_its_worker),
        SUPPORT_TEST(a_chore_that_repeats_is_begun_again),
        SUPPORT_TEST(two_calls_of_a_chore_hang_and_no_more),
        SUPPORT_TEST(another_chore_brings_it_to_light),
        SUPPORT_TEST(sqlite_s_chores_only_wait_for_locks),
    };

    return cmocka_run_group_tests(tests, support_begin, support_end);
}
