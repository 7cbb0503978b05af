/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The desk's chores, as its workers see them: which one is due, when it goes
 * before jobs, and what becomes of one whose call hangs.
 */
#include "core/time.h"
#include "desk_inside.h"

#define HANGS_MS 5000 /* a chore that takes longer holds up nobody else */
#define HANGING 2   /* calls of one chore, after which it is not begun again */
#define LATE_MS 100 /* a chore that waits longer goes before jobs */

int at_chores_wait(const at_desk_t *desk)
{
    const at_chore_t *chore;

    for (chore = desk->chores; chore; chore = chore->next) {
        if (chore->due >= 0) {
            return 1;
        }
    }
    return 0;
}

static int is_late(const at_desk_t *desk, const at_chore_t *chore,
                   apr_int64_t now)
{
    return desk->stopping || now - chore->due >= LATE_MS;
}

/* One that only reads may take the last worker if it is late, and for the last
 * time each. A writer may wait there for the same lock as the others, and lookups
 * behind it. */
static int may_tend(const at_desk_t *desk, const at_chore_t *chore,
                    apr_int64_t now)
{
    int most = desk->connections > 1 ? desk->connections - 1 : 1;
    int tending = desk->tending;

    if (desk->stopping) {
        tending -= at_chores_hanging(desk, AT_CHORES_END_MS);
    }
    return desk->busy + tending < most ||
           (tending == 0 && (chore->reads || desk->stopping) &&
            is_late(desk, chore, now));
}

/* Calls that hang */

/* A call that hangs may have lost its connection, so the chore is tried on
 * another; but it may also wait for a lock, where more calls would only wait,
 * too. */
static void begin_again(at_chore_t *chore, apr_int64_t now)
{
    if (chore->repeats && chore->running && chore->lost == chore->run &&
        chore->hanging < HANGING) {
        chore->running = 0;
        chore->due = now;
    }
}

/* Another may take the place of a worker whose chore hangs. SQLite does not
 * hang, it waits for locks. */
void at_chores_give_up(at_desk_t *desk, apr_int64_t now)
{
    at_chore_t *chore;

    if (at_sql_is_sqlite(desk->driver)) {
        return;
    }
    for (chore = desk->chores; chore; chore = chore->next) {
        if (!chore->running || chore->lost == chore->run ||
            now - chore->since < HANGS_MS || desk->lost >= desk->connections) {
            continue;
        }
        chore->lost = chore->run;
        chore->hanging++;
        desk->lost++;
        desk->workers--;
        desk->tending--;
        begin_again(chore, now);
    }
}

/* When a chore that is running must be taken for one that hangs, at most. */
static apr_int64_t next_look(const at_desk_t *desk)
{
    apr_int64_t now = at_time_monotonic();
    apr_int64_t next = now + HANGS_MS;
    const at_chore_t *chore;

    for (chore = desk->chores; chore; chore = chore->next) {
        apr_int64_t late = chore->since + HANGS_MS;

        if (chore->running && late > now && late < next) {
            next = late;
        }
    }
    return next;
}

/* A process that answers from the cache alone asks nothing, and its only worker
 * may be the one that hangs. */
void at_chores_watch(at_desk_t *desk)
{
    while (!desk->stopping) {
        at_desk_wait(&desk->end, &desk->lock, next_look(desk));
        at_workers_call(desk);
    }
}

int at_chores_hanging(const at_desk_t *desk, apr_int64_t longest)
{
    apr_int64_t now = at_time_monotonic();
    const at_chore_t *chore;
    int count = 0;

    for (chore = desk->chores; chore; chore = chore->next) {
        count += chore->running && chore->lost != chore->run &&
                 now - chore->since >= longest;
    }
    return count;
}

int at_workers_all_hang(at_desk_t *desk)
{
    return desk->workers >= desk->connections &&
           desk->stuck + at_chores_hanging(desk, HANGS_MS) >= desk->workers;
}

/* Which one, and when */

/* The one that is due longest. When the desk stops, all are. */
at_chore_t *at_chores_due(at_desk_t *desk, apr_int64_t now, apr_int64_t *next)
{
    at_chore_t *first = NULL;
    at_chore_t *chore;

    at_chores_give_up(desk, now);
    for (chore = desk->chores; chore; chore = chore->next) {
        if (!chore->running && chore->due >= 0 &&
            (!first || chore->due < first->due)) {
            first = chore;
        }
    }
    if (first && first->due > now && !desk->stopping) {
        *next = first->due < *next ? first->due : *next;
        return NULL;
    }
    if (first && !may_tend(desk, first, now)) {
        if (!is_late(desk, first, now)) {
            *next = first->due + LATE_MS;
        }
        return NULL;
    }
    return first;
}

/* Not two chores one after the other while jobs wait. */
int at_chores_go_first(const at_desk_t *desk, const at_chore_t *chore,
                       apr_int64_t now)
{
    return chore && is_late(desk, chore, now) &&
           !(desk->went_first && desk->wanted > 0);
}

/* Running */

/* False if the worker was given up meanwhile. The chore may be running again by
 * then, and is that run's. */
int at_chores_run(at_desk_t *desk, at_chore_t *chore, at_database_t *database)
{
    unsigned int run = ++chore->run;
    int was_stopping = (int)desk->stopping;
    apr_int64_t delay;
    int lost;

    chore->running = 1;
    chore->since = at_time_monotonic();
    chore->due = -1;
    desk->tending++;
    at_workers_limit(desk, database);
    if (desk->idle == 0) {
        at_workers_watch(desk);
    }
    pthread_mutex_unlock(&desk->lock);
    delay = chore->work(chore->baton, database);
    pthread_mutex_lock(&desk->lock);
    lost = chore->run != run || chore->lost == run;
    if (lost) {
        desk->lost--;
        chore->hanging--;
    }
    else {
        desk->tending--;
    }
    if (chore->run == run) {
        chore->running = 0;
        if (desk->stopping && !was_stopping) {
            chore->due = chore->since; /* once more, for the last time */
        }
        if (delay >= 0 && chore->due < 0 && !desk->stopping) {
            chore->due = at_time_monotonic() + delay;
        }
    }
    begin_again(chore, at_time_monotonic());
    if (chore->due >= 0) {
        pthread_cond_signal(&desk->news); /* who waits, waits too long */
    }
    return !lost;
}
