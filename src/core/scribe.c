/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chore that comes in every process, once a second, to see whether the
 * interval is over; one process writes. So uses that came at any time are
 * written together, which is what keeps the number of pages small.
 *
 * The last process to end writes what is left: its own uses stand on the shelf
 * by then, and what another process may have passed by while it was writing is
 * found by looking again. Those that end before it leave the uses to it.
 */
#include "core/scribe.h"

#include <apr_time.h>

#include "core/duties.h"
#include "core/lastused.h"
#include "core/tally.h"
#include "core/uses.h"

#define TICK_MS 1000
#define LEASE_MS 30000
#define PATIENCE_MS 2000 /* for a lock on the file; for others, at the end */
#define POLL_MS 10

struct at_scribe_t {
    at_desk_t *desk;
    const at_sql_t *sql;
    at_shelf_t *shelf;
    at_chore_t *chore;
    apr_int64_t interval;
    apr_uint64_t seen; /* requests when all of their uses were written */
};

static apr_uint64_t requests_so_far(const at_scribe_t *scribe)
{
    return at_tally_sum(scribe->shelf, AT_TALLY_HITS) +
           at_tally_sum(scribe->shelf, AT_TALLY_COLD);
}

/* What fails stays pending, and is tried again with the next tick. */
static void write_pending(at_scribe_t *scribe, at_database_t *database,
                          apr_int64_t now)
{
    at_store_t store = {.database = database,
                        .sql = scribe->sql,
                        .deadline = now + PATIENCE_MS};
    apr_uint64_t requests = requests_so_far(scribe);
    apr_array_header_t *uses;
    apr_pool_t *pool;
    int found;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    uses = at_uses_pending(scribe->shelf, pool);
    found = uses->nelts;
    if (at_lastused_write(&store, uses, scribe->shelf) == APR_SUCCESS) {
        scribe->seen = requests;
        if (found > 0) {
            at_uses_set_written(scribe->shelf, now);
        }
    }
    at_tally_add(scribe->shelf, AT_TALLY_WRITTEN,
                 (apr_uint64_t)(found - uses->nelts));
    apr_pool_destroy(pool);
}

static void write_alone(at_scribe_t *scribe, at_database_t *database,
                        apr_int64_t now)
{
    if (at_duty_take(scribe->shelf, AT_DUTY_WRITING, now, AT_DUTY_UNTIL_LEFT)) {
        write_pending(scribe, database, now);
        at_duty_leave(scribe->shelf, AT_DUTY_WRITING);
    }
}

static void write_the_rest(at_scribe_t *scribe, at_database_t *database)
{
    apr_int64_t until = at_time_monotonic() + PATIENCE_MS;
    apr_int64_t now;

    while (at_uses_count(scribe->shelf) > 0 &&
           (now = at_time_monotonic()) < until) {
        write_alone(scribe, database, now);
        if (at_uses_count(scribe->shelf) > 0) {
            apr_sleep(POLL_MS * 1000); /* another writes, or it failed */
        }
    }
}

/* Looking through a large shelf takes its time, so not if nobody came. */
static int is_due(const at_scribe_t *scribe, apr_int64_t now)
{
    apr_int64_t last = at_uses_last_written(scribe->shelf);

    return (last == 0 || now - last >= scribe->interval) &&
           requests_so_far(scribe) != scribe->seen;
}

static void end(at_scribe_t *scribe, at_database_t *database, apr_int64_t now)
{
    int others = at_roster_leave(scribe->shelf, now);

    at_duty_leave(scribe->shelf, AT_DUTY_SCRIBE);
    if (!others || is_due(scribe, now)) {
        write_the_rest(scribe, database);
    }
}

static apr_int64_t scribble(void *baton, at_database_t *database)
{
    at_scribe_t *scribe = baton;
    apr_int64_t now = at_time_monotonic();

    if (at_desk_stopping(scribe->desk)) {
        end(scribe, database, now);
        return -1;
    }
    at_roster_sign(scribe->shelf, now);
    if (is_due(scribe, now) &&
        (at_duty_take(scribe->shelf, AT_DUTY_SCRIBE, now, LEASE_MS) ||
         scribe->interval == 0)) {
        write_alone(scribe, database, now);
    }
    return TICK_MS;
}

at_scribe_t *at_scribe_open(at_desk_t *desk, const at_sql_t *sql,
                            at_shelf_t *shelf, apr_int64_t interval)
{
    at_scribe_t *scribe = apr_pcalloc(at_desk_pool(desk), sizeof(*scribe));

    scribe->desk = desk;
    scribe->sql = sql;
    scribe->shelf = shelf;
    scribe->interval = interval;
    scribe->chore = at_desk_add_chore(desk, scribble, scribe);
    at_roster_sign(shelf, at_time_monotonic());
    at_desk_repeat(scribe->chore);
    at_desk_wake(scribe->chore);
    return scribe;
}

void at_scribe_wake(at_scribe_t *scribe)
{
    at_desk_wake(scribe->chore);
}
