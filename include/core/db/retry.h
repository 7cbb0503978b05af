/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs an operation until it has an answer, or the table counts as unavailable.
 */
#ifndef ACCESSTOKEN_CORE_DB_RETRY_H
#define ACCESSTOKEN_CORE_DB_RETRY_H

#include "core/db/op.h"

/**
 * One attempt; it can be run again from its beginning. op->attempt is 0 at
 * first; later attempts may find what those before them have written.
 *
 * @param data  of at_retry()
 * @return AT_EUNAVAILABLE if it failed; anything else is the answer.
 */
typedef apr_status_t at_retry_work_t(at_op_t *op, void *data);

/**
 * Run it: again on another connection if the first attempt failed; once more
 * where the table may be created, after creating it if the catalog does not
 * list it; and while another session locks SQLite's file, until the deadline.
 * If all fail, at_database_error() has the first reason, and what to do about a
 * missing table or column.
 */
apr_status_t at_retry(at_op_t *op, at_retry_work_t *work, void *data);

#endif
