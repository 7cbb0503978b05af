/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scribe: writes the last uses that the shelf has collected, all in one go,
 * once in an interval for a whole machine; and what is left when a process ends.
 */
#ifndef ACCESSTOKEN_CORE_SCRIBE_H
#define ACCESSTOKEN_CORE_SCRIBE_H

#include "core/desk.h"
#include "core/shelf.h"

typedef struct at_scribe_t at_scribe_t;

/**
 * What has become of writing, told again while it lasts; on a worker's thread.
 *
 * @param left   last uses that could not be written; 0: all were, at this moment
 * @param words  why
 * @param when   on at_time_monotonic()
 */
typedef void at_scribe_heed_t(void *baton, int left, const char *words,
                              apr_int64_t when);

typedef struct at_scribe_config_t {
    /** Milliseconds between two writes; 0: when woken; negative: what stands on
     *  the shelf is left there, which no virtual host with it wants written. */
    apr_int64_t interval;
    at_scribe_heed_t *heed; /* or NULL */
    void *baton;            /* lives as long as the desk */
} at_scribe_config_t;

/** Start writing, with a chore of the desk. Every process does; one of them acts. */
at_scribe_t *at_scribe_open(at_desk_t *desk, const at_sql_t *sql,
                            at_shelf_t *shelf,
                            const at_scribe_config_t *config);

/** A use was noted that is to be written at once. */
void at_scribe_wake(at_scribe_t *scribe);

/** Have a use written for which the shelf has no place; cannot fail. */
void at_scribe_note(at_scribe_t *scribe, const at_use_t *use);

/** The last use of a token for which the shelf had no place, or AT_TIME_NONE. */
apr_int64_t at_scribe_last_use(const at_scribe_t *scribe, const at_id_t *id);

/**
 * This process goes: how many last uses go with it? Those are its own; and all
 * that stand on the shelf, if no other process is left to write them. May be
 * called in a signal handler.
 */
int at_scribe_leave(at_scribe_t *scribe);

#endif
