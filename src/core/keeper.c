/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chore that comes in every process, once a second. Who holds the duty acts;
 * when that process dies, another finds it free a moment later.
 *
 * Each question for deletions reaches back beyond the one before it, because
 * the clocks of servers differ and a deletion is committed later than it is
 * dated. A token that is taken off the shelf twice costs a lookup.
 */
#include "core/keeper.h"

#include "core/duties.h"
#include "core/upkeep.h"
#include "core/uses.h"

#define TICK_MS 1000
#define LEASE_MS 3000    /* until others may ask; who asks often keeps it */
#define OVERLAP_MS 60000 /* clocks may differ by so much */
#define PAGE 1000
#define PATIENCE_MS 2000 /* for a lock on the file */

struct at_keeper_t {
    at_desk_t *desk;
    const at_sql_t *sql;
    at_shelf_t *shelf;
    at_scribe_t *scribe;
    at_keeper_config_t config;
};

/* From where deletions are known. Either clock may have stood still or been set
 * since: the earlier of the two moments is right. */
static apr_int64_t since(const at_keeper_t *keeper, apr_int64_t begun)
{
    apr_int64_t known = at_contact_known(keeper->shelf);
    apr_int64_t moment = at_time_now() - (begun - known);
    apr_int64_t wall = at_contact_known_wall(keeper->shelf);

    if (wall < moment) {
        moment = wall;
    }
    return moment - keeper->config.timeout - OVERLAP_MS;
}

static void drop_all(at_keeper_t *keeper, const apr_array_header_t *ids)
{
    int i;

    for (i = 0; i < ids->nelts; i++) {
        at_use_t use;

        at_shelf_drop(keeper->shelf, &APR_ARRAY_IDX(ids, i, at_id_t), &use);
        if (use.when != AT_TIME_NONE && at_uses_are_written(keeper->shelf)) {
            at_scribe_note(keeper->scribe, &use);
        }
    }
}

/* Pages after pages: there may be very many. Each is in a pool of its own, which
 * has the place where the next one begins. */
static apr_status_t drop_deleted(at_keeper_t *keeper, at_store_t *store,
                                 apr_int64_t begun)
{
    at_place_t place = {since(keeper, begun), ""};
    apr_status_t status = APR_SUCCESS;
    apr_array_header_t *ids;
    apr_pool_t *pools[2];
    int count = PAGE;
    int page;

    apr_pool_create_unmanaged_ex(&pools[0], NULL, NULL);
    apr_pool_create_unmanaged_ex(&pools[1], NULL, NULL);
    for (page = 0; count == PAGE && status == APR_SUCCESS; page ^= 1) {
        apr_pool_clear(pools[page]);
        status =
            at_upkeep_deleted(store, &place, PAGE, &count, &ids, pools[page]);
        if (status == APR_SUCCESS) {
            drop_all(keeper, ids);
        }
    }
    apr_pool_destroy(pools[0]);
    apr_pool_destroy(pools[1]);
    return status;
}

/* Rows older than the ttl need no question, but one that was asked needs its
 * answer. Late by half a tick is not late: the chore comes once a tick. */
static int is_due(const at_keeper_t *keeper, apr_int64_t now)
{
    apr_int64_t put = at_shelf_last_put(keeper->shelf);
    int has_rows = put != 0 && now - put <= keeper->config.ttl;

    return keeper->config.cache &&
           (has_rows || at_contact_is_open(keeper->shelf)) &&
           now - at_contact_last(keeper->shelf) >=
               keeper->config.revocation - TICK_MS / 2;
}

static void ask(at_keeper_t *keeper, at_database_t *database, apr_int64_t begun)
{
    at_store_t store = {.database = database,
                        .sql = keeper->sql,
                        .create_table = keeper->config.create,
                        .deadline = begun + PATIENCE_MS};

    at_contact_begin(keeper->shelf, begun);
    if (drop_deleted(keeper, &store, begun) == APR_SUCCESS) {
        at_upkeep_heed_change(&store, keeper->shelf);
        at_contact_made(keeper->shelf, begun);
        at_desk_heard(keeper->desk);
        return;
    }
    at_contact_failed(keeper->shelf, at_database_error(database));
}

/* The chore */

static apr_int64_t keep(void *baton, at_database_t *database)
{
    at_keeper_t *keeper = baton;
    apr_int64_t now = at_time_monotonic();
    apr_int64_t rest;

    if (at_desk_stopping(keeper->desk)) {
        at_duty_leave(keeper->shelf, AT_DUTY_KEEPER);
        return -1;
    }
    if (is_due(keeper, now) &&
        at_duty_take(keeper->shelf, AT_DUTY_KEEPER, now, AT_DUTY_UNTIL_LEFT)) {
        ask(keeper, database, now);
        at_duty_take(keeper->shelf, AT_DUTY_KEEPER, at_time_monotonic(),
                     LEASE_MS);
    }
    rest = TICK_MS - (at_time_monotonic() - now);
    return rest > 0 ? rest : 0;
}

at_keeper_t *at_keeper_open(at_desk_t *desk, const at_sql_t *sql,
                            at_shelf_t *shelf, at_scribe_t *scribe,
                            const at_keeper_config_t *config)
{
    at_keeper_t *keeper = apr_pcalloc(at_desk_pool(desk), sizeof(*keeper));
    at_chore_t *chore = at_desk_add_chore(desk, keep, keeper);

    keeper->desk = desk;
    keeper->sql = sql;
    keeper->shelf = shelf;
    keeper->scribe = scribe;
    keeper->config = *config;
    at_desk_repeat(chore);
    at_desk_reads(chore);
    at_desk_wake(chore);
    return keeper;
}
