/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of when background jobs run: they run on after a lookup has hung and
 * when the pool stops, and neither they nor jobs delay the others.
 */
#include "dbpool_inside.h"
#include "fixture_hanging.h"

#include <stdlib.h>

#include <apr_atomic.h>
#include <apr_time.h>

#include "core/token/clock.h"

/* Run jobs that hang, until no worker is left. */
static void hang_all(at_dbpool_t *dbpool, at_job_kind_e kind,
                     support_gate_t *gate)
{
    int hung;

    for (hung = 0; hung < 2 * dbpool->connections; hung++) {
        at_breaker_close(dbpool->breaker); /* as if by another process */
        assert_int_equal(
            hanging_run(dbpool, kind, support_hold, gate, HANGING_SOON_MS),
            AT_EUNAVAILABLE);
        assert_true(support_gate_await(gate, hung + 1));
    }
    assert_int_equal(hanging_field(dbpool, &dbpool->replaced),
                     dbpool->connections);
    assert_int_equal(hanging_field(dbpool, &dbpool->hung), dbpool->connections);
}

static void check_ended(at_dbpool_t *dbpool)
{
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    assert_int_equal(apr_atomic_read32(&dbpool->threads), 0);
    assert_int_equal(dbpool->workers, 0);
    assert_int_equal(dbpool->replaced, 0);
    assert_int_equal(dbpool->hung, 0);
    assert_int_equal(dbpool->running_slow, 0);
    assert_int_equal(dbpool->running_background, 0);
}

/* Background jobs */

typedef struct background_t {
    volatile apr_uint32_t runs;
    apr_int64_t delay;
    apr_int64_t takes;
    at_background_t *background;
} background_t;

static apr_int64_t do_background(void *data, at_database_t *database)
{
    background_t *background = data;

    (void)database;
    apr_sleep(background->takes * 1000);
    apr_atomic_inc32(&background->runs);
    return background->delay;
}

static void begin_background(at_dbpool_t *dbpool, background_t *background,
                             apr_int64_t delay, apr_int64_t takes)
{
    memset(background, 0, sizeof(*background));
    background->delay = delay;
    background->takes = takes;
    background->background =
        at_background_add(dbpool, do_background, background);
    at_background_wake(background->background);
}

static void await_total(background_t *background, apr_uint32_t wanted)
{
    int i;

    for (i = 0; i < SUPPORT_LONG_MS / 2; i++) {
        if (apr_atomic_read32(&background->runs) >= wanted) {
            return;
        }
        support_nap();
    }
    fail_msg("the background job runs no more");
}

static void await_runs(background_t *background, apr_uint32_t more)
{
    await_total(background, apr_atomic_read32(&background->runs) + more);
}

static void background_jobs_run_on_after_a_lookup_has_hung(void **state)
{
    static support_gate_t gate;
    static background_t background;
    at_dbpool_t *dbpool = hanging_open_dbpool(4);

    (void)state;
    support_gate_make(&gate);
    begin_background(dbpool, &background, 20, 0);
    await_runs(&background, 2);
    assert_int_equal(hanging_run(dbpool, AT_JOB_LOOKUP, support_hold, &gate,
                                 HANGING_SOON_MS),
                     AT_EUNAVAILABLE);
    await_runs(&background, 3); /* while it hangs */
    support_gate_open(&gate);
    while (hanging_field(dbpool, &dbpool->replaced) > 0) {
        support_nap();
    }
    await_runs(&background, 3); /* and after it has returned */
    check_ended(dbpool);
}

/* All workers hang; for the last run there is one more. */
static void check_last_run(at_job_kind_e kind)
{
    support_gate_t *gate = calloc(1, sizeof(*gate));
    background_t *background = calloc(1, sizeof(*background));
    at_dbpool_t *dbpool = hanging_open_dbpool(1);
    apr_uint32_t runs;

    support_gate_make(gate);
    begin_background(dbpool, background, 3600000, 0);
    await_total(background, 1); /* it may have run before */
    hang_all(dbpool, kind, gate);
    runs = apr_atomic_read32(&background->runs);
    at_dbpool_stop(dbpool, 1000);
    assert_int_equal(apr_atomic_read32(&background->runs), runs + 1);
    support_gate_open(gate);
    check_ended(dbpool);
    free(background);
    free(gate);
}

