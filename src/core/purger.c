/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chore that comes in every process, once a minute; one is told that it is
 * time. It removes a few hundred rows at a time and lets others work in between.
 *
 * Nothing goes because a clock says so alone. The table must show that somebody
 * generated or deleted a token within the time after which rows go, or two days;
 * a clock that is years ahead finds no such row. And what goes must have ended
 * before that: if the clock was right then, it has, however far ahead it is now.
 * What is younger than a day does not count, so that a clock which is wrong does
 * not get its evidence from what is generated meanwhile.
 */
#include "core/purger.h"

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

/* Up to when something that seems to have ended has ended, whatever the clock
 * says now; AT_TIME_NONE if that is so long ago that the clock may be wrong. */
static apr_int64_t certain(const at_purger_t *purger, at_store_t *store,
                           apr_int64_t wall)
{
    apr_int64_t after = purger->config.after;
    apr_int64_t most = after > 2 * DAY_MS ? after : 2 * DAY_MS;
    apr_int64_t moment = AT_TIME_NONE;
    apr_status_t status;
    apr_pool_t *pool;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    status = at_purge_last_use(store, wall - DAY_MS, &moment, pool);
    apr_pool_destroy(pool);
    return status == APR_SUCCESS && wall - moment <= most ? moment
                                                          : AT_TIME_NONE;
}

static apr_int64_t earlier(apr_int64_t a, apr_int64_t b)
{
    return a < b ? a : b;
}

/* One step; true if there is more to do. */
static int purge(at_purger_t *purger, at_store_t *store, apr_int64_t wall)
{
    apr_int64_t most = certain(purger, store, wall);
    at_purge_t what = {
        .expired_before = earlier(wall - purger->config.after, most),
        .deleted_before = earlier(wall - least_for_deleted(purger), most)};
    int removed, more;

    if (most == AT_TIME_NONE ||
        at_purge_some(store, &what, STEP, &removed, &more) != APR_SUCCESS) {
        return 0;
    }
    at_tally_add(purger->shelf, AT_TALLY_PURGED, (apr_uint64_t)removed);
    return more;
}

/* A server that nobody uses has nothing to say to its database. */
static int is_due(at_purger_t *purger, apr_int64_t now)
{
    return at_shelf_is_in_use(purger->shelf) &&
           at_duty_purge_is_due(purger->shelf, now, FIRST_MS, period(purger));
}

static apr_int64_t come(void *baton, at_database_t *database)
{
    at_purger_t *purger = baton;
    apr_int64_t now = at_time_monotonic();
    apr_int64_t wall = at_time_now();
    at_store_t store = {.database = database,
                        .sql = purger->sql,
                        .deadline = now + PATIENCE_MS};

    if (at_desk_stopping(purger->desk)) {
        return -1;
    }
    if (purger->more || is_due(purger, now)) {
        purger->more = purge(purger, &store, wall);
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
