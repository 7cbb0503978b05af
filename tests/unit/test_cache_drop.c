/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of rows that are dropped from the cache: a deletion wins over each
 * lookup that was running, and a writer that dies blocks no other.
 */
#include "fixture_rows.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cache/cache_uses.h"

#define SIZE AT_CACHE_SIZE_MIN
#define WAYS AT_CACHE_WAYS

static void a_dropped_row_is_gone(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    sample_t sample, other;
    at_spot_t spot;
    at_use_t use;

    (void)state;
    sample_make(cache, 1, &sample);
    sample_make(cache, 2, &other);
    spot = sample_put(cache, &sample, 5000);
    sample_put(cache, &other, 5000);
    at_cache_drop(cache, &sample.id, &use);
    assert_false(sample_is_cached(cache, &sample));
    assert_true(sample_is_cached(cache, &other));
    assert_true(use.when == AT_TIME_NONE);
    assert_false(at_cache_uses_note(cache, spot, 9000));
    at_cache_drop(cache, &sample.id, &use); /* which is not in the cache now */
    assert_true(use.when == AT_TIME_NONE);
}

static void the_use_of_a_dropped_row_is_returned(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    sample_t sample;
    at_use_t use;

    (void)state;
    sample_make(cache, 1, &sample);
    at_cache_uses_note(cache, sample_put(cache, &sample, 5000), 9000);
    at_cache_drop(cache, &sample.id, &use);
    assert_true(use.when == 9000);
    assert_memory_equal(&use.id, &sample.id, sizeof(use.id));
    assert_int_equal(at_cache_uses_count(cache), 0);
    assert_true(at_cache_uses_of(cache, &sample.id) == AT_TIME_NONE);
}

static void a_deletion_wins_over_a_lookup_that_began_before_it(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    at_ticket_t ticket;
    sample_t sample;
    at_use_t use;

    (void)state;
    sample_make(cache, 1, &sample);
    ticket = at_cache_ticket(cache, &sample.id, 5000);
    at_cache_drop(cache, &sample.id, &use); /* which is not even in the cache */
    assert_false(sample_try_put(cache, &sample, ticket));
    assert_false(sample_is_cached(cache, &sample));

    sample_put(cache, &sample, 5001);
    ticket = at_cache_ticket(cache, &sample.id, 5002);
    at_cache_drop(cache, &sample.id, &use);
    assert_false(sample_try_put(cache, &sample, ticket));
    assert_false(sample_is_cached(cache, &sample));
    assert_true(sample_try_put(cache, &sample,
                               at_cache_ticket(cache, &sample.id, 5003)));
}