static void the_last_run_gets_a_worker_when_all_workers_hang(void **state)
{
    (void)state;
    check_last_run(AT_JOB_LOOKUP);
    check_last_run(AT_JOB_CHANGE);
}

static apr_int64_t hang(void *gate, at_database_t *database)
{
    (void)database;
    support_gate_pass(gate);
    return -1;
}

static void the_last_run_gets_a_worker_when_another_background_job_hangs(
    void **state)
{
    static support_gate_t gate;
    static background_t background;
    at_dbpool_t *dbpool = hanging_open_dbpool(1);
    apr_uint32_t runs;

    (void)state;
    support_gate_make(&gate);
    begin_background(dbpool, &background, 3600000, 0);
    await_total(&background, 1);
    at_background_wake(at_background_add(dbpool, hang, &gate));
    assert_true(support_gate_await(&gate, 1));
    runs = apr_atomic_read32(&background.runs);
    at_dbpool_stop(dbpool, 1500);
    assert_int_equal(apr_atomic_read32(&background.runs), runs + 1);
    support_gate_open(&gate);
    check_ended(dbpool);
}

/* Streams of jobs */

typedef struct stream_t {
    at_dbpool_t *dbpool;
    at_job_kind_e kind;
    volatile apr_uint32_t *done;
    volatile apr_uint32_t stop;
    pthread_t thread;
} stream_t;

#define STREAMS 4
#define MANY 4000

static apr_status_t work_a_little(at_job_t *job, at_database_t *database,
                                  void *data)
{
    (void)job;
    (void)database;
    (void)data;
    apr_sleep(2000);
    return APR_SUCCESS;
}

static void *flow(void *data)
{
    stream_t *stream = data;

    while (!apr_atomic_read32(&stream->stop)) {
        hanging_run(stream->dbpool, stream->kind, work_a_little, NULL,
                    SUPPORT_LONG_MS);
        apr_atomic_inc32(stream->done);
    }
    return NULL;
}

/* The queue is never empty. */
static void check_turns(int connections, at_job_kind_e kind)
{
    at_dbpool_t *dbpool = hanging_open_dbpool(connections);
    volatile apr_uint32_t done = 0;
    stream_t streams[2 * STREAMS];
    static background_t background;
    apr_size_t i;

    for (i = 0; i < COUNT(streams); i++) {
        streams[i] = (stream_t){.dbpool = dbpool, .kind = kind, .done = &done};
        assert_int_equal(
            pthread_create(&streams[i].thread, NULL, flow, &streams[i]), 0);
    }
    begin_background(dbpool, &background, 10, 0);
    while (apr_atomic_read32(&background.runs) < 5) {
        assert_true(apr_atomic_read32(&done) < MANY);
        support_nap();
    }
    for (i = 0; i < COUNT(streams); i++) {
        apr_atomic_set32(&streams[i].stop, 1);
    }
    for (i = 0; i < COUNT(streams); i++) {
        pthread_join(streams[i].thread, NULL);
    }
    check_ended(dbpool);
}

static void background_jobs_run_beside_any_stream_of_jobs(void **state)
{
    static const int connections[] = {1, 2, 4};
    apr_size_t i;

    (void)state;
    for (i = 0; i < COUNT(connections); i++) {
        check_turns(connections[i], AT_JOB_LOOKUP);
        check_turns(connections[i], AT_JOB_CHANGE);
        check_turns(connections[i], AT_JOB_LIST);
    }
}

typedef struct list_t {
    at_dbpool_t *dbpool;
    support_gate_t gate;
    background_t background;
    pthread_t threads[2];
} list_t;

