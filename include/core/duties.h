/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of a server's processes use a shelf, and which of them does what only
 * one should do at a time. Who dies is missed without having said goodbye.
 *
 * All times are at_time_monotonic().
 */
#ifndef ACCESSTOKEN_CORE_DUTIES_H
#define ACCESSTOKEN_CORE_DUTIES_H

#include "core/shelf.h"

typedef enum {
    AT_DUTY_KEEPER, /* asks for deletions */
    AT_DUTY_SCRIBE, /* writes last uses, as a rule */
    AT_DUTY_WRITING /* is writing them just now */
} at_duty_e;

#define AT_DUTIES 3

/** A lease that ends when its process gives the duty back or dies. */
#define AT_DUTY_UNTIL_LEFT (APR_INT64_C(1) << 40)

/**
 * Take a duty on, or keep it, for some milliseconds. A process that dies loses
 * it at once.
 *
 * @return whether it is this process's now.
 */
int at_duty_take(at_shelf_t *shelf, at_duty_e duty, apr_int64_t now,
                 apr_int64_t lease);

/** Give a duty back, if it is this process's. */
void at_duty_leave(at_shelf_t *shelf, at_duty_e duty);

/**
 * Is it time again for what a server purges once in a period? Only one process is
 * told so.
 *
 * @param first  how long after the shelf was made it begins
 */
int at_duty_purge_is_due(at_shelf_t *shelf, apr_int64_t now, apr_int64_t first,
                         apr_int64_t period);

/** This process is there; to be said again within AT_ROSTER_MS. */
void at_roster_sign(at_shelf_t *shelf, apr_int64_t now);

#define AT_ROSTER_MS 10000

/**
 * This process goes.
 *
 * @return whether others stay.
 */
int at_roster_leave(at_shelf_t *shelf, apr_int64_t now);

#endif
