/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Furnishes houses, and starts and ends processes in them.
 */
#include "house.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define LEASE_MS 60000

house_t house_open(void **state, apr_size_t size)
{
    support_t *support = *state;
    house_t house = {.support = support,
                     .store = support_store(support),
                     .shelf = support_shelf(size)};
    at_row_t *row;

    /* Makes the table. */
    assert_int_equal(at_store_find(house.store,
                                   &support_row(support->pool, 0)->id, NULL,
                                   &row, support->pool),
                     APR_NOTFOUND);
    house.store->create_table = 0;
    return house;
}

void house_engage(house_t *house)
{
    house->desk = support_desk(house->support, 1);
    house->sql =
        at_sql_compose("sqlite3", "access_tokens", at_desk_pool(house->desk));
}

at_scribe_t *house_scribe(house_t *house, apr_int64_t interval)
{
    const at_scribe_config_t config = {.interval = interval};

    return at_scribe_open(house->desk, house->sql, house->shelf, &config);
}

at_keeper_config_t house_usual_keeping(void)
{
    return (at_keeper_config_t){
        .revocation = 1000, .ttl = 600000, .timeout = 5000, .cache = 1};
}

void house_keep(house_t *house, const at_keeper_config_t *config)
{
    house_engage(house);
    at_keeper_open(house->desk, house->sql, house->shelf,
                   house_scribe(house, 60000), config);
}

void house_close(house_t *house)
{
    at_desk_stop(house->desk, SUPPORT_LONG_MS);
}

/* Rows */

at_spot_t house_stock(house_t *house, int number, goods_t *goods)
{
    apr_pool_t *p = house->support->pool;

    assert_int_equal(
        at_store_insert(house->store, support_row(p, number), 0, p),
        APR_SUCCESS);
    goods_make(house->shelf, number, goods);
    return goods_put(house->shelf, goods, at_time_monotonic());
}

apr_int64_t house_last_use(house_t *house, int number)
{
    apr_pool_t *p = house->support->pool;

    return support_find(house->store, &support_row(p, number)->id, p)
        ->last_used;
}

void house_await_use(house_t *house, int number, apr_int64_t when)
{
    apr_int64_t begun = at_time_monotonic();

    while (house_last_use(house, number) != when) {
        assert_true(at_time_monotonic() < begun + SUPPORT_LONG_MS);
        support_nap();
    }
}

void house_lose_table(house_t *house)
{
    support_run_sql(house->support, "ALTER TABLE access_tokens RENAME TO away");
}

void house_regain_table(house_t *house)
{
    support_run_sql(house->support, "ALTER TABLE away RENAME TO access_tokens");
}

/* Processes */

pid_t house_fork(house_t *house)
{
    pid_t child;

    at_database_drop(house->store->database);
    child = support_fork();
    assert_true(child >= 0);
    return child;
}

static void hold(house_t *house, at_duty_e duty, int news)
{
    char taken =
        (char)at_duty_take(house->shelf, duty, at_time_monotonic(), LEASE_MS);

    taken = write(news, &taken, 1) == 1;
    for (;;) {
        pause();
    }
}

pid_t house_start_holder(house_t *house, at_duty_e duty)
{
    int news[2];
    char taken = 0;
    pid_t child;

    assert_int_equal(pipe(news), 0);
    child = house_fork(house);
    if (child == 0) {
        hold(house, duty, news[1]);
    }
    assert_int_equal(read(news[0], &taken, 1), 1);
    assert_true(taken);
    close(news[0]);
    close(news[1]);
    return child;
}

void house_kill(pid_t child)
{
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

void house_await(pid_t child)
{
    int status = -1;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

pid_t house_holder(const house_t *house, at_duty_e duty)
{
    return (pid_t)(house->shelf->header->duties[duty] >> 42);
}
