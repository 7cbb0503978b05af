/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the connection pool as requests use it: answers, deadlines, the
 * breaker, and changes for which no request waits any more.
 */
#include "dbpool_inside.h"
#include "support.h"

#include <apr_time.h>

#include "core/token/clock.h"

#define SOON_MS 50 /* a deadline that is meant to be missed */

static apr_status_t count(at_job_t *job, at_database_t *database, void *data)
{
    (void)job;
    (void)database;
    ++*(int *)data;
    return APR_SUCCESS;
}

static apr_status_t run_once(at_dbpool_t *dbpool, at_job_kind_e kind,
                             at_job_work_t *work, void *data,
                             apr_int64_t timeout)
{
    at_job_t *job = at_job_make(dbpool, kind, work);
    apr_status_t status = at_job_run(job, data, timeout);

    at_job_release(job);
    return status;
}

typedef struct echo_t {
    int number;
    const char *answer;
} echo_t;

static apr_status_t echo(at_job_t *job, at_database_t *database, void *data)
{
    echo_t *call = data;

    (void)database;
    call->answer = apr_psprintf(at_job_pool(job), "%d!", call->number);
    return APR_SUCCESS;
}

static int echoes(at_dbpool_t *dbpool, int number)
{
    at_job_kind_e kind = number % 3 ? AT_JOB_LOOKUP : AT_JOB_CHANGE;
    at_job_t *job = at_job_make(dbpool, kind, echo);
    echo_t *call = apr_pcalloc(at_job_pool(job), sizeof(*call));
    int right;

    call->number = number;
    right = at_job_run(job, call, SUPPORT_LONG_MS) == APR_SUCCESS &&
            strcmp(call->answer,
                   apr_psprintf(at_job_pool(job), "%d!", number)) == 0;
    at_job_release(job);
    return right;
}

static void a_job_returns_what_its_work_returned(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 4);
    int i;

    for (i = 0; i < 100; i++) {
        assert_true(echoes(dbpool, i));
    }
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
}

static apr_status_t fail_with_reason(at_job_t *job, at_database_t *database,
                                     void *data)
{
    char reason[] = "the disk is full";

    (void)database;
    at_job_set_reason(job, reason);
    memset(reason, 'x', sizeof(reason) - 1);
    return *(apr_status_t *)data;
}

static void a_failure_has_its_status_and_reason(void **state)
{
    static apr_status_t answers[] = {AT_EUNAVAILABLE, APR_NOTFOUND, AT_ELIMIT};
    at_dbpool_t *dbpool = support_dbpool(*state, 1);
    apr_size_t i;

    for (i = 0; i < COUNT(answers); i++) {
        at_job_t *job = at_job_make(dbpool, AT_JOB_LOOKUP, fail_with_reason);

        assert_int_equal(at_job_run(job, &answers[i], SUPPORT_LONG_MS),
                         answers[i]);
        assert_string_equal(at_job_reason(job), "the disk is full");
        at_job_release(job);
    }
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
}

static void the_deadline_is_kept_while_the_work_hangs(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 4);
    at_job_t *job = at_job_make(dbpool, AT_JOB_LOOKUP, support_hold);
    static support_gate_t gate;

    support_gate_make(&gate);
    assert_int_equal(at_job_run(job, &gate, SOON_MS), AT_EUNAVAILABLE);
    assert_int_equal(support_gate_left(&gate), 0);
    assert_non_null(strstr(at_job_reason(job), "in time"));
    at_job_release(job);
    support_gate_open(&gate);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    assert_int_equal(support_gate_left(&gate), gate.entered);
}

/* A lookup that waits behind others is removed from the queue. */
static void a_job_that_was_not_begun_in_time_does_not_run_later(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 1);
    at_job_t *job = at_job_make(dbpool, AT_JOB_CHANGE, support_hold);
    static support_gate_t gate;
    int counted = 0;

    support_gate_make(&gate);
    assert_int_equal(at_job_run(job, &gate, SOON_MS), AT_EUNAVAILABLE);
    assert_int_equal(run_once(dbpool, AT_JOB_CHANGE, count, &counted, SOON_MS),
                     AT_EUNAVAILABLE);
    at_job_release(job);
    support_gate_open(&gate);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    assert_int_equal(counted, 0);
}

