/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of singleflight: of many requests with one token a single one looks it
 * up, and a mark that is left behind does not delay others for long.
 */
#include "fixture_rows.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_atomic.h>
#include <apr_time.h>

#include "core/cache/singleflight.h"

#define SIZE AT_CACHE_SIZE_MIN
#define MOST 2500

static int begin(at_cache_t *cache, const sample_t *sample, apr_int64_t now,
                 at_singleflight_t *singleflight)
{
    return at_singleflight_begin(cache, &sample->id, now, MOST, singleflight);
}

static void the_first_request_looks_up_and_the_others_wait(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    at_singleflight_t first, second;
    sample_t sample;

    (void)state;
    sample_make(cache, 1, &sample);
    assert_true(begin(cache, &sample, 5000, &first));
    assert_false(begin(cache, &sample, 5000, &second));
    assert_false(begin(cache, &sample, 5000 + MOST, &second));
    at_singleflight_end(cache, &second); /* which was never begun */
    assert_false(begin(cache, &sample, 5001, &second));
    at_singleflight_end(cache, &first);
    assert_true(begin(cache, &sample, 5002, &second));
}

static void another_token_does_not_wait(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    at_singleflight_t singleflight;
    sample_t sample;
    int i;

    (void)state;
    for (i = 0; i < 2000; i++) { /* more than there are places */
        sample_make(cache, i, &sample);
        assert_true(begin(cache, &sample, 5000, &singleflight));
    }
}

/* The place has the mark of another token: both look up, and the first keeps
 * its mark. */
static void a_place_that_is_occupied_costs_a_lookup(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    at_singleflight_t first, second, third;
    sample_t sample, other;
    int number = 1;

    (void)state;
    sample_make(cache, 0, &sample);
    do {
        sample_make(cache, number++, &other);
    } while ((at_cache_spread_id(&sample.id) ^ at_cache_spread_id(&other.id)) %
             AT_CACHE_LOOKUPS);
    assert_true(begin(cache, &sample, 5000, &first));
    assert_true(begin(cache, &other, 5000, &second));
    assert_true(begin(cache, &other, 5000, &third));
    at_singleflight_end(cache, &second);
    assert_false(begin(cache, &sample, 5001, &third));
    at_singleflight_end(cache, &first);
    assert_true(begin(cache, &sample, 5001, &third));
}

static void a_lookup_that_never_ended_counts_as_failed(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    at_singleflight_t lost, next, last;
    sample_t sample;

    (void)state;
    sample_make(cache, 1, &sample);
    assert_true(begin(cache, &sample, 5000, &lost));
    assert_true(begin(cache, &sample, 5000 + MOST + 1, &next));
    at_singleflight_end(cache, &lost); /* late: the mark is no longer its own */
    assert_false(begin(cache, &sample, 5000 + MOST + 2, &last));
    at_singleflight_end(cache, &next);
    assert_true(begin(cache, &sample, 5000 + MOST + 3, &last));
}

static void a_wait_ends(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    apr_int64_t now = at_clock_monotonic();
    at_singleflight_t first, second;
    sample_t sample;

    (void)state;
    sample_make(cache, 1, &sample);
    assert_true(begin(cache, &sample, now, &first));
    assert_false(begin(cache, &sample, now, &second));
    at_singleflight_await(cache, &second, 30);
    assert_true(at_clock_monotonic() >= now + 30);
    at_singleflight_end(cache, &first);
    at_singleflight_await(cache, &second, SUPPORT_LONG_MS);
    assert_true(at_clock_monotonic() < now + SUPPORT_LONG_MS);
}

/* The wait is the rest of the mark's time, and does not begin now. */
static void a_wait_for_an_old_lookup_is_that_much_shorter(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    apr_int64_t now = at_clock_monotonic();
    at_singleflight_t first, second;
    sample_t sample;

    (void)state;
    sample_make(cache, 1, &sample);
    assert_true(begin(cache, &sample, now - MOST + 20, &first));
    assert_false(begin(cache, &sample, now, &second));
    at_singleflight_await(cache, &second, MOST);
    assert_true(at_clock_monotonic() < now + MOST);
}

