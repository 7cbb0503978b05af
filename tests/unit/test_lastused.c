/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of last uses on their way to the table.
 *
 * Stopping the desk writes what is pending, so a test notes, stops and looks.
 */
#include "support.h"

#include "core/lastused.h"

typedef struct setting_t {
    at_store_t *store; /* what the table says, on a connection of its own */
    at_desk_t *desk;
    at_lastused_t *lastused;
    apr_pool_t *pool;
} setting_t;

static setting_t open_with(void **state, apr_int64_t interval)
{
    support_t *support = *state;
    setting_t setting = {.store = support_store(support),
                         .desk = support_desk(support, 1),
                         .pool = support->pool};
    int i;

    for (i = 0; i < 5; i++) {
        assert_int_equal(at_store_insert(setting.store,
                                         support_row(support->pool, i), 0,
                                         support->pool),
                         APR_SUCCESS);
    }
    setting.lastused = at_lastused_open(
        setting.desk,
        at_sql_compose("sqlite3", "access_tokens", at_desk_pool(setting.desk)),
        interval);
    return setting;
}

static void note(setting_t *setting, int number, apr_int64_t now)
{
    at_lastused_note(setting->lastused, support_row(setting->pool, number),
                     now);
}

static apr_int64_t last_use(setting_t *setting, int number)
{
    return support_find(setting->store, &support_row(setting->pool, number)->id,
                        setting->pool)
        ->last_used;
}

/* Nothing is written while `gate` is shut: the desk has one worker. */
static void hold(setting_t *setting, support_gate_t *gate)
{
    at_job_t *job = at_desk_job(setting->desk, AT_DESK_CHANGE, support_hold);

    support_gate_make(gate);
    at_desk_ask(job, gate, 500); /* and goes away */
    at_desk_release(job);
    assert_true(support_gate_await(gate, 1));
}

static void a_use_is_written(void **state)
{
    setting_t setting = open_with(state, 0);

    note(&setting, 1, 5000);
    at_desk_stop(setting.desk, SUPPORT_LONG_MS);
    assert_true(last_use(&setting, 1) == 5000);
    assert_true(last_use(&setting, 2) == AT_TIME_NONE);
}

static void a_use_is_written_without_a_stop(void **state)
{
    setting_t setting = open_with(state, 60000);
    int i;

    note(&setting, 1, 5000);
    for (i = 0; i < 5000 && last_use(&setting, 1) != 5000; i++) {
        support_nap();
    }
    assert_true(last_use(&setting, 1) == 5000);
    at_desk_stop(setting.desk, SUPPORT_LONG_MS);
}

static void the_latest_of_many_uses_is_written(void **state)
{
    setting_t setting = open_with(state, 0);
    static support_gate_t gate;
    int i;

    hold(&setting, &gate);
    for (i = 0; i < 1000; i++) {
        /* Each time of 5000 to 5999 once, in no order; it says whose it is. */
        int when = 5000 + i * 7 % 1000;

        note(&setting, when % 4, when);
    }
    support_gate_open(&gate);
    at_desk_stop(setting.desk, SUPPORT_LONG_MS);
    for (i = 0; i < 4; i++) {
        assert_true(last_use(&setting, i) == 5996 + i);
    }
    assert_true(last_use(&setting, 4) == AT_TIME_NONE);
}

static void a_use_never_goes_back(void **state)
{
    setting_t setting = open_with(state, 0);

    note(&setting, 1, 7000);
    note(&setting, 1, 6000);
    at_desk_stop(setting.desk, SUPPORT_LONG_MS);
    assert_true(last_use(&setting, 1) == 7000);

    setting.desk = support_desk(*state, 1);
    setting.lastused = at_lastused_open(
        setting.desk,
        at_sql_compose("sqlite3", "access_tokens", at_desk_pool(setting.desk)),
        0);
    note(&setting, 1, 6500);
    at_desk_stop(setting.desk, SUPPORT_LONG_MS);
    assert_true(last_use(&setting, 1) == 7000);
}

static void touch(setting_t *setting, int number, apr_int64_t when)
{
    apr_array_header_t *uses =
        apr_array_make(setting->pool, 1, sizeof(at_use_t));
    at_use_t *use = apr_array_push(uses);

    use->id = support_row(setting->pool, number)->id;
    use->when = when;
    assert_int_equal(at_store_touch(setting->store, uses, 0), APR_SUCCESS);
}