static void run_in_child(void (*work)(at_cache_t *, const sample_t *),
                         at_cache_t *cache, const sample_t *sample)
{
    pid_t child = support_fork();
    int status = -1;

    assert_true(child >= 0);
    if (child == 0) {
        work(cache, sample);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void drop(at_cache_t *cache, const sample_t *sample)
{
    at_use_t use;

    at_cache_drop(cache, &sample->id, &use);
}

static void a_deletion_wins_in_every_process(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    at_ticket_t ticket;
    sample_t sample;

    (void)state;
    sample_make(cache, 1, &sample);
    ticket = at_cache_ticket(cache, &sample.id, 5000);
    run_in_child(drop, cache, &sample);
    assert_false(sample_try_put(cache, &sample, ticket));
    sample_put(cache, &sample, 5001);
    run_in_child(drop, cache, &sample);
    assert_false(sample_is_cached(cache, &sample));
}

static void a_deletion_does_not_affect_another_set(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    sample_t sample, other;
    at_ticket_t ticket;
    at_use_t use;
    int number = 1;

    (void)state;
    sample_make(cache, 0, &sample);
    do {
        sample_make(cache, number++, &other);
    } while (at_cache_set(cache, at_cache_spread_id(&sample.id)) ==
             at_cache_set(cache, at_cache_spread_id(&other.id)));
    ticket = at_cache_ticket(cache, &other.id, 5000);
    at_cache_drop(cache, &sample.id, &use);
    assert_true(sample_try_put(cache, &other, ticket));
}

/* The word of a use has 16 bits for the generation; its other bits do not
 * change. */
static void generations_may_wrap_around(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    at_spot_t spot;
    sample_t sample;
    at_use_t use;
    int i;

    (void)state;
    sample_make(cache, 1, &sample);
    for (i = 0; i < 0x8000 + 10; i++) { /* two of them each time */
        spot = sample_put(cache, &sample, 5000);
        at_cache_drop(cache, &sample.id, &use);
        assert_true(use.when == AT_TIME_NONE);
    }
    assert_false(at_cache_uses_note(cache, spot, 9000));
    spot = sample_put(cache, &sample, 5000);
    assert_true(spot.generation <= 0xffff);
    assert_true(at_cache_uses_note(cache, spot, 9000));
    assert_true(at_cache_uses_of(cache, &sample.id) == 9000);
}

/* Writers that die */

static void die_while_writing(at_cache_t *cache, const sample_t *sample)
{
    at_set_t *set = at_cache_set(cache, at_cache_spread_id(&sample->id));
    int i;

    for (i = 0; i < AT_CACHE_LOCKS; i++) {
        pthread_mutex_lock(&cache->header->locks[i]);
    }
    for (i = 0; i < WAYS; i++) {
        set->slots[i].sequence |= 1;
    }
}

static void the_locks_of_a_dead_writer_can_be_used_again(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    at_use_t use;
    sample_t sample;
    int i;

    (void)state;
    sample_make(cache, 1, &sample);
    at_cache_uses_note(cache, sample_put(cache, &sample, 5000), 9000);
    run_in_child(die_while_writing, cache, &sample);
    assert_false(sample_is_cached(cache, &sample));
    for (i = 0; i < 1000; i++) { /* every lock */
        sample_t other;

        sample_make(cache, i, &other);
        sample_put(cache, &other, 5000);
        assert_true(sample_is_cached(cache, &other));
    }
    sample_put(cache, &sample, 5000);
    run_in_child(die_while_writing, cache, &sample);
    at_cache_drop(cache, &sample.id, &use);
    assert_false(sample_is_cached(cache, &sample));
    sample_put(cache, &sample, 5000);
    assert_true(sample_is_cached(cache, &sample));
}

/* A thread ends while it holds all locks, and the next owner does not repair
 * them: after that they can never be taken again. */
static void *take_all_locks(void *data)
{
    at_cache_t *cache = data;
    int i;

    for (i = 0; i < AT_CACHE_LOCKS; i++) {
        pthread_mutex_lock(&cache->header->locks[i]);
    }
    return NULL;
}

static void ruin_all_locks(at_cache_t *cache)
{
    pthread_t thread;
    int i;

    assert_int_equal(pthread_create(&thread, NULL, take_all_locks, cache), 0);
    pthread_join(thread, NULL);
    for (i = 0; i < AT_CACHE_LOCKS; i++) {
        assert_int_equal(pthread_mutex_lock(&cache->header->locks[i]),
                         EOWNERDEAD);
        pthread_mutex_unlock(&cache->header->locks[i]);
    }
}

static void a_deletion_takes_effect_even_if_the_lock_cannot_be_taken(
    void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    sample_t sample;
    at_use_t use;

    (void)state;
    sample_make(cache, 1, &sample);
    sample_put(cache, &sample, at_clock_monotonic());
    ruin_all_locks(cache);
    assert_true(sample_is_cached(cache, &sample));
    at_cache_drop(cache, &sample.id, &use);
    assert_false(sample_is_cached(cache, &sample));
    assert_false(sample_try_put(
        cache, &sample,
        at_cache_ticket(cache, &sample.id, at_clock_monotonic() + 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_dropped_row_is_gone),
        SUPPORT_TEST(the_use_of_a_dropped_row_is_returned),
        SUPPORT_TEST(a_deletion_wins_over_a_lookup_that_began_before_it),
        SUPPORT_TEST(a_deletion_wins_in_every_process),
        SUPPORT_TEST(a_deletion_does_not_affect_another_set),
        SUPPORT_TEST(generations_may_wrap_around),
        SUPPORT_TEST(the_locks_of_a_dead_writer_can_be_used_again),
        SUPPORT_TEST(a_deletion_takes_effect_even_if_the_lock_cannot_be_taken),
    };

    return cmocka_run_group_tests_name("cache_drop", tests, support_begin,
                                       support_end);
}
