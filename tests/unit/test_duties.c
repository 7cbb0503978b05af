/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of duties that one process at a time has, and of the roster of those who
 * are there. Moments are given as numbers.
 */
#include "goods.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE AT_SHELF_LEAST

/* The C library's, with a count. */
static int looks;

pid_t getpgid(pid_t process)
{
    looks++;
    return (pid_t)syscall(SYS_getpgid, process);
}

static int take(at_shelf_t *shelf, at_duty_e duty, apr_int64_t now)
{
    return at_duty_take(shelf, duty, now, 1000);
}

/* Another process takes the duty, until it is killed. */
static pid_t start_holder(at_shelf_t *shelf, at_duty_e duty)
{
    int news[2];
    char taken = 0;
    pid_t child;

    assert_int_equal(pipe(news), 0);
    child = support_fork();
    assert_true(child >= 0);
    if (child == 0) {
        taken = (char)take(shelf, duty, 5000);
        taken = write(news[1], &taken, 1) == 1;
        for (;;) {
            pause();
        }
    }
    assert_int_equal(read(news[0], &taken, 1), 1);
    assert_true(taken);
    close(news[0]);
    close(news[1]);
    return child;
}

static void end_holder(pid_t child)
{
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void one_process_has_a_duty(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    pid_t child = start_holder(shelf, AT_DUTY_KEEPER);

    (void)state;
    assert_false(take(shelf, AT_DUTY_KEEPER, 5000));
    assert_false(take(shelf, AT_DUTY_KEEPER, 5999));
    at_duty_leave(shelf, AT_DUTY_KEEPER); /* which is not ours */
    assert_false(take(shelf, AT_DUTY_KEEPER, 5999));
    assert_true(take(shelf, AT_DUTY_SCRIBE, 5000));
    assert_true(take(shelf, AT_DUTY_WRITING, 5000));
    end_holder(child);
}

static void a_lease_ends(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    pid_t child = start_holder(shelf, AT_DUTY_SCRIBE);

    (void)state;
    assert_true(take(shelf, AT_DUTY_SCRIBE, 6000));
    end_holder(child);
}

static void one_who_has_died_loses_it(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);

    (void)state;
    end_holder(start_holder(shelf, AT_DUTY_KEEPER));
    assert_true(take(shelf, AT_DUTY_KEEPER, 5001));
}

/* While its question hangs, for however long. */
static void a_lease_without_end_ends_with_its_process(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    pid_t child = support_fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        at_duty_take(shelf, AT_DUTY_KEEPER, 5000, AT_DUTY_UNTIL_LEFT);
        for (;;) {
            pause();
        }
    }
    while (at_shelf_load(&shelf->header->duties[AT_DUTY_KEEPER]) == 0) {
        support_nap();
    }
    assert_false(take(shelf, AT_DUTY_KEEPER, APR_INT64_C(86400000000)));
    end_holder(child);
    assert_true(take(shelf, AT_DUTY_KEEPER, 5001));
}

/* The kernel gives process ids to other programs again. */
static void another_program_with_that_process_id_does_not_keep_it(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    pid_t child = start_holder(shelf, AT_DUTY_KEEPER);

    (void)state;
    assert_false(take(shelf, AT_DUTY_KEEPER, 5001));
    assert_int_equal(setpgid(child, child), 0);
    assert_true(take(shelf, AT_DUTY_KEEPER, 5001));
    end_holder(child);
}

