/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of rows that leave the shelf: a deletion wins over every lookup that was
 * under way, and a writer who dies holds up nobody.
 */
#include "goods.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/uses.h"

#define SIZE AT_SHELF_LEAST
#define WAYS AT_SHELF_WAYS

static void a_dropped_row_is_gone(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    goods_t goods, other;
    at_spot_t spot;
    at_use_t use;

    (void)state;
    goods_make(shelf, 1, &goods);
    goods_make(shelf, 2, &other);
    spot = goods_put(shelf, &goods, 5000);
    goods_put(shelf, &other, 5000);
    at_shelf_drop(shelf, &goods.id, &use);
    assert_false(goods_are_there(shelf, &goods));
    assert_true(goods_are_there(shelf, &other));
    assert_true(use.when == AT_TIME_NONE);
    assert_false(at_uses_note(shelf, spot, 9000));
    at_shelf_drop(shelf, &goods.id, &use); /* which nobody knows now */
    assert_true(use.when == AT_TIME_NONE);
}

static void a_dropped_row_hands_its_use_over(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    goods_t goods;
    at_use_t use;

    (void)state;
    goods_make(shelf, 1, &goods);
    at_uses_note(shelf, goods_put(shelf, &goods, 5000), 9000);
    at_shelf_drop(shelf, &goods.id, &use);
    assert_true(use.when == 9000);
    assert_memory_equal(&use.id, &goods.id, sizeof(use.id));
    assert_int_equal(at_uses_count(shelf), 0);
    assert_true(at_uses_of(shelf, &goods.id) == AT_TIME_NONE);
}

static void a_deletion_wins_over_a_lookup_that_began_before_it(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    at_ticket_t ticket;
    goods_t goods;
    at_use_t use;

    (void)state;
    goods_make(shelf, 1, &goods);
    ticket = at_shelf_ticket(shelf, &goods.id, 5000);
    at_shelf_drop(shelf, &goods.id, &use); /* which is not even there */
    assert_false(goods_offer(shelf, &goods, ticket));
    assert_false(goods_are_there(shelf, &goods));

    goods_put(shelf, &goods, 5001);
    ticket = at_shelf_ticket(shelf, &goods.id, 5002);
    at_shelf_drop(shelf, &goods.id, &use);
    assert_false(goods_offer(shelf, &goods, ticket));
    assert_false(goods_are_there(shelf, &goods));
    assert_true(
        goods_offer(shelf, &goods, at_shelf_ticket(shelf, &goods.id, 5003)));
}

