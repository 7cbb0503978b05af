/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of what an answer about deletions says: from when on it counts, how far
 * back its question reached, and that it comes to an end.
 */
#include "fixture_jobs.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_time.h>

#define SIZE AT_CACHE_SIZE_MIN

/* The locks of a WAL's shared memory, as SQLite's file format tells. */
#define FIRST_LOCK 120
#define LOCKS 8

/* The next answer's question. */
static apr_int64_t await_answer(jobs_fixture_t *fixture)
{
    apr_int64_t last = at_freshness_last(fixture->cache);
    apr_int64_t now = at_clock_monotonic();

    while (at_freshness_last(fixture->cache) == last) {
        assert_true(at_clock_monotonic() < now + SUPPORT_LONG_MS);
        support_nap();
    }
    return at_freshness_last(fixture->cache);
}

static void lock_file(const char *file, int notices)
{
    struct flock all = {.l_type = F_WRLCK,
                        .l_whence = SEEK_SET,
                        .l_start = FIRST_LOCK,
                        .l_len = LOCKS};
    char locked = fcntl(open(file, O_RDWR), F_SETLKW, &all) == 0;

    locked = write(notices, &locked, 1) == 1;
    for (;;) {
        pause();
    }
}

/* Another process that lets nobody read, until it is killed. */
static pid_t start_locker(jobs_fixture_t *fixture)
{
    const char *file = apr_pstrcat(fixture->support->pool,
                                   fixture->support->file, "-shm", NULL);
    int notices[2];
    char locked = 0;
    pid_t child;

    assert_int_equal(pipe(notices), 0);
    child = support_fork();
    assert_true(child >= 0);
    if (child == 0) {
        lock_file(file, notices[1]);
    }
    assert_int_equal(read(notices[0], &locked, 1), 1);
    assert_true(locked);
    close(notices[0]);
    close(notices[1]);
    return child;
}

/* Another process, which would ask, too. */
static int another_may_ask(jobs_fixture_t *fixture, apr_int64_t now)
{
    pid_t child = support_fork();
    int status = -1;

    assert_true(child >= 0);
    if (child == 0) {
        _exit(at_lease_take(fixture->cache, AT_LEASE_REVOCATION, now, 1000)
                  ? 7
                  : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status) == 7;
}

/* What was deleted while the question was on its way, it may not have seen. */
static void a_late_answer_counts_from_its_question_on_and_nobody_else_asks(
    void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_usual_keeping();
    apr_int64_t begun, now;
    sample_t sample;
    pid_t locker;

    config.revocation = 4000; /* so that the next question is not soon */
    jobs_fixture_stock(&fixture, 1, &sample);
    jobs_fixture_keep(&fixture, &config);
    await_answer(&fixture);
    locker = start_locker(&fixture);
    now = at_clock_monotonic();
    while (!at_freshness_is_pending(fixture.cache)) {
        assert_true(at_clock_monotonic() < now + SUPPORT_LONG_MS);
        support_nap();
    }
    begun =
        (apr_int64_t)at_cache_load(&fixture.cache->header->unanswered_since);
    assert_false(another_may_ask(&fixture, begun + APR_INT64_C(86400000)));
    apr_sleep(700000);
    jobs_fixture_kill(locker);
    assert_true(await_answer(&fixture) == begun);
    assert_true(at_clock_monotonic() >= begun + 700);
    jobs_fixture_close(&fixture);
}

/* A deletion is dated when it begins, and may be committed as much later. */
static void a_question_reaches_back_by_the_timeout_and_a_minute(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_usual_keeping();
    sample_t late, long_ago;

    config.timeout = 60000;
    jobs_fixture_stock(&fixture, 1, &late);
    jobs_fixture_stock(&fixture, 2, &long_ago);
    jobs_fixture_keep(&fixture, &config);
    await_answer(&fixture);
    op_delete(fixture.op, &late.id, NULL, at_clock_now() - 100000,
              fixture.support->pool);
    op_delete(fixture.op, &long_ago.id, NULL, at_clock_now() - 200000,
              fixture.support->pool);
    await_answer(&fixture);
    await_answer(&fixture);
    assert_false(sample_are_there(fixture.cache, &late));
    assert_true(sample_are_there(fixture.cache, &long_ago));
    jobs_fixture_close(&fixture);
}

/* More than a page, all deleted at once, whose ids differ only at their ends. */
static void long_ids_of_others_have_an_end(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_usual_keeping();
    sample_t sample;

    jobs_fixture_stock(&fixture, 1, &sample);
    support_run_sql(
        fixture.support,
        apr_psprintf(
            fixture.support->pool,
            "INSERT INTO access_tokens (token_id, token_hash, user_name, "
            "description, created_at, deleted_at) WITH RECURSIVE n(i) AS "
            "(SELECT 0 UNION "
            "ALL SELECT i + 1 FROM n WHERE i < 2499) SELECT printf('%%0300d"
            "%%06d', 0, i), printf('%%064d', i), 'alice', '', 1000,"
            " %" APR_INT64_T_FMT " FROM n",
            at_clock_now() - 1000));
    op_delete(fixture.op, &sample.id, NULL, at_clock_now(),
              fixture.support->pool);
    jobs_fixture_keep(&fixture, &config);
    await_answer(&fixture);
    assert_false(sample_are_there(fixture.cache, &sample));
    jobs_fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(
            a_late_answer_counts_from_its_question_on_and_nobody_else_asks),
        SUPPORT_TEST(a_question_reaches_back_by_the_timeout_and_a_minute),
        SUPPORT_TEST(long_ids_of_others_have_an_end),
    };

    return cmocka_run_group_tests_name("revocation", tests, support_begin,
                                       support_end);
}