static void the_breaker_saves_the_next_request_the_wait(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 4);
    at_job_t *job = at_job_make(dbpool, AT_JOB_LOOKUP, support_hold);
    at_job_t *next = at_job_make(dbpool, AT_JOB_LOOKUP, count);
    static support_gate_t gate;
    int counted = 0;

    support_gate_make(&gate);
    assert_int_equal(at_job_run(job, &gate, SOON_MS), AT_EUNAVAILABLE);
    assert_int_equal(at_job_run(next, &counted, SUPPORT_LONG_MS),
                     AT_EUNAVAILABLE);
    assert_int_equal(counted, 0);
    assert_string_not_equal(at_job_reason(next), "");
    at_job_release(next);
    at_job_release(job);
    support_gate_open(&gate);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
}

static apr_status_t run_until_it_answers(at_dbpool_t *dbpool, int *counted)
{
    apr_status_t status = AT_EUNAVAILABLE;
    int i;

    for (i = 0; i < 5000 && status != APR_SUCCESS; i++) {
        support_nap();
        status =
            run_once(dbpool, AT_JOB_LOOKUP, count, counted, SUPPORT_LONG_MS);
    }
    return status;
}

static void an_answer_closes_the_breaker(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 4);
    static support_gate_t gate;
    int counted = 0;

    support_gate_make(&gate);
    assert_int_equal(
        run_once(dbpool, AT_JOB_LOOKUP, support_hold, &gate, SOON_MS),
        AT_EUNAVAILABLE);
    support_gate_open(&gate); /* a late answer is an answer, too */
    assert_int_equal(run_until_it_answers(dbpool, &counted), APR_SUCCESS);
    assert_int_equal(
        run_once(dbpool, AT_JOB_LOOKUP, count, &counted, SUPPORT_LONG_MS),
        APR_SUCCESS);
    assert_int_equal(counted, 2);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
}

/* While the first lookup still hangs, another one is the probe. */
static void the_breaker_lets_a_probe_through(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 4);
    static support_gate_t gate;
    int counted = 0;

    support_gate_make(&gate);
    assert_int_equal(
        run_once(dbpool, AT_JOB_LOOKUP, support_hold, &gate, SOON_MS),
        AT_EUNAVAILABLE);
    assert_int_equal(run_until_it_answers(dbpool, &counted), APR_SUCCESS);
    assert_int_equal(support_gate_left(&gate), 0);
    support_gate_open(&gate);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
}

/* Changes that are let through must not keep probes out. */
static void changes_do_not_use_up_the_probes(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 4);
    static support_gate_t gate;
    apr_status_t status = AT_EUNAVAILABLE;
    int counted = 0;
    int i;

    support_gate_make(&gate);
    assert_int_equal(
        run_once(dbpool, AT_JOB_LOOKUP, support_hold, &gate, SOON_MS),
        AT_EUNAVAILABLE);
    for (i = 0; i < 1500 && status != APR_SUCCESS; i++) {
        support_nap();
        run_once(dbpool, AT_JOB_CHANGE, count, &counted, SUPPORT_LONG_MS);
        status =
            run_once(dbpool, AT_JOB_LOOKUP, count, &counted, SUPPORT_LONG_MS);
    }
    assert_int_equal(support_gate_left(&gate), 0);
    support_gate_open(&gate);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    assert_int_equal(status, APR_SUCCESS);
}

static int is_abandoned(at_job_t *job)
{
    int abandoned;

    pthread_mutex_lock(&job->dbpool->lock);
    abandoned = job->abandoned;
    pthread_mutex_unlock(&job->dbpool->lock);
    return abandoned;
}

typedef struct change_t {
    support_gate_t gate;
    int claimed;
    int abandoned;
} change_t;