static void run_in_child(void (*work)(at_shelf_t *, const goods_t *),
                         at_shelf_t *shelf, const goods_t *goods)
{
    pid_t child = support_fork();
    int status = -1;

    assert_true(child >= 0);
    if (child == 0) {
        work(shelf, goods);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void drop(at_shelf_t *shelf, const goods_t *goods)
{
    at_use_t use;

    at_shelf_drop(shelf, &goods->id, &use);
}

static void a_deletion_wins_in_every_process(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    at_ticket_t ticket;
    goods_t goods;

    (void)state;
    goods_make(shelf, 1, &goods);
    ticket = at_shelf_ticket(shelf, &goods.id, 5000);
    run_in_child(drop, shelf, &goods);
    assert_false(goods_offer(shelf, &goods, ticket));
    goods_put(shelf, &goods, 5001);
    run_in_child(drop, shelf, &goods);
    assert_false(goods_are_there(shelf, &goods));
}

static void a_deletion_hinders_nobody_in_another_set(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    goods_t goods, other;
    at_ticket_t ticket;
    at_use_t use;
    int number = 1;

    (void)state;
    goods_make(shelf, 0, &goods);
    do {
        goods_make(shelf, number++, &other);
    } while (at_shelf_set(shelf, at_shelf_spread_id(&goods.id)) ==
             at_shelf_set(shelf, at_shelf_spread_id(&other.id)));
    ticket = at_shelf_ticket(shelf, &other.id, 5000);
    at_shelf_drop(shelf, &goods.id, &use);
    assert_true(goods_offer(shelf, &other, ticket));
}

/* The word for uses has 16 bits for it; what is beside it stays clean. */
static void generations_may_come_round(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    at_spot_t spot;
    goods_t goods;
    at_use_t use;
    int i;

    (void)state;
    goods_make(shelf, 1, &goods);
    for (i = 0; i < 0x8000 + 10; i++) { /* two of them each time */
        spot = goods_put(shelf, &goods, 5000);
        at_shelf_drop(shelf, &goods.id, &use);
        assert_true(use.when == AT_TIME_NONE);
    }
    assert_false(at_uses_note(shelf, spot, 9000));
    spot = goods_put(shelf, &goods, 5000);
    assert_true(spot.generation <= 0xffff);
    assert_true(at_uses_note(shelf, spot, 9000));
    assert_true(at_uses_of(shelf, &goods.id) == 9000);
}

/* Writers who die */

static void die_while_writing(at_shelf_t *shelf, const goods_t *goods)
{
    at_set_t *set = at_shelf_set(shelf, at_shelf_spread_id(&goods->id));
    int i;

    for (i = 0; i < AT_SHELF_LOCKS; i++) {
        pthread_mutex_lock(&shelf->header->locks[i]);
    }
    for (i = 0; i < WAYS; i++) {
        set->slots[i].sequence |= 1;
    }
}

static void what_a_dead_writer_held_can_be_used_again(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    at_use_t use;
    goods_t goods;
    int i;

    (void)state;
    goods_make(shelf, 1, &goods);
    at_uses_note(shelf, goods_put(shelf, &goods, 5000), 9000);
    run_in_child(die_while_writing, shelf, &goods);
    assert_false(goods_are_there(shelf, &goods));
    for (i = 0; i < 1000; i++) { /* every lock */
        goods_t other;

        goods_make(shelf, i, &other);
        goods_put(shelf, &other, 5000);
        assert_true(goods_are_there(shelf, &other));
    }
    goods_put(shelf, &goods, 5000);
    run_in_child(die_while_writing, shelf, &goods);
    at_shelf_drop(shelf, &goods.id, &use);
    assert_false(goods_are_there(shelf, &goods));
    goods_put(shelf, &goods, 5000);
    assert_true(goods_are_there(shelf, &goods));
}

/* A thread ends with all locks in its hands, and whoever gets them next does not
 * repair them: after that nobody can have them. */
static void *take_all_locks(void *data)
{
    at_shelf_t *shelf = data;
    int i;

    for (i = 0; i < AT_SHELF_LOCKS; i++) {
        pthread_mutex_lock(&shelf->header->locks[i]);
    }
    return NULL;
}

static void ruin_all_locks(at_shelf_t *shelf)
{
    pthread_t thread;
    int i;

    assert_int_equal(pthread_create(&thread, NULL, take_all_locks, shelf), 0);
    pthread_join(thread, NULL);
    for (i = 0; i < AT_SHELF_LOCKS; i++) {
        assert_int_equal(pthread_mutex_lock(&shelf->header->locks[i]),
                         EOWNERDEAD);
        pthread_mutex_unlock(&shelf->header->locks[i]);
    }
}

static void a_deletion_counts_also_where_the_lock_cannot_be_had(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    goods_t goods;
    at_use_t use;

    (void)state;
    goods_make(shelf, 1, &goods);
    goods_put(shelf, &goods, at_time_monotonic());
    ruin_all_locks(shelf);
    assert_true(goods_are_there(shelf, &goods));
    at_shelf_drop(shelf, &goods.id, &use);
    assert_false(goods_are_there(shelf, &goods));
    assert_false(goods_offer(
        shelf, &goods,
        at_shelf_ticket(shelf, &goods.id, at_time_monotonic() + 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_dropped_row_is_gone),
        SUPPORT_TEST(a_dropped_row_hands_its_use_over),
        SUPPORT_TEST(a_deletion_wins_over_a_lookup_that_began_before_it),
        SUPPORT_TEST(a_deletion_wins_in_every_process),
        SUPPORT_TEST(a_deletion_hinders_nobody_in_another_set),
        SUPPORT_TEST(generations_may_come_round),
        SUPPORT_TEST(what_a_dead_writer_held_can_be_used_again),
        SUPPORT_TEST(a_deletion_counts_also_where_the_lock_cannot_be_had),
    };

    return cmocka_run_group_tests_name("dropping", tests, support_begin,
                                       support_end);
}
