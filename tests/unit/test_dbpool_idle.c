/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of what ends when there was no work for a while: workers and, if
 * background jobs keep one, its connection.
 *
 * The linker gives this program a clock of its own (--wrap, see check.am),
 * which a test can advance.
 */
#include "support.h"

#include <dirent.h>
#include <time.h>
#include <unistd.h>

#include <apr_atomic.h>

#include "dbpool_inside.h"

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

/* Workers wait on the kernel's clock, so they are woken. */
static void let_time_pass(at_dbpool_t *dbpool)
{
    apr_atomic_add32(&ahead, WHILE_S);
    pthread_mutex_lock(&dbpool->lock);
    pthread_cond_broadcast(&dbpool->work);
    pthread_mutex_unlock(&dbpool->lock);
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

static apr_status_t query(at_job_t *job, at_database_t *database, void *data)
{
    at_rows_t *rows;
    apr_status_t status = at_database_select(database, "SELECT 1", NULL, 1,
                                             &rows, at_job_pool(job));

    support_gate_pass(data);
    return status;
}

typedef struct requester_t {
    at_dbpool_t *dbpool;
    support_gate_t *gate;
    pthread_t thread;
} requester_t;

static void *run_query(void *data)
{
    requester_t *requester = data;
    at_job_t *job = at_job_make(requester->dbpool, AT_JOB_LOOKUP, query);

    at_job_run(job, requester->gate, SUPPORT_LONG_MS);
    at_job_release(job);
    return NULL;
}

/* That many workers, with a connection each, that have no work. */
static void start_workers(at_dbpool_t *dbpool, int count)
{
    static support_gate_t gate;
    requester_t requesters[4];
    int i;

    support_gate_make(&gate);
    for (i = 0; i < count; i++) {
        requesters[i] = (requester_t){.dbpool = dbpool, .gate = &gate};
        assert_int_equal(pthread_create(&requesters[i].thread, NULL, run_query,
                                        &requesters[i]),
                         0);
    }
    assert_true(support_gate_await(&gate, count));
    support_gate_open(&gate);
    for (i = 0; i < count; i++) {
        pthread_join(requesters[i].thread, NULL);
    }
}

static void await_idle(at_dbpool_t *dbpool, int wanted)
{
    int idle = -1;
    int i;

    for (i = 0; i < SUPPORT_LONG_MS / 2 && idle != wanted; i++) {
        support_nap();
        pthread_mutex_lock(&dbpool->lock);
        idle = dbpool->idle;
        pthread_mutex_unlock(&dbpool->lock);
    }
    assert_int_equal(idle, wanted);
}

static void await_threads(at_dbpool_t *dbpool, apr_uint32_t threads)
{
    int i;

    for (i = 0; i < SUPPORT_LONG_MS / 2 &&
                apr_atomic_read32(&dbpool->threads) != threads;
         i++) {
        support_nap();
    }
    assert_int_equal(apr_atomic_read32(&dbpool->threads), threads);
}

static void workers_without_work_end(void **state)
{
    support_t *support = *state;
    at_dbpool_t *dbpool = support_dbpool(support, 3);

    start_workers(dbpool, 3);
    await_idle(dbpool, 3);
    assert_int_equal(open_files(support), 3);
    let_time_pass(dbpool);
    await_threads(dbpool, 0);
    assert_int_equal(open_files(support), 0);
    start_workers(dbpool, 1); /* a new worker is started */
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
}

static apr_int64_t return_a_day(void *data, at_database_t *database)
{
    (void)database;
    apr_atomic_inc32(data);
    return 86400000;
}

static void a_worker_stays_for_background_jobs_and_closes_its_connection(
    void **state)
{
    support_t *support = *state;
    at_dbpool_t *dbpool = support_dbpool(support, 3);
    volatile apr_uint32_t runs = 0;
    int i;

    at_background_wake(at_background_add(dbpool, return_a_day, (void *)&runs));
    start_workers(dbpool, 3);
    await_idle(dbpool, 3);
    assert_int_equal(apr_atomic_read32(&runs), 1);
    let_time_pass(dbpool);
    await_threads(dbpool, 1);
    for (i = 0; i < SUPPORT_LONG_MS / 2 && open_files(support) > 0; i++) {
        support_nap();
    }
    assert_int_equal(open_files(support), 0);
    await_idle(dbpool, 1);
    start_workers(dbpool, 1);
    assert_int_equal(open_files(support), 1);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    assert_int_equal(apr_atomic_read32(&runs), 2);
}

static void a_worker_with_work_stays(void **state)
{
    support_t *support = *state;
    at_dbpool_t *dbpool = support_dbpool(support, 1);
    int i;

    for (i = 0; i < 5; i++) {
        start_workers(dbpool, 1);
        await_idle(dbpool, 1);
        apr_atomic_add32(&ahead, WHILE_S / 2);
        assert_int_equal(apr_atomic_read32(&dbpool->threads), 1);
        assert_int_equal(open_files(support), 1);
    }
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(workers_without_work_end),
        SUPPORT_TEST(
            a_worker_stays_for_background_jobs_and_closes_its_connection),
        SUPPORT_TEST(a_worker_with_work_stays),
    };

    return cmocka_run_group_tests_name("dbpool_idle", tests, support_begin,
                                       support_end);
}
