/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The background job runs in every process, once a second, and checks whether
 * the interval is over; one process writes. So all uses of an interval are
 * written together, which keeps the number of changed pages small.
 *
 * The last process to end writes what is left: by then its own uses are in the
 * cache, and uses that another process has missed while it was writing are
 * found by reading the cache again. Processes that end before leave the uses
 * to it.
 *
 * While a write hangs in the driver, the background job runs again on another
 * worker. It then keeps the lease, so that no other process sends its own
 * write after it, and writes only when the write that hangs must count as
 * lost.
 */
#include "core/jobs/lastused_flush.h"

#include <stdatomic.h>

#include <apr_time.h>

#include "core/cache/cache_uses.h"
#include "core/cache/counters.h"
#include "core/cache/lease.h"
#include "core/jobs/lastused_write.h"

#define TICK_MS 1000
#define LEASE_MS 30000
#define END_STALLED_MS 2000 /* at the end, without progress */
#define END_MS 6000         /* at the end; httpd kills after nine seconds */
#define END_POLL_MS 10      /* between two tries at the end */
#define DOUBLINGS_MAX 5     /* of the time until another write begins */

struct at_lastused_flush_t {
    at_dbpool_t *dbpool;
    const at_sql_t *sql;
    at_cache_t *cache;
    at_lastused_queue_t *queue; /* uses that have no place in the cache */
    at_background_t *background;
    at_lastused_flush_config_t config;
    _Atomic(apr_uint64_t) written_requests; /* whose uses are all written */
    _Atomic(int) writing;           /* all but the latest of them hang */
    _Atomic(apr_int64_t) since;     /* when the latest began */
    _Atomic(apr_int64_t) succeeded; /* when all were written last */
};

/* Which uses are written beside those in the queue of this process. */
typedef enum { QUEUED, DISPLACED, ALL } range_e;

static apr_uint64_t requests_so_far(const at_lastused_flush_t *flush)
{
    return at_counters_sum(flush->cache, AT_COUNTER_HITS) +
           at_counters_sum(flush->cache, AT_COUNTER_COLD);
}

static void report(const at_lastused_flush_t *flush, int left,
                   const char *reason, apr_int64_t when)
{
    if (flush->config.log) {
        flush->config.log(flush->config.data, left, reason, when);
    }
}

static const char *reason(apr_status_t status, const at_database_t *database)
{
    return status == AT_ELOCKED ? "another session has locked their rows"
                                : at_database_error(database);
}

static apr_array_header_t *collect(const at_lastused_flush_t *flush,
                                   range_e range, apr_pool_t *p)
{
    apr_array_header_t *uses =
        range == QUEUED
            ? apr_array_make(p, 16, sizeof(at_use_t))
            : at_cache_uses_pending(flush->cache,
                                    range == ALL ? AT_CACHE_USES_ALL
                                                 : AT_CACHE_USES_DISPLACED,
                                    p);

    at_lastused_queue_copy(flush->queue, uses);
    return uses;
}

static apr_status_t write_uses(at_lastused_flush_t *flush,
                               at_database_t *database,
                               apr_array_header_t *uses, apr_int64_t until)
{
    at_op_t op = {.database = database, .sql = flush->sql};
    apr_status_t status;

    if (uses->nelts == 0) {
        return APR_SUCCESS;
    }
    flush->since = at_clock_monotonic();
    flush->writing++;
    status = at_lastused_write(&op, uses, flush->cache, flush->queue, until);
    flush->writing--;
    if (status != APR_SUCCESS) {
        report(flush, uses->nelts, reason(status, database),
               at_clock_monotonic());
    }
    return status;
}

/* Uses that were not written stay pending. They are written with the next tick
 * or, if another session had locked their rows, with the next interval. */
static void write_range(at_lastused_flush_t *flush, at_database_t *database,
                        range_e range, apr_int64_t now, apr_int64_t until)
{
    apr_uint64_t requests = requests_so_far(flush);
    apr_array_header_t *uses;
    apr_status_t status;
    apr_pool_t *pool;
    int found;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    uses = collect(flush, range, pool);
    found = uses->nelts;
    status = write_uses(flush, database, uses, until);
    if (status == APR_SUCCESS && found > 0 &&
        (range == ALL || flush->config.interval < 0)) {
        flush->succeeded = at_clock_monotonic();
    }
    if (range == ALL && status != AT_EUNAVAILABLE && found > 0) {
        at_cache_uses_set_written(flush->cache, now);
    }
    if (range == ALL && status == APR_SUCCESS) {
        flush->written_requests = requests;
    }
    apr_pool_destroy(pool);
}

/* Uses in the cache are written by one process at a time. */
static void write_exclusively(at_lastused_flush_t *flush,
                              at_database_t *database, range_e range,
                              apr_int64_t until)
{
    apr_int64_t now = at_clock_monotonic();
    int exclusive =
        range != QUEUED && at_lease_take(flush->cache, AT_LEASE_WRITING, now,
                                         AT_LEASE_UNTIL_RELEASED);

    write_range(flush, database, exclusive ? range : QUEUED, now, until);
    if (exclusive) {
        at_lease_release(flush->cache, AT_LEASE_WRITING);
    }
}

/* The end */

static int count_left(const at_lastused_flush_t *flush, range_e range)
{
    return at_lastused_queue_count(flush->queue) +
           (range == ALL ? (int)at_cache_uses_count(flush->cache) : 0);
}

