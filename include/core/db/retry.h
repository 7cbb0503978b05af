/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often a piece of work is tried before the table counts as unavailable.
 */
#ifndef ACCESSTOKEN_CORE_DB_RETRY_H
#define ACCESSTOKEN_CORE_DB_RETRY_H

#include "core/db/store.h"

/**
 * A piece of work that can be done again from its beginning.
 *
 * @param attempt  0 at first; later ones may find traces of those before
 * @return AT_EUNAVAILABLE if it failed; anything else is its answer.
 */
typedef apr_status_t at_retry_work_t(void *work, int attempt);

/**
 * Try: again on a fresh connection where the first try failed, once more where
 * tables may be created, after creating one that the catalog does not know, and
 * while somebody else locks SQLite's file until the store's deadline. If all
 * fail, at_database_error() has the first reason, and what a missing table or
 * column needs.
 */
apr_status_t at_retry(at_op_t *op, at_retry_work_t *attempt, void *work);

#endif
