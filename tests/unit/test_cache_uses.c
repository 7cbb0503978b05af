/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of last uses in the cache: the latest one stays, for its own token
 * only, and it is pending until it is written to the table.
 */
#include "fixture_rows.h"

#include <sys/wait.h>
#include <unistd.h>

#include "core/cache/cache_uses.h"

#define SIZE AT_CACHE_SIZE_MIN

typedef struct setting_t {
    at_cache_t *cache;
    sample_t sample;
    at_use_t use; /* as if it had been noted */
} setting_t;

static setting_t open_with_one(void)
{
    setting_t setting = {.cache = support_cache(SIZE)};

    sample_make(setting.cache, 1, &setting.sample);
    setting.use.id = setting.sample.id;
    setting.use.spot = sample_put(setting.cache, &setting.sample, 5000);
    return setting;
}

static int note(setting_t *setting, apr_int64_t when)
{
    setting->use.when = when;
    return at_cache_uses_note(setting->cache, setting->use.spot, when);
}

static apr_int64_t last_use(const setting_t *setting)
{
    return at_cache_uses_of(setting->cache, &setting->sample.id);
}

static void a_use_is_pending_until_it_is_written(void **state)
{
    support_t *support = *state;
    setting_t setting = open_with_one();
    apr_array_header_t *uses;

    assert_true(last_use(&setting) == AT_TIME_NONE);
    assert_int_equal(at_cache_uses_count(setting.cache), 0);
    assert_int_equal(
        at_cache_uses_pending(setting.cache, AT_CACHE_USES_ALL, support->pool)
            ->nelts,
        0);
    assert_true(note(&setting, 1547585908175));
    assert_true(last_use(&setting) == 1547585908175);
    assert_int_equal(at_cache_uses_count(setting.cache), 1);
    uses =
        at_cache_uses_pending(setting.cache, AT_CACHE_USES_ALL, support->pool);
    assert_int_equal(uses->nelts, 1);
    assert_memory_equal(&APR_ARRAY_IDX(uses, 0, at_use_t).id, &setting.use.id,
                        sizeof(at_id_t));
    assert_true(APR_ARRAY_IDX(uses, 0, at_use_t).when == 1547585908175);
    at_cache_uses_written(setting.cache, &APR_ARRAY_IDX(uses, 0, at_use_t));
    assert_int_equal(at_cache_uses_count(setting.cache), 0);
    assert_int_equal(
        at_cache_uses_pending(setting.cache, AT_CACHE_USES_ALL, support->pool)
            ->nelts,
        0);
    assert_true(last_use(&setting) == 1547585908175);
}

static void the_latest_use_stays(void **state)
{
    setting_t setting = open_with_one();

    (void)state;
    assert_true(note(&setting, 9000));
    assert_true(note(&setting, 8000));
    assert_true(last_use(&setting) == 9000);
    assert_true(note(&setting, 9001));
    assert_true(last_use(&setting) == 9001);
}

static void a_use_during_the_write_stays_pending(void **state)
{
    setting_t setting = open_with_one();
    at_use_t written;

    (void)state;
    note(&setting, 9000);
    written = setting.use;
    note(&setting, 9500);
    at_cache_uses_written(setting.cache, &written);
    assert_int_equal(at_cache_uses_count(setting.cache), 1);
    at_cache_uses_written(setting.cache, &setting.use);
    assert_int_equal(at_cache_uses_count(setting.cache), 0);
    at_cache_uses_written(setting.cache, &written); /* of an earlier write */
    assert_int_equal(at_cache_uses_count(setting.cache), 0);
}

static void a_use_in_the_table_is_not_pending(void **state)
{
    setting_t setting = open_with_one();
    at_entry_t entry =
        sample_entry(&setting.sample,
                     at_cache_ticket(setting.cache, &setting.sample.id, 6000));
    at_spot_t spot;
    at_use_t evicted;

    (void)state;
    note(&setting, 9000);
    entry.last_used = 9000;
    assert_true(at_cache_put(setting.cache, &entry, &spot, &evicted));
    assert_int_equal(at_cache_uses_count(setting.cache), 0);
    assert_true(note(&setting, 9001));
    assert_int_equal(at_cache_uses_count(setting.cache), 1);
    entry.last_used = 8000; /* read before it was written */
    assert_true(at_cache_put(setting.cache, &entry, &spot, &evicted));
    assert_true(note(&setting, 9001));
    assert_int_equal(at_cache_uses_count(setting.cache), 1);
}

