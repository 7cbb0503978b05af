/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of writing last uses to the table: how they are written, and what
 * happens to those that have no place in the cache.
 *
 * Stopping the connection pool writes what is pending, so a test notes uses,
 * stops and checks.
 */
#include "fixture_jobs.h"

#include "core/cache/cache_uses.h"
#include "core/cache/counters.h"
#include "core/jobs/lastused_write.h"

typedef struct setting_t {
    jobs_fixture_t fixture;
    at_op_t *op; /* reads the table on a connection of its own */
    at_dbpool_t *dbpool;
    at_lastused_flush_t *flush; /* writes the queue */
    apr_pool_t *pool;
} setting_t;

static void open_flush(setting_t *setting)
{
    jobs_fixture_open_dbpool(&setting->fixture);
    setting->dbpool = setting->fixture.dbpool;
    setting->flush = jobs_fixture_flush(&setting->fixture, -1);
}

static setting_t open_on(void **state)
{
    support_t *support = *state;
    setting_t setting = {.fixture = jobs_fixture_open(state, AT_CACHE_SIZE_MIN),
                         .pool = support->pool};
    int i;

    setting.op = setting.fixture.op;
    for (i = 0; i < 5; i++) {
        assert_int_equal(op_insert(setting.op, support_row(support->pool, i), 0,
                                   support->pool),
                         APR_SUCCESS);
    }
    open_flush(&setting);
    return setting;
}

static void note(setting_t *setting, int number, apr_int64_t now)
{
    at_use_t use = {.id = support_row(setting->pool, number)->id, .when = now};

    at_lastused_flush_note(setting->flush, &use);
}

static apr_int64_t last_use(setting_t *setting, int number)
{
    return support_find(setting->op, &support_row(setting->pool, number)->id,
                        setting->pool)
        ->last_used;
}

/* Nothing is written while `gate` is closed: the connection pool has one
 * worker. */
static void hold(setting_t *setting, support_gate_t *gate)
{
    at_job_t *job = at_job_make(setting->dbpool, AT_JOB_CHANGE, support_hold);

    support_gate_make(gate);
    at_job_run(job, gate, 500); /* and does not wait */
    at_job_release(job);
    assert_true(support_gate_await(gate, 1));
}

static void a_use_is_written(void **state)
{
    setting_t setting = open_on(state);

    note(&setting, 1, 5000);
    at_dbpool_stop(setting.dbpool, SUPPORT_LONG_MS);
    assert_true(last_use(&setting, 1) == 5000);
    assert_true(last_use(&setting, 2) == AT_TIME_NONE);
}

static void a_use_is_written_while_the_pool_runs(void **state)
{
    setting_t setting = open_on(state);
    int i;

    note(&setting, 1, 5000);
    for (i = 0; i < 5000 && last_use(&setting, 1) != 5000; i++) {
        support_nap();
    }
    assert_true(last_use(&setting, 1) == 5000);
    at_dbpool_stop(setting.dbpool, SUPPORT_LONG_MS);
}

static void the_latest_of_many_uses_is_written(void **state)
{
    setting_t setting = open_on(state);
    static support_gate_t gate;
    int i;

    hold(&setting, &gate);
    for (i = 0; i < 1000; i++) {
        /* Each time of 5000 to 5999 once, in no order; the time tells which
         * thread noted it. */
        int when = 5000 + i * 7 % 1000;

        note(&setting, when % 4, when);
    }
    support_gate_open(&gate);
    at_dbpool_stop(setting.dbpool, SUPPORT_LONG_MS);
    for (i = 0; i < 4; i++) {
        assert_true(last_use(&setting, i) == 5996 + i);
    }
    assert_true(last_use(&setting, 4) == AT_TIME_NONE);
}

static void a_later_use_is_not_overwritten(void **state)
{
    setting_t setting = open_on(state);

    note(&setting, 1, 7000);
    note(&setting, 1, 6000);
    at_dbpool_stop(setting.dbpool, SUPPORT_LONG_MS);
    assert_true(last_use(&setting, 1) == 7000);

    open_flush(&setting);
    note(&setting, 1, 6500);
    at_dbpool_stop(setting.dbpool, SUPPORT_LONG_MS);
    assert_true(last_use(&setting, 1) == 7000);
}

static void uses_are_kept_until_the_table_can_be_written(void **state)
{
    support_t *support = *state;
    setting_t setting = open_on(state);
    int i;

    support_run_sql(support, "ALTER TABLE access_tokens RENAME TO away");
    note(&setting, 1, 70000);
    note(&setting, 2, 80000);
    note(&setting, 2, 4000);
    for (i = 0; i < 50; i++) { /* in which the first write fails */
        support_nap();
    }
    support_run_sql(support, "ALTER TABLE away RENAME TO access_tokens");
    for (i = 0; i < 5000 && last_use(&setting, 2) != 80000; i++) {
        support_nap();
    }
    assert_true(last_use(&setting, 1) == 70000);
    assert_true(last_use(&setting, 2) == 80000);
    at_dbpool_stop(setting.dbpool, SUPPORT_LONG_MS);
}

