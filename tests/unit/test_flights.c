/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of lookups under way: of many with one token a single one asks, and
 * nothing that somebody left behind holds up others for long.
 */
#include "goods.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_atomic.h>
#include <apr_time.h>

#include "core/flights.h"

#define SIZE AT_SHELF_LEAST
#define MOST 2500

static int begin(at_shelf_t *shelf, const goods_t *goods, apr_int64_t now,
                 at_flight_t *flight)
{
    return at_flights_begin(shelf, &goods->id, now, MOST, flight);
}

static void the_first_one_asks_and_the_others_wait(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    at_flight_t first, second;
    goods_t goods;

    (void)state;
    goods_make(shelf, 1, &goods);
    assert_true(begin(shelf, &goods, 5000, &first));
    assert_false(begin(shelf, &goods, 5000, &second));
    assert_false(begin(shelf, &goods, 5000 + MOST, &second));
    at_flights_land(shelf, &second); /* which never took off */
    assert_false(begin(shelf, &goods, 5001, &second));
    at_flights_land(shelf, &first);
    assert_true(begin(shelf, &goods, 5002, &second));
}

static void another_token_does_not_wait(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    at_flight_t flight;
    goods_t goods;
    int i;

    (void)state;
    for (i = 0; i < 2000; i++) { /* more than there are places */
        goods_make(shelf, i, &goods);
        assert_true(begin(shelf, &goods, 5000, &flight));
    }
}

/* The place is another token's: both ask, and the first keeps its mark. */
static void a_place_that_is_taken_costs_a_lookup(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    at_flight_t first, second, third;
    goods_t goods, other;
    int number = 1;

    (void)state;
    goods_make(shelf, 0, &goods);
    do {
        goods_make(shelf, number++, &other);
    } while ((at_shelf_spread_id(&goods.id) ^ at_shelf_spread_id(&other.id)) %
             AT_SHELF_FLIGHTS);
    assert_true(begin(shelf, &goods, 5000, &first));
    assert_true(begin(shelf, &other, 5000, &second));
    assert_true(begin(shelf, &other, 5000, &third));
    at_flights_land(shelf, &second);
    assert_false(begin(shelf, &goods, 5001, &third));
    at_flights_land(shelf, &first);
    assert_true(begin(shelf, &goods, 5001, &third));
}

static void one_that_never_landed_counts_as_gone(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    at_flight_t lost, next, last;
    goods_t goods;

    (void)state;
    goods_make(shelf, 1, &goods);
    assert_true(begin(shelf, &goods, 5000, &lost));
    assert_true(begin(shelf, &goods, 5000 + MOST + 1, &next));
    at_flights_land(shelf, &lost); /* late, and no longer its mark */
    assert_false(begin(shelf, &goods, 5000 + MOST + 2, &last));
    at_flights_land(shelf, &next);
    assert_true(begin(shelf, &goods, 5000 + MOST + 3, &last));
}

static void a_wait_has_an_end(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    apr_int64_t now = at_time_monotonic();
    at_flight_t first, second;
    goods_t goods;

    (void)state;
    goods_make(shelf, 1, &goods);
    assert_true(begin(shelf, &goods, now, &first));
    assert_false(begin(shelf, &goods, now, &second));
    at_flights_await(shelf, &second, 30);
    assert_true(at_time_monotonic() >= now + 30);
    at_flights_land(shelf, &first);
    at_flights_await(shelf, &second, SUPPORT_LONG_MS);
    assert_true(at_time_monotonic() < now + SUPPORT_LONG_MS);
}

/* What is left of the mark's time counts, not a time from now on. */
static void a_wait_for_an_old_one_is_as_much_shorter(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    apr_int64_t now = at_time_monotonic();
    at_flight_t first, second;
    goods_t goods;

    (void)state;
    goods_make(shelf, 1, &goods);
    assert_true(begin(shelf, &goods, now - MOST + 20, &first));
    assert_false(begin(shelf, &goods, now, &second));
    at_flights_await(shelf, &second, MOST);
    assert_true(at_time_monotonic() < now + MOST);
}