static void a_use_at_an_old_spot_is_not_noted(void **state)
{
    setting_t setting = open_with_one();
    at_use_t gone;
    at_spot_t spot;

    (void)state;
    note(&setting, 9000);
    at_cache_drop(setting.cache, &setting.sample.id, &gone);
    assert_false(note(&setting, 9500));
    assert_int_equal(at_cache_uses_count(setting.cache), 0);
    spot = sample_put(setting.cache, &setting.sample, 6000);
    assert_false(note(&setting, 9500));
    assert_true(last_use(&setting) == AT_TIME_NONE);
    assert_true(at_cache_uses_note(setting.cache, spot, 9100));
    at_cache_uses_written(setting.cache,
                          &setting.use); /* that spot is no longer valid */
    assert_int_equal(at_cache_uses_count(setting.cache), 1);
}

static void pending_uses_are_collected_from_the_whole_cache(void **state)
{
    support_t *support = *state;
    at_cache_t *cache = support_cache(SIZE);
    apr_array_header_t *uses;
    apr_uint32_t seen = 0;
    sample_t sample;
    int i;

    for (i = 0; i < 30; i++) {
        at_spot_t spot;

        sample_make(cache, i, &sample);
        spot = sample_put(cache, &sample, 5000);
        if (i % 3 != 0) {
            at_cache_uses_note(cache, spot, 9000 + i);
        }
    }
    uses = at_cache_uses_pending(cache, AT_CACHE_USES_ALL, support->pool);
    assert_int_equal(uses->nelts, 20);
    assert_int_equal(at_cache_uses_count(cache), 20);
    for (i = 0; i < uses->nelts; i++) {
        at_use_t *use = &APR_ARRAY_IDX(uses, i, at_use_t);
        int number = (int)(use->when - 9000);

        sample_make(cache, number, &sample);
        assert_memory_equal(&use->id, &sample.id, sizeof(use->id));
        assert_true(at_cache_uses_note(cache, use->spot, use->when));
        seen |= 1u << number;
    }
    assert_int_equal(seen, 0x36db6db6);
}

static void the_time_of_writing_is_kept(void **state)
{
    at_cache_t *cache = support_cache(SIZE);

    (void)state;
    assert_true(at_cache_uses_last_written(cache) == 0);
    at_cache_uses_set_written(cache, 7000);
    assert_true(at_cache_uses_last_written(cache) == 7000);
    at_cache_uses_set_written(cache, 0);
    assert_true(at_cache_uses_last_written(cache) == 0);
}

#define NOTERS 4
#define NOTES 1000000

/* Each process notes its own share of the times, in rising order; what it has
 * noted before is still there, or something later. */
static void note_share(setting_t *setting, int share, apr_int64_t start)
{
    int i;

    while (at_clock_monotonic() < start) {
        continue;
    }
    for (i = 0; i < NOTES; i++) {
        apr_int64_t when = 1 + i * NOTERS + share;

        if ((i > 0 && last_use(setting) < when - NOTERS) ||
            !note(setting, when)) {
            _exit(1);
        }
    }
    _exit(0);
}

static void many_processes_may_note_uses(void **state)
{
    setting_t setting = open_with_one();
    apr_int64_t start = at_clock_monotonic() + 20;
    pid_t children[NOTERS];
    int i;

    (void)state;
    for (i = 0; i < NOTERS; i++) {
        children[i] = support_fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            note_share(&setting, i, start);
        }
    }
    for (i = 0; i < NOTERS; i++) {
        int status = -1;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_true(last_use(&setting) == NOTES * NOTERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_use_is_pending_until_it_is_written),
        SUPPORT_TEST(the_latest_use_stays),
        SUPPORT_TEST(a_use_during_the_write_stays_pending),
        SUPPORT_TEST(a_use_in_the_table_is_not_pending),
        SUPPORT_TEST(a_use_at_an_old_spot_is_not_noted),
        SUPPORT_TEST(pending_uses_are_collected_from_the_whole_cache),
        SUPPORT_TEST(the_time_of_writing_is_kept),
        SUPPORT_TEST(many_processes_may_note_uses),
    };

    return cmocka_run_group_tests_name("cache_uses", tests, support_begin,
                                       support_end);
}
