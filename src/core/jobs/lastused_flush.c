/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A background job that comes in every process, once a second, to see whether the
 * interval is over; one process writes. So uses that came at any time are
 * written together, which is what keeps the number of pages small.
 *
 * The last process to end writes what is left: its own uses stand on the cache
 * by then, and what another process may have passed by while it was writing is
 * found by looking again. Those that end before it leave the uses to it.
 *
 * While a write hangs in the driver the background job comes again, on another worker. It
 * then keeps the duty of writing, so that no other process sends its own write
 * after it, and writes only when the hanging one must be taken for lost.
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
#define PATIENCE_MS 2000 /* at the end, without any progress */
#define END_MS 6000      /* at the end; httpd kills after nine seconds */
#define POLL_MS 10
#define HANGING_MOST 5 /* doublings of the lease */

struct at_lastused_flush_t {
    at_dbpool_t *dbpool;
    const at_sql_t *sql;
    at_cache_t *cache;
    at_lastused_queue_t *own; /* for which the cache had no place */
    at_background_t *background;
    at_lastused_flush_config_t config;
    _Atomic(apr_uint64_t) seen; /* requests when all uses were written */
    _Atomic(int) writing;       /* several only if all but the latest hang */
    _Atomic(apr_int64_t) since; /* the latest began */
    _Atomic(apr_int64_t) well;  /* when all were written last */
};

/* Which uses a write is about: its own anyway. */
typedef enum { OWN, DISPLACED, ALL } range_e;

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
        range == OWN
            ? apr_array_make(p, 16, sizeof(at_use_t))
            : at_cache_uses_pending(flush->cache,
                                    range == ALL ? AT_CACHE_USES_ALL
                                                 : AT_CACHE_USES_DISPLACED,
                                    p);

    at_lastused_queue_copy(flush->own, uses);
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
    status = at_lastused_write(&op, uses, flush->cache, flush->own, until);
    flush->writing--;
    if (status != APR_SUCCESS) {
        report(flush, uses->nelts, reason(status, database),
               at_clock_monotonic());
    }
    return status;
}

/* What fails stays pending, and is tried again with the next tick; but where it
 * was somebody's lock, with the next interval, like all others. */
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
        flush->well = at_clock_monotonic();
    }
    if (range == ALL && status != AT_EUNAVAILABLE && found > 0) {
        at_cache_uses_set_written(flush->cache, now);
    }
    if (range == ALL && status == APR_SUCCESS) {
        flush->seen = requests;
    }
    apr_pool_destroy(pool);
}

/* One process at a time writes what all of them share. */
static void write_stale(at_lastused_flush_t *flush, at_database_t *database,
                        range_e range, apr_int64_t until)
{
    apr_int64_t now = at_clock_monotonic();
    int stale = range != OWN && at_lease_take(flush->cache, AT_LEASE_WRITING,
                                              now, AT_LEASE_UNTIL_RELEASED);

    write_range(flush, database, stale ? range : OWN, now, until);
    if (stale) {
        at_lease_release(flush->cache, AT_LEASE_WRITING);
    }
}

/* The end */

static int count_left(const at_lastused_flush_t *flush, range_e range)
{
    return at_lastused_queue_count(flush->own) +
           (range == ALL ? (int)at_cache_uses_count(flush->cache) : 0);
}

/* For as long as something is written, by whatever process. */
static void write_the_rest(at_lastused_flush_t *flush, at_database_t *database,
                           range_e range)
{
    apr_int64_t now = at_clock_monotonic();
    apr_int64_t until = now + END_MS;
    apr_int64_t progress = now;
    int left = count_left(flush, range);

    while (left > 0 && now < until && now - progress < PATIENCE_MS) {
        int before = left;

        write_stale(flush, database, range, until);
        left = count_left(flush, range);
        now = at_clock_monotonic();
        if (left < before) {
            progress = now;
        }
        else {
            apr_sleep(POLL_MS * 1000); /* another writes, or it failed */
        }
    }
}

/* Looking through a large cache takes its time, so not if nobody came. */
static int is_due(const at_lastused_flush_t *flush, apr_int64_t now)
{
    apr_int64_t last = at_cache_uses_last_written(flush->cache);

    return flush->config.interval >= 0 &&
           (last == 0 || now - last >= flush->config.interval) &&
           requests_so_far(flush) != flush->seen;
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
        at_members_join(flush->cache, now); /* until all are written */
    }
    write_the_rest(flush, database, !others || is_due(flush, now) ? ALL : OWN);
}

/* The background job */

/* A second write while the first one hangs would wait for the same rows or on
 * the same network: it gets its chance, but later each time. */
static int must_wait(const at_lastused_flush_t *flush, apr_int64_t now)
{
    int hanging = flush->writing;
    apr_int64_t patience =
        (apr_int64_t)LEASE_MS
            << (hanging < HANGING_MOST ? hanging : HANGING_MOST) >>
        1;

    if (hanging == 0 || now - flush->since >= patience) {
        return 0;
    }
    report(flush, count_left(flush, ALL),
           "the database has not answered for seconds", now);
    return 1;
}

static range_e what_is_due(at_lastused_flush_t *flush, apr_int64_t now)
{
    int is_mine;

    if (flush->config.interval < 0) {
        return OWN;
    }
    is_mine = at_lease_take(flush->cache, AT_LEASE_LASTUSED, now, LEASE_MS);
    if (is_due(flush, now) && (is_mine || flush->config.interval == 0)) {
        return ALL;
    }
    return is_mine && at_cache_uses_take_crowd(flush->cache) ? DISPLACED : OWN;
}

static apr_int64_t scribble(void *data, at_database_t *database)
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
        write_stale(flush, database, what_is_due(flush, now), AT_TIME_MAX);
    }
    if (flush->well != 0) {
        report(flush, 0, NULL, flush->well);
    }
    return flush->config.interval >= 0 ||
                   at_lastused_queue_count(flush->own) > 0
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
    flush->own = at_lastused_queue_open(at_dbpool_pool(dbpool));
    flush->background = at_background_add(dbpool, scribble, flush);
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
    if (!at_lastused_queue_note(flush->own, use)) {
        at_counters_add(flush->cache, AT_COUNTER_LOST, 1);
    }
    at_background_wake(flush->background);
}

apr_int64_t at_lastused_flush_last_use(const at_lastused_flush_t *flush,
                                       const at_id_t *id)
{
    return at_lastused_queue_of(flush->own, id);
}

int at_lastused_flush_leave(at_lastused_flush_t *flush)
{
    int others = flush->config.interval < 0 ||
                 at_members_leave(flush->cache, at_clock_monotonic());

    return count_left(flush, others ? OWN : ALL);
}
