/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the answer to a poll: from when on it counts, how far back the poll
 * reaches, and that it ends.
 */
#include "fixture_jobs.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_time.h>

#define SIZE AT_CACHE_SIZE_MIN

/* The locks of a WAL's shared memory, from SQLite's file format. */
#define FIRST_LOCK 120
#define LOCKS 8

/* When the poll began that is answered next. */
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

/* Another process, which locks out all readers until it is killed. */
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

/* Another process, which would poll, too. */
static int start_other_process(jobs_fixture_t *fixture, apr_int64_t now)
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

/* The poll may not have seen tokens that were deleted while it was running. */
static void a_late_answer_counts_from_its_beginning_and_no_other_process_polls(
    void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_revocation_config();
    apr_int64_t begun, now;
    sample_t sample;
    pid_t locker;

    config.revocation = 4000; /* so that the next poll is not soon */
    jobs_fixture_add_token(&fixture, 1, &sample);
    jobs_fixture_open_revocation(&fixture, &config);
    await_answer(&fixture);
    locker = start_locker(&fixture);
    now = at_clock_monotonic();
    while (!at_freshness_is_pending(fixture.cache)) {
        assert_true(at_clock_monotonic() < now + SUPPORT_LONG_MS);
        support_nap();
    }
    begun =
        (apr_int64_t)at_cache_load(&fixture.cache->header->unanswered_since);
    assert_false(start_other_process(&fixture, begun + APR_INT64_C(86400000)));
    apr_sleep(700000);
    jobs_fixture_kill(locker);
    assert_true(await_answer(&fixture) == begun);
    assert_true(at_clock_monotonic() >= begun + 700);
    jobs_fixture_close(&fixture);
}

/* A deletion has the time when it began, and may be committed that much
 * later. */
static void a_poll_reaches_back_by_the_timeout_and_a_minute(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_revocation_config();
    sample_t late, long_ago;

    config.timeout = 60000;
    jobs_fixture_add_token(&fixture, 1, &late);
    jobs_fixture_add_token(&fixture, 2, &long_ago);
    jobs_fixture_open_revocation(&fixture, &config);
    await_answer(&fixture);
    op_delete(fixture.op, &late.id, NULL, at_clock_now() - 100000,
              fixture.support->pool);
    op_delete(fixture.op, &long_ago.id, NULL, at_clock_now() - 200000,
              fixture.support->pool);
    await_answer(&fixture);
    await_answer(&fixture);
    assert_false(sample_is_cached(fixture.cache, &late));
    assert_true(sample_is_cached(fixture.cache, &long_ago));
    jobs_fixture_close(&fixture);
}

/* More than a page, all deleted at the same time, with ids that differ only at
 * their ends. */
static void reading_long_ids_of_other_programs_ends(void **state)
{
    jobs_fixture_t fixture = jobs_fixture_open(state, SIZE);
    at_revocation_config_t config = jobs_fixture_revocation_config();
    sample_t sample;

    jobs_fixture_add_token(&fixture, 1, &sample);
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
    jobs_fixture_open_revocation(&fixture, &config);
    await_answer(&fixture);
    assert_false(sample_is_cached(fixture.cache, &sample));
    jobs_fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(
            a_late_answer_counts_from_its_beginning_and_no_other_process_polls),
        SUPPORT_TEST(a_poll_reaches_back_by_the_timeout_and_a_minute),
        SUPPORT_TEST(reading_long_ids_of_other_programs_ends),
    };

    return cmocka_run_group_tests_name("revocation_reading", tests,
                                       support_begin, support_end);
}
