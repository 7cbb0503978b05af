/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls to a connection pool whose driver may hang, for the tests of what becomes of them.
 */
#ifndef ACCESSTOKEN_TESTS_CALLS_H
#define ACCESSTOKEN_TESTS_CALLS_H

#include "support.h"

#include "dbpool_inside.h"

#define HANGING_SOON_MS 50 /* a deadline that is meant to be missed */

/** Work that succeeds at once. */
at_job_work_t hanging_succeed;

/** Of a driver that is not SQLite's, whose calls may hang; none is made. */
at_dbpool_t *hanging_hanging_dbpool(int connections);

/** Ask, and let go of the job. */
apr_status_t hanging_ask(at_dbpool_t *dbpool, at_job_kind_e kind,
                         at_job_work_t *work, void *data, apr_int64_t timeout);

/** A field of the connection pool, read under its lock. */
int hanging_field(at_dbpool_t *dbpool, const int *of);

#endif
