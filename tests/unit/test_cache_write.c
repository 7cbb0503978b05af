/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of writing to the cache: which row is evicted for another one, and
 * what happens to its use.
 */
#include "fixture_rows.h"

#include "core/cache/cache_uses.h"

#define SIZE AT_CACHE_SIZE_MIN
#define WAYS AT_CACHE_WAYS

/* A full set of rows, each used later than the one before it, and one more row
 * without a slot. None of the uses is pending. */
typedef struct full_set_t {
    at_cache_t *cache;
    sample_t sample[WAYS + 1];
    at_spot_t spots[WAYS];
    at_use_t evicted;
} full_set_t;

static apr_int64_t used_at(int i)
{
    return 10000 + i;
}

static void full_set_make(full_set_t *full)
{
    int i;

    full->cache = support_cache(SIZE);
    sample_make_same_set(full->cache, full->sample, WAYS + 1);
    for (i = 0; i < WAYS; i++) {
        at_use_t use = {.id = full->sample[i].id, .when = used_at(i)};

        full->spots[i] = sample_put(full->cache, &full->sample[i], 5000);
        use.spot = full->spots[i];
        assert_true(at_cache_uses_note(full->cache, use.spot, use.when));
        at_cache_uses_written(full->cache, &use);
    }
}

/* Put the one more row. */
static void full_set_put_one_more(full_set_t *full)
{
    at_entry_t entry = sample_entry(
        &full->sample[WAYS],
        at_cache_ticket(full->cache, &full->sample[WAYS].id, 6000));
    at_spot_t spot;

    assert_true(at_cache_put(full->cache, &entry, &spot, &full->evicted));
    assert_true(sample_is_cached(full->cache, &full->sample[WAYS]));
}

/* The way whose row is gone; WAYS if none is, -1 if several are. */
static int evicted_way(const full_set_t *full)
{
    int left = WAYS;
    int i;

    for (i = 0; i < WAYS; i++) {
        if (!sample_is_cached(full->cache, &full->sample[i])) {
            left = left == WAYS ? i : -1;
        }
    }
    return left;
}

static void the_least_recently_used_row_is_evicted(void **state)
{
    full_set_t full;

    (void)state;
    full_set_make(&full);
    assert_int_equal(evicted_way(&full), WAYS);
    full_set_put_one_more(&full);
    assert_int_equal(evicted_way(&full), 0);
    assert_true(full.evicted.when == AT_TIME_NONE);
}

static void a_use_keeps_a_row_in_the_cache(void **state)
{
    full_set_t full;
    at_use_t use;

    (void)state;
    full_set_make(&full);
    use = (at_use_t){.spot = full.spots[0], .when = used_at(WAYS)};
    assert_true(at_cache_uses_note(full.cache, use.spot, use.when));
    at_cache_uses_written(full.cache, &use);
    full_set_put_one_more(&full);
    assert_int_equal(evicted_way(&full), 1);
}

static void a_free_slot_is_taken_first(void **state)
{
    full_set_t full;
    at_use_t use;

    (void)state;
    full_set_make(&full);
    at_cache_drop(full.cache, &full.sample[5].id, &use);
    assert_int_equal(evicted_way(&full), 5);
    full_set_put_one_more(&full);
    assert_int_equal(evicted_way(&full), 5);
}

static void a_half_written_slot_counts_as_free(void **state)
{
    full_set_t full;

    (void)state;
    full_set_make(&full);
    sample_slot(full.cache, full.spots[6])->sequence++;
    full_set_put_one_more(&full);
    assert_int_equal(evicted_way(&full), 6);
}

static void invalid_rows_are_evicted_before_used_ones(void **state)
{
    full_set_t full;

    (void)state;
    full_set_make(&full);
    sample_put(full.cache, &full.sample[0], 5001);
    sample_slot(full.cache, full.spots[7])->read_at = 4999;
    at_cache_invalidate(full.cache, 4999);
    full_set_put_one_more(&full);
    assert_int_equal(evicted_way(&full), 7);
}

/* The evicted row was used last, but its use is in the table. */
static void a_row_whose_use_is_not_written_is_evicted_last(void **state)
{
    full_set_t full;
    int i;

    (void)state;
    full_set_make(&full);
    for (i = 0; i < WAYS - 1; i++) {
        sample_slot(full.cache, full.spots[i])->written =
            at_cache_use(full.spots[i].generation, 0);
    }
    full_set_put_one_more(&full);
    assert_int_equal(evicted_way(&full), WAYS - 1);
    assert_true(full.evicted.when == AT_TIME_NONE);
}

static void the_use_of_an_evicted_row_is_returned(void **state)
{
    full_set_t full;
    int i;

    (void)state;
    full_set_make(&full);
    for (i = 0; i < WAYS; i++) {
        at_cache_uses_note(full.cache, full.spots[i], used_at(100 - i));
    }
    full_set_put_one_more(&full);
    assert_int_equal(evicted_way(&full), WAYS - 1);
    assert_true(full.evicted.when == used_at(100 - (WAYS - 1)));
    assert_memory_equal(&full.evicted.id, &full.sample[WAYS - 1].id,
                        sizeof(at_id_t));
}

static void the_use_of_an_invalid_row_is_returned(void **state)
{
    full_set_t full;

    (void)state;
    full_set_make(&full);
    at_cache_uses_note(full.cache, full.spots[3], used_at(200));
    sample_slot(full.cache, full.spots[3])->read_at = 4999;
    at_cache_invalidate(full.cache, 4999);
    full_set_put_one_more(&full);
    assert_int_equal(evicted_way(&full), 3);
    assert_true(full.evicted.when == used_at(200));
    assert_memory_equal(&full.evicted.id, &full.sample[3].id, sizeof(at_id_t));
}

