/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A duty is a word with a process id and the end of its lease; the roster is a
 * table of such words, one for each process that has signed it.
 */
#include "core/duties.h"

#include <string.h>
#include <unistd.h>

#include "shelf_inside.h"

/* Linux has process ids of 22 bits at most. */
#define PID_SHIFT 42
#define END_MASK ((APR_UINT64_C(1) << PID_SHIFT) - 1)

static apr_uint64_t own_word(apr_int64_t end)
{
    return (apr_uint64_t)getpid() << PID_SHIFT | ((apr_uint64_t)end & END_MASK);
}

static int is_own(apr_uint64_t word)
{
    return word >> PID_SHIFT == (apr_uint64_t)getpid();
}

/* The processes of a server are one process group. A process id that some other
 * program has by now is no sign of life. */
int at_shelf_is_alive(pid_t process)
{
    return process != 0 && getpgid(process) == getpgrp();
}

static int is_valid(apr_uint64_t word, apr_int64_t now)
{
    return (apr_int64_t)(word & END_MASK) > now &&
           at_shelf_is_alive((pid_t)(word >> PID_SHIFT));
}

int at_duty_take(at_shelf_t *shelf, at_duty_e duty, apr_int64_t now,
                 apr_int64_t lease)
{
    at_word_t *word = &shelf->header->duties[duty];
    apr_uint64_t before = at_shelf_load(word);

    if (!is_own(before) && is_valid(before, now)) {
        return 0;
    }
    return atomic_compare_exchange_strong(word, &before, own_word(now + lease));
}

void at_duty_leave(at_shelf_t *shelf, at_duty_e duty)
{
    at_word_t *word = &shelf->header->duties[duty];
    apr_uint64_t before = at_shelf_load(word);

    if (is_own(before)) {
        atomic_compare_exchange_strong(word, &before, 0);
    }
}

int at_duty_purge_is_due(at_shelf_t *shelf, apr_int64_t now, apr_int64_t first,
                         apr_int64_t period)
{
    at_shelf_header_t *header = shelf->header;
    apr_uint64_t before = at_shelf_load(&header->purged_at);
    apr_int64_t due = before == 0
                          ? (apr_int64_t)at_shelf_load(&header->made_at) + first
                          : (apr_int64_t)before + period;

    return now >= due && atomic_compare_exchange_strong(
                             &header->purged_at, &before, (apr_uint64_t)now);
}

/* The own line of the roster, or one that nobody needs; NULL if it is full. That
 * takes a system call for each line, so it is looked for only by a process that
 * has none. */
static at_word_t *line_of(at_shelf_t *shelf, apr_int64_t now)
{
    at_word_t *lines = shelf->header->roster;
    int i;

    for (i = 0; i < AT_SHELF_ROSTER; i++) {
        if (is_own(at_shelf_load(&lines[i]))) {
            return &lines[i];
        }
    }
    for (i = 0; i < AT_SHELF_ROSTER; i++) {
        if (!is_valid(at_shelf_load(&lines[i]), now)) {
            return &lines[i];
        }
    }
    return NULL;
}

void at_roster_sign(at_shelf_t *shelf, apr_int64_t now)
{
    at_word_t *line = line_of(shelf, now);
    apr_uint64_t before = line ? at_shelf_load(line) : 0;

    /* Who loses the line to another process signs with the next tick. */
    if (line) {
        atomic_compare_exchange_strong(line, &before,
                                       own_word(now + AT_ROSTER_MS));
    }
}

int at_roster_leave(at_shelf_t *shelf, apr_int64_t now)
{
    at_word_t *lines = shelf->header->roster;
    int others = 0;
    int i;

    for (i = 0; i < AT_SHELF_ROSTER; i++) {
        apr_uint64_t word = at_shelf_load(&lines[i]);

        if (is_own(word)) {
            atomic_compare_exchange_strong(&lines[i], &word, 0);
        }
    }
    for (i = 0; i < AT_SHELF_ROSTER && !others; i++) {
        apr_uint64_t word = at_shelf_load(&lines[i]);

        others = !is_own(word) && is_valid(word, now);
    }
    return others;
}