static void a_missing_token_does_not_delay_the_others(void **state)
{
    setting_t setting = open_on(state);

    note(&setting, 77, 5000);
    note(&setting, 1, 5000);
    note(&setting, 78, 5000);
    at_dbpool_stop(setting.dbpool, SUPPORT_LONG_MS);
    assert_true(last_use(&setting, 1) == 5000);
}

/* Writing */

#define MANY 1200 /* more than two transactions write */

/* Rows and uses of all numbers, the uses in no order. */
static apr_array_header_t *many_uses(support_t *support, at_cache_t *cache)
{
    apr_array_header_t *uses =
        apr_array_make(support->pool, MANY, sizeof(at_use_t));
    sample_t sample;
    int i;

    support_run_sql(support,
                    "INSERT INTO access_tokens (token_id, token_hash, "
                    "user_name, description, created_at) "
                    "WITH RECURSIVE n(i) AS (SELECT "
                    "5 UNION ALL SELECT i + 1 FROM n WHERE i < 1199) SELECT "
                    "printf('%04x1111-1111-1111-1111-111111111111', i), "
                    "printf('%064d', i), 'alice', '', 1000 + i FROM n");
    for (i = 0; i < MANY; i++) {
        at_use_t *use = apr_array_push(uses);
        int number = i * 7 % MANY;

        sample_make(cache, number, &sample);
        use->id = sample.id;
        use->when = 5000 + number;
        use->spot = sample_put(cache, &sample, 5000);
        assert_true(at_cache_uses_note(cache, use->spot, use->when));
    }
    return uses;
}

static void many_uses_are_all_written(void **state)
{
    support_t *support = *state;
    setting_t setting = open_on(state);
    at_cache_t *cache = support_cache((apr_size_t)4 << 20);
    apr_array_header_t *uses = many_uses(support, cache);
    int i;

    assert_int_equal(
        at_lastused_write(setting.op, uses, cache, NULL, AT_TIME_MAX),
        APR_SUCCESS);
    assert_int_equal(uses->nelts, 0);
    assert_int_equal(at_cache_uses_count(cache), 0);
    for (i = 0; i < MANY; i++) {
        assert_true(last_use(&setting, i) == 5000 + i);
    }
}

/* A use that cannot be written delays only its own slice; it is still there
 * and pending. */
static void uses_that_were_not_written_stay(void **state)
{
    support_t *support = *state;
    setting_t setting = open_on(state);
    at_cache_t *cache = support_cache((apr_size_t)4 << 20);
    apr_array_header_t *uses = many_uses(support, cache);
    int left, i;

    support_run_sql(support,
                    "CREATE TRIGGER no BEFORE UPDATE ON access_tokens WHEN "
                    "old.created_at = 1600 BEGIN SELECT RAISE(ABORT, 'no'); "
                    "END");
    assert_int_equal(
        at_lastused_write(setting.op, uses, cache, NULL, AT_TIME_MAX),
        AT_EUNAVAILABLE);
    left = uses->nelts;
    assert_true(left > 0 && left < MANY / 2);
    assert_int_equal(at_cache_uses_count(cache), left);
    assert_int_equal(at_counters_sum(cache, AT_COUNTER_WRITTEN), MANY - left);
    for (i = 0; i < left; i++) {
        int number = (int)APR_ARRAY_IDX(uses, i, at_use_t).when - 5000;

        assert_true(last_use(&setting, number) == AT_TIME_NONE);
    }
    support_run_sql(support, "DROP TRIGGER no");
    assert_int_equal(
        at_lastused_write(setting.op, uses, cache, NULL, AT_TIME_MAX),
        APR_SUCCESS);
    assert_int_equal(at_cache_uses_count(cache), 0);
    for (i = 0; i < MANY; i++) {
        assert_true(last_use(&setting, i) == 5000 + i);
    }
}

/* Each slice costs three connections: many would keep a database busy that
 * cannot be written. */
