/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The background jobs of a connection pool: which one is due, when it runs
 * before jobs, and what happens if its call hangs.
 */
#include "core/token/clock.h"
#include "dbpool_inside.h"

/* Calls of one background job that hang, after which no other is begun. */
#define HANGING_MAX 2
#define LATE_MS 100 /* a background job that waits longer runs before jobs */

/* Adding */

at_background_t *at_background_add(at_dbpool_t *dbpool,
                                   at_background_work_t *work, void *data)
{
    at_background_t *background =
        apr_pcalloc(dbpool->pool, sizeof(*background));

    background->dbpool = dbpool;
    background->work = work;
    background->data = data;
    background->due = -1;
    pthread_mutex_lock(&dbpool->lock);
    background->next = dbpool->background_jobs;
    dbpool->background_jobs = background;
    pthread_mutex_unlock(&dbpool->lock);
    return background;
}

void at_background_allow_overlap(at_background_t *background)
{
    background->may_overlap = 1;
}

void at_background_set_only_reads(at_background_t *background)
{
    background->only_reads = 1;
}

int at_background_is_scheduled(const at_dbpool_t *dbpool)
{
    const at_background_t *background;

    for (background = dbpool->background_jobs; background;
         background = background->next) {
        if (background->due >= 0) {
            return 1;
        }
    }
    return 0;
}

/* Calls that hang */

int at_background_count_hung(const at_dbpool_t *dbpool, apr_int64_t longest)
{
    apr_int64_t now = at_clock_monotonic();
    const at_background_t *background;
    int count = 0;

    for (background = dbpool->background_jobs; background;
         background = background->next) {
        count += background->running &&
                 background->replaced != background->run &&
                 now - background->since >= longest;
    }
    return count;
}

/* The connection of a call that hangs may be dead, so the background job runs
 * again on another one. But the call may also wait for a lock, where further
 * calls would only wait, too. */
static void run_again(at_background_t *background, apr_int64_t now)
{
    if (background->may_overlap && background->running &&
        background->replaced == background->run &&
        background->hanging < HANGING_MAX) {
        background->running = 0;
        background->due = now;
    }
}

/* SQLite does not hang, it waits for locks. */
void at_background_replace_hung(at_dbpool_t *dbpool, apr_int64_t now)
{
    at_background_t *background;

    if (at_sql_is_sqlite(dbpool->driver)) {
        return;
    }
    for (background = dbpool->background_jobs; background;
         background = background->next) {
        if (!background->running || background->replaced == background->run ||
            now - background->since < AT_BACKGROUND_HANGS_MS ||
            dbpool->replaced >= dbpool->connections) {
            continue;
        }
        background->replaced = background->run;
        background->hanging++;
        dbpool->replaced++;
        dbpool->workers--;
        dbpool->running_background--;
        run_again(background, now);
    }
}

apr_int64_t at_background_next_check(const at_dbpool_t *dbpool)
{
    apr_int64_t now = at_clock_monotonic();
    apr_int64_t next = now + AT_BACKGROUND_HANGS_MS;
    const at_background_t *background;

    for (background = dbpool->background_jobs; background;
         background = background->next) {
        apr_int64_t hangs = background->since + AT_BACKGROUND_HANGS_MS;

        if (background->running && hangs > now && hangs < next) {
            next = hangs;
        }
    }
    return next;
}

/* Scheduling */

static int is_late(const at_dbpool_t *dbpool, const at_background_t *background,
                   apr_int64_t now)
{
    return dbpool->stopping || now - background->due >= LATE_MS;
}

/* One worker stays free for lookups. A background job that only reads may have
 * it if it is late, and each may in its last run. A background job that writes
 * may wait there for the lock for which the others wait, and lookups behind
 * it. */
static int may_run(const at_dbpool_t *dbpool, const at_background_t *background,
                   apr_int64_t now)
{
    int most = dbpool->connections > 1 ? dbpool->connections - 1 : 1;
    int running = dbpool->running_background;

    if (dbpool->stopping) {
        running -=
            at_background_count_hung(dbpool, AT_BACKGROUND_STOP_HANGS_MS);
    }
    return dbpool->running_slow + running < most ||
           (running == 0 && (background->only_reads || dbpool->stopping) &&
            is_late(dbpool, background, now));
}

/* The one that is due for the longest time. When the pool stops, all are
 * due. */
at_background_t *at_background_due(at_dbpool_t *dbpool, apr_int64_t now,
                                   apr_int64_t *next)
{
    at_background_t *first = NULL;
    at_background_t *background;

    at_background_replace_hung(dbpool, now);
    for (background = dbpool->background_jobs; background;
         background = background->next) {
        if (!background->running && background->due >= 0 &&
            (!first || background->due < first->due)) {
            first = background;
        }
    }
    if (first && first->due > now && !dbpool->stopping) {
        *next = first->due < *next ? first->due : *next;
        return NULL;
    }
    if (first && !may_run(dbpool, first, now)) {
        if (!is_late(dbpool, first, now)) {
            *next = first->due + LATE_MS;
        }
        return NULL;
    }
    return first;
}

/* While jobs wait, no two background jobs run one after the other. */
int at_background_goes_first(const at_dbpool_t *dbpool,
                             const at_background_t *background, apr_int64_t now)
{
    return background && is_late(dbpool, background, now) &&
           !(dbpool->background_was_last && dbpool->waiting > 0);
}

/* Running */

/* After a run that no later one has followed. If the pool began to stop during
 * it, the last run is still to come. */
static void schedule(at_background_t *background, int was_stopping,
                     apr_int64_t delay)
{
    int is_stopping = (int)background->dbpool->stopping;

    background->running = 0;
    if (is_stopping && !was_stopping) {
        background->due = background->since;
    }
    if (delay >= 0 && background->due < 0 && !is_stopping) {
        background->due = at_clock_monotonic() + delay;
    }
}

/* If the worker was replaced, the background job may be running again, and its
 * state is that of the later run. */
int at_background_run(at_dbpool_t *dbpool, at_background_t *background,
                      at_database_t *database)
{
    unsigned int run = ++background->run;
    int was_stopping = (int)dbpool->stopping;
    apr_int64_t delay;
    int replaced;

    background->running = 1;
    background->since = at_clock_monotonic();
    background->due = -1;
    dbpool->running_background++;
    pthread_mutex_unlock(&dbpool->lock);
    delay = background->work(background->data, database);
    pthread_mutex_lock(&dbpool->lock);
    replaced = background->run != run || background->replaced == run;
    if (replaced) {
        dbpool->replaced--;
        background->hanging--;
    }
    else {
        dbpool->running_background--;
    }
    if (background->run == run) {
        schedule(background, was_stopping, delay);
    }
    run_again(background, at_clock_monotonic());
    if (background->due >= 0) {
        /* An idle worker may be waiting for a later moment. */
        pthread_cond_signal(&dbpool->work);
    }
    return !replaced;
}
