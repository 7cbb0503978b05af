/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the workers of the connection pool: which worker runs what, and how
 * they end.
 *
 * They read the state of the pool to know that jobs are queued or threads have
 * ended, where the only other way would be to sleep and hope.
 */
#include "support.h"

#include <apr_atomic.h>

#include "core/token/clock.h"
#include "dbpool_inside.h"

#define ASKERS 16
#define JOBS 200

typedef struct requester_t {
    at_dbpool_t *dbpool;
    at_job_kind_e kind;
    at_job_work_t *work;
    void *data;
    int number;
    int wrong;
    apr_status_t status;
    pthread_t thread;
} requester_t;

static void start(requester_t *requester, void *(*run)(void *))
{
    assert_int_equal(pthread_create(&requester->thread, NULL, run, requester),
                     0);
}

static void *run_job(void *data)
{
    requester_t *requester = data;
    at_job_t *job =
        at_job_make(requester->dbpool, requester->kind, requester->work);

    requester->status = at_job_run(job, requester->data, SUPPORT_LONG_MS);
    at_job_release(job);
    return NULL;
}

/* Jobs that pass a gate. */
static void start_held(requester_t *requesters, int count, at_dbpool_t *dbpool,
                       at_job_kind_e kind, support_gate_t *gate)
{
    int i;

    for (i = 0; i < count; i++) {
        requesters[i] = (requester_t){
            .dbpool = dbpool, .kind = kind, .work = support_hold, .data = gate};
        start(&requesters[i], run_job);
    }
}

static void await_waiting(at_dbpool_t *dbpool, int wanted)
{
    int now = -1;
    int i;

    for (i = 0; i < SUPPORT_LONG_MS / 2 && now != wanted; i++) {
        support_nap();
        pthread_mutex_lock(&dbpool->lock);
        now = dbpool->waiting;
        pthread_mutex_unlock(&dbpool->lock);
    }
    assert_int_equal(now, wanted);
}

static apr_status_t square(at_job_t *job, at_database_t *database, void *data)
{
    int *number = apr_palloc(at_job_pool(job), sizeof(*number));

    (void)database;
    *number = **(int **)data * **(int **)data;
    *(int **)data = number;
    return APR_SUCCESS;
}

static void *run_often(void *data)
{
    requester_t *requester = data;
    int i;

    for (i = 0; i < JOBS; i++) {
        int number = requester->number * JOBS + i;
        at_job_t *job = at_job_make(
            requester->dbpool, i % 4 ? AT_JOB_LOOKUP : AT_JOB_CHANGE, square);
        int **pointer = apr_palloc(at_job_pool(job), sizeof(*pointer));

        *pointer = &number;
        if (at_job_run(job, pointer, SUPPORT_LONG_MS) != APR_SUCCESS ||
            **pointer != number * number) {
            requester->wrong++;
        }
        at_job_release(job);
    }
    return NULL;
}

static void run_with(at_dbpool_t *dbpool)
{
    requester_t requesters[ASKERS];
    int i;

    for (i = 0; i < ASKERS; i++) {
        requesters[i] = (requester_t){.dbpool = dbpool, .number = i};
        start(&requesters[i], run_often);
    }
    for (i = 0; i < ASKERS; i++) {
        pthread_join(requesters[i].thread, NULL);
        assert_int_equal(requesters[i].wrong, 0);
    }
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
}

static void all_requests_get_their_own_answers(void **state)
{
    run_with(support_dbpool(*state, 4));
}

static void one_connection_is_enough(void **state)
{
    run_with(support_dbpool(*state, 1));
}

static void changes_never_occupy_all_workers(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 4);
    requester_t requesters[10];
    static support_gate_t changes, lookup;
    requester_t reader = {.dbpool = dbpool,
                          .kind = AT_JOB_LOOKUP,
                          .work = support_hold,
                          .data = &lookup};
    int i;

    support_gate_make(&changes);
    support_gate_make(&lookup);
    support_gate_open(&lookup);
    start_held(requesters, 10, dbpool, AT_JOB_CHANGE, &changes);
    assert_true(support_gate_await(&changes, 2));
    await_waiting(dbpool, 8);
    run_job(&reader);
    assert_int_equal(reader.status, APR_SUCCESS);
    assert_int_equal(support_gate_left(&changes), 0);
    support_gate_open(&changes);
    for (i = 0; i < 10; i++) {
        pthread_join(requesters[i].thread, NULL);
        assert_int_equal(requesters[i].status, APR_SUCCESS);
    }
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
}

static apr_status_t note_order(at_job_t *job, at_database_t *database,
                               void *data)
{
    static int order;

    (void)job;
    (void)database;
    *(int *)data = ++order; /* one worker, so one job at a time */
    return APR_SUCCESS;
}

