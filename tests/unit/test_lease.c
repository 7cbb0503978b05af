/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of leases, which one process at a time holds, and of the members, the
 * processes that use the cache. Times are given as numbers.
 */
#include "fixture_rows.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE AT_CACHE_SIZE_MIN

/* That of the C library, with a count of its calls. */
static int looks;

pid_t getpgid(pid_t process)
{
    looks++;
    return (pid_t)syscall(SYS_getpgid, process);
}

static int take(at_cache_t *cache, at_lease_e lease, apr_int64_t now)
{
    return at_lease_take(cache, lease, now, 1000);
}

/* Another process takes the lease, until it is killed. */
static pid_t start_holder(at_cache_t *cache, at_lease_e lease)
{
    int notices[2];
    char taken = 0;
    pid_t child;

    assert_int_equal(pipe(notices), 0);
    child = support_fork();
    assert_true(child >= 0);
    if (child == 0) {
        taken = (char)take(cache, lease, 5000);
        taken = write(notices[1], &taken, 1) == 1;
        for (;;) {
            pause();
        }
    }
    assert_int_equal(read(notices[0], &taken, 1), 1);
    assert_true(taken);
    close(notices[0]);
    close(notices[1]);
    return child;
}

static void end_holder(pid_t child)
{
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void one_process_holds_a_lease(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    pid_t child = start_holder(cache, AT_LEASE_REVOCATION);

    (void)state;
    assert_false(take(cache, AT_LEASE_REVOCATION, 5000));
    assert_false(take(cache, AT_LEASE_REVOCATION, 5999));
    at_lease_release(cache, AT_LEASE_REVOCATION); /* which is not ours */
    assert_false(take(cache, AT_LEASE_REVOCATION, 5999));
    assert_true(take(cache, AT_LEASE_LASTUSED, 5000));
    assert_true(take(cache, AT_LEASE_WRITING, 5000));
    end_holder(child);
}

static void a_lease_ends(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    pid_t child = start_holder(cache, AT_LEASE_LASTUSED);

    (void)state;
    assert_true(take(cache, AT_LEASE_LASTUSED, 6000));
    end_holder(child);
}

static void a_process_that_has_died_loses_it(void **state)
{
    at_cache_t *cache = support_cache(SIZE);

    (void)state;
    end_holder(start_holder(cache, AT_LEASE_REVOCATION));
    assert_true(take(cache, AT_LEASE_REVOCATION, 5001));
}

/* While its poll hangs, for any time. */
static void a_lease_without_end_ends_with_its_process(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    pid_t child = support_fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        at_lease_take(cache, AT_LEASE_REVOCATION, 5000,
                      AT_LEASE_UNTIL_RELEASED);
        for (;;) {
            pause();
        }
    }
    while (at_cache_load(&cache->header->leases[AT_LEASE_REVOCATION]) == 0) {
        support_nap();
    }
    assert_false(take(cache, AT_LEASE_REVOCATION, APR_INT64_C(86400000000)));
    end_holder(child);
    assert_true(take(cache, AT_LEASE_REVOCATION, 5001));
}

/* The kernel reuses process ids for other programs. */
static void another_program_with_that_process_id_does_not_keep_it(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    pid_t child = start_holder(cache, AT_LEASE_REVOCATION);

    (void)state;
    assert_false(take(cache, AT_LEASE_REVOCATION, 5001));
    assert_int_equal(setpgid(child, child), 0);
    assert_true(take(cache, AT_LEASE_REVOCATION, 5001));
    end_holder(child);
}

