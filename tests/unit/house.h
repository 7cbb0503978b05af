/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The house: a table, a shelf and a desk, for the tests of those who look after
 * them; and other processes that have a duty there.
 */
#ifndef ACCESSTOKEN_TESTS_HOUSE_H
#define ACCESSTOKEN_TESTS_HOUSE_H

#include "goods.h"

#include "core/keeper.h"
#include "core/scribe.h"

#include <sys/types.h>

typedef struct house_t {
    support_t *support;
    at_store_t *store; /* what the table says, on a connection of its own */
    at_shelf_t *shelf;
    at_desk_t *desk;     /* see house_engage() */
    const at_sql_t *sql; /* lives as long as that */
} house_t;

/** With an empty table and shelf, and without a desk. */
house_t house_open(void **state, apr_size_t size);

/** Give it a desk, for this process. */
void house_engage(house_t *house);

/** Let a scribe of this process write once in so many milliseconds. */
at_scribe_t *house_scribe(house_t *house, apr_int64_t interval);

/** What a keeper is usually told: a question a second, rows good for ten minutes. */
at_keeper_config_t house_usual_keeping(void);

/** Give it a desk with a keeper, and a scribe that writes once a minute. */
void house_keep(house_t *house, const at_keeper_config_t *config);

/** Stop the desk. */
void house_close(house_t *house);

/** A row of that number in the table and, read just now, on the shelf. */
at_spot_t house_stock(house_t *house, int number, goods_t *goods);

/** The last use of that row in the table. */
apr_int64_t house_last_use(house_t *house, int number);

/** Wait until it is this one. */
void house_await_use(house_t *house, int number, apr_int64_t when);

/** Take the table away from everybody, and bring it back. */
void house_lose_table(house_t *house);
void house_regain_table(house_t *house);

/** Fork; children have no connection of their parent's. */
pid_t house_fork(house_t *house);

/** Another process that has this duty until it is killed. */
pid_t house_start_holder(house_t *house, at_duty_e duty);

/** Kill a process of ours and wait for its end. */
void house_kill(pid_t child);

/** Wait until a process of ours ends well. */
void house_await(pid_t child);

/** The process that has a duty. */
pid_t house_holder(const house_t *house, at_duty_e duty);

#endif