static void who_has_a_duty_may_keep_it(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    int status = -1;
    pid_t child;

    (void)state;
    assert_true(take(shelf, AT_DUTY_KEEPER, 5000));
    assert_true(take(shelf, AT_DUTY_KEEPER, 5900));
    child = support_fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(take(shelf, AT_DUTY_KEEPER, 6800) ? 1 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void a_duty_can_be_left(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    int status = -1;
    pid_t child;

    (void)state;
    assert_true(take(shelf, AT_DUTY_KEEPER, 5000));
    at_duty_leave(shelf, AT_DUTY_KEEPER);
    child = support_fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(take(shelf, AT_DUTY_KEEPER, 5001) ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

#define RIVALS 2
#define ROUNDS 100000

/* What rivals share: who has come to a round, and who has won it. */
typedef struct arena_t {
    _Atomic(apr_uint32_t) came[ROUNDS];
    _Atomic(apr_uint32_t) won[ROUNDS];
} arena_t;

/* In each round the lease of the one before is over. */
static void compete(at_shelf_t *shelf, arena_t *arena)
{
    int i;

    for (i = 0; i < ROUNDS; i++) {
        atomic_fetch_add(&arena->came[i], 1);
        while (arena->came[i] < RIVALS) {
            sched_yield();
        }
        arena->won[i] +=
            (apr_uint32_t)at_duty_take(shelf, AT_DUTY_WRITING, 10 * i, 5);
    }
    _exit(0);
}

static void of_rivals_at_the_same_moment_one_wins(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    arena_t *arena = mmap(NULL, sizeof(*arena), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t children[RIVALS];
    int i;

    (void)state;
    assert_ptr_not_equal(arena, MAP_FAILED);
    for (i = 0; i < RIVALS; i++) {
        children[i] = support_fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            compete(shelf, arena);
        }
    }
    for (i = 0; i < RIVALS; i++) {
        siginfo_t ended;

        /* One who is waited for is dead, and has lost its duty. */
        assert_int_equal(
            waitid(P_PID, (id_t)children[i], &ended, WEXITED | WNOWAIT), 0);
    }
    for (i = 0; i < RIVALS; i++) {
        int status = -1;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    for (i = 0; i < ROUNDS; i++) {
        assert_int_equal(arena->won[i], 1);
    }
    munmap(arena, sizeof(*arena));
}

/* The roster */

static void the_last_one_knows(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);

    (void)state;
    at_roster_sign(shelf, 5000);
    assert_false(at_roster_leave(shelf, 5001));
    assert_false(at_roster_leave(shelf, 5002)); /* nor did it sign again */
}

/* Signs, and goes when it is told. */
static pid_t start_signed(at_shelf_t *shelf, apr_int64_t now)
{
    int news[2];
    char signed_now = 1;
    pid_t child;

    assert_int_equal(pipe(news), 0);
    child = support_fork();
    assert_true(child >= 0);
    if (child == 0) {
        at_roster_sign(shelf, now);
        signed_now = write(news[1], &signed_now, 1) == 1;
        for (;;) {
            pause();
        }
    }
    assert_int_equal(read(news[0], &signed_now, 1), 1);
    close(news[0]);
    close(news[1]);
    return child;
}

static void while_others_stay_one_is_not_the_last(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    pid_t children[2];

    (void)state;
    at_roster_sign(shelf, 5000);
    children[0] = start_signed(shelf, 5000);
    children[1] = start_signed(shelf, 5000);
    assert_true(at_roster_leave(shelf, 5001));
    end_holder(children[0]);
    at_roster_sign(shelf, 5002);
    assert_true(at_roster_leave(shelf, 5002));
    end_holder(children[1]);
}

static void one_who_has_died_does_not_stay(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);

    (void)state;
    at_roster_sign(shelf, 5000);
    end_holder(start_signed(shelf, 5000));
    assert_false(at_roster_leave(shelf, 5001));
}

/* Else uses would be left to one who hangs. */
static void one_who_does_not_sign_again_does_not_stay(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    pid_t child = start_signed(shelf, 5000);

    (void)state;
    at_roster_sign(shelf, 5000 + AT_ROSTER_MS);
    assert_false(at_roster_leave(shelf, 5001 + AT_ROSTER_MS));
    end_holder(child);
}

/* Each second each process signs, and there may be a thousand. */
static void who_has_signed_looks_at_nobody_to_sign_again(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    pid_t children[8];
    apr_size_t i;

    (void)state;
    for (i = 0; i < COUNT(children); i++) {
        children[i] = start_signed(shelf, 5000);
    }
    at_roster_sign(shelf, 5000);
    looks = 0;
    at_roster_sign(shelf, 5001);
    assert_int_equal(looks, 0);
    for (i = 0; i < COUNT(children); i++) {
        end_holder(children[i]);
    }
    assert_false(at_roster_leave(shelf, 5002));
}

/* Everybody leaves at once; at least one of them is the last. */
static void of_many_who_leave_somebody_is_the_last(void **state)
{
    int round, i;

    (void)state;
    for (round = 0; round < 20; round++) {
        at_shelf_t *shelf = support_shelf(SIZE);
        pid_t children[8];
        int last = 0;

        for (i = 0; i < 8; i++) {
            children[i] = support_fork();
            assert_true(children[i] >= 0);
            if (children[i] == 0) {
                apr_int64_t now = at_time_monotonic();

                at_roster_sign(shelf, now);
                while (at_time_monotonic() < now + 5) {
                    continue;
                }
                _exit(at_roster_leave(shelf, now + 5) ? 0 : 7);
            }
        }
        for (i = 0; i < 8; i++) {
            int status = -1;

            assert_int_equal(waitpid(children[i], &status, 0), children[i]);
            last += WEXITSTATUS(status) == 7;
        }
        assert_true(last >= 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(one_process_has_a_duty),
        SUPPORT_TEST(a_lease_ends),
        SUPPORT_TEST(one_who_has_died_loses_it),
        SUPPORT_TEST(a_lease_without_end_ends_with_its_process),
        SUPPORT_TEST(another_program_with_that_process_id_does_not_keep_it),
        SUPPORT_TEST(who_has_a_duty_may_keep_it),
        SUPPORT_TEST(a_duty_can_be_left),
        SUPPORT_TEST(of_rivals_at_the_same_moment_one_wins),
        SUPPORT_TEST(the_last_one_knows),
        SUPPORT_TEST(while_others_stay_one_is_not_the_last),
        SUPPORT_TEST(one_who_has_died_does_not_stay),
        SUPPORT_TEST(one_who_does_not_sign_again_does_not_stay),
        SUPPORT_TEST(who_has_signed_looks_at_nobody_to_sign_again),
        SUPPORT_TEST(of_many_who_leave_somebody_is_the_last),
    };

    return cmocka_run_group_tests_name("duties", tests, support_begin,
                                       support_end);
}