static void after_three_failed_slices_in_a_row_the_others_wait(void **state)
{
    support_t *support = *state;
    setting_t setting = open_on(state);
    apr_array_header_t *uses =
        apr_array_make(support->pool, 2000, sizeof(at_use_t));
    at_use_t use = {.when = 5000, .spot.slot = AT_SPOT_NONE};
    int i;

    for (i = 0; i < 2000; i++) {
        use.id = support_row(support->pool, i)->id;
        APR_ARRAY_PUSH(uses, at_use_t) = use;
    }
    for (i = 500; i < 2000; i += 500) {
        assert_int_equal(op_insert(setting.op, support_row(support->pool, i), 0,
                                   support->pool),
                         APR_SUCCESS);
    }
    support_run_sql(support,
                    "CREATE TRIGGER no BEFORE UPDATE ON access_tokens WHEN "
                    "old.created_at < 2500 BEGIN SELECT RAISE(ABORT, 'no'); "
                    "END");
    assert_int_equal(
        at_lastused_write(setting.op, uses, NULL, NULL, AT_TIME_MAX),
        AT_EUNAVAILABLE);
    assert_int_equal(uses->nelts, 2000);
    assert_true(last_use(&setting, 1500) == AT_TIME_NONE);
    support_run_sql(support, "DROP TRIGGER no");
    assert_int_equal(
        at_lastused_write(setting.op, uses, NULL, NULL, AT_TIME_MAX),
        APR_SUCCESS);
    assert_true(last_use(&setting, 1500) == 5000);
}

static void no_slice_is_begun_after_the_deadline(void **state)
{
    setting_t setting = open_on(state);
    at_cache_t *cache = support_cache((apr_size_t)4 << 20);
    apr_array_header_t *uses = many_uses(*state, cache);

    assert_int_equal(
        at_lastused_write(setting.op, uses, cache, NULL, at_clock_monotonic()),
        AT_EUNAVAILABLE);
    assert_int_equal(uses->nelts, MANY);
    assert_int_equal(at_cache_uses_count(cache), MANY);
}

/* The lock is waited for once, and not for each slice. */
static void a_locked_file_is_locked_for_all_slices(void **state)
{
    support_t *support = *state;
    setting_t setting = open_on(state);
    at_cache_t *cache = support_cache((apr_size_t)4 << 20);
    apr_array_header_t *uses = many_uses(support, cache);
    at_database_t *other =
        at_database_make("sqlite3", support->file, support->pool);
    apr_int64_t begun = at_clock_monotonic();

    assert_int_equal(at_database_command(other, "BEGIN IMMEDIATE"),
                     APR_SUCCESS);
    assert_int_equal(
        at_lastused_write(setting.op, uses, cache, NULL, AT_TIME_MAX),
        AT_EUNAVAILABLE);
    assert_true(at_clock_monotonic() - begun < 3 * 2000);
    assert_int_equal(uses->nelts, MANY);
    at_database_drop(other);
}

#define NOTERS 8

typedef struct noter_t {
    setting_t *setting;
    at_id_t ids[5];
    int number;
    pthread_t thread;
} noter_t;

static void *note_often(void *data)
{
    noter_t *noter = data;
    int i;

    for (i = 0; i < 500; i++) {
        at_use_t use = {.id = noter->ids[i % 5],
                        .when = 5000 + i * NOTERS + noter->number};

        at_lastused_flush_note(noter->setting->flush, &use);
    }
    return NULL;
}

static void many_threads_may_note_uses(void **state)
{
    setting_t setting = open_on(state);
    noter_t noters[NOTERS];
    int i, j;

    for (i = 0; i < NOTERS; i++) {
        noters[i] = (noter_t){.setting = &setting, .number = i};
        for (j = 0; j < 5; j++) {
            noters[i].ids[j] = support_row(setting.pool, j)->id;
        }
        assert_int_equal(
            pthread_create(&noters[i].thread, NULL, note_often, &noters[i]), 0);
    }
    for (i = 0; i < NOTERS; i++) {
        pthread_join(noters[i].thread, NULL);
    }
    at_dbpool_stop(setting.dbpool, SUPPORT_LONG_MS);
    for (j = 0; j < 5; j++) {
        assert_true(last_use(&setting, j) ==
                    5000 + (495 + j) * NOTERS + NOTERS - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_use_is_written),
        SUPPORT_TEST(a_use_is_written_while_the_pool_runs),
        SUPPORT_TEST(the_latest_of_many_uses_is_written),
        SUPPORT_TEST(a_later_use_is_not_overwritten),
        SUPPORT_TEST(uses_are_kept_until_the_table_can_be_written),
        SUPPORT_TEST(a_missing_token_does_not_delay_the_others),
        SUPPORT_TEST(many_threads_may_note_uses),
        SUPPORT_TEST(many_uses_are_all_written),
        SUPPORT_TEST(uses_that_were_not_written_stay),
        SUPPORT_TEST(after_three_failed_slices_in_a_row_the_others_wait),
        SUPPORT_TEST(no_slice_is_begun_after_the_deadline),
        SUPPORT_TEST(a_locked_file_is_locked_for_all_slices),
    };

    return cmocka_run_group_tests_name("lastused_write", tests, support_begin,
                                       support_end);
}