/* A process that has begun a lookup, until it is killed. */
static pid_t start_requester(at_cache_t *cache, const sample_t *sample)
{
    at_singleflight_t singleflight;
    int notices[2];
    char begun = 0;
    pid_t child;

    assert_int_equal(pipe(notices), 0);
    child = support_fork();
    assert_true(child >= 0);
    if (child == 0) {
        begun = (char)begin(cache, sample, at_clock_monotonic(), &singleflight);
        begun = write(notices[1], &begun, 1) == 1;
        for (;;) {
            pause();
        }
    }
    assert_int_equal(read(notices[0], &begun, 1), 1);
    assert_true(begun);
    close(notices[0]);
    close(notices[1]);
    return child;
}

static void *kill_soon(void *child)
{
    apr_sleep(30000);
    kill(*(pid_t *)child, SIGKILL);
    waitpid(*(pid_t *)child, NULL, 0);
    return NULL;
}

static void a_lookup_whose_process_dies_is_not_waited_for(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    apr_int64_t now = at_clock_monotonic();
    at_singleflight_t singleflight;
    pthread_t killer;
    sample_t sample;
    pid_t child;

    (void)state;
    sample_make(cache, 1, &sample);
    child = start_requester(cache, &sample);
    assert_false(at_singleflight_begin(cache, &sample.id, now, SUPPORT_LONG_MS,
                                       &singleflight));
    assert_int_equal(pthread_create(&killer, NULL, kill_soon, &child), 0);
    at_singleflight_await(cache, &singleflight, SUPPORT_LONG_MS);
    assert_true(at_clock_monotonic() < now + SUPPORT_LONG_MS / 2);
    pthread_join(killer, NULL);
    /* It does not keep others from looking up, either. */
    assert_true(at_singleflight_begin(cache, &sample.id, at_clock_monotonic(),
                                      SUPPORT_LONG_MS, &singleflight));
}

#define RIVALS 8
#define ROUNDS 200

typedef struct rival_t {
    at_cache_t *cache;
    const sample_t *sample;
    pthread_barrier_t *barrier;
    volatile apr_uint32_t *requesters;
    pthread_t thread;
} rival_t;

static void *rush(void *data)
{
    rival_t *rival = data;
    int i;

    for (i = 0; i < ROUNDS; i++) {
        at_singleflight_t singleflight;
        apr_int64_t now = at_clock_monotonic();

        pthread_barrier_wait(rival->barrier);
        if (begin(rival->cache, &rival->sample[i], now, &singleflight)) {
            apr_atomic_inc32(rival->requesters);
        }
        else {
            at_singleflight_await(rival->cache, &singleflight, 1);
        }
        pthread_barrier_wait(rival->barrier);
        at_singleflight_end(rival->cache, &singleflight);
    }
    return NULL;
}

static void of_many_at_once_exactly_one_looks_up(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    static sample_t sample[ROUNDS];
    volatile apr_uint32_t requesters = 0;
    pthread_barrier_t barrier;
    rival_t rivals[RIVALS];
    int i;

    (void)state;
    for (i = 0; i < ROUNDS; i++) {
        sample_make(cache, i, &sample[i]);
    }
    pthread_barrier_init(&barrier, NULL, RIVALS);
    for (i = 0; i < RIVALS; i++) {
        rivals[i] = (rival_t){.cache = cache,
                              .sample = sample,
                              .barrier = &barrier,
                              .requesters = &requesters};
        assert_int_equal(
            pthread_create(&rivals[i].thread, NULL, rush, &rivals[i]), 0);
    }
    for (i = 0; i < RIVALS; i++) {
        pthread_join(rivals[i].thread, NULL);
    }
    pthread_barrier_destroy(&barrier);
    assert_int_equal(requesters, ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(the_first_request_looks_up_and_the_others_wait),
        SUPPORT_TEST(another_token_does_not_wait),
        SUPPORT_TEST(a_place_that_is_occupied_costs_a_lookup),
        SUPPORT_TEST(a_lookup_that_never_ended_counts_as_failed),
        SUPPORT_TEST(a_wait_ends),
        SUPPORT_TEST(a_wait_for_an_old_lookup_is_that_much_shorter),
        SUPPORT_TEST(a_lookup_whose_process_dies_is_not_waited_for),
        SUPPORT_TEST(of_many_at_once_exactly_one_looks_up),
    };

    return cmocka_run_group_tests_name("singleflight", tests, support_begin,
                                       support_end);
}
