/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The background job runs in every process, once a minute; when the purge is
 * due, one of them removes some hundreds of rows at a time, with pauses for
 * other work.
 *
 * No row is removed because of the clock alone. The table must show that a
 * token was generated or deleted within the age at which rows are removed, or
 * within two days if that is more; if the clock is years ahead, there is no
 * such row. And only tokens that ended before that time are removed: if the
 * clock was right then, they have ended, however far ahead it is now. Times of
 * the last day do not count, so that a wrong clock is not confirmed by the
 * tokens that are generated with it.
 */
#include "core/jobs/purge_job.h"

#include "core/cache/counters.h"
#include "core/cache/lease.h"
#include "core/db/purge.h"
#include "core/token/clock.h"

#define FIRST_MS 5000 /* after the server was started */
#define TICK_MS 60000
#define HOUR_MS 3600000
#define DAY_MS 86400000
#define PAUSE_MS 100 /* between two steps */
#define STEP 500     /* rows */
#define TIMEOUT_MS 2000
#define CLOCK_SKEW_MS 60000 /* between servers */

struct at_purge_job_t {
    at_dbpool_t *dbpool;
    const at_sql_t *sql;
    at_cache_t *cache;
    at_purge_job_config_t config;
    int has_run;  /* once, so that it runs once a minute from now on */
    int has_more; /* rows to remove in this purge */
};

/* A hundredth of the age, from a minute to an hour: rarely enough to cost
 * nothing, and often enough that the table is never much larger than
 * necessary. */
static apr_int64_t period(const at_purge_job_t *job)
{
    apr_int64_t hundredth = job->config.after / 100;

    if (hundredth > HOUR_MS) {
        return HOUR_MS;
    }
    return hundredth < TICK_MS ? TICK_MS : hundredth;
}

static apr_int64_t after_deletion(const at_purge_job_t *job)
{
    apr_int64_t least = job->config.ttl + job->config.timeout + CLOCK_SKEW_MS;

    return job->config.after > least ? job->config.after : least;
}

/* A token that ended before this time has ended, even if the clock is wrong
 * now; AT_TIME_NONE if the time is so long ago that the clock may be wrong. */
static apr_int64_t certain_until(const at_purge_job_t *job, at_op_t *op,
                                 apr_int64_t wall)
{
    apr_int64_t after = job->config.after;
    apr_int64_t most = after > 2 * DAY_MS ? after : 2 * DAY_MS;
    apr_int64_t last_use = AT_TIME_NONE;
    apr_status_t status;

    apr_pool_create_unmanaged_ex(&op->pool, NULL, NULL);
    status = at_purge_last_use(op, wall - DAY_MS, &last_use);
    apr_pool_destroy(op->pool);
    op->pool = NULL;
    return status == APR_SUCCESS && wall - last_use <= most ? last_use
                                                            : AT_TIME_NONE;
}

static apr_int64_t earlier(apr_int64_t a, apr_int64_t b)
{
    return a < b ? a : b;
}

/* Removes the rows of one step; true if there may be more. */
static int purge(at_purge_job_t *job, at_op_t *op, apr_int64_t wall)
{
    apr_int64_t most = certain_until(job, op, wall);
    at_purge_t limits = {
        .expired_before = earlier(wall - job->config.after, most),
        .deleted_before = earlier(wall - after_deletion(job), most)};
    int removed, more;

    if (most == AT_TIME_NONE ||
        at_purge_some(op, &limits, &removed, &more) != APR_SUCCESS) {
        return 0;
    }
    at_counters_add(job->cache, AT_COUNTER_PURGED, (apr_uint64_t)removed);
    return more;
}

/* A server without requests does not query its database. */
static int is_due(at_purge_job_t *job, apr_int64_t now)
{
    return at_cache_is_in_use(job->cache) &&
           at_lease_purge_is_due(job->cache, now, FIRST_MS, period(job));
}

static apr_int64_t run(void *data, at_database_t *database)
{
    at_purge_job_t *job = data;
    apr_int64_t now = at_clock_monotonic();
    apr_int64_t wall = at_clock_now();
    at_op_t op = {.database = database,
                  .sql = job->sql,
                  .deadline = now + TIMEOUT_MS,
                  .limit = STEP};

    if (at_dbpool_stopping(job->dbpool)) {
        return -1;
    }
    if (job->has_more || is_due(job, now)) {
        job->has_more = purge(job, &op, wall);
    }
    if (job->has_more) {
        return PAUSE_MS;
    }
    if (!job->has_run) {
        job->has_run = 1;
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
    at_background_wake(at_background_add(dbpool, run, job));
    return job;
}
