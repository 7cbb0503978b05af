/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the turns of background jobs: they go on after a question was given up
 * and at the end, and neither they nor jobs keep the others waiting.
 */
#include "desk_inside.h"
#include "calls.h"

#include <stdlib.h>

#include <apr_atomic.h>
#include <apr_time.h>

#include "core/time.h"

/* Jobs that hang, until no worker is left. */
static void hang_all(at_desk_t *desk, at_desk_kind_e kind, support_gate_t *gate)
{
    int hung;

    for (hung = 0; hung < 2 * desk->connections; hung++) {
        at_breaker_close(desk->breaker); /* as by another process */
        assert_int_equal(
            calls_ask(desk, kind, support_hold, gate, CALLS_SOON_MS),
            AT_EUNAVAILABLE);
        assert_true(support_gate_await(gate, hung + 1));
    }
    assert_int_equal(calls_field(desk, &desk->lost), desk->connections);
    assert_int_equal(calls_field(desk, &desk->stuck), desk->connections);
}

static void check_ended(at_desk_t *desk)
{
    at_desk_stop(desk, SUPPORT_LONG_MS);
    assert_int_equal(apr_atomic_read32(&desk->threads), 0);
    assert_int_equal(desk->workers, 0);
    assert_int_equal(desk->lost, 0);
    assert_int_equal(desk->stuck, 0);
    assert_int_equal(desk->busy, 0);
    assert_int_equal(desk->tending, 0);
}

/* Chores */

typedef struct chore_t {
    volatile apr_uint32_t runs;
    apr_int64_t delay;
    apr_int64_t takes;
    at_chore_t *chore;
} chore_t;

static apr_int64_t do_chore(void *baton, at_database_t *database)
{
    chore_t *chore = baton;

    (void)database;
    apr_sleep(chore->takes * 1000);
    apr_atomic_inc32(&chore->runs);
    return chore->delay;
}

static void begin_chore(at_desk_t *desk, chore_t *chore, apr_int64_t delay,
                        apr_int64_t takes)
{
    memset(chore, 0, sizeof(*chore));
    chore->delay = delay;
    chore->takes = takes;
    chore->chore = at_desk_add_chore(desk, do_chore, chore);
    at_desk_wake(chore->chore);
}

static void await_total(chore_t *chore, apr_uint32_t wanted)
{
    int i;

    for (i = 0; i < SUPPORT_LONG_MS / 2; i++) {
        if (apr_atomic_read32(&chore->runs) >= wanted) {
            return;
        }
        support_nap();
    }
    fail_msg("the chore runs no more");
}

static void await_runs(chore_t *chore, apr_uint32_t more)
{
    await_total(chore, apr_atomic_read32(&chore->runs) + more);
}

static void chores_go_on_after_a_question_was_given_up(void **state)
{
    static support_gate_t gate;
    static chore_t chore;
    at_desk_t *desk = calls_hanging_desk(4);

    (void)state;
    support_gate_make(&gate);
    begin_chore(desk, &chore, 20, 0);
    await_runs(&chore, 2);
    assert_int_equal(
        calls_ask(desk, AT_DESK_QUESTION, support_hold, &gate, CALLS_SOON_MS),
        AT_EUNAVAILABLE);
    await_runs(&chore, 3); /* while it hangs */
    support_gate_open(&gate);
    while (calls_field(desk, &desk->lost) > 0) {
        support_nap();
    }
    await_runs(&chore, 3); /* and when it has come back */
    check_ended(desk);
}

