/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the desk's chores: when they run, and that stopping runs them.
 */
#include "support.h"

#include <apr_atomic.h>

#include "desk_inside.h"

typedef struct chore_t {
    support_gate_t gate;
    apr_int64_t delays[4];
    volatile apr_uint32_t runs;
} chore_t;

static apr_int64_t do_chore(void *baton, at_database_t *database)
{
    chore_t *chore = baton;
    apr_uint32_t run = apr_atomic_inc32(&chore->runs);

    (void)database;
    support_gate_pass(&chore->gate);
    return run < COUNT(chore->delays) ? chore->delays[run] : -1;
}

static void chore_make(chore_t *chore, apr_int64_t first, apr_int64_t second)
{
    memset(chore, 0, sizeof(*chore));
    support_gate_make(&chore->gate);
    chore->delays[0] = first;
    chore->delays[1] = second;
    chore->delays[2] = -1;
    chore->delays[3] = -1;
}

/* A chore that still runs when the desk stops would run once more. */
static void await_rest(at_desk_t *desk)
{
    int running = 1;
    int i;

    for (i = 0; i < SUPPORT_LONG_MS / 2 && running; i++) {
        at_chore_t *chore;

        support_nap();
        running = 0;
        pthread_mutex_lock(&desk->lock);
        for (chore = desk->chores; chore; chore = chore->next) {
            running |= chore->running;
        }
        pthread_mutex_unlock(&desk->lock);
    }
    assert_false(running);
}

static void a_chore_runs_when_it_is_woken(void **state)
{
    at_desk_t *desk = support_desk(*state, 4);
    static chore_t mine, other;
    at_chore_t *chore;

    chore_make(&mine, -1, -1);
    chore_make(&other, -1, -1);
    support_gate_open(&mine.gate);
    chore = at_desk_add_chore(desk, do_chore, &mine);
    at_desk_add_chore(desk, do_chore, &other);
    assert_int_equal(apr_atomic_read32(&desk->threads), 0);
    at_desk_wake(chore);
    assert_true(support_gate_await(&mine.gate, 1));
    await_rest(desk);
    at_desk_stop(desk, SUPPORT_LONG_MS);
    assert_int_equal(mine.runs, 1);
    assert_int_equal(other.runs, 0);
}

static void a_chore_that_is_woken_while_it_runs_runs_again(void **state)
{
    at_desk_t *desk = support_desk(*state, 4);
    static chore_t mine;
    at_chore_t *chore;

    chore_make(&mine, -1, -1);
    chore = at_desk_add_chore(desk, do_chore, &mine);
    at_desk_wake(chore);
    assert_true(support_gate_await(&mine.gate, 1));
    at_desk_wake(chore);
    at_desk_wake(chore);
    support_gate_open(&mine.gate);
    assert_true(support_gate_await(&mine.gate, 2));
    await_rest(desk);
    at_desk_stop(desk, SUPPORT_LONG_MS);
    assert_int_equal(mine.runs, 2);
}

static void a_chore_runs_again_when_it_said_so(void **state)
{
    at_desk_t *desk = support_desk(*state, 4);
    static chore_t mine;

    chore_make(&mine, 1, 0);
    support_gate_open(&mine.gate);
    at_desk_wake(at_desk_add_chore(desk, do_chore, &mine));
    assert_true(support_gate_await(&mine.gate, 3));
    await_rest(desk);
    at_desk_stop(desk, SUPPORT_LONG_MS);
    assert_int_equal(mine.runs, 3);
}

static void await_due(at_desk_t *desk)
{
    apr_int64_t due = -1;
    int i;

    for (i = 0; i < SUPPORT_LONG_MS / 2 && due < 0; i++) {
        support_nap();
        pthread_mutex_lock(&desk->lock);
        due = desk->chores->due;
        pthread_mutex_unlock(&desk->lock);
    }
    assert_true(due > 0);
}

static void stopping_runs_a_chore_that_would_wait(void **state)
{
    at_desk_t *desk = support_desk(*state, 4);
    static chore_t mine;

    chore_make(&mine, 3600000, 3600000);
    support_gate_open(&mine.gate);
    at_desk_wake(at_desk_add_chore(desk, do_chore, &mine));
    assert_true(support_gate_await(&mine.gate, 1));
    await_due(desk);
    at_desk_stop(desk, SUPPORT_LONG_MS);
    assert_int_equal(mine.runs, 2);
    assert_int_equal(apr_atomic_read32(&desk->threads), 0);
}

static void *stop_desk(void *desk)
{
    at_desk_stop(desk, SUPPORT_LONG_MS);
    return NULL;
}

/* What came while it ran is for its last run. */
static void stopping_runs_a_chore_again_that_is_running(void **state)
{
    at_desk_t *desk = support_desk(*state, 4);
    static chore_t mine;
    pthread_t stopper;

    chore_make(&mine, -1, -1);
    at_desk_wake(at_desk_add_chore(desk, do_chore, &mine));
    assert_true(support_gate_await(&mine.gate, 1));
    assert_int_equal(pthread_create(&stopper, NULL, stop_desk, desk), 0);
    while (!at_desk_stopping(desk)) {
        support_nap();
    }
    support_gate_open(&mine.gate);
    pthread_join(stopper, NULL);
    assert_int_equal(mine.runs, 2);
}

/* A process that answers from the cache alone asks the desk for nothing. */
static void one_that_hangs_is_noticed_when_nobody_asks(void **state)
{
    at_desk_t *desk = at_desk_open("pgsql", "", 4); /* no call is made */
    static chore_t mine;
    at_chore_t *chore;

    (void)state;
    chore_make(&mine, -1, -1);
    chore = at_desk_add_chore(desk, do_chore, &mine);
    at_desk_repeat(chore);
    at_desk_wake(chore);
    assert_true(support_gate_await(&mine.gate, 2));
    support_gate_open(&mine.gate);
    await_rest(desk);
    assert_true(at_desk_stop(desk, SUPPORT_LONG_MS));
}

static void a_desk_can_begin_to_stop_without_a_wait(void **state)
{
    at_desk_t *desk = support_desk(*state, 4);
    at_job_t *job = at_desk_job(desk, AT_DESK_QUESTION, support_hold);
    static chore_t mine;

    chore_make(&mine, -1, -1);
    at_desk_wake(at_desk_add_chore(desk, do_chore, &mine));
    assert_true(support_gate_await(&mine.gate, 1));
    assert_false(at_desk_stopping(desk));
    at_desk_begin_stop(desk);
    assert_true(at_desk_stopping(desk));
    assert_int_equal(support_gate_left(&mine.gate), 0);
    assert_int_equal(at_desk_ask(job, &mine.gate, SUPPORT_LONG_MS),
                     AT_EUNAVAILABLE);
    at_desk_release(job);
    support_gate_open(&mine.gate);
    at_desk_stop(desk, SUPPORT_LONG_MS);
    assert_int_equal(mine.runs, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_chore_runs_when_it_is_woken),
        SUPPORT_TEST(a_chore_that_is_woken_while_it_runs_runs_again),
        SUPPORT_TEST(a_chore_runs_again_when_it_said_so),
        SUPPORT_TEST(stopping_runs_a_chore_that_would_wait),
        SUPPORT_TEST(stopping_runs_a_chore_again_that_is_running),
        SUPPORT_TEST(one_that_hangs_is_noticed_when_nobody_asks),
        SUPPORT_TEST(a_desk_can_begin_to_stop_without_a_wait),
    };

    return cmocka_run_group_tests_name("chores", tests, support_begin,
                                       support_end);
}
