/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chore that comes in every process, once a minute; one is told that it is
 * time. It removes a few hundred rows at a time and lets others work in between.
 *
 * Nothing goes because a clock says so alone: it must not have been set within a
 * day, as far as this server has watched it, and the table itself must show that
 * somebody generated or deleted a token within the time after which tokens go,
 * but an hour ago at least. If that row is of a time when the clock was right,
 * the clock is no further ahead now than that time, and what goes had ended.
 */
#include "core/purger.h"

#include "core/clockwatch.h"
#include "core/duties.h"
#include "core/purge.h"
#include "core/tally.h"
#include "core/time.h"

#define FIRST_MS 5000 /* after the server began */
#define TICK_MS 60000
#define HOUR_MS 3600000
#define DAY_MS 86400000
#define PAUSE_MS 100 /* between two steps */
#define STEP 500     /* rows */
#define PATIENCE_MS 2000
#define OTHER_CLOCKS_MS 60000

struct at_purger_t {
    at_desk_t *desk;
    const at_sql_t *sql;
    at_shelf_t *shelf;
    at_purger_config_t config;
    int settled; /* it has come before */
    int more;    /* and is at work */
};

/* Not so often that looking costs anything, nor so seldom that the table is
 * ever much larger than it should be. */
static apr_int64_t period(const at_purger_t *purger)
{
    apr_int64_t hundredth = purger->config.after / 100;

    if (hundredth > HOUR_MS) {
        return HOUR_MS;
    }
    return hundredth < TICK_MS ? TICK_MS : hundredth;
}

static apr_int64_t least_for_deleted(const at_purger_t *purger)
{
    apr_int64_t least =
        purger->config.ttl + purger->config.timeout + OTHER_CLOCKS_MS;

    return purger->config.after > least ? purger->config.after : least;
}

static int is_confirmed(at_purger_t *purger, at_store_t *store,
                        apr_int64_t wall)
{
    apr_int64_t back =
        purger->config.after > DAY_MS ? purger->config.after : DAY_MS;
    apr_pool_t *pool;
    apr_status_t status;
    int seen = 0;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    status = at_purge_confirm(store, wall - back, wall - HOUR_MS, &seen, pool);
    apr_pool_destroy(pool);
    return status == APR_SUCCESS && seen;
}

/* One step; true if there is more to do. */
static int purge(at_purger_t *purger, at_store_t *store, apr_int64_t wall)
{
    at_purge_t what = {.expired_before = wall - purger->config.after,
                       .deleted_before = wall - least_for_deleted(purger)};
    int removed, more;

    if (!is_confirmed(purger, store, wall) ||
        at_purge_some(store, &what, STEP, &removed, &more) != APR_SUCCESS) {
        return 0;
    }
    at_tally_add(purger->shelf, AT_TALLY_PURGED, (apr_uint64_t)removed);
    return more;
}

static apr_int64_t come(void *baton, at_database_t *database)
{
    at_purger_t *purger = baton;
    apr_int64_t now = at_time_monotonic();
    apr_int64_t wall = at_time_now();
    at_store_t store = {.database = database,
                        .sql = purger->sql,
                        .deadline = now + PATIENCE_MS};
    apr_int64_t steady;

    if (at_desk_stopping(purger->desk)) {
        return -1;
    }
    steady = at_clockwatch_look(purger->shelf, now, wall, DAY_MS);
    if (purger->more ||
        at_duty_purge_is_due(purger->shelf, now, FIRST_MS, period(purger))) {
        purger->more = steady >= DAY_MS && purge(purger, &store, wall);
    }
    if (purger->more) {
        return PAUSE_MS;
    }
    if (!purger->settled) {
        purger->settled = 1;
        return FIRST_MS;
    }
    return TICK_MS;
}

at_purger_t *at_purger_open(at_desk_t *desk, const at_sql_t *sql,
                            at_shelf_t *shelf, const at_purger_config_t *config)
{
    at_purger_t *purger = apr_pcalloc(at_desk_pool(desk), sizeof(*purger));

    purger->desk = desk;
    purger->sql = sql;
    purger->shelf = shelf;
    purger->config = *config;
    at_desk_wake(at_desk_add_chore(desk, come, purger));
    return purger;
}
