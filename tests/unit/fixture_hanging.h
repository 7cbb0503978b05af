/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs on a connection pool whose driver may hang, and a look at its state.
 */
#ifndef ACCESSTOKEN_TESTS_FIXTURE_HANGING_H
#define ACCESSTOKEN_TESTS_FIXTURE_HANGING_H

#include "support.h"

#include "dbpool_inside.h"

#define HANGING_SOON_MS 50 /* a deadline that is meant to be missed */

/** The work of a job that succeeds at once. */
at_job_work_t hanging_succeed;

/** Open a pool with a driver that may hang, which SQLite's cannot; no
 *  connection is made. */
at_dbpool_t *hanging_open_dbpool(int connections);

/** Run a job and release it. */
apr_status_t hanging_run(at_dbpool_t *dbpool, at_job_kind_e kind,
                         at_job_work_t *work, void *data, apr_int64_t timeout);

/** Read a field of the pool under its lock. */
int hanging_field(at_dbpool_t *dbpool, const int *field);

#endif
