/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A background job that comes in every process, once a minute; one is told that it is
 * time. It removes a few hundred rows at a time and lets others work in between.
 *
 * Nothing goes because a clock says so alone. The table must show that somebody
 * generated or deleted a token within the time after which rows go, or two days;
 * a clock that is years ahead finds no such row. And what goes must have ended
 * before that: if the clock was right then, it has, however far ahead it is now.
 * What is younger than a day does not count, so that a clock which is wrong does
 * not get its evidence from what is generated meanwhile.
 */
#include "core/jobs/purge_job.h"

#include "core/cache/counters.h"
#include "core/cache/lease.h"
#include "core/db/purge.h"
#include "core/token/clock.h"

#define FIRST_MS 5000 /* after the server began */
#define TICK_MS 60000
#define HOUR_MS 3600000
#define DAY_MS 86400000
#define PAUSE_MS 100 /* between two steps */
#define STEP 500     /* rows */
#define PATIENCE_MS 2000
#define OTHER_CLOCKS_MS 60000

struct at_purge_job_t {
    at_dbpool_t *dbpool;
    const at_sql_t *sql;
    at_cache_t *cache;
    at_purge_job_config_t config;
    int settled; /* it has come before */
    int more;    /* and is at work */
};

/* Not so often that looking costs anything, nor so seldom that the table is
 * ever much larger than it should be. */
static apr_int64_t period(const at_purge_job_t *job)
{
    apr_int64_t hundredth = job->config.after / 100;

    if (hundredth > HOUR_MS) {
        return HOUR_MS;
    }
    return hundredth < TICK_MS ? TICK_MS : hundredth;
}

static apr_int64_t least_for_deleted(const at_purge_job_t *job)
{
    apr_int64_t least = job->config.ttl + job->config.timeout + OTHER_CLOCKS_MS;

    return job->config.after > least ? job->config.after : least;
}

/* Up to when something that seems to have ended has ended, whatever the clock
 * says now; AT_TIME_NONE if that is so long ago that the clock may be wrong. */
static apr_int64_t certain(const at_purge_job_t *job, at_op_t *op,
                           apr_int64_t wall)
{
    apr_int64_t after = job->config.after;
    apr_int64_t most = after > 2 * DAY_MS ? after : 2 * DAY_MS;
    apr_int64_t moment = AT_TIME_NONE;
    apr_status_t status;

    apr_pool_create_unmanaged_ex(&op->pool, NULL, NULL);
    status = at_purge_last_use(op, wall - DAY_MS, &moment);
    apr_pool_destroy(op->pool);
    op->pool = NULL;
    return status == APR_SUCCESS && wall - moment <= most ? moment
                                                          : AT_TIME_NONE;
}

static apr_int64_t earlier(apr_int64_t a, apr_int64_t b)
{
    return a < b ? a : b;
}

/* One step; true if there is more to do. */
static int purge(at_purge_job_t *job, at_op_t *op, apr_int64_t wall)
{
    apr_int64_t most = certain(job, op, wall);
    at_purge_t what = {
        .expired_before = earlier(wall - job->config.after, most),
        .deleted_before = earlier(wall - least_for_deleted(job), most)};
    int removed, more;

    if (most == AT_TIME_NONE ||
        at_purge_some(op, &what, &removed, &more) != APR_SUCCESS) {
        return 0;
    }
    at_counters_add(job->cache, AT_COUNTER_PURGED, (apr_uint64_t)removed);
    return more;
}

/* A server that nobody uses has nothing to say to its database. */
static int is_due(at_purge_job_t *job, apr_int64_t now)
{
    return at_cache_is_in_use(job->cache) &&
           at_lease_purge_is_due(job->cache, now, FIRST_MS, period(job));
}

static apr_int64_t come(void *data, at_database_t *database)
{
    at_purge_job_t *job = data;
    apr_int64_t now = at_clock_monotonic();
    apr_int64_t wall = at_clock_now();
    at_op_t op = {.database = database,
                  .sql = job->sql,
                  .deadline = now + PATIENCE_MS,
                  .limit = STEP};

    if (at_dbpool_stopping(job->dbpool)) {
        return -1;
    }
    if (job->more || is_due(job, now)) {
        job->more = purge(job, &op, wall);
    }
    if (job->more) {
        return PAUSE_MS;
    }
    if (!job->settled) {
        job->settled = 1;
        return FIRST_MS;
    }
    return TICK_MS;
}

at_purge_job_t *at_purge_job_open(at_dbpool_t *dbpool, const at_sql_t *sql,
                                  at_cache_t *cache,
                                  const at_purge_job_config_t *config)
{
    at_purge_job_t *job = apr_pcalloc(at_dbpool_pool(dbpool), sizeof(*job));

    job->dbpool = dbpool;
    job->sql = sql;
    job->cache = cache;
    job->config = *config;
    at_background_wake(at_background_add(dbpool, come, job));
    return job;
}