static void *list(void *data)
{
    list_t *lists = data;

    hanging_run(lists->dbpool, AT_JOB_LIST, support_hold, &lists->gate,
                SUPPORT_LONG_MS);
    return NULL;
}

/* Lists occupy all workers that they may have. */
static void check_turn_beside_lists(int connections, list_t *lists)
{
    int most = connections / 2;
    int i;

    lists->dbpool = hanging_open_dbpool(connections);
    support_gate_make(&lists->gate);
    begin_background(lists->dbpool, &lists->background, 10, 0);
    at_background_set_only_reads(lists->background.background);
    await_runs(&lists->background, 1);
    for (i = 0; i < most; i++) {
        assert_int_equal(pthread_create(&lists->threads[i], NULL, list, lists),
                         0);
    }
    assert_true(support_gate_await(&lists->gate, most));
    await_runs(&lists->background, 5);
    assert_int_equal(support_gate_left(&lists->gate), 0);
    support_gate_open(&lists->gate);
    for (i = 0; i < most; i++) {
        pthread_join(lists->threads[i], NULL);
    }
    check_ended(lists->dbpool);
}

static void a_background_job_does_not_wait_for_long_lists(void **state)
{
    static list_t lists[3];
    int i;

    (void)state;
    for (i = 0; i < 3; i++) {
        check_turn_beside_lists(i + 2, &lists[i]);
    }
}

/* A job waits for the lock of another session, and so would a background job
 * that writes. */
static void a_background_job_that_writes_leaves_the_last_worker_to_lookups(
    void **state)
{
    static list_t change;
    apr_int64_t begun;
    apr_uint32_t runs;

    (void)state;
    change.dbpool = hanging_open_dbpool(2);
    support_gate_make(&change.gate);
    begin_background(change.dbpool, &change.background, 10, 0);
    await_runs(&change.background, 1);
    assert_int_equal(pthread_create(&change.threads[0], NULL, list, &change),
                     0);
    assert_true(support_gate_await(&change.gate, 1));
    runs = apr_atomic_read32(&change.background.runs);
    for (begun = at_clock_monotonic(); at_clock_monotonic() < begun + 300;) {
        assert_int_equal(hanging_run(change.dbpool, AT_JOB_LOOKUP,
                                     hanging_succeed, NULL, SUPPORT_LONG_MS),
                         APR_SUCCESS);
    }
    assert_int_equal(apr_atomic_read32(&change.background.runs), runs);
    support_gate_open(&change.gate);
    pthread_join(change.threads[0], NULL);
    await_runs(&change.background, 3);
    check_ended(change.dbpool);
}

/* Four background jobs are always late. */
static void lookups_run_among_background_jobs(void **state)
{
    at_dbpool_t *dbpool = hanging_open_dbpool(1);
    static background_t jobs[4];
    apr_size_t i;

    (void)state;
    for (i = 0; i < COUNT(jobs); i++) {
        begin_background(dbpool, &jobs[i], 0, 60);
    }
    await_runs(&jobs[0], 2);
    for (i = 0; i < 5; i++) {
        assert_int_equal(hanging_run(dbpool, AT_JOB_LOOKUP, hanging_succeed,
                                     NULL, SUPPORT_LONG_MS),
                         APR_SUCCESS);
    }
    check_ended(dbpool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(background_jobs_run_on_after_a_lookup_has_hung),
        SUPPORT_TEST(the_last_run_gets_a_worker_when_all_workers_hang),
        SUPPORT_TEST(
            the_last_run_gets_a_worker_when_another_background_job_hangs),
        SUPPORT_TEST(background_jobs_run_beside_any_stream_of_jobs),
        SUPPORT_TEST(a_background_job_does_not_wait_for_long_lists),
        SUPPORT_TEST(
            a_background_job_that_writes_leaves_the_last_worker_to_lookups),
        SUPPORT_TEST(lookups_run_among_background_jobs),
    };

    return cmocka_run_group_tests_name("background_schedule", tests,
                                       support_begin, support_end);
}
