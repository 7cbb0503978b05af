/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of what ends when nobody has asked for a while: workers, and where
 * chores keep one, its connection.
 *
 * The linker gives this program a clock of its own (--wrap, see check.am), which
 * a test can put forward.
 */
#include "support.h"

#include <dirent.h>
#include <time.h>
#include <unistd.h>

#include <apr_atomic.h>

#include "desk_inside.h"

#define WHILE_S 6

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

static volatile apr_uint32_t ahead;

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = __real_clock_gettime(clock, now);

    now->tv_sec += apr_atomic_read32(&ahead);
    return result;
}

/* Workers wait by the kernel's clock, so they are told. */
static void let_a_while_pass(at_desk_t *desk)
{
    apr_atomic_add32(&ahead, WHILE_S);
    pthread_mutex_lock(&desk->lock);
    pthread_cond_broadcast(&desk->news);
    pthread_mutex_unlock(&desk->lock);
}

static int open_files(const support_t *support)
{
    DIR *folder = opendir("/proc/self/fd");
    struct dirent *entry;
    int found = 0;

    assert_non_null(folder);
    while ((entry = readdir(folder))) {
        char file[1024] = "";

        if (readlinkat(dirfd(folder), entry->d_name, file, sizeof(file) - 1) >
            0) {
            found += strcmp(file, support->file) == 0;
        }
    }
    closedir(folder);
    return found;
}

static apr_status_t query(at_job_t *job, at_database_t *database, void *baton)
{
    at_rows_t *rows;
    apr_status_t status = at_database_select(database, "SELECT 1", NULL, 1,
                                             &rows, at_job_pool(job));

    support_gate_pass(baton);
    return status;
}

typedef struct asker_t {
    at_desk_t *desk;
    support_gate_t *gate;
    pthread_t thread;
} asker_t;

static void *ask(void *data)
{
    asker_t *asker = data;
    at_job_t *job = at_desk_job(asker->desk, AT_DESK_QUESTION, query);

    at_desk_ask(job, asker->gate, SUPPORT_LONG_MS);
    at_desk_release(job);
    return NULL;
}

/* So many workers, with a connection each, that have nothing to do. */
static void employ(at_desk_t *desk, int count)
{
    static support_gate_t gate;
    asker_t askers[4];
    int i;

    support_gate_make(&gate);
    for (i = 0; i < count; i++) {
        askers[i] = (asker_t){.desk = desk, .gate = &gate};
        assert_int_equal(
            pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
    }
    assert_true(support_gate_await(&gate, count));
    support_gate_open(&gate);
    for (i = 0; i < count; i++) {
        pthread_join(askers[i].thread, NULL);
    }
}

static void await_idle(at_desk_t *desk, int wanted)
{
    int idle = -1;
    int i;

    for (i = 0; i < SUPPORT_LONG_MS / 2 && idle != wanted; i++) {
        support_nap();
        pthread_mutex_lock(&desk->lock);
        idle = desk->idle;
        pthread_mutex_unlock(&desk->lock);
    }
    assert_int_equal(idle, wanted);
}

static void await_threads(at_desk_t *desk, apr_uint32_t threads)
{
    int i;

    for (i = 0; i < SUPPORT_LONG_MS / 2 &&
                apr_atomic_read32(&desk->threads) != threads;
         i++) {
        support_nap();
    }
    assert_int_equal(apr_atomic_read32(&desk->threads), threads);
}

static void workers_without_work_end(void **state)
{
    support_t *support = *state;
    at_desk_t *desk = support_desk(support, 3);

    employ(desk, 3);
    await_idle(desk, 3);
    assert_int_equal(open_files(support), 3);
    let_a_while_pass(desk);
    await_threads(desk, 0);
    assert_int_equal(open_files(support), 0);
    employ(desk, 1); /* somebody new comes */
    at_desk_stop(desk, SUPPORT_LONG_MS);
}

static apr_int64_t come_back_in_a_day(void *baton, at_database_t *database)
{
    (void)database;
    apr_atomic_inc32(baton);
    return 86400000;
}

static void one_stays_for_the_chores_and_closes_its_connection(void **state)
{
    support_t *support = *state;
    at_desk_t *desk = support_desk(support, 3);
    volatile apr_uint32_t runs = 0;
    int i;

    at_desk_wake(at_desk_add_chore(desk, come_back_in_a_day, (void *)&runs));
    employ(desk, 3);
    await_idle(desk, 3);
    assert_int_equal(apr_atomic_read32(&runs), 1);
    let_a_while_pass(desk);
    await_threads(desk, 1);
    for (i = 0; i < SUPPORT_LONG_MS / 2 && open_files(support) > 0; i++) {
        support_nap();
    }
    assert_int_equal(open_files(support), 0);
    await_idle(desk, 1);
    employ(desk, 1);
    assert_int_equal(open_files(support), 1);
    at_desk_stop(desk, SUPPORT_LONG_MS);
    assert_int_equal(apr_atomic_read32(&runs), 2);
}

static void who_has_work_stays(void **state)
{
    support_t *support = *state;
    at_desk_t *desk = support_desk(support, 1);
    int i;

    for (i = 0; i < 5; i++) {
        employ(desk, 1);
        await_idle(desk, 1);
        apr_atomic_add32(&ahead, WHILE_S / 2);
        assert_int_equal(apr_atomic_read32(&desk->threads), 1);
        assert_int_equal(open_files(support), 1);
    }
    at_desk_stop(desk, SUPPORT_LONG_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(workers_without_work_end),
        SUPPORT_TEST(one_stays_for_the_chores_and_closes_its_connection),
        SUPPORT_TEST(who_has_work_stays),
    };

    return cmocka_run_group_tests_name("idle", tests, support_begin,
                                       support_end);
}