/* Its use was not noted: the next token in the slot has no use. */
static void a_use_never_counts_for_the_next_token_in_its_slot(void **state)
{
    full_set_t full;

    (void)state;
    full_set_make(&full);
    full_set_put_one_more(&full);
    assert_int_equal(evicted_way(&full), 0);
    assert_false(at_cache_uses_note(full.cache, full.spots[0], used_at(500)));
    assert_true(at_cache_uses_of(full.cache, &full.sample[WAYS].id) ==
                AT_TIME_NONE);
    assert_true(at_cache_uses_of(full.cache, &full.sample[0].id) ==
                AT_TIME_NONE);
    assert_int_equal(at_cache_uses_count(full.cache), 0);
}

static void a_row_that_is_put_again_stays_in_its_slot(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    sample_t sample;
    at_spot_t first, second;

    (void)state;
    sample_make(cache, 1, &sample);
    first = sample_put(cache, &sample, 5000);
    at_cache_uses_note(cache, first, 9000);
    sample.terms.deleted_at = 8000;
    second = sample_put(cache, &sample, 6000);
    assert_int_equal(first.slot, second.slot);
    assert_int_equal(first.generation, second.generation);
    assert_true(sample_is_cached(cache, &sample));
    assert_true(at_cache_uses_of(cache, &sample.id) == 9000);
    assert_int_equal(at_cache_entries(cache), 1);
}

/* The later of two lookups has found the token deleted, and is put first. */
static void a_row_that_was_read_later_stays(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    at_ticket_t early, late;
    sample_t old, young;

    (void)state;
    sample_make(cache, 1, &old);
    young = old;
    young.terms.deleted_at = 8000;
    early = at_cache_ticket(cache, &old.id, 5000);
    late = at_cache_ticket(cache, &old.id, 6000);
    assert_true(sample_try_put(cache, &young, late));
    assert_true(sample_try_put(cache, &old, early)); /* it has a slot, though */
    assert_true(sample_is_cached(cache, &young));
    assert_int_equal(at_cache_entries(cache), 1);
    assert_true(
        sample_try_put(cache, &old, late)); /* the same time is not later */
    assert_true(sample_is_cached(cache, &old));
}

/* There its use is noted. */
static void an_older_row_gets_the_slot_of_the_newer_one(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    at_use_t evicted;
    at_entry_t entry;
    at_spot_t spot, there;
    sample_t sample;

    (void)state;
    sample_make(cache, 1, &sample);
    spot = sample_put(cache, &sample, 6000);
    entry = sample_entry(&sample, at_cache_ticket(cache, &sample.id, 5000));
    assert_true(at_cache_put(cache, &entry, &there, &evicted));
    assert_memory_equal(&there, &spot, sizeof(spot));
    assert_true(at_cache_uses_note(cache, there, 9000));
    assert_true(at_cache_uses_of(cache, &sample.id) == 9000);
}

static void the_use_of_a_half_written_row_is_returned(void **state)
{
    full_set_t full;

    (void)state;
    full_set_make(&full);
    at_cache_uses_note(full.cache, full.spots[4], used_at(300));
    sample_slot(full.cache, full.spots[4])->sequence++;
    full_set_put_one_more(&full);
    assert_int_equal(evicted_way(&full), 4);
    assert_true(full.evicted.when == used_at(300));
    assert_memory_equal(&full.evicted.id, &full.sample[4].id, sizeof(at_id_t));
}

static int evicted_of(const full_set_t *full)
{
    return (int)at_counters_sum(full->cache, AT_COUNTER_EVICTED);
}

/* Neither a free slot nor an invalid row is a loss. */
static void evicted_rows_are_counted(void **state)
{
    full_set_t full;
    at_use_t use;

    (void)state;
    full_set_make(&full);
    assert_int_equal(evicted_of(&full), 0);
    full_set_put_one_more(&full);
    assert_int_equal(evicted_of(&full), 1);
    at_cache_drop(full.cache, &full.sample[4].id, &use);
    sample_put(full.cache, &full.sample[0], 5000);
    assert_int_equal(evicted_of(&full), 1);
    at_cache_invalidate(full.cache, 5000);
    sample_put(full.cache, &full.sample[4], 5001);
    assert_int_equal(evicted_of(&full), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(the_least_recently_used_row_is_evicted),
        SUPPORT_TEST(a_use_keeps_a_row_in_the_cache),
        SUPPORT_TEST(a_free_slot_is_taken_first),
        SUPPORT_TEST(a_half_written_slot_counts_as_free),
        SUPPORT_TEST(invalid_rows_are_evicted_before_used_ones),
        SUPPORT_TEST(a_row_whose_use_is_not_written_is_evicted_last),
        SUPPORT_TEST(the_use_of_an_evicted_row_is_returned),
        SUPPORT_TEST(the_use_of_an_invalid_row_is_returned),
        SUPPORT_TEST(a_use_never_counts_for_the_next_token_in_its_slot),
        SUPPORT_TEST(a_row_that_is_put_again_stays_in_its_slot),
        SUPPORT_TEST(a_row_that_was_read_later_stays),
        SUPPORT_TEST(an_older_row_gets_the_slot_of_the_newer_one),
        SUPPORT_TEST(the_use_of_a_half_written_row_is_returned),
        SUPPORT_TEST(evicted_rows_are_counted),
    };

    return cmocka_run_group_tests_name("cache_write", tests, support_begin,
                                       support_end);
}