static void lookups_run_before_changes(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 1);
    static support_gate_t gate;
    int changed = 0, answered = 0;
    requester_t holder = {.dbpool = dbpool,
                          .kind = AT_JOB_LOOKUP,
                          .work = support_hold,
                          .data = &gate};
    requester_t writer = {.dbpool = dbpool,
                          .kind = AT_JOB_CHANGE,
                          .work = note_order,
                          .data = &changed};
    requester_t reader = {.dbpool = dbpool,
                          .kind = AT_JOB_LOOKUP,
                          .work = note_order,
                          .data = &answered};

    support_gate_make(&gate);
    start(&holder, run_job);
    assert_true(support_gate_await(&gate, 1));
    start(&writer, run_job);
    await_waiting(dbpool, 1);
    start(&reader, run_job);
    await_waiting(dbpool, 2);
    support_gate_open(&gate);
    pthread_join(holder.thread, NULL);
    pthread_join(writer.thread, NULL);
    pthread_join(reader.thread, NULL);
    assert_true(answered < changed);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
}

static void there_are_no_more_workers_than_connections(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 2);
    static support_gate_t gate;
    requester_t requesters[6];
    int i;

    at_dbpool_raise_connections(dbpool, 1); /* a lower number changes nothing */
    at_dbpool_raise_connections(dbpool, 3);
    support_gate_make(&gate);
    start_held(requesters, 6, dbpool, AT_JOB_LOOKUP, &gate);
    assert_true(support_gate_await(&gate, 3));
    await_waiting(dbpool, 3);
    assert_int_equal(apr_atomic_read32(&dbpool->threads), 3);
    support_gate_open(&gate);
    for (i = 0; i < 6; i++) {
        pthread_join(requesters[i].thread, NULL);
    }
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
}

static void *stop_dbpool(void *data)
{
    requester_t *requester = data;

    at_dbpool_stop(requester->dbpool, SUPPORT_LONG_MS);
    return NULL;
}

static void stopping_answers_the_jobs_that_wait(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 1);
    requester_t requesters[6], stopper = {.dbpool = dbpool};
    static support_gate_t gate;
    int i;

    support_gate_make(&gate);
    for (i = 0; i < 6; i++) {
        requesters[i] =
            (requester_t){.dbpool = dbpool,
                          .kind = i % 2 ? AT_JOB_CHANGE : AT_JOB_LOOKUP,
                          .work = support_hold,
                          .data = &gate};
        start(&requesters[i], run_job);
        await_waiting(dbpool, i);
        assert_true(support_gate_await(&gate, 1));
    }
    start(&stopper, stop_dbpool);
    support_gate_open(&gate);
    for (i = 0; i < 6; i++) {
        pthread_join(requesters[i].thread, NULL);
        assert_int_equal(requesters[i].status, APR_SUCCESS);
    }
    pthread_join(stopper.thread, NULL);
    assert_int_equal(apr_atomic_read32(&dbpool->threads), 0);
}

static void stopping_does_not_wait_for_ever(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 1);
    static support_gate_t gate;
    requester_t requester = {.dbpool = dbpool,
                             .kind = AT_JOB_LOOKUP,
                             .work = support_hold,
                             .data = &gate};

    support_gate_make(&gate);
    start(&requester, run_job);
    assert_true(support_gate_await(&gate, 1));
    at_dbpool_stop(dbpool, 20);
    assert_int_equal(support_gate_left(&gate), 0);
    support_gate_open(&gate);
    pthread_join(requester.thread, NULL);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    assert_int_equal(apr_atomic_read32(&dbpool->threads), 0);
}

static void a_pool_that_was_never_used_stops_at_once(void **state)
{
    at_dbpool_stop(support_dbpool(*state, 4), SUPPORT_LONG_MS);
}

static void a_stopped_pool_accepts_no_jobs(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 4);
    static support_gate_t gate;
    requester_t requester = {.dbpool = dbpool,
                             .kind = AT_JOB_LOOKUP,
                             .work = support_hold,
                             .data = &gate};

    support_gate_make(&gate);
    support_gate_open(&gate);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    run_job(&requester);
    assert_int_equal(requester.status, AT_EUNAVAILABLE);
    assert_int_equal(gate.entered, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(all_requests_get_their_own_answers),
        SUPPORT_TEST(one_connection_is_enough),
        SUPPORT_TEST(changes_never_occupy_all_workers),
        SUPPORT_TEST(lookups_run_before_changes),
        SUPPORT_TEST(there_are_no_more_workers_than_connections),
        SUPPORT_TEST(stopping_answers_the_jobs_that_wait),
        SUPPORT_TEST(stopping_does_not_wait_for_ever),
        SUPPORT_TEST(a_pool_that_was_never_used_stops_at_once),
        SUPPORT_TEST(a_stopped_pool_accepts_no_jobs),
    };

    return cmocka_run_group_tests_name("dbpool_workers", tests, support_begin,
                                       support_end);
}
