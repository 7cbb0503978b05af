/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The background job runs in every process, once a second. The process that
 * holds the lease polls; when it dies, another one gets the lease a moment
 * later.
 *
 * Each poll reaches further back than the one before it, because the clocks of
 * servers differ and a deletion is committed later than the time that it has
 * in the table. A token that is dropped from the cache twice costs only a
 * lookup.
 */
#include "core/jobs/revocation.h"

#include "core/cache/cache_uses.h"
#include "core/cache/lease.h"
#include "core/db/deletions.h"
#include "core/pool/table_changes.h"

#define TICK_MS 1000
#define LEASE_MS 3000    /* after a poll; each poll extends the lease */
#define OVERLAP_MS 60000 /* by which the clocks of servers may differ */
#define PAGE 1000        /* rows */
#define TIMEOUT_MS 2000  /* of a poll, for a lock on SQLite's file */

struct at_revocation_t {
    at_dbpool_t *dbpool;
    const at_sql_t *sql;
    at_cache_t *cache;
    at_lastused_flush_t *flush;
    at_revocation_config_t config;
};

/* The wall-clock time from which deletions are read. Since the last poll the
 * wall clock may have been set, and the monotonic clock may have stood still:
 * the earlier of the two times is safe. */
static apr_int64_t poll_from(const at_revocation_t *revocation,
                             apr_int64_t begun)
{
    apr_int64_t known = at_freshness_confirmed(revocation->cache);
    apr_int64_t from = at_clock_now() - (begun - known);
    apr_int64_t wall = at_freshness_confirmed_wall(revocation->cache);

    if (wall < from) {
        from = wall;
    }
    return from - revocation->config.timeout - OVERLAP_MS;
}

static void drop_all(at_revocation_t *revocation, const apr_array_header_t *ids)
{
    int i;

    for (i = 0; i < ids->nelts; i++) {
        at_use_t use;

        at_cache_drop(revocation->cache, &APR_ARRAY_IDX(ids, i, at_id_t), &use);
        if (use.when != AT_TIME_NONE &&
            at_cache_uses_are_written(revocation->cache)) {
            at_lastused_flush_note(revocation->flush, &use);
        }
    }
}

/* Page after page, since there may be very many. The place where a page begins
 * is in the pool of the page before, so two pools take turns. */
static apr_status_t drop_deleted(at_revocation_t *revocation, at_op_t *op,
                                 apr_int64_t begun)
{
    at_deletions_place_t place = {poll_from(revocation, begun), ""};
    apr_status_t status = APR_SUCCESS;
    apr_array_header_t *ids;
    apr_pool_t *pools[2];
    int count = PAGE;
    int page;

    apr_pool_create_unmanaged_ex(&pools[0], NULL, NULL);
    apr_pool_create_unmanaged_ex(&pools[1], NULL, NULL);
    for (page = 0; count == PAGE && status == APR_SUCCESS; page ^= 1) {
        apr_pool_clear(pools[page]);
        op->pool = pools[page];
        status = at_deletions_read(op, &place, &count, &ids);
        if (status == APR_SUCCESS) {
            drop_all(revocation, ids);
        }
    }
    apr_pool_destroy(pools[0]);
    apr_pool_destroy(pools[1]);
    return status;
}

/* If all rows in the cache are older than the ttl, no poll is needed; but one
 * that has failed is repeated. The background job runs once a tick, so a poll
 * is made up to half a tick early rather than up to a tick late. */
static int is_due(const at_revocation_t *revocation, apr_int64_t now)
{
    apr_int64_t put = at_cache_last_put(revocation->cache);
    int has_rows = put != 0 && now - put <= revocation->config.ttl;

    return revocation->config.cache &&
           (has_rows || at_freshness_is_pending(revocation->cache)) &&
           now - at_freshness_last(revocation->cache) >=
               revocation->config.revocation - TICK_MS / 2;
}

static void poll_table(at_revocation_t *revocation, at_database_t *database,
                       apr_int64_t begun)
{
    at_op_t op = {.database = database,
                  .sql = revocation->sql,
                  .create_table = revocation->config.create,
                  .limit = PAGE,
                  .deadline = begun + TIMEOUT_MS};

    at_freshness_begin(revocation->cache, begun);
    if (drop_deleted(revocation, &op, begun) == APR_SUCCESS) {
        at_table_check_changes(&op, revocation->cache);
        at_freshness_confirm(revocation->cache, begun);
        at_dbpool_answered(revocation->dbpool);
        return;
    }
    at_freshness_failed(revocation->cache, at_database_error(database));
}

/* The background job */

static apr_int64_t run(void *data, at_database_t *database)
{
    at_revocation_t *revocation = data;
    apr_int64_t now = at_clock_monotonic();
    apr_int64_t rest;

    if (at_dbpool_stopping(revocation->dbpool)) {
        at_lease_release(revocation->cache, AT_LEASE_REVOCATION);
        return -1;
    }
    if (is_due(revocation, now) &&
        at_lease_take(revocation->cache, AT_LEASE_REVOCATION, now,
                      AT_LEASE_UNTIL_RELEASED)) {
        poll_table(revocation, database, now);
        at_lease_take(revocation->cache, AT_LEASE_REVOCATION,
                      at_clock_monotonic(), LEASE_MS);
    }
    rest = TICK_MS - (at_clock_monotonic() - now);
    return rest > 0 ? rest : 0;
}

at_revocation_t *at_revocation_open(at_dbpool_t *dbpool, const at_sql_t *sql,
                                    at_cache_t *cache,
                                    at_lastused_flush_t *flush,
                                    const at_revocation_config_t *config)
{
    at_revocation_t *revocation =
        apr_pcalloc(at_dbpool_pool(dbpool), sizeof(*revocation));
    at_background_t *background = at_background_add(dbpool, run, revocation);

    revocation->dbpool = dbpool;
    revocation->sql = sql;
    revocation->cache = cache;
    revocation->flush = flush;
    revocation->config = *config;
    at_background_allow_overlap(background);
    at_background_set_only_reads(background);
    at_background_wake(background);
    return revocation;
}