/* What hangs has all the workers; the last run has one more. */
static void check_last_run(at_desk_kind_e kind)
{
    support_gate_t *gate = calloc(1, sizeof(*gate));
    chore_t *chore = calloc(1, sizeof(*chore));
    at_desk_t *desk = calls_hanging_desk(1);
    apr_uint32_t runs;

    support_gate_make(gate);
    begin_chore(desk, chore, 3600000, 0);
    await_total(chore, 1); /* it may have been before now */
    hang_all(desk, kind, gate);
    runs = apr_atomic_read32(&chore->runs);
    at_desk_stop(desk, 1000);
    assert_int_equal(apr_atomic_read32(&chore->runs), runs + 1);
    support_gate_open(gate);
    check_ended(desk);
    free(chore);
    free(gate);
}

static void the_last_run_has_a_worker_when_all_hang(void **state)
{
    (void)state;
    check_last_run(AT_DESK_QUESTION);
    check_last_run(AT_DESK_CHANGE);
}

static apr_int64_t hang(void *gate, at_database_t *database)
{
    (void)database;
    support_gate_pass(gate);
    return -1;
}

static void the_last_run_has_a_worker_when_another_chore_hangs(void **state)
{
    static support_gate_t gate;
    static chore_t chore;
    at_desk_t *desk = calls_hanging_desk(1);
    apr_uint32_t runs;

    (void)state;
    support_gate_make(&gate);
    begin_chore(desk, &chore, 3600000, 0);
    await_total(&chore, 1);
    at_desk_wake(at_desk_add_chore(desk, hang, &gate));
    assert_true(support_gate_await(&gate, 1));
    runs = apr_atomic_read32(&chore.runs);
    at_desk_stop(desk, 1500);
    assert_int_equal(apr_atomic_read32(&chore.runs), runs + 1);
    support_gate_open(&gate);
    check_ended(desk);
}

/* Streams of jobs */

typedef struct stream_t {
    at_desk_t *desk;
    at_desk_kind_e kind;
    volatile apr_uint32_t *done;
    volatile apr_uint32_t stop;
    pthread_t thread;
} stream_t;

#define STREAMS 4
#define MANY 4000

static apr_status_t work_a_little(at_job_t *job, at_database_t *database,
                                  void *baton)
{
    (void)job;
    (void)database;
    (void)baton;
    apr_sleep(2000);
    return APR_SUCCESS;
}

static void *flow(void *data)
{
    stream_t *stream = data;

    while (!apr_atomic_read32(&stream->stop)) {
        calls_ask(stream->desk, stream->kind, work_a_little, NULL,
                  SUPPORT_LONG_MS);
        apr_atomic_inc32(stream->done);
    }
    return NULL;
}

/* The queue is never empty. */
static void check_turns(int connections, at_desk_kind_e kind)
{
    at_desk_t *desk = calls_hanging_desk(connections);
    volatile apr_uint32_t done = 0;
    stream_t streams[2 * STREAMS];
    static chore_t chore;
    apr_size_t i;

    for (i = 0; i < COUNT(streams); i++) {
        streams[i] = (stream_t){.desk = desk, .kind = kind, .done = &done};
        assert_int_equal(
            pthread_create(&streams[i].thread, NULL, flow, &streams[i]), 0);
    }
    begin_chore(desk, &chore, 10, 0);
    while (apr_atomic_read32(&chore.runs) < 5) {
        assert_true(apr_atomic_read32(&done) < MANY);
        support_nap();
    }
    for (i = 0; i < COUNT(streams); i++) {
        apr_atomic_set32(&streams[i].stop, 1);
    }
    for (i = 0; i < COUNT(streams); i++) {
        pthread_join(streams[i].thread, NULL);
    }
    check_ended(desk);
}

static void chores_get_their_turn_in_any_stream(void **state)
{
    static const int connections[] = {1, 2, 4};
    apr_size_t i;

    (void)state;
    for (i = 0; i < COUNT(connections); i++) {
        check_turns(connections[i], AT_DESK_QUESTION);
        check_turns(connections[i], AT_DESK_CHANGE);
        check_turns(connections[i], AT_DESK_LONG);
    }
}

typedef struct list_t {
    at_desk_t *desk;
    support_gate_t gate;
    chore_t chore;
    pthread_t threads[2];
} list_t;