static void the_holder_of_a_lease_may_extend_it(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    int status = -1;
    pid_t child;

    (void)state;
    assert_true(take(cache, AT_LEASE_REVOCATION, 5000));
    assert_true(take(cache, AT_LEASE_REVOCATION, 5900));
    child = support_fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(take(cache, AT_LEASE_REVOCATION, 6800) ? 1 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void a_lease_can_be_released(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    int status = -1;
    pid_t child;

    (void)state;
    assert_true(take(cache, AT_LEASE_REVOCATION, 5000));
    at_lease_release(cache, AT_LEASE_REVOCATION);
    child = support_fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(take(cache, AT_LEASE_REVOCATION, 5001) ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

#define RIVALS 2
#define ROUNDS 100000

/* What rivals share: who has reached a round, and which of them has won it. */
typedef struct arena_t {
    _Atomic(apr_uint32_t) came[ROUNDS];
    _Atomic(apr_uint32_t) won[ROUNDS];
} arena_t;

/* In each round the lease of the round before has ended. */
static void compete(at_cache_t *cache, arena_t *arena)
{
    int i;

    for (i = 0; i < ROUNDS; i++) {
        atomic_fetch_add(&arena->came[i], 1);
        while (arena->came[i] < RIVALS) {
            sched_yield();
        }
        arena->won[i] +=
            (apr_uint32_t)at_lease_take(cache, AT_LEASE_WRITING, 10 * i, 5);
    }
    _exit(0);
}

static void of_rivals_at_the_same_time_one_wins(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
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
            compete(cache, arena);
        }
    }
    for (i = 0; i < RIVALS; i++) {
        siginfo_t ended;

        /* A child that was waited for is dead, and has lost its lease. */
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

/* The members */

static void the_last_member_learns_that_it_is_the_last(void **state)
{
    at_cache_t *cache = support_cache(SIZE);

    (void)state;
    at_members_join(cache, 5000);
    assert_false(at_members_leave(cache, 5001));
    assert_false(at_members_leave(cache, 5002)); /* nor did it join again */
}

/* Joins, and leaves when it is told to. */
static pid_t start_member(at_cache_t *cache, apr_int64_t now)
{
    int notices[2];
    char signed_now = 1;
    pid_t child;

    assert_int_equal(pipe(notices), 0);
    child = support_fork();
    assert_true(child >= 0);
    if (child == 0) {
        at_members_join(cache, now);
        signed_now = write(notices[1], &signed_now, 1) == 1;
        for (;;) {
            pause();
        }
    }
    assert_int_equal(read(notices[0], &signed_now, 1), 1);
    close(notices[0]);
    close(notices[1]);
    return child;
}

static void a_member_is_not_the_last_while_others_stay(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    pid_t children[2];

    (void)state;
    at_members_join(cache, 5000);
    children[0] = start_member(cache, 5000);
    children[1] = start_member(cache, 5000);
    assert_true(at_members_leave(cache, 5001));
    end_holder(children[0]);
    at_members_join(cache, 5002);
    assert_true(at_members_leave(cache, 5002));
    end_holder(children[1]);
}

static void a_process_that_has_died_is_no_member(void **state)
{
    at_cache_t *cache = support_cache(SIZE);

    (void)state;
    at_members_join(cache, 5000);
    end_holder(start_member(cache, 5000));
    assert_false(at_members_leave(cache, 5001));
}

/* httpd's parent looks for children that have ended once a second. */
static void a_process_that_was_killed_and_not_waited_for_is_no_member(
    void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    pid_t child = start_member(cache, 5000);
    siginfo_t ended;

    (void)state;
    at_members_join(cache, 5000);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT), 0);
    assert_false(at_members_leave(cache, 5001));
    assert_int_equal(waitpid(child, NULL, 0), child);
}

/* Otherwise uses would be left to a process that hangs. */
static void a_process_that_does_not_join_again_is_no_member(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    pid_t child = start_member(cache, 5000);

    (void)state;
    at_members_join(cache, 5000 + AT_MEMBERS_MS);
    assert_false(at_members_leave(cache, 5001 + AT_MEMBERS_MS));
    end_holder(child);
}

/* Each process joins once a second, and there may be a thousand. */
static void joining_again_checks_no_other_process(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    pid_t children[8];
    apr_size_t i;

    (void)state;
    for (i = 0; i < COUNT(children); i++) {
        children[i] = start_member(cache, 5000);
    }
    at_members_join(cache, 5000);
    looks = 0;
    at_members_join(cache, 5001);
    assert_int_equal(looks, 0);
    for (i = 0; i < COUNT(children); i++) {
        end_holder(children[i]);
    }
    assert_false(at_members_leave(cache, 5002));
}

/* All leave at once; at least one of them is the last. */
static void of_many_members_that_leave_one_is_the_last(void **state)
{
    int round, i;

    (void)state;
    for (round = 0; round < 20; round++) {
        at_cache_t *cache = support_cache(SIZE);
        pid_t children[8];
        int last = 0;

        for (i = 0; i < 8; i++) {
            children[i] = support_fork();
            assert_true(children[i] >= 0);
            if (children[i] == 0) {
                apr_int64_t now = at_clock_monotonic();

                at_members_join(cache, now);
                while (at_clock_monotonic() < now + 5) {
                    continue;
                }
                _exit(at_members_leave(cache, now + 5) ? 0 : 7);
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
        SUPPORT_TEST(one_process_holds_a_lease),
        SUPPORT_TEST(a_lease_ends),
        SUPPORT_TEST(a_process_that_has_died_loses_it),
        SUPPORT_TEST(a_lease_without_end_ends_with_its_process),
        SUPPORT_TEST(another_program_with_that_process_id_does_not_keep_it),
        SUPPORT_TEST(the_holder_of_a_lease_may_extend_it),
        SUPPORT_TEST(a_lease_can_be_released),
        SUPPORT_TEST(of_rivals_at_the_same_time_one_wins),
        SUPPORT_TEST(the_last_member_learns_that_it_is_the_last),
        SUPPORT_TEST(a_member_is_not_the_last_while_others_stay),
        SUPPORT_TEST(a_process_that_has_died_is_no_member),
        SUPPORT_TEST(a_process_that_was_killed_and_not_waited_for_is_no_member),
        SUPPORT_TEST(a_process_that_does_not_join_again_is_no_member),
        SUPPORT_TEST(joining_again_checks_no_other_process),
        SUPPORT_TEST(of_many_members_that_leave_one_is_the_last),
    };

    return cmocka_run_group_tests_name("lease", tests, support_begin,
                                       support_end);
}
