/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the connection pool's background jobs: when they run, and that
 * stopping the pool runs them.
 */
#include "support.h"

#include <apr_atomic.h>

#include "dbpool_inside.h"

typedef struct background_t {
    support_gate_t gate;
    apr_int64_t delays[4];
    volatile apr_uint32_t runs;
} background_t;

static apr_int64_t do_background(void *data, at_database_t *database)
{
    background_t *background = data;
    apr_uint32_t run = apr_atomic_inc32(&background->runs);

    (void)database;
    support_gate_pass(&background->gate);
    return run < COUNT(background->delays) ? background->delays[run] : -1;
}

static void background_make(background_t *background, apr_int64_t first,
                            apr_int64_t second)
{
    memset(background, 0, sizeof(*background));
    support_gate_make(&background->gate);
    background->delays[0] = first;
    background->delays[1] = second;
    background->delays[2] = -1;
    background->delays[3] = -1;
}

/* A background job that is running when the pool stops would run once more. */
static void await_not_running(at_dbpool_t *dbpool)
{
    int running = 1;
    int i;

    for (i = 0; i < SUPPORT_LONG_MS / 2 && running; i++) {
        at_background_t *background;

        support_nap();
        running = 0;
        pthread_mutex_lock(&dbpool->lock);
        for (background = dbpool->background_jobs; background;
             background = background->next) {
            running |= background->running;
        }
        pthread_mutex_unlock(&dbpool->lock);
    }
    assert_false(running);
}

static void a_background_job_runs_when_it_is_woken(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 4);
    static background_t mine, other;
    at_background_t *background;

    background_make(&mine, -1, -1);
    background_make(&other, -1, -1);
    support_gate_open(&mine.gate);
    background = at_background_add(dbpool, do_background, &mine);
    at_background_add(dbpool, do_background, &other);
    assert_int_equal(apr_atomic_read32(&dbpool->threads), 0);
    at_background_wake(background);
    assert_true(support_gate_await(&mine.gate, 1));
    await_not_running(dbpool);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    assert_int_equal(mine.runs, 1);
    assert_int_equal(other.runs, 0);
}

static void a_background_job_that_is_woken_while_it_runs_runs_again(
    void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 4);
    static background_t mine;
    at_background_t *background;

    background_make(&mine, -1, -1);
    background = at_background_add(dbpool, do_background, &mine);
    at_background_wake(background);
    assert_true(support_gate_await(&mine.gate, 1));
    at_background_wake(background);
    at_background_wake(background);
    support_gate_open(&mine.gate);
    assert_true(support_gate_await(&mine.gate, 2));
    await_not_running(dbpool);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    assert_int_equal(mine.runs, 2);
}

static void a_background_job_runs_again_after_the_time_it_returned(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 4);
    static background_t mine;

    background_make(&mine, 1, 0);
    support_gate_open(&mine.gate);
    at_background_wake(at_background_add(dbpool, do_background, &mine));
    assert_true(support_gate_await(&mine.gate, 3));
    await_not_running(dbpool);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    assert_int_equal(mine.runs, 3);
}

static void await_due(at_dbpool_t *dbpool)
{
    apr_int64_t due = -1;
    int i;

    for (i = 0; i < SUPPORT_LONG_MS / 2 && due < 0; i++) {
        support_nap();
        pthread_mutex_lock(&dbpool->lock);
        due = dbpool->background_jobs->due;
        pthread_mutex_unlock(&dbpool->lock);
    }
    assert_true(due > 0);
}

static void stopping_runs_a_background_job_that_is_not_due(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 4);
    static background_t mine;

    background_make(&mine, 3600000, 3600000);
    support_gate_open(&mine.gate);
    at_background_wake(at_background_add(dbpool, do_background, &mine));
    assert_true(support_gate_await(&mine.gate, 1));
    await_due(dbpool);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    assert_int_equal(mine.runs, 2);
    assert_int_equal(apr_atomic_read32(&dbpool->threads), 0);
}

static void *stop_dbpool(void *dbpool)
{
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    return NULL;
}

/* What happened during the run before is for the last run. */
static void stopping_runs_a_running_background_job_again(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 4);
    static background_t mine;
    pthread_t stopper;

    background_make(&mine, -1, -1);
    at_background_wake(at_background_add(dbpool, do_background, &mine));
    assert_true(support_gate_await(&mine.gate, 1));
    assert_int_equal(pthread_create(&stopper, NULL, stop_dbpool, dbpool), 0);
    while (!at_dbpool_stopping(dbpool)) {
        support_nap();
    }
    support_gate_open(&mine.gate);
    pthread_join(stopper, NULL);
    assert_int_equal(mine.runs, 2);
}

/* A process that answers from the cache alone runs no jobs. */
static void a_background_job_that_hangs_is_replaced_without_requests(
    void **state)
{
    at_dbpool_t *dbpool = at_dbpool_open("pgsql", "", 4); /* no call is made */
    static background_t mine;
    at_background_t *background;

    (void)state;
    background_make(&mine, -1, -1);
    background = at_background_add(dbpool, do_background, &mine);
    at_background_allow_overlap(background);
    at_background_wake(background);
    assert_true(support_gate_await(&mine.gate, 2));
    support_gate_open(&mine.gate);
    await_not_running(dbpool);
    assert_true(at_dbpool_stop(dbpool, SUPPORT_LONG_MS));
}

static void a_pool_can_begin_to_stop_without_waiting(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 4);
    at_job_t *job = at_job_make(dbpool, AT_JOB_LOOKUP, support_hold);
    static background_t mine;

    background_make(&mine, -1, -1);
    at_background_wake(at_background_add(dbpool, do_background, &mine));
    assert_true(support_gate_await(&mine.gate, 1));
    assert_false(at_dbpool_stopping(dbpool));
    at_dbpool_begin_stop(dbpool);
    assert_true(at_dbpool_stopping(dbpool));
    assert_int_equal(support_gate_left(&mine.gate), 0);
    assert_int_equal(at_job_run(job, &mine.gate, SUPPORT_LONG_MS),
                     AT_EUNAVAILABLE);
    at_job_release(job);
    support_gate_open(&mine.gate);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    assert_int_equal(mine.runs, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_background_job_runs_when_it_is_woken),
        SUPPORT_TEST(a_background_job_that_is_woken_while_it_runs_runs_again),
        SUPPORT_TEST(a_background_job_runs_again_after_the_time_it_returned),
        SUPPORT_TEST(stopping_runs_a_background_job_that_is_not_due),
        SUPPORT_TEST(stopping_runs_a_running_background_job_again),
        SUPPORT_TEST(a_background_job_that_hangs_is_replaced_without_requests),
        SUPPORT_TEST(a_pool_can_begin_to_stop_without_waiting),
    };

    return cmocka_run_group_tests_name("background", tests, support_begin,
                                       support_end);
}