/* A process that has announced a lookup, until it is killed. */
static pid_t start_asker(at_shelf_t *shelf, const goods_t *goods)
{
    at_flight_t flight;
    int news[2];
    char begun = 0;
    pid_t child;

    assert_int_equal(pipe(news), 0);
    child = support_fork();
    assert_true(child >= 0);
    if (child == 0) {
        begun = (char)begin(shelf, goods, at_time_monotonic(), &flight);
        begun = write(news[1], &begun, 1) == 1;
        for (;;) {
            pause();
        }
    }
    assert_int_equal(read(news[0], &begun, 1), 1);
    assert_true(begun);
    close(news[0]);
    close(news[1]);
    return child;
}

static void *kill_soon(void *child)
{
    apr_sleep(30000);
    kill(*(pid_t *)child, SIGKILL);
    waitpid(*(pid_t *)child, NULL, 0);
    return NULL;
}

static void one_whose_process_dies_is_not_waited_for(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    apr_int64_t now = at_time_monotonic();
    at_flight_t flight;
    pthread_t killer;
    goods_t goods;
    pid_t child;

    (void)state;
    goods_make(shelf, 1, &goods);
    child = start_asker(shelf, &goods);
    assert_false(
        at_flights_begin(shelf, &goods.id, now, SUPPORT_LONG_MS, &flight));
    assert_int_equal(pthread_create(&killer, NULL, kill_soon, &child), 0);
    at_flights_await(shelf, &flight, SUPPORT_LONG_MS);
    assert_true(at_time_monotonic() < now + SUPPORT_LONG_MS / 2);
    pthread_join(killer, NULL);
    /* Nor does it keep others from asking. */
    assert_true(at_flights_begin(shelf, &goods.id, at_time_monotonic(),
                                 SUPPORT_LONG_MS, &flight));
}

#define RIVALS 8
#define ROUNDS 200

typedef struct rival_t {
    at_shelf_t *shelf;
    const goods_t *goods;
    pthread_barrier_t *barrier;
    volatile apr_uint32_t *askers;
    pthread_t thread;
} rival_t;

static void *rush(void *data)
{
    rival_t *rival = data;
    int i;

    for (i = 0; i < ROUNDS; i++) {
        at_flight_t flight;
        apr_int64_t now = at_time_monotonic();

        pthread_barrier_wait(rival->barrier);
        if (begin(rival->shelf, &rival->goods[i], now, &flight)) {
            apr_atomic_inc32(rival->askers);
        }
        else {
            at_flights_await(rival->shelf, &flight, 1);
        }
        pthread_barrier_wait(rival->barrier);
        at_flights_land(rival->shelf, &flight);
    }
    return NULL;
}

static void of_many_at_once_exactly_one_asks(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    static goods_t goods[ROUNDS];
    volatile apr_uint32_t askers = 0;
    pthread_barrier_t barrier;
    rival_t rivals[RIVALS];
    int i;

    (void)state;
    for (i = 0; i < ROUNDS; i++) {
        goods_make(shelf, i, &goods[i]);
    }
    pthread_barrier_init(&barrier, NULL, RIVALS);
    for (i = 0; i < RIVALS; i++) {
        rivals[i] = (rival_t){.shelf = shelf,
                              .goods = goods,
                              .barrier = &barrier,
                              .askers = &askers};
        assert_int_equal(
            pthread_create(&rivals[i].thread, NULL, rush, &rivals[i]), 0);
    }
    for (i = 0; i < RIVALS; i++) {
        pthread_join(rivals[i].thread, NULL);
    }
    pthread_barrier_destroy(&barrier);
    assert_int_equal(askers, ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(the_first_one_asks_and_the_others_wait),
        SUPPORT_TEST(another_token_does_not_wait),
        SUPPORT_TEST(a_place_that_is_taken_costs_a_lookup),
        SUPPORT_TEST(one_that_never_landed_counts_as_gone),
        SUPPORT_TEST(a_wait_has_an_end),
        SUPPORT_TEST(a_wait_for_an_old_one_is_as_much_shorter),
        SUPPORT_TEST(one_whose_process_dies_is_not_waited_for),
        SUPPORT_TEST(of_many_at_once_exactly_one_asks),
    };

    return cmocka_run_group_tests_name("flights", tests, support_begin,
                                       support_end);
}