static void set_result(change_t *change, int *field, int value)
{
    pthread_mutex_lock(&change->gate.lock);
    *field = value;
    pthread_mutex_unlock(&change->gate.lock);
}

static int result_of(change_t *change, const int *field)
{
    int value;

    pthread_mutex_lock(&change->gate.lock);
    value = *field;
    pthread_mutex_unlock(&change->gate.lock);
    return value;
}

static apr_status_t claim_late(at_job_t *job, at_database_t *database,
                               void *data)
{
    change_t *change = data;

    (void)database;
    support_gate_pass(&change->gate);
    set_result(change, &change->abandoned, is_abandoned(job));
    set_result(change, &change->claimed, at_job_claim(job));
    return APR_SUCCESS;
}

static void a_change_for_which_no_request_waits_is_not_committed(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 4);
    static change_t change = {.claimed = -1, .abandoned = -1};

    support_gate_make(&change.gate);
    assert_int_equal(
        run_once(dbpool, AT_JOB_CHANGE, claim_late, &change, SOON_MS),
        AT_EUNAVAILABLE);
    assert_int_equal(result_of(&change, &change.claimed), -1);
    support_gate_open(&change.gate);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    assert_int_equal(result_of(&change, &change.claimed), 0);
    assert_int_equal(result_of(&change, &change.abandoned), 1);
}

/* The deadline passes between the claim and the end. */
static apr_status_t claim_and_be_slow(at_job_t *job, at_database_t *database,
                                      void *data)
{
    (void)database;
    *(int *)data = at_job_claim(job);
    while (at_clock_monotonic() <= at_job_deadline(job)) {
        support_nap();
    }
    return APR_SUCCESS;
}

static void a_request_waits_longer_for_a_claimed_change(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 4);
    int claimed = -1;

    assert_int_equal(
        run_once(dbpool, AT_JOB_CHANGE, claim_and_be_slow, &claimed, 500),
        APR_SUCCESS);
    assert_int_equal(claimed, 1);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
}

static apr_status_t claim_and_hang(at_job_t *job, at_database_t *database,
                                   void *data)
{
    change_t *change = data;

    (void)database;
    set_result(change, &change->claimed, at_job_claim(job));
    support_gate_pass(&change->gate);
    set_result(change, &change->abandoned, is_abandoned(job));
    return APR_SUCCESS;
}

static void a_request_does_not_wait_for_ever_for_a_claimed_change(void **state)
{
    at_dbpool_t *dbpool = support_dbpool(*state, 4);
    static change_t change = {.claimed = -1, .abandoned = -1};

    support_gate_make(&change.gate);
    assert_int_equal(
        run_once(dbpool, AT_JOB_CHANGE, claim_and_hang, &change, SOON_MS),
        AT_EUNAVAILABLE);
    assert_int_equal(support_gate_left(&change.gate), 0);
    support_gate_open(&change.gate);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    assert_int_equal(result_of(&change, &change.claimed), 1);
    assert_int_equal(result_of(&change, &change.abandoned),
                     1); /* so that it undoes itself */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_job_returns_what_its_work_returned),
        SUPPORT_TEST(a_failure_has_its_status_and_reason),
        SUPPORT_TEST(the_deadline_is_kept_while_the_work_hangs),
        SUPPORT_TEST(a_job_that_was_not_begun_in_time_does_not_run_later),
        SUPPORT_TEST(the_breaker_saves_the_next_request_the_wait),
        SUPPORT_TEST(an_answer_closes_the_breaker),
        SUPPORT_TEST(the_breaker_lets_a_probe_through),
        SUPPORT_TEST(changes_do_not_use_up_the_probes),
        SUPPORT_TEST(a_change_for_which_no_request_waits_is_not_committed),
        SUPPORT_TEST(a_request_waits_longer_for_a_claimed_change),
        SUPPORT_TEST(a_request_does_not_wait_for_ever_for_a_claimed_change),
    };

    return cmocka_run_group_tests_name("dbpool", tests, support_begin,
                                       support_end);
}