/* What another process has written counts, though the row at hand is older. */
static void the_interval_is_kept_by_the_table(void **state)
{
    setting_t setting = open_with(state, 60000);

    touch(&setting, 1, 100000);
    touch(&setting, 2, 100000);
    note(&setting, 1, 159999);
    note(&setting, 2, 160000);
    at_desk_stop(setting.desk, SUPPORT_LONG_MS);
    assert_true(last_use(&setting, 1) == 100000);
    assert_true(last_use(&setting, 2) == 160000);
}

/* Here the table has no say, since it would have taken the use. */
static void a_use_within_the_interval_is_not_even_noted(void **state)
{
    setting_t setting = open_with(state, 60000);
    at_row_t *row = support_row(setting.pool, 1);
    at_row_t *other = support_row(setting.pool, 2);

    row->last_used = 100000;
    other->last_used = 100000;
    at_lastused_note(setting.lastused, row, 159999);
    at_lastused_note(setting.lastused, row, 90000);
    at_lastused_note(setting.lastused, other, 160000);
    at_desk_stop(setting.desk, SUPPORT_LONG_MS);
    assert_true(last_use(&setting, 1) == AT_TIME_NONE);
    assert_true(last_use(&setting, 2) == 160000);
}

static void a_negative_interval_writes_nothing(void **state)
{
    setting_t setting = open_with(state, -1);

    note(&setting, 1, 5000);
    at_desk_stop(setting.desk, SUPPORT_LONG_MS);
    assert_true(last_use(&setting, 1) == AT_TIME_NONE);
}

static void uses_are_kept_until_the_table_takes_them(void **state)
{
    support_t *support = *state;
    setting_t setting = open_with(state, 60000);
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
    at_desk_stop(setting.desk, SUPPORT_LONG_MS);
}

static void a_token_that_is_gone_does_not_hold_up_the_others(void **state)
{
    setting_t setting = open_with(state, 0);

    note(&setting, 77, 5000);
    note(&setting, 1, 5000);
    note(&setting, 78, 5000);
    at_desk_stop(setting.desk, SUPPORT_LONG_MS);
    assert_true(last_use(&setting, 1) == 5000);
}

#define NOTERS 8

typedef struct noter_t {
    setting_t *setting;
    const at_row_t *rows[5];
    int number;
    pthread_t thread;
} noter_t;

static void *note_often(void *data)
{
    noter_t *noter = data;
    int i;

    for (i = 0; i < 500; i++) {
        at_lastused_note(noter->setting->lastused, noter->rows[i % 5],
                         5000 + i * NOTERS + noter->number);
    }
    return NULL;
}

static void many_threads_may_note(void **state)
{
    setting_t setting = open_with(state, 0);
    noter_t noters[NOTERS];
    int i, j;

    for (i = 0; i < NOTERS; i++) {
        noters[i] = (noter_t){.setting = &setting, .number = i};
        for (j = 0; j < 5; j++) {
            noters[i].rows[j] = support_row(setting.pool, j);
        }
        assert_int_equal(
            pthread_create(&noters[i].thread, NULL, note_often, &noters[i]), 0);
    }
    for (i = 0; i < NOTERS; i++) {
        pthread_join(noters[i].thread, NULL);
    }
    at_desk_stop(setting.desk, SUPPORT_LONG_MS);
    for (j = 0; j < 5; j++) {
        assert_true(last_use(&setting, j) ==
                    5000 + (495 + j) * NOTERS + NOTERS - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_use_is_written),
        SUPPORT_TEST(a_use_is_written_without_a_stop),
        SUPPORT_TEST(the_latest_of_many_uses_is_written),
        SUPPORT_TEST(a_use_never_goes_back),
        SUPPORT_TEST(the_interval_is_kept_by_the_table),
        SUPPORT_TEST(a_use_within_the_interval_is_not_even_noted),
        SUPPORT_TEST(a_negative_interval_writes_nothing),
        SUPPORT_TEST(uses_are_kept_until_the_table_takes_them),
        SUPPORT_TEST(a_token_that_is_gone_does_not_hold_up_the_others),
        SUPPORT_TEST(many_threads_may_note),
    };

    return cmocka_run_group_tests_name("lastused", tests, support_begin,
                                       support_end);
}
