/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the cache as writers see it: who has to go for whom, and what becomes
 * of its use.
 */
#include "fixture_rows.h"

#include "core/cache/cache_uses.h"

#define SIZE AT_CACHE_SIZE_MIN
#define WAYS AT_CACHE_WAYS

/* A set full of rows, each used later than the one before it; and one more who
 * has no place yet. None of the uses is pending. */
typedef struct crowd_t {
    at_cache_t *cache;
    sample_t sample[WAYS + 1];
    at_spot_t spots[WAYS];
    at_use_t evicted;
} crowd_t;

static apr_int64_t used_at(int i)
{
    return 10000 + i;
}

static void crowd_make(crowd_t *crowd)
{
    int i;

    crowd->cache = support_cache(SIZE);
    sample_make_neighbours(crowd->cache, crowd->sample, WAYS + 1);
    for (i = 0; i < WAYS; i++) {
        at_use_t use = {.id = crowd->sample[i].id, .when = used_at(i)};

        crowd->spots[i] = sample_put(crowd->cache, &crowd->sample[i], 5000);
        use.spot = crowd->spots[i];
        assert_true(at_cache_uses_note(crowd->cache, use.spot, use.when));
        at_cache_uses_written(crowd->cache, &use);
    }
}

/* The one more comes. */
static void crowd_press(crowd_t *crowd)
{
    at_entry_t entry = sample_entry(
        &crowd->sample[WAYS],
        at_cache_ticket(crowd->cache, &crowd->sample[WAYS].id, 6000));
    at_spot_t spot;

    assert_true(at_cache_put(crowd->cache, &entry, &spot, &crowd->evicted));
    assert_true(sample_are_there(crowd->cache, &crowd->sample[WAYS]));
}

/* Which one of them is not there any more; WAYS if nobody, -1 if several. */
static int who_left(const crowd_t *crowd)
{
    int left = WAYS;
    int i;

    for (i = 0; i < WAYS; i++) {
        if (!sample_are_there(crowd->cache, &crowd->sample[i])) {
            left = left == WAYS ? i : -1;
        }
    }
    return left;
}

static void the_least_recently_used_has_to_go(void **state)
{
    crowd_t crowd;

    (void)state;
    crowd_make(&crowd);
    assert_int_equal(who_left(&crowd), WAYS);
    crowd_press(&crowd);
    assert_int_equal(who_left(&crowd), 0);
    assert_true(crowd.evicted.when == AT_TIME_NONE);
}

static void a_use_keeps_a_row(void **state)
{
    crowd_t crowd;
    at_use_t use;

    (void)state;
    crowd_make(&crowd);
    use = (at_use_t){.spot = crowd.spots[0], .when = used_at(WAYS)};
    assert_true(at_cache_uses_note(crowd.cache, use.spot, use.when));
    at_cache_uses_written(crowd.cache, &use);
    crowd_press(&crowd);
    assert_int_equal(who_left(&crowd), 1);
}

static void a_free_place_is_taken_first(void **state)
{
    crowd_t crowd;
    at_use_t use;

    (void)state;
    crowd_make(&crowd);
    at_cache_drop(crowd.cache, &crowd.sample[5].id, &use);
    assert_int_equal(who_left(&crowd), 5);
    crowd_press(&crowd);
    assert_int_equal(who_left(&crowd), 5);
}

static void a_half_written_place_is_as_good_as_free(void **state)
{
    crowd_t crowd;

    (void)state;
    crowd_make(&crowd);
    sample_slot(crowd.cache, crowd.spots[6])->sequence++;
    crowd_press(&crowd);
    assert_int_equal(who_left(&crowd), 6);
}

static void forgotten_rows_go_before_used_ones(void **state)
{
    crowd_t crowd;

    (void)state;
    crowd_make(&crowd);
    sample_put(crowd.cache, &crowd.sample[0], 5001);
    sample_slot(crowd.cache, crowd.spots[7])->read_at = 4999;
    at_cache_forget(crowd.cache, 4999);
    crowd_press(&crowd);
    assert_int_equal(who_left(&crowd), 7);
}

/* The one who goes was used latest, but its use is in the table. */
static void a_use_that_is_not_written_yet_goes_last(void **state)
{
    crowd_t crowd;
    int i;

    (void)state;
    crowd_make(&crowd);
    for (i = 0; i < WAYS - 1; i++) {
        sample_slot(crowd.cache, crowd.spots[i])->written =
            at_cache_use(crowd.spots[i].generation, 0);
    }
    crowd_press(&crowd);
    assert_int_equal(who_left(&crowd), WAYS - 1);
    assert_true(crowd.evicted.when == AT_TIME_NONE);
}

static void the_use_of_one_who_has_to_go_is_handed_over(void **state)
{
    crowd_t crowd;
    int i;

    (void)state;
    crowd_make(&crowd);
    for (i = 0; i < WAYS; i++) {
        at_cache_uses_note(crowd.cache, crowd.spots[i], used_at(100 - i));
    }
    crowd_press(&crowd);
    assert_int_equal(who_left(&crowd), WAYS - 1);
    assert_true(crowd.evicted.when == used_at(100 - (WAYS - 1)));
    assert_memory_equal(&crowd.evicted.id, &crowd.sample[WAYS - 1].id,
                        sizeof(at_id_t));
}

