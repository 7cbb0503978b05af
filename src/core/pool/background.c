/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection pool's background jobs, as its workers see them: which one is due, when it goes
 * before jobs, and what becomes of one whose call hangs.
 */
#include "core/token/clock.h"
#include "dbpool_inside.h"

#define HANGS_MS                                                               \
    5000 /* a background job that takes longer holds up nobody else */
#define HANGING                                                                \
    2 /* calls of one background job, after which it is not begun again */
#define LATE_MS 100 /* a background job that waits longer goes before jobs */

int at_background_wait(const at_dbpool_t *dbpool)
{
    const at_background_t *background;

    for (background = dbpool->jobs; background; background = background->next) {
        if (background->due >= 0) {
            return 1;
        }
    }
    return 0;
}

static int is_late(const at_dbpool_t *dbpool, const at_background_t *background,
                   apr_int64_t now)
{
    return dbpool->stopping || now - background->due >= LATE_MS;
}

/* One that only reads may take the last worker if it is late, and for the last
 * time each. A writer may wait there for the same lock as the others, and lookups
 * behind it. */
static int may_tend(const at_dbpool_t *dbpool,
                    const at_background_t *background, apr_int64_t now)
{
    int most = dbpool->connections > 1 ? dbpool->connections - 1 : 1;
    int tending = dbpool->tending;

    if (dbpool->stopping) {
        tending -= at_background_hanging(dbpool, AT_BACKGROUND_END_MS);
    }
    return dbpool->busy + tending < most ||
           (tending == 0 && (background->reads || dbpool->stopping) &&
            is_late(dbpool, background, now));
}

/* Calls that hang */

/* A call that hangs may have lost its connection, so the background job is tried on
 * another; but it may also wait for a lock, where more calls would only wait,
 * too. */
static void begin_again(at_background_t *background, apr_int64_t now)
{
    if (background->repeats && background->running &&
        background->lost == background->run && background->hanging < HANGING) {
        background->running = 0;
        background->due = now;
    }
}

/* Another may take the place of a worker whose background job hangs. SQLite does not
 * hang, it waits for locks. */
void at_background_give_up(at_dbpool_t *dbpool, apr_int64_t now)
{
    at_background_t *background;

    if (at_sql_is_sqlite(dbpool->driver)) {
        return;
    }
    for (background = dbpool->jobs; background; background = background->next) {
        if (!background->running || background->lost == background->run ||
            now - background->since < HANGS_MS ||
            dbpool->lost >= dbpool->connections) {
            continue;
        }
        background->lost = background->run;
        background->hanging++;
        dbpool->lost++;
        dbpool->workers--;
        dbpool->tending--;
        begin_again(background, now);
    }
}

/* When a background job that is running must be taken for one that hangs, at most. */
static apr_int64_t next_look(const at_dbpool_t *dbpool)
{
    apr_int64_t now = at_clock_monotonic();
    apr_int64_t next = now + HANGS_MS;
    const at_background_t *background;

    for (background = dbpool->jobs; background; background = background->next) {
        apr_int64_t late = background->since + HANGS_MS;

        if (background->running && late > now && late < next) {
            next = late;
        }
    }
    return next;
}

/* A process that answers from the cache alone asks nothing, and its only worker
 * may be the one that hangs. */
void at_background_watch(at_dbpool_t *dbpool)
{
    while (!dbpool->stopping) {
        at_dbpool_wait(&dbpool->end, &dbpool->lock, next_look(dbpool));
        at_workers_call(dbpool);
    }
}

int at_background_hanging(const at_dbpool_t *dbpool, apr_int64_t longest)
{
    apr_int64_t now = at_clock_monotonic();
    const at_background_t *background;
    int count = 0;

    for (background = dbpool->jobs; background; background = background->next) {
        count += background->running && background->lost != background->run &&
                 now - background->since >= longest;
    }
    return count;
}

int at_workers_all_hang(at_dbpool_t *dbpool)
{
    return dbpool->workers >= dbpool->connections &&
           dbpool->stuck + at_background_hanging(dbpool, HANGS_MS) >=
               dbpool->workers;
}

/* Which one, and when */

/* The one that is due longest. When the connection pool stops, all are. */
at_background_t *at_background_due(at_dbpool_t *dbpool, apr_int64_t now,
                                   apr_int64_t *next)
{
    at_background_t *first = NULL;
    at_background_t *background;

    at_background_give_up(dbpool, now);
    for (background = dbpool->jobs; background; background = background->next) {
        if (!background->running && background->due >= 0 &&
            (!first || background->due < first->due)) {
            first = background;
        }
    }
    if (first && first->due > now && !dbpool->stopping) {
        *next = first->due < *next ? first->due : *next;
        return NULL;
    }
    if (first && !may_tend(dbpool, first, now)) {
        if (!is_late(dbpool, first, now)) {
            *next = first->due + LATE_MS;
        }
        return NULL;
    }
    return first;
}

/* Not two background jobs one after the other while jobs wait. */
int at_background_go_first(const at_dbpool_t *dbpool,
                           const at_background_t *background, apr_int64_t now)
{
    return background && is_late(dbpool, background, now) &&
           !(dbpool->went_first && dbpool->wanted > 0);
}

/* Running */

/* False if the worker was given up meanwhile. The background job may be running again by
 * then, and is that run's. */
int at_background_run(at_dbpool_t *dbpool, at_background_t *background,
                      at_database_t *database)
{
    unsigned int run = ++background->run;
    int was_stopping = (int)dbpool->stopping;
    apr_int64_t delay;
    int lost;

    background->running = 1;
    background->since = at_clock_monotonic();
    background->due = -1;
    dbpool->tending++;
    at_workers_limit(dbpool, database);
    if (dbpool->idle == 0) {
        at_workers_watch(dbpool);
    }
    pthread_mutex_unlock(&dbpool->lock);
    delay = background->work(background->data, database);
    pthread_mutex_lock(&dbpool->lock);
    lost = background->run != run || background->lost == run;
    if (lost) {
        dbpool->lost--;
        background->hanging--;
    }
    else {
        dbpool->tending--;
    }
    if (background->run == run) {
        background->running = 0;
        if (dbpool->stopping && !was_stopping) {
            background->due =
                background->since; /* once more, for the last time */
        }
        if (delay >= 0 && background->due < 0 && !dbpool->stopping) {
            background->due = at_clock_monotonic() + delay;
        }
    }
    begin_again(background, at_clock_monotonic());
    if (background->due >= 0) {
        pthread_cond_signal(&dbpool->notices); /* who waits, waits too long */
    }
    return !lost;
}
