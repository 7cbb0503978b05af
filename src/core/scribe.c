/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chore that comes in every process, once a second, to see whether the
 * interval is over; one process writes. So uses that came at any time are
 * written together, which is what keeps the number of pages small.
 *
 * The last process to end writes what is left: its own uses stand on the shelf
 * by then, and what another process may have passed by while it was writing is
 * found by looking again. Those that end before it leave the uses to it.
 *
 * While a write hangs in the driver the chore comes again, on another worker. It
 * then keeps the duty of writing, so that no other process sends its own write
 * after it, and writes only when the hanging one must be taken for lost.
 */
#include "core/scribe.h"

#include <stdatomic.h>

#include <apr_time.h>

#include "core/duties.h"
#include "core/lastused.h"
#include "core/tally.h"
#include "core/uses.h"

#define TICK_MS 1000
#define LEASE_MS 30000
#define PATIENCE_MS 2000 /* at the end, without any progress */
#define END_MS 6000      /* at the end; httpd kills after nine seconds */
#define POLL_MS 10
#define HANGING_MOST 5 /* doublings of the lease */

struct at_scribe_t {
    at_desk_t *desk;
    const at_sql_t *sql;
    at_shelf_t *shelf;
    at_lastused_t *own; /* for which the shelf had no place */
    at_chore_t *chore;
    at_scribe_config_t config;
    _Atomic(apr_uint64_t) seen; /* requests when all uses were written */
    _Atomic(int) writing;       /* several only if all but the latest hang */
    _Atomic(apr_int64_t) since; /* the latest began */
    _Atomic(apr_int64_t) well;  /* when all were written last */
};

/* Which uses a write is about: its own anyway. */
typedef enum { OWN, DISPLACED, ALL } range_e;

static apr_uint64_t requests_so_far(const at_scribe_t *scribe)
{
    return at_tally_sum(scribe->shelf, AT_TALLY_HITS) +
           at_tally_sum(scribe->shelf, AT_TALLY_COLD);
}

static void heed(const at_scribe_t *scribe, int left, const char *words,
                 apr_int64_t when)
{
    if (scribe->config.heed) {
        scribe->config.heed(scribe->config.baton, left, words, when);
    }
}

static const char *reason(apr_status_t status, const at_database_t *database)
{
    return status == AT_ELOCKED ? "another session has locked their rows"
                                : at_database_error(database);
}

static apr_array_header_t *collect(const at_scribe_t *scribe, range_e range,
                                   apr_pool_t *p)
{
    apr_array_header_t *uses =
        range == OWN
            ? apr_array_make(p, 16, sizeof(at_use_t))
            : at_uses_pending(scribe->shelf,
                              range == ALL ? AT_USES_ALL : AT_USES_DISPLACED,
                              p);

    at_lastused_copy(scribe->own, uses);
    return uses;
}

static apr_status_t write_uses(at_scribe_t *scribe, at_database_t *database,
                               apr_array_header_t *uses, apr_int64_t until)
{
    at_store_t store = {.database = database, .sql = scribe->sql};
    apr_status_t status;

    if (uses->nelts == 0) {
        return APR_SUCCESS;
    }
    scribe->since = at_time_monotonic();
    scribe->writing++;
    status = at_lastused_write(&store, uses, scribe->shelf, scribe->own, until);
    scribe->writing--;
    if (status != APR_SUCCESS) {
        heed(scribe, uses->nelts, reason(status, database),
             at_time_monotonic());
    }
    return status;
}

/* What fails stays pending, and is tried again with the next tick; but where it
 * was somebody's lock, with the next interval, like all others. */
static void write_range(at_scribe_t *scribe, at_database_t *database,
                        range_e range, apr_int64_t now, apr_int64_t until)
{
    apr_uint64_t requests = requests_so_far(scribe);
    apr_array_header_t *uses;
    apr_status_t status;
    apr_pool_t *pool;
    int found;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    uses = collect(scribe, range, pool);
    found = uses->nelts;
    status = write_uses(scribe, database, uses, until);
    if (status == APR_SUCCESS && found > 0 &&
        (range == ALL || scribe->config.interval < 0)) {
        scribe->well = at_time_monotonic();
    }
    if (range == ALL && status != AT_EUNAVAILABLE && found > 0) {
        at_uses_set_written(scribe->shelf, now);
    }
    if (range == ALL && status == APR_SUCCESS) {
        scribe->seen = requests;
    }
    apr_pool_destroy(pool);
}

/* One process at a time writes what all of them share. */
static void write_alone(at_scribe_t *scribe, at_database_t *database,
                        range_e range, apr_int64_t until)
{
    apr_int64_t now = at_time_monotonic();
    int alone = range != OWN && at_duty_take(scribe->shelf, AT_DUTY_WRITING,
                                             now, AT_DUTY_UNTIL_LEFT);

    write_range(scribe, database, alone ? range : OWN, now, until);
    if (alone) {
        at_duty_leave(scribe->shelf, AT_DUTY_WRITING);
    }
}

/* The end */