static void a_forgotten_row_hands_its_use_over(void **state)
{
    crowd_t crowd;

    (void)state;
    crowd_make(&crowd);
    at_cache_uses_note(crowd.cache, crowd.spots[3], used_at(200));
    sample_slot(crowd.cache, crowd.spots[3])->read_at = 4999;
    at_cache_forget(crowd.cache, 4999);
    crowd_press(&crowd);
    assert_int_equal(who_left(&crowd), 3);
    assert_true(crowd.evicted.when == used_at(200));
    assert_memory_equal(&crowd.evicted.id, &crowd.sample[3].id,
                        sizeof(at_id_t));
}

/* Its use went to nobody: the one who takes the place inherits nothing. */
static void a_use_never_counts_for_the_next_in_its_place(void **state)
{
    crowd_t crowd;

    (void)state;
    crowd_make(&crowd);
    crowd_press(&crowd);
    assert_int_equal(who_left(&crowd), 0);
    assert_false(at_cache_uses_note(crowd.cache, crowd.spots[0], used_at(500)));
    assert_true(at_cache_uses_of(crowd.cache, &crowd.sample[WAYS].id) ==
                AT_TIME_NONE);
    assert_true(at_cache_uses_of(crowd.cache, &crowd.sample[0].id) ==
                AT_TIME_NONE);
    assert_int_equal(at_cache_uses_count(crowd.cache), 0);
}

static void a_row_that_is_put_again_stays_in_its_place(void **state)
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
    assert_true(sample_are_there(cache, &sample));
    assert_true(at_cache_uses_of(cache, &sample.id) == 9000);
    assert_int_equal(at_cache_entries(cache), 1);
}

/* The later of two lookups has found it deleted, and is the first to be put. */
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
    assert_true(sample_offer(cache, &young, late));
    assert_true(sample_offer(cache, &old, early)); /* it has a place, though */
    assert_true(sample_are_there(cache, &young));
    assert_int_equal(at_cache_entries(cache), 1);
    assert_true(sample_offer(cache, &old, late)); /* as late is not later */
    assert_true(sample_are_there(cache, &old));
}

/* Where its use is noted. */
static void an_older_row_finds_the_place_of_the_younger_one(void **state)
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

static void a_use_beside_a_half_written_row_is_handed_over(void **state)
{
    crowd_t crowd;

    (void)state;
    crowd_make(&crowd);
    at_cache_uses_note(crowd.cache, crowd.spots[4], used_at(300));
    sample_slot(crowd.cache, crowd.spots[4])->sequence++;
    crowd_press(&crowd);
    assert_int_equal(who_left(&crowd), 4);
    assert_true(crowd.evicted.when == used_at(300));
    assert_memory_equal(&crowd.evicted.id, &crowd.sample[4].id,
                        sizeof(at_id_t));
}

static int evicted_of(const crowd_t *crowd)
{
    return (int)at_counters_sum(crowd->cache, AT_COUNTER_EVICTED);
}

/* A free place and a forgotten row are no loss. */
static void who_has_to_go_for_others_is_counted(void **state)
{
    crowd_t crowd;
    at_use_t use;

    (void)state;
    crowd_make(&crowd);
    assert_int_equal(evicted_of(&crowd), 0);
    crowd_press(&crowd);
    assert_int_equal(evicted_of(&crowd), 1);
    at_cache_drop(crowd.cache, &crowd.sample[4].id, &use);
    sample_put(crowd.cache, &crowd.sample[0], 5000);
    assert_int_equal(evicted_of(&crowd), 1);
    at_cache_forget(crowd.cache, 5000);
    sample_put(crowd.cache, &crowd.sample[4], 5001);
    assert_int_equal(evicted_of(&crowd), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(the_least_recently_used_has_to_go),
        SUPPORT_TEST(a_use_keeps_a_row),
        SUPPORT_TEST(a_free_place_is_taken_first),
        SUPPORT_TEST(a_half_written_place_is_as_good_as_free),
        SUPPORT_TEST(forgotten_rows_go_before_used_ones),
        SUPPORT_TEST(a_use_that_is_not_written_yet_goes_last),
        SUPPORT_TEST(the_use_of_one_who_has_to_go_is_handed_over),
        SUPPORT_TEST(a_forgotten_row_hands_its_use_over),
        SUPPORT_TEST(a_use_never_counts_for_the_next_in_its_place),
        SUPPORT_TEST(a_row_that_is_put_again_stays_in_its_place),
        SUPPORT_TEST(a_row_that_was_read_later_stays),
        SUPPORT_TEST(an_older_row_finds_the_place_of_the_younger_one),
        SUPPORT_TEST(a_use_beside_a_half_written_row_is_handed_over),
        SUPPORT_TEST(who_has_to_go_for_others_is_counted),
    };

    return cmocka_run_group_tests_name("caching", tests, support_begin,
                                       support_end);
}
