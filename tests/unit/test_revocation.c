/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of what an answer about deletions says: from when on it counts, how far
 * back its question reached, and that it comes to an end.
 */
#include "house.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_time.h>

#define SIZE AT_SHELF_LEAST

/* The locks of a WAL's shared memory, as SQLite's file format tells. */
#define FIRST_LOCK 120
#define LOCKS 8

/* The next answer's question. */
static apr_int64_t await_answer(house_t *house)
{
    apr_int64_t last = at_contact_last(house->shelf);
    apr_int64_t now = at_time_monotonic();

    while (at_contact_last(house->shelf) == last) {
        assert_true(at_time_monotonic() < now + SUPPORT_LONG_MS);
        support_nap();
    }
    return at_contact_last(house->shelf);
}

static void lock_file(const char *file, int news)
{
    struct flock all = {.l_type = F_WRLCK,
                        .l_whence = SEEK_SET,
                        .l_start = FIRST_LOCK,
                        .l_len = LOCKS};
    char locked = fcntl(open(file, O_RDWR), F_SETLKW, &all) == 0;

    locked = write(news, &locked, 1) == 1;
    for (;;) {
        pause();
    }
}

/* Another process that lets nobody read, until it is killed. */
static pid_t start_locker(house_t *house)
{
    const char *file =
        apr_pstrcat(house->support->pool, house->support->file, "-shm", NULL);
    int news[2];
    char locked = 0;
    pid_t child;

    assert_int_equal(pipe(news), 0);
    child = support_fork();
    assert_true(child >= 0);
    if (child == 0) {
        lock_file(file, news[1]);
    }
    assert_int_equal(read(news[0], &locked, 1), 1);
    assert_true(locked);
    close(news[0]);
    close(news[1]);
    return child;
}

/* Another process, which would ask, too. */
static int another_may_ask(house_t *house, apr_int64_t now)
{
    pid_t child = support_fork();
    int status = -1;

    assert_true(child >= 0);
    if (child == 0) {
        _exit(at_duty_take(house->shelf, AT_DUTY_KEEPER, now, 1000) ? 7 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status) == 7;
}

/* What was deleted while the question was on its way, it may not have seen. */
static void a_late_answer_counts_from_its_question_on_and_nobody_else_asks(
    void **state)
{
    house_t house = house_open(state, SIZE);
    at_keeper_config_t config = house_usual_keeping();
    apr_int64_t begun, now;
    goods_t goods;
    pid_t locker;

    config.revocation = 4000; /* so that the next question is not soon */
    house_stock(&house, 1, &goods);
    house_keep(&house, &config);
    await_answer(&house);
    locker = start_locker(&house);
    now = at_time_monotonic();
    while (!at_contact_is_open(house.shelf)) {
        assert_true(at_time_monotonic() < now + SUPPORT_LONG_MS);
        support_nap();
    }
    begun = (apr_int64_t)at_shelf_load(&house.shelf->header->unanswered_since);
    assert_false(another_may_ask(&house, begun + APR_INT64_C(86400000)));
    apr_sleep(700000);
    house_kill(locker);
    assert_true(await_answer(&house) == begun);
    assert_true(at_time_monotonic() >= begun + 700);
    house_close(&house);
}

/* A deletion is dated when it begins, and may be committed as much later. */
static void a_question_reaches_back_by_the_timeout_and_a_minute(void **state)
{
    house_t house = house_open(state, SIZE);
    at_keeper_config_t config = house_usual_keeping();
    goods_t late, long_ago;

    config.timeout = 60000;
    house_stock(&house, 1, &late);
    house_stock(&house, 2, &long_ago);
    house_keep(&house, &config);
    await_answer(&house);
    at_store_delete(house.store, &late.id, NULL, at_time_now() - 100000,
                    house.support->pool);
    at_store_delete(house.store, &long_ago.id, NULL, at_time_now() - 200000,
                    house.support->pool);
    await_answer(&house);
    await_answer(&house);
    assert_false(goods_are_there(house.shelf, &late));
    assert_true(goods_are_there(house.shelf, &long_ago));
    house_close(&house);
}

/* More than a page, all deleted at once, whose ids differ only at their ends. */
static void long_ids_of_others_have_an_end(void **state)
{
    house_t house = house_open(state, SIZE);
    at_keeper_config_t config = house_usual_keeping();
    goods_t goods;

    house_stock(&house, 1, &goods);
    support_run_sql(
        house.support,
        apr_psprintf(
            house.support->pool,
            "INSERT INTO access_tokens WITH RECURSIVE n(i) AS (SELECT 0 UNION "
            "ALL SELECT i + 1 FROM n WHERE i < 2499) SELECT printf('%%0300d"
            "%%06d', 0, i), printf('%%064d', i), 'alice', '', 1000, NULL, NULL,"
            " %" APR_INT64_T_FMT ", NULL FROM n",
            at_time_now() - 1000));
    at_store_delete(house.store, &goods.id, NULL, at_time_now(),
                    house.support->pool);
    house_keep(&house, &config);
    await_answer(&house);
    assert_false(goods_are_there(house.shelf, &goods));
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(
            a_late_answer_counts_from_its_question_on_and_nobody_else_asks),
        SUPPORT_TEST(a_question_reaches_back_by_the_timeout_and_a_minute),
        SUPPORT_TEST(long_ids_of_others_have_an_end),
    };

    return cmocka_run_group_tests_name("revocation", tests, support_begin,
                                       support_end);
}