static void *list(void *data)
{
    list_t *lists = data;

    calls_ask(lists->desk, AT_DESK_LONG, support_hold, &lists->gate,
              SUPPORT_LONG_MS);
    return NULL;
}

/* Lists have all the workers that they may have. */
static void check_turn_beside_lists(int connections, list_t *lists)
{
    int most = connections / 2;
    int i;

    lists->desk = calls_hanging_desk(connections);
    support_gate_make(&lists->gate);
    begin_chore(lists->desk, &lists->chore, 10, 0);
    at_desk_reads(lists->chore.chore);
    await_runs(&lists->chore, 1);
    for (i = 0; i < most; i++) {
        assert_int_equal(pthread_create(&lists->threads[i], NULL, list, lists),
                         0);
    }
    assert_true(support_gate_await(&lists->gate, most));
    await_runs(&lists->chore, 5);
    assert_int_equal(support_gate_left(&lists->gate), 0);
    support_gate_open(&lists->gate);
    for (i = 0; i < most; i++) {
        pthread_join(lists->threads[i], NULL);
    }
    check_ended(lists->desk);
}

static void a_chore_need_not_wait_for_long_lists(void **state)
{
    static list_t lists[3];
    int i;

    (void)state;
    for (i = 0; i < 3; i++) {
        check_turn_beside_lists(i + 2, &lists[i]);
    }
}

/* A job waits for somebody's lock, and so would what is to be written. */
static void what_writes_leaves_the_last_worker_to_questions(void **state)
{
    static list_t change;
    apr_int64_t begun;
    apr_uint32_t runs;

    (void)state;
    change.desk = calls_hanging_desk(2);
    support_gate_make(&change.gate);
    begin_chore(change.desk, &change.chore, 10, 0);
    await_runs(&change.chore, 1);
    assert_int_equal(pthread_create(&change.threads[0], NULL, list, &change),
                     0);
    assert_true(support_gate_await(&change.gate, 1));
    runs = apr_atomic_read32(&change.chore.runs);
    for (begun = at_time_monotonic(); at_time_monotonic() < begun + 300;) {
        assert_int_equal(calls_ask(change.desk, AT_DESK_QUESTION, calls_succeed,
                                   NULL, SUPPORT_LONG_MS),
                         APR_SUCCESS);
    }
    assert_int_equal(apr_atomic_read32(&change.chore.runs), runs);
    support_gate_open(&change.gate);
    pthread_join(change.threads[0], NULL);
    await_runs(&change.chore, 3);
    check_ended(change.desk);
}

/* Four of them have always waited for long. */
static void questions_get_their_turn_among_chores(void **state)
{
    at_desk_t *desk = calls_hanging_desk(1);
    static chore_t chores[4];
    apr_size_t i;

    (void)state;
    for (i = 0; i < COUNT(chores); i++) {
        begin_chore(desk, &chores[i], 0, 60);
    }
    await_runs(&chores[0], 2);
    for (i = 0; i < 5; i++) {
        assert_int_equal(calls_ask(desk, AT_DESK_QUESTION, calls_succeed, NULL,
                                   SUPPORT_LONG_MS),
                         APR_SUCCESS);
    }
    check_ended(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(chores_go_on_after_a_question_was_given_up),
        SUPPORT_TEST(the_last_run_has_a_worker_when_all_hang),
        SUPPORT_TEST(the_last_run_has_a_worker_when_another_chore_hangs),
        SUPPORT_TEST(chores_get_their_turn_in_any_stream),
        SUPPORT_TEST(a_chore_need_not_wait_for_long_lists),
        SUPPORT_TEST(what_writes_leaves_the_last_worker_to_questions),
        SUPPORT_TEST(questions_get_their_turn_among_chores),
    };

    return cmocka_run_group_tests_name("background", tests, support_begin,
                                       support_end);
}