/* Tries as long as uses are written, by this or another process. */
static void write_rest(at_lastused_flush_t *flush, at_database_t *database,
                       range_e range)
{
    apr_int64_t now = at_clock_monotonic();
    apr_int64_t until = now + END_MS;
    apr_int64_t progress = now;
    int left = count_left(flush, range);

    while (left > 0 && now < until && now - progress < END_STALLED_MS) {
        int before = left;

        write_exclusively(flush, database, range, until);
        left = count_left(flush, range);
        now = at_clock_monotonic();
        if (left < before) {
            progress = now;
        }
        else {
            /* Another process is writing, or this write failed. */
            apr_sleep(END_POLL_MS * 1000);
        }
    }
}

/* Reading all of a large cache takes time; without requests it is not done. */
static int is_due(const at_lastused_flush_t *flush, apr_int64_t now)
{
    apr_int64_t last = at_cache_uses_last_written(flush->cache);

    return flush->config.interval >= 0 &&
           (last == 0 || now - last >= flush->config.interval) &&
           requests_so_far(flush) != flush->written_requests;
}

static void end(at_lastused_flush_t *flush, at_database_t *database,
                apr_int64_t now)
{
    int others = 1;

    if (flush->config.interval >= 0) {
        others = at_members_leave(flush->cache, now);
        at_lease_release(flush->cache, AT_LEASE_LASTUSED);
    }
    if (!others) {
        at_members_join(flush->cache, now); /* until all uses are written */
    }
    write_rest(flush, database, !others || is_due(flush, now) ? ALL : QUEUED);
}

/* The background job */

/* While a write hangs, another one would wait for the same rows or on the same
 * network. It is tried, but each time after twice as long: after 30 s, 60 s and
 * so on. */
static int must_wait(const at_lastused_flush_t *flush, apr_int64_t now)
{
    int hanging = flush->writing;
    int doublings = hanging < DOUBLINGS_MAX ? hanging : DOUBLINGS_MAX;
    apr_int64_t wait = (apr_int64_t)LEASE_MS << doublings >> 1;

    if (hanging == 0 || now - flush->since >= wait) {
        return 0;
    }
    report(flush, count_left(flush, ALL),
           "the database has not answered for seconds", now);
    return 1;
}

static range_e what_is_due(at_lastused_flush_t *flush, apr_int64_t now)
{
    int has_lease;

    if (flush->config.interval < 0) {
        return QUEUED;
    }
    has_lease = at_lease_take(flush->cache, AT_LEASE_LASTUSED, now, LEASE_MS);
    if (is_due(flush, now) && (has_lease || flush->config.interval == 0)) {
        return ALL;
    }
    return has_lease && at_cache_uses_take_nearly_full(flush->cache) ? DISPLACED
                                                                     : QUEUED;
}

static apr_int64_t run(void *data, at_database_t *database)
{
    at_lastused_flush_t *flush = data;
    apr_int64_t now = at_clock_monotonic();

    if (at_dbpool_stopping(flush->dbpool)) {
        end(flush, database, now);
        return -1;
    }
    if (flush->config.interval >= 0) {
        at_members_join(flush->cache, now);
    }
    if (!must_wait(flush, now)) {
        write_exclusively(flush, database, what_is_due(flush, now),
                          AT_TIME_MAX);
    }
    if (flush->succeeded != 0) {
        report(flush, 0, NULL, flush->succeeded);
    }
    return flush->config.interval >= 0 ||
                   at_lastused_queue_count(flush->queue) > 0
               ? TICK_MS
               : -1;
}

at_lastused_flush_t *at_lastused_flush_open(
    at_dbpool_t *dbpool, const at_sql_t *sql, at_cache_t *cache,
    const at_lastused_flush_config_t *config)
{
    at_lastused_flush_t *flush =
        apr_pcalloc(at_dbpool_pool(dbpool), sizeof(*flush));

    flush->dbpool = dbpool;
    flush->sql = sql;
    flush->cache = cache;
    flush->config = *config;
    flush->queue = at_lastused_queue_open(at_dbpool_pool(dbpool));
    flush->background = at_background_add(dbpool, run, flush);
    at_background_allow_overlap(flush->background);
    if (config->interval >= 0) {
        at_cache_uses_begin_writing(cache);
        at_members_join(cache, at_clock_monotonic());
        at_background_wake(flush->background);
    }
    return flush;
}

void at_lastused_flush_wake(at_lastused_flush_t *flush)
{
    at_background_wake(flush->background);
}

void at_lastused_flush_note(at_lastused_flush_t *flush, const at_use_t *use)
{
    if (!at_lastused_queue_note(flush->queue, use)) {
        at_counters_add(flush->cache, AT_COUNTER_LOST, 1);
    }
    at_background_wake(flush->background);
}

apr_int64_t at_lastused_flush_last_use(const at_lastused_flush_t *flush,
                                       const at_id_t *id)
{
    return at_lastused_queue_of(flush->queue, id);
}

/* After a graceful restart the next generation has the uses in the cache, also
 * if none of its processes could start yet. */
int at_lastused_flush_leave(at_lastused_flush_t *flush)
{
    int others = flush->config.interval < 0 ||
                 at_members_leave(flush->cache, at_clock_monotonic()) ||
                 at_cache_has_successor(flush->cache);

    return count_left(flush, others ? QUEUED : ALL);
}
