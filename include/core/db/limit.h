/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many live tokens a user may have, also when several are generated at once.
 */
#ifndef ACCESSTOKEN_CORE_DB_LIMIT_H
#define ACCESSTOKEN_CORE_DB_LIMIT_H

#include "core/db/store.h"

/**
 * Within a transaction: is there room for this row? Until at_limit_end() nobody
 * else counts the tokens of its user.
 *
 * @param limit  how many live tokens the user may have with it; 0: any number
 * @return APR_SUCCESS; AT_ELIMIT; AT_EUNAVAILABLE.
 */
apr_status_t at_limit_check(at_op_t *op, const at_row_t *row, apr_int64_t limit,
                            apr_pool_t *p);

/** After the transaction, however it ended: others may count again. */
void at_limit_end(at_op_t *op, const at_row_t *row, apr_int64_t limit,
                  apr_pool_t *p);

#endif