static int count_left(const at_scribe_t *scribe, range_e range)
{
    return at_lastused_count(scribe->own) +
           (range == ALL ? (int)at_uses_count(scribe->shelf) : 0);
}

/* For as long as something is written, by whatever process. */
static void write_the_rest(at_scribe_t *scribe, at_database_t *database,
                           range_e range)
{
    apr_int64_t now = at_time_monotonic();
    apr_int64_t until = now + END_MS;
    apr_int64_t progress = now;
    int left = count_left(scribe, range);

    while (left > 0 && now < until && now - progress < PATIENCE_MS) {
        int before = left;

        write_alone(scribe, database, range, until);
        left = count_left(scribe, range);
        now = at_time_monotonic();
        if (left < before) {
            progress = now;
        }
        else {
            apr_sleep(POLL_MS * 1000); /* another writes, or it failed */
        }
    }
}

/* Looking through a large shelf takes its time, so not if nobody came. */
static int is_due(const at_scribe_t *scribe, apr_int64_t now)
{
    apr_int64_t last = at_uses_last_written(scribe->shelf);

    return scribe->config.interval >= 0 &&
           (last == 0 || now - last >= scribe->config.interval) &&
           requests_so_far(scribe) != scribe->seen;
}

static void end(at_scribe_t *scribe, at_database_t *database, apr_int64_t now)
{
    int others = 1;

    if (scribe->config.interval >= 0) {
        others = at_roster_leave(scribe->shelf, now);
        at_duty_leave(scribe->shelf, AT_DUTY_SCRIBE);
    }
    if (!others) {
        at_roster_sign(scribe->shelf, now); /* until all are written */
    }
    write_the_rest(scribe, database,
                   !others || is_due(scribe, now) ? ALL : OWN);
}

/* The chore */

/* A second write while the first one hangs would wait for the same rows or on
 * the same network: it gets its chance, but later each time. */
static int must_wait(const at_scribe_t *scribe, apr_int64_t now)
{
    int hanging = scribe->writing;
    apr_int64_t patience =
        (apr_int64_t)LEASE_MS
            << (hanging < HANGING_MOST ? hanging : HANGING_MOST) >>
        1;

    if (hanging == 0 || now - scribe->since >= patience) {
        return 0;
    }
    heed(scribe, count_left(scribe, ALL),
         "the database has not answered for seconds", now);
    return 1;
}

static range_e what_is_due(at_scribe_t *scribe, apr_int64_t now)
{
    int is_mine;

    if (scribe->config.interval < 0) {
        return OWN;
    }
    is_mine = at_duty_take(scribe->shelf, AT_DUTY_SCRIBE, now, LEASE_MS);
    if (is_due(scribe, now) && (is_mine || scribe->config.interval == 0)) {
        return ALL;
    }
    return is_mine && at_uses_take_crowd(scribe->shelf) ? DISPLACED : OWN;
}

static apr_int64_t scribble(void *baton, at_database_t *database)
{
    at_scribe_t *scribe = baton;
    apr_int64_t now = at_time_monotonic();

    if (at_desk_stopping(scribe->desk)) {
        end(scribe, database, now);
        return -1;
    }
    if (scribe->config.interval >= 0) {
        at_roster_sign(scribe->shelf, now);
    }
    if (!must_wait(scribe, now)) {
        write_alone(scribe, database, what_is_due(scribe, now), AT_TIME_MAX);
    }
    if (scribe->well != 0) {
        heed(scribe, 0, NULL, scribe->well);
    }
    return scribe->config.interval >= 0 || at_lastused_count(scribe->own) > 0
               ? TICK_MS
               : -1;
}

at_scribe_t *at_scribe_open(at_desk_t *desk, const at_sql_t *sql,
                            at_shelf_t *shelf, const at_scribe_config_t *config)
{
    at_scribe_t *scribe = apr_pcalloc(at_desk_pool(desk), sizeof(*scribe));

    scribe->desk = desk;
    scribe->sql = sql;
    scribe->shelf = shelf;
    scribe->config = *config;
    scribe->own = at_lastused_open(at_desk_pool(desk));
    scribe->chore = at_desk_add_chore(desk, scribble, scribe);
    at_desk_repeat(scribe->chore);
    if (config->interval >= 0) {
        at_uses_begin_writing(shelf);
        at_roster_sign(shelf, at_time_monotonic());
        at_desk_wake(scribe->chore);
    }
    return scribe;
}

void at_scribe_wake(at_scribe_t *scribe)
{
    at_desk_wake(scribe->chore);
}

void at_scribe_note(at_scribe_t *scribe, const at_use_t *use)
{
    if (!at_lastused_note(scribe->own, use)) {
        at_tally_add(scribe->shelf, AT_TALLY_LOST, 1);
    }
    at_desk_wake(scribe->chore);
}

apr_int64_t at_scribe_last_use(const at_scribe_t *scribe, const at_id_t *id)
{
    return at_lastused_of(scribe->own, id);
}

int at_scribe_leave(at_scribe_t *scribe)
{
    int others = scribe->config.interval < 0 ||
                 at_roster_leave(scribe->shelf, at_time_monotonic());

    return count_left(scribe, others ? OWN : ALL);
}
